//! From what happened to the exit code.

use crate::model::failure::{Class, Failure};

/// What the parts of one request came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    succeeded: u64,
    failed: u64,
    /// The code of all failures, as long as they are alike.
    alike: Option<u8>,
}

impl Outcome {
    /// A part is done, or was rightly left out.
    pub(super) fn success(&mut self) {
        self.succeeded += 1;
    }

    /// A part failed.
    pub(super) fn failure(&mut self, failure: &Failure) {
        let code = failure.class.exit_code();
        self.alike = match self.failed {
            0 => Some(code),
            _ => self.alike.filter(|alike| *alike == code),
        };
        self.failed += 1;
    }

    /// 0 when nothing failed; the failures' own code when they are alike and nothing went well;
    /// else 1.
    pub(super) fn exit_code(&self) -> u8 {
        match (self.failed, self.succeeded, self.alike) {
            (0, ..) => 0,
            (_, 0, Some(code)) => code,
            _ => Class::Other.exit_code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        let of = |successes: u64, classes: &[Class]| {
            let mut outcome = Outcome::default();
            (0..successes).for_each(|_| outcome.success());
            for class in classes {
                outcome.failure(&Failure::new(*class, "x", "y"));
            }
            outcome.exit_code()
        };
        assert_eq!(of(0, &[]), 0);
        assert_eq!(of(3, &[]), 0);
        assert_eq!(of(0, &[Class::Refused]), 7);
        assert_eq!(of(0, &[Class::Refused, Class::Refused, Class::Refused]), 7);
        assert_eq!(of(0, &[Class::Refused, Class::Local]), 1);
        assert_eq!(of(0, &[Class::Refused, Class::Local, Class::Refused]), 1);
        assert_eq!(of(1, &[Class::Refused]), 1);
    }
}

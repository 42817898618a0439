//! The NOOPs sent beside a running transfer, and which replies are theirs.
//!
//! A server may answer a NOOP at once (pyftpdlib, ProFTPD), only after the transfer's last reply
//! (vsftpd reads no commands before), refuse it at once (pure-ftpd), never answer it, or hang up.
//! RFC 959 §4.1.3 and §5.4 give NOOP 200, 421 and 500, a transfer 226, 250 and failures of its own.

use super::reply::Reply;

/// How many may be unanswered: a server that reads no commands during a transfer answers all of
/// them at its end.
const MOST_UNANSWERED: u32 = 100;

/// The NOOPs of one control connection.
#[derive(Debug, Default)]
pub(super) struct Noops {
    unanswered: u32,
    /// Whether one was sent since the awaited command was.
    sent: bool,
    answered: bool,
    stumbled: bool,
}

/// What a reply is the reply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// A NOOP.
    Noop,
    /// The command that is awaited, or nothing.
    Awaited,
    /// That cannot be told: the session is out of step.
    Unclear,
}

impl Noops {
    /// A command is sent whose replies count alone until the next NOOP.
    pub(super) fn begin(&mut self) {
        self.sent = false;
    }

    pub(super) fn sent(&mut self) {
        self.unanswered += 1;
        self.sent = true;
    }

    /// Whether one more is worth sending.
    pub(super) fn may_send(&self) -> bool {
        self.unanswered < MOST_UNANSWERED && !self.stumbled
    }

    /// How many answers are still to come.
    pub(super) fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// Whether the server has ever answered one well.
    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    /// Whether the server did anything but answer well, sooner or later.
    pub(super) fn stumbled(&self) -> bool {
        self.stumbled
    }

    /// An answer did not come, or what came cannot be told from another's.
    pub(super) fn stumble(&mut self) {
        self.stumbled = true;
    }

    /// Whose reply this is. `awaited`: whether another command's last reply is still to come. The
    /// end of a transfer is believed from 226 and 250 only once a NOOP was sent beside it.
    pub(super) fn judge(&mut self, reply: &Reply, awaited: bool) -> Answers {
        let answers = match (reply.code, awaited) {
            (100..=199 | 421, _) => Answers::Awaited,
            _ if !self.sent => Answers::Awaited,
            (226 | 250, true) => Answers::Awaited,
            (200, _) if self.unanswered > 0 => Answers::Noop,
            (500..=503, _) if self.unanswered > 0 => Answers::Noop,
            // nothing else is awaited: a refusal in whatever words
            (400..=599, false) if self.unanswered > 0 => Answers::Noop,
            (400..=599, true) => Answers::Awaited,
            _ => Answers::Unclear,
        };
        match answers {
            Answers::Noop => {
                self.unanswered -= 1;
                self.answered |= reply.is_positive();
                self.stumbled |= !reply.is_positive();
            }
            Answers::Unclear => self.stumbled = true,
            Answers::Awaited => {}
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `noops`, then hears these replies; the transfer is awaited until a final reply is its.
    fn play(noops: u32, replies: &[u16]) -> (Vec<Answers>, Noops) {
        let mut state = Noops::default();
        state.begin();
        (0..noops).for_each(|_| state.sent());
        let mut awaited = true;
        let mut judged = Vec::new();
        for code in replies {
            let reply = Reply::parse(format!("{code} x").as_bytes()).unwrap();
            let answers = state.judge(&reply, awaited);
            awaited &= answers != Answers::Awaited || reply.class() == 1;
            judged.push(answers);
        }
        (judged, state)
    }

    #[test]
    fn whose_reply_it_is() {
        use Answers::{Awaited as A, Noop as N, Unclear as U};
        for (noops, replies, want, left, stumbled) in [
            (0, &[226][..], &[A][..], 0, false),
            // a server that ends transfers with 200 is taken at its word while no NOOP was sent
            (0, &[200], &[A], 0, false),
            (2, &[200, 200, 226], &[N, N, A], 0, false),
            (2, &[226, 200, 200], &[A, N, N], 0, false),
            (2, &[200, 150, 250, 200], &[N, A, A, N], 0, false),
            (1, &[500, 226], &[N, A], 0, true),
            (1, &[226, 502], &[A, N], 0, true),
            (1, &[426, 200], &[A, N], 0, false),
            (1, &[552], &[A], 1, false),
            (1, &[421], &[A], 1, false),
            // never from a 200, however often it comes
            (1, &[200, 200], &[N, U], 0, true),
            (1, &[200, 451], &[N, A], 0, false),
            // a 450 that was the NOOP's: the 226 that follows answers nothing
            (1, &[450, 226], &[A, U], 1, true),
            (1, &[225], &[U], 1, true),
        ] {
            let (judged, state) = play(noops, replies);
            assert_eq!(judged, want, "{replies:?}");
            assert_eq!(
                (state.unanswered, state.stumbled),
                (left, stumbled),
                "{replies:?}"
            );
        }
    }

    #[test]
    fn there_is_a_bound() {
        let (_, mut state) = play(MOST_UNANSWERED - 1, &[]);
        assert!(state.may_send());
        state.sent();
        assert!(!state.may_send());
    }
}

//! How many of the connections that a server's entry allows are given up to a limit of the
//! server's, and when one of them is tried for again.

use std::time::Duration;

/// How long after the server's refusal one more is tried; twice that after each further one.
const WAIT: Duration = Duration::from_secs(5 * 60);

/// The longest wait: a server with a firm limit is bothered no more often.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The places given up. Times are since any fixed moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ration {
    given_up: Vec<Place>,
    next: Duration,
    wait: Duration,
    /// A place was retaken, and it is not known yet whether the server allows it.
    trying: bool,
}

/// What was given up at one refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whether a place for work was given up with it.
    pub work: bool,
}

impl Default for Ration {
    fn default() -> Self {
        Self {
            given_up: Vec::new(),
            next: Duration::ZERO,
            wait: WAIT,
            trying: false,
        }
    }
}

impl Ration {
    /// The server has refused one more connection: this place is given up.
    pub fn refused(&mut self, place: Place, now: Duration) {
        self.given_up.push(place);
        // refusals of the same moment (lanes that log in together) are one
        if now >= self.next || self.trying {
            self.trying = false;
            self.next = now + self.wait;
            self.wait = (self.wait * 2).min(LONGEST);
        }
    }

    /// How many places are given up now.
    pub fn given_up(&self) -> usize {
        self.given_up.len()
    }

    /// One of the places given up, if it is time to try for it again; only one at a time.
    pub fn retake(&mut self, now: Duration) -> Option<Place> {
        if now < self.next {
            return None;
        }
        let place = self.given_up.pop()?;
        self.next = now + WAIT;
        self.trying = true;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Place = Place { work: true };

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(60 * n)
    }

    #[test]
    fn places_come_back_one_at_a_time() {
        let mut ration = Ration::default();
        assert_eq!(ration.retake(minutes(60)), None, "nothing is given up");
        let browsing = Place { work: false };
        ration.refused(browsing, minutes(100));
        ration.refused(WORK, minutes(100));
        assert_eq!(ration.retake(minutes(104)), None);
        assert_eq!(ration.retake(minutes(105)), Some(WORK));
        assert_eq!(ration.retake(minutes(105)), None, "not both at once");
        assert_eq!(ration.retake(minutes(110)), Some(browsing));
        assert_eq!(ration.retake(minutes(1000)), None);
    }

    #[test]
    fn a_firm_limit_is_tried_less_and_less() {
        let mut ration = Ration::default();
        let (mut now, mut tries) = (minutes(0), 0);
        ration.refused(WORK, now);
        while now < minutes(24 * 60) {
            now += minutes(1);
            if let Some(place) = ration.retake(now) {
                tries += 1;
                ration.refused(place, now);
            }
        }
        assert!((20..40).contains(&tries), "{tries} tries in a day");
    }
}

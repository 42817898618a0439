//! What is done about a session that nobody uses: kept alive for a while, then let go.

use std::time::Duration;

/// How long a session is kept that nobody uses. FileZilla gives up after the same time.
const KEPT: Duration = Duration::from_secs(30 * 60);

/// How long one is kept beside the one that is lent next: servers count sessions by user.
const SPARE: Duration = Duration::from_secs(60);

/// How often idle sessions are looked at where nothing is sent to keep them alive.
const LOOK: Duration = Duration::from_secs(30);

/// What an idle session needs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Nothing.
    Rest,
    /// A sign of life.
    Ask,
    /// A goodbye: when somebody needs a session, another is made.
    LetGo,
}

/// How often idle sessions are looked at. `quiet` is after how much quiet a control connection is
/// to be used, `None` is never.
pub fn look_every(quiet: Option<Duration>) -> Duration {
    // so that no session is quiet for longer than that
    quiet.map_or(LOOK, |quiet| quiet / 2)
}

/// What a session needs that was last used `unused` ago and last heard of `unheard` ago; `next`:
/// it is the one that is lent next.
pub fn care(quiet: Option<Duration>, next: bool, unused: Duration, unheard: Duration) -> Care {
    if unused >= if next { KEPT } else { SPARE } {
        return Care::LetGo;
    }
    match quiet {
        Some(quiet) if unheard >= quiet / 2 => Care::Ask,
        _ => Care::Rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_session_is_kept_alive_and_then_let_go() {
        let second = Duration::from_secs(1);
        let quiet = Some(30 * second);
        for (quiet, next, unused, unheard, want) in [
            (quiet, true, 14, 14, Care::Rest),
            (quiet, true, 15, 15, Care::Ask),
            (quiet, true, 1799, 3, Care::Rest),
            (quiet, true, 1799, 20, Care::Ask),
            (quiet, true, 1800, 3, Care::LetGo),
            (quiet, false, 59, 20, Care::Ask),
            (quiet, false, 60, 3, Care::LetGo),
            (None, true, 1799, 1799, Care::Rest),
            (None, true, 1800, 1800, Care::LetGo),
            (None, false, 60, 60, Care::LetGo),
        ] {
            assert_eq!(
                care(quiet, next, unused * second, unheard * second),
                want,
                "{quiet:?} {next} {unused} {unheard}"
            );
        }
    }

    /// Looked at in those steps, a session is never quiet for longer than was asked for.
    #[test]
    fn no_session_is_quiet_for_too_long() {
        let quiet = Duration::from_secs(30);
        let (step, mut unheard) = (look_every(Some(quiet)), Duration::ZERO);
        for looked in 1..100 {
            unheard += step;
            assert!(unheard <= quiet);
            if care(Some(quiet), true, step * looked, unheard) == Care::Ask {
                unheard = Duration::ZERO;
            }
        }
    }
}

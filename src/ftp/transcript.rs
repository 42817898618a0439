//! Every line of a session's dialogue, for the log screen and `--transcript`; secrets are
//! blotted here, before a line exists anywhere else.

use std::sync::Arc;

use super::blot::without_secret;
use crate::model::event::{DialogueLine, Speaker};
use crate::model::text::escape;

/// Longest part of a line that is kept: a hostile server may send a reply of 256 KiB.
const LONGEST: usize = 2048;

/// Where lines go. The engine makes events of them.
pub type Sink = Arc<dyn Fn(DialogueLine) + Send + Sync>;

/// The transcript of one session.
#[derive(Clone)]
pub struct Transcript {
    session: u32,
    /// `None` where nobody reads it: no line is made then.
    sink: Option<Sink>,
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcript")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Transcript {
    /// The transcript of the session with this number.
    pub fn new(session: u32, sink: Option<Sink>) -> Self {
        Self { session, sink }
    }

    /// A transcript nobody reads.
    pub fn silent() -> Self {
        Self::new(0, None)
    }

    /// Whether anybody reads it.
    pub(super) fn is_read(&self) -> bool {
        self.sink.is_some()
    }

    pub(super) fn client(&self, line: &[u8]) {
        if self.is_read() {
            self.say(Speaker::Client, &without_secret(line));
        }
    }

    pub(super) fn server(&self, line: &[u8]) {
        self.say(Speaker::Server, line);
    }

    /// A remark of ours between the lines: what was decided and why.
    pub fn remark(&self, text: &str) {
        self.say(Speaker::Remark, text.as_bytes());
    }

    fn say(&self, speaker: Speaker, line: &[u8]) {
        let Some(sink) = &self.sink else {
            return;
        };
        let end = line.len()
            - line
                .iter()
                .rev()
                .take_while(|b| matches!(b, b'\r' | b'\n'))
                .count();
        let text = escape(&line[..end.min(LONGEST)]);
        sink(DialogueLine {
            session: self.session,
            speaker,
            text,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn secrets_are_blotted_and_lines_escaped() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&seen);
        let transcript = Transcript::new(
            7,
            Some(Arc::new(move |line| into.lock().unwrap().push(line.text))),
        );
        transcript.client(b"PASS hunter2\r\n");
        transcript.client(b"pass hunter2\r\n");
        transcript.client(b"ACCT hunter2\r\n");
        transcript.client(b"CWD /a\x1b[2J\r\n");
        transcript.server(&[b'x'; 100_000]);
        let seen = seen.lock().unwrap();
        assert_eq!(seen[..4], ["PASS ***", "pass ***", "ACCT ***", "CWD /a\\x1b[2J"]);
        assert_eq!(seen[4].len(), LONGEST);
    }
}

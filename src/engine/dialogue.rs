//! Where the lines of the sessions' dialogues go: to whoever listens, and into the transcript.

use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use super::listener::Listener;
use crate::ftp::transcript::Sink;
use crate::model::event::{DialogueLine, Event, Speaker};
use crate::model::text::system_says;

/// The sink of every session; `None` where nobody listens (`silent`) and nothing is written. The transcript's lines are `SESSION > sent`, `SESSION < received`
/// and `SESSION # remark`; secrets were blotted before a line was made. A transcript that cannot
/// be written any more ends, with a notice, and nothing else does.
pub(super) fn sink(listener: Listener, transcript: Option<File>, silent: bool) -> Option<Sink> {
    if silent && transcript.is_none() {
        return None;
    }
    let transcript = Mutex::new(transcript);
    Some(Arc::new(move |line: DialogueLine| {
        let mut file = transcript.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = file.as_mut()
            && let Err(error) = write(open, &line)
        {
            *file = None;
            listener.tell(Event::Notice(format!(
                "The transcript ends here: {}",
                system_says(&error)
            )));
        }
        drop(file);
        if !silent {
            listener.tell(Event::Dialogue(line));
        }
    }))
}

fn write(file: &mut File, line: &DialogueLine) -> std::io::Result<()> {
    let sign = match line.speaker {
        Speaker::Client => '>',
        Speaker::Server => '<',
        Speaker::Remark => '#',
    };
    // one write a line, to a file opened for appending: lines of two programs that share it stay
    // whole
    file.write_all(format!("{} {sign} {}\n", line.session, line.text).as_bytes())
}

//! Standard input as the source of an upload: it can be read once.
//!
//! The first of it is kept in memory. As long as no more than that was read an upload can be begun
//! again like any other; after that what is lost on the way is lost.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;

/// How much is kept, in bytes: what is shorter can be sent as often as it takes.
const KEPT: usize = 1024 * 1024;

/// What there is of it. Shared, since a try that was given up may still be reading.
#[derive(Debug, Clone, Default)]
pub(super) struct Input(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// More was read than is kept.
    is_past: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// `None` where this run has none.
    file: Option<File>,
    /// What was read so far, while that is not too much.
    first: Vec<u8>,
    /// How much of `first` this try has read.
    at: usize,
}

impl Input {
    pub(super) fn new(file: Option<File>) -> Self {
        let state = State {
            file,
            ..State::default()
        };
        Self(Arc::new(Shared {
            state: Mutex::new(state),
            is_past: AtomicBool::new(false),
        }))
    }

    /// Begins at its first byte. Blocks while a try that was given up still reads.
    pub(super) fn rewind(&self, target: &RemotePath) -> Result<(), Failure> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let what = format!("Could not upload to {target}");
        if state.file.is_none() {
            let why = "it came from the standard input of a run that is over";
            return Err(Failure::new(Class::Local, what, why)
                .hint("Give it once more; 'ftpane queue drop' forgets that it was asked for."));
        }
        if !self.can_rewind() {
            return Err(lost(what));
        }
        state.at = 0;
        Ok(())
    }

    /// Whether it can be sent once more.
    pub(super) fn can_rewind(&self) -> bool {
        !self.0.is_past.load(Ordering::Relaxed)
    }

    /// Reads what comes next, as much as there is now; empty at its end.
    pub(super) fn read(&self, buffer: &mut Vec<u8>, most: usize) -> io::Result<()> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        buffer.clear();
        if state.at < state.first.len() {
            let end = state.first.len().min(state.at + most);
            buffer.extend_from_slice(&state.first[state.at..end]);
            state.at = end;
            return Ok(());
        }
        buffer.resize(most, 0);
        let n = match &mut state.file {
            Some(file) => loop {
                match file.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => break read?,
                }
            },
            None => 0,
        };
        buffer.truncate(n);
        if state.first.len() + n > KEPT {
            self.0.is_past.store(true, Ordering::Relaxed);
        }
        if self.can_rewind() {
            state.first.extend_from_slice(buffer);
            state.at = state.first.len();
        } else {
            state.first = Vec::new();
            state.at = 0;
        }
        Ok(())
    }
}

/// That it cannot be sent again.
fn lost(what: String) -> Failure {
    let why = "the transfer broke off, and what came from standard input cannot be read a second time";
    Failure::new(Class::Unreachable, what, why).hint("Give it once more.")
}

/// What an upload is read from.
#[derive(Debug)]
pub(super) enum Content {
    File(File),
    Input(Input),
}

impl Content {
    /// Fills the buffer with the next piece; empty is the end. `left` is how much is expected to be left, so that a
    /// small file takes a small buffer.
    pub(super) fn fill(&mut self, buffer: &mut Vec<u8>, left: u64, most: usize) -> io::Result<()> {
        match self {
            Self::File(file) => {
                let room = usize::try_from(left).unwrap_or(most).saturating_add(1).min(most);
                // what is in it is written over: only what was not there before has to be made
                buffer.resize(room, 0);
                let mut filled = 0;
                while filled < buffer.len() {
                    match file.read(&mut buffer[filled..]) {
                        Ok(0) => break,
                        Ok(n) => filled += n,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                    if filled == buffer.len() && filled < most {
                        // more than was expected
                        buffer.resize(most, 0);
                    }
                }
                buffer.truncate(filled);
                Ok(())
            }
            Self::Input(input) => input.read(buffer, most),
        }
    }

    /// What the disk says of it; `None` where it is on none.
    pub(super) fn metadata(&self) -> io::Result<Option<Metadata>> {
        match self {
            Self::File(file) => file.metadata().map(Some),
            Self::Input(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn input(size: usize) -> Input {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; size]).unwrap();
        file.rewind().unwrap();
        Input::new(Some(file))
    }

    fn read(input: &Input) -> usize {
        let (mut buffer, mut all) = (Vec::new(), 0);
        loop {
            input.read(&mut buffer, 100_000).unwrap();
            match buffer.len() {
                0 => return all,
                n => all += n,
            }
        }
    }

    #[test]
    fn what_is_short_can_be_read_again() {
        let target = RemotePath::root();
        let short = input(KEPT);
        assert_eq!((read(&short), short.can_rewind()), (KEPT, true));
        short.rewind(&target).unwrap();
        assert_eq!(read(&short), KEPT);
        let long = input(KEPT + 1);
        assert_eq!((read(&long), long.can_rewind()), (KEPT + 1, false));
        assert!(long.rewind(&target).unwrap_err().why.contains("second time"));
        let none = Input::new(None);
        assert!(none.rewind(&target).unwrap_err().why.contains("run that is over"));
    }

    #[test]
    fn a_try_that_was_given_up_in_the_middle_leaves_all_of_it() {
        let half = input(500_000);
        let mut buffer = Vec::new();
        half.read(&mut buffer, 200_000).unwrap();
        half.rewind(&RemotePath::root()).unwrap();
        assert_eq!(read(&half), 500_000);
    }
}

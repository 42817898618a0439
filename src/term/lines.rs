//! Lines as they are typed, in the terminal's own way of editing them.
//!
//! A thread of its own waits for them, and only looks whether there is something before it reads: while
//! another program has the terminal, what is typed is that one's.

use std::io::{self, Read as _};

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::input::Input;
use crate::app::msg::Msg;
use crate::model::secret::Secret;

/// No line is longer; what is pasted by mistake is not kept.
const LONGEST: usize = 64 * 1024;

/// Pieces put together to lines.
struct Lines {
    line: Zeroizing<Vec<u8>>,
    too_long: bool,
}

impl Lines {
    fn new() -> Self {
        Self {
            // a line that grows leaves copies behind, and may be a password
            line: Zeroizing::new(Vec::with_capacity(4096)),
            too_long: false,
        }
    }

    fn take(&mut self, piece: &[u8], out: &mpsc::UnboundedSender<Input>) -> bool {
        for byte in piece {
            match byte {
                b'\n' => {
                    if out.send(self.end()).is_err() {
                        return false;
                    }
                }
                _ if self.line.len() >= LONGEST => self.too_long = true,
                byte => self.line.push(*byte),
            }
        }
        true
    }

    /// What the line is, which has come to its end.
    fn end(&mut self) -> Input {
        let line = std::mem::replace(&mut *self, Self::new());
        let text = line.line.strip_suffix(b"\r").unwrap_or(&line.line);
        let not = |why: &str| Input::Msg(Msg::Notice(format!("The line was not taken: {why}")));
        match std::str::from_utf8(text) {
            _ if line.too_long => not("it is too long"),
            Ok(text) => Input::Line(Secret::new(text)),
            Err(_) => not("it is not UTF-8"),
        }
    }
}

#[cfg(unix)]
pub(super) use unix::{Reader, begin, hide};

#[cfg(unix)]
mod unix {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    use super::*;

    /// The thread that reads, as far as others know it.
    #[derive(Debug)]
    pub(in crate::term) struct Reader {
        state: Arc<(Mutex<bool>, Condvar)>,
        bell: UnixStream,
    }

    fn locked(state: &Mutex<bool>) -> MutexGuard<'_, bool> {
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl Reader {
        /// Leaves what is typed to somebody else, or takes it again. Once this has returned, nothing more
        /// is read.
        pub(in crate::term) fn rest(&self, rests: bool) {
            use std::io::Write as _;
            *locked(&self.state.0) = rests;
            self.state.1.notify_all();
            // it waits for a line: let it see that there is none for it
            let _ = (&self.bell).write(b".");
        }
    }

    /// Begins to read the standard input; its end ends the program.
    pub(in crate::term) fn begin(out: mpsc::UnboundedSender<Input>) -> io::Result<Reader> {
        let (bell, rung) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rung.set_nonblocking(true)?;
        let state = Arc::new((Mutex::new(false), Condvar::new()));
        let reader = Reader {
            state: Arc::clone(&state),
            bell,
        };
        std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || {
                if read(&state, &rung, &out).is_err() {
                    // as if the terminal had hung up
                    let _ = out.send(Input::End(129));
                }
            })?;
        Ok(reader)
    }

    fn read(
        state: &(Mutex<bool>, Condvar),
        mut rung: &UnixStream,
        out: &mpsc::UnboundedSender<Input>,
    ) -> io::Result<()> {
        let (mut lines, mut piece) = (Lines::new(), Zeroizing::new([0; 4096]));
        let input = io::stdin();
        loop {
            {
                let mut rests = locked(&state.0);
                while *rests {
                    rests = state.1.wait(rests).unwrap_or_else(PoisonError::into_inner);
                }
            }
            let wanted = PollFlags::IN;
            let mut ready = [PollFd::new(&input, wanted), PollFd::new(&rung, wanted)];
            match poll(&mut ready, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            let [typed, bell] = ready.map(|fd| !fd.revents().is_empty());
            if bell {
                while matches!(rung.read(&mut [0; 64]), Ok(1..)) {}
                continue;
            }
            let rests = locked(&state.0);
            if *rests || !typed {
                continue;
            }
            // past the buffer of the standard input, which would read on
            let n = match rustix::io::read(input.as_fd(), &mut piece[..]) {
                Ok(n) => n,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            };
            drop(rests);
            if n == 0 {
                let _ = out.send(Input::End(0));
                return Ok(());
            }
            if !lines.take(&piece[..n], out) {
                return Ok(());
            }
        }
    }

    /// How the terminal showed what is typed before it was hidden.
    static SHOWN: Mutex<Option<LocalModes>> = Mutex::new(None);

    /// Whether what is typed is hidden by the terminal, or as it was before. The end of a line is shown while it is hidden. Where the
    /// input is no terminal there is nothing to hide.
    pub(in crate::term) fn hide(hidden: bool) -> io::Result<()> {
        let input = io::stdin();
        let Ok(mut modes) = tcgetattr(&input) else {
            return Ok(());
        };
        let echo = LocalModes::ECHO | LocalModes::ECHONL;
        let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = if hidden {
            shown.get_or_insert(modes.local_modes & echo);
            LocalModes::ECHONL
        } else {
            // a shell that shows what is typed itself has turned it off
            match shown.take() {
                Some(before) => before,
                None => return Ok(()),
            }
        };
        modes.local_modes = (modes.local_modes - echo) | wanted;
        Ok(tcsetattr(&input, OptionalActions::Now, &modes)?)
    }
}

#[cfg(not(unix))]
pub(super) use other::{Reader, begin, hide};

/// Elsewhere another program and this one would both read: crossterm's raw mode does not help there.
#[cfg(not(unix))]
mod other {
    use super::*;

    #[derive(Debug)]
    pub(in crate::term) struct Reader;

    impl Reader {
        pub(in crate::term) fn rest(&self, _rests: bool) {}
    }

    pub(in crate::term) fn begin(out: mpsc::UnboundedSender<Input>) -> io::Result<Reader> {
        let read = move || {
            let (mut lines, mut piece) = (Lines::new(), Zeroizing::new([0; 4096]));
            while let Ok(n @ 1..) = io::stdin().read(&mut piece[..])
                && lines.take(&piece[..n], &out)
            {}
            let _ = out.send(Input::End(0));
        };
        std::thread::Builder::new().name("lines".to_owned()).spawn(read)?;
        Ok(Reader)
    }

    pub(in crate::term) fn hide(_hidden: bool) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_lines_and_what_is_no_line_is_said() {
        let (out, mut into) = mpsc::unbounded_channel();
        let mut lines = Lines::new();
        for piece in [&b"one\r\ntw"[..], b"o\n", b"\n", b"\xff\n"] {
            assert!(lines.take(piece, &out));
        }
        for _ in 0..LONGEST {
            assert!(lines.take(b"xx", &out));
        }
        assert!(lines.take(b"\nlast\n", &out));
        let mut next = || into.try_recv().unwrap();
        for text in ["one", "two", ""] {
            assert_eq!(next(), Input::Line(Secret::new(text)));
        }
        for why in ["UTF-8", "too long"] {
            assert!(matches!(next(), Input::Msg(Msg::Notice(said)) if said.contains(why)));
        }
        assert_eq!(next(), Input::Line(Secret::new("last")));
    }
}

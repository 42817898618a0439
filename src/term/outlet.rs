//! What goes to the terminal, written by a thread of its own.
//!
//! A terminal behind a slow line takes bytes when it can, and a write to it blocks meanwhile. The loop
//! must go on: questions are answered, transfers told, keys taken. So pieces are handed over, and the
//! loop draws the next frame only when the last one has left: that one shows what is true then, and
//! what nobody could have seen was never drawn.

use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tokio::sync::watch;

/// How far the thread is.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Pieces that are not written yet.
    pieces: usize,
    /// The terminal takes nothing any more.
    lost: bool,
}

/// The way to the terminal. What is written to it in one call is one piece; clones lead to the same thread.
#[derive(Debug, Clone)]
pub struct Outlet {
    pieces: Sender<Vec<u8>>,
    state: watch::Sender<State>,
}

impl Outlet {
    /// Begins the thread that writes to `out`; it ends with the last clone.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn to(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let (pieces, queue) = channel::<Vec<u8>>();
        let (state, _) = watch::channel(State::default());
        let told = state.clone();
        thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                for piece in queue {
                    let written = out.write_all(&piece).and_then(|()| out.flush());
                    told.send_modify(|state| {
                        state.pieces -= 1;
                        state.lost |= written.is_err();
                    });
                }
            })?;
        Ok(Self { pieces, state })
    }

    /// The terminal of this program, past the lock of the standard output: whoever is blocked there must
    /// not hold up the one who gives the terminal back.
    ///
    /// # Errors
    ///
    /// When there is no standard output.
    pub fn to_terminal() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd as _;
            let terminal = io::stdout().as_fd().try_clone_to_owned()?;
            Self::to(std::fs::File::from(terminal))
        }
        #[cfg(not(unix))]
        Self::to(io::stdout())
    }

    /// Whether all that was handed over is written.
    pub fn is_free(&self) -> bool {
        self.state.borrow().pieces == 0
    }

    /// Whether something could not be written: the terminal is not taken to take anything more.
    pub fn is_lost(&self) -> bool {
        self.state.borrow().lost
    }

    /// Waits until all that was handed over is written.
    pub async fn free(&self) {
        // the sender is ours: the channel cannot be closed
        let _ = self.state.subscribe().wait_for(|state| state.pieces == 0).await;
    }
}

impl Write for Outlet {
    /// Hands one piece over; never blocks.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.state.borrow().lost {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.state.send_modify(|state| state.pieces += 1);
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.pieces.send(bytes.to_vec()).map_err(gone)?;
        Ok(bytes.len())
    }

    /// Nothing to do: [`Outlet::free`] waits for what is on its way.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    /// Takes a piece only when somebody reads it.
    struct Slow(std::sync::mpsc::SyncSender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
            self.0.send(bytes.to_vec()).map_err(gone)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Outlet, Receiver<Vec<u8>>) {
        let (to, from) = sync_channel(0);
        (Outlet::to(Slow(to)).unwrap(), from)
    }

    #[tokio::test]
    async fn whoever_writes_does_not_wait_and_pieces_come_whole_and_in_order() {
        let (mut outlet, from) = slow();
        assert!(outlet.is_free());
        outlet.write_all(b"one").unwrap();
        outlet.write_all(b"two").unwrap();
        assert!(!outlet.is_free());
        assert_eq!(from.recv().unwrap(), b"one");
        assert!(!outlet.is_free());
        assert_eq!(from.recv().unwrap(), b"two");
        outlet.free().await;
        assert!(outlet.is_free());
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_told_to_the_next_who_writes() {
        let (mut outlet, from) = slow();
        drop(from);
        outlet.write_all(b"one").unwrap();
        outlet.free().await;
        assert_eq!(
            outlet.write(b"two").unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }
}

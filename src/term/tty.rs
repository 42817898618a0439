//! Taking the terminal and giving it back as it was, however the program ends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, queue};

use crate::model::text::without_values;

/// Whether the terminal is ours. Giving it back twice would move the cursor over what was printed
/// in between: leaving the second screen restores the cursor.
static HELD: AtomicBool = AtomicBool::new(false);

/// Holds the terminal: raw, on its second screen. Dropping it gives the terminal back.
#[derive(Debug)]
pub(super) struct Tty(());

impl Tty {
    /// Takes the terminal, and sees to it that a panic of this thread gives it back before its
    /// message is printed.
    pub(super) fn take() -> io::Result<Self> {
        let mine = std::thread::current().id();
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == mine {
                restore();
                previous(info);
            } else {
                // a task's panic ends that task; its text would tear up the screen
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                let reason = without_values(info.payload_as_str().unwrap_or_default());
                tracing::error!("a panic at {place}: {reason}");
            }
        }));
        enter()?;
        Ok(Self(()))
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        restore();
    }
}

/// Raw mode, second screen, pastes in brackets.
pub(super) fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    HELD.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )
}

/// Everything back. Errors are of no use here: there is nobody left to tell.
pub(super) fn restore() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Raw mode again, where it was lost: a shell puts back its own modes when a program was stopped
/// by a signal that cannot be caught. Nothing happens while the terminal is not ours.
#[cfg(unix)]
pub(super) fn reclaim() -> io::Result<()> {
    if !HELD.load(Ordering::SeqCst) || is_raw() {
        return Ok(());
    }
    // crossterm sets the modes only where it thinks they are not set
    disable_raw_mode()?;
    enable_raw_mode()?;
    execute!(io::stdout(), EnableBracketedPaste, cursor::Hide)
}

#[cfg(not(unix))]
pub(super) fn reclaim() -> io::Result<()> {
    Ok(())
}

/// Whether the terminal gives each key at once; crossterm only knows what it set itself.
#[cfg(unix)]
fn is_raw() -> bool {
    use rustix::termios::{LocalModes, tcgetattr};
    tcgetattr(io::stdin()).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::ICANON))
}

/// Stops this program until the shell says `fg`; the terminal is the shell's meanwhile.
///
/// The whole group stops: a pipeline or a script this program stands in goes with it, as with
/// Ctrl-Z in a shell. SIGTSTP itself is caught (it may come from outside), so the signal is
/// SIGTTOU, which stops too, and which the kernel ignores as well where no shell could ever say
/// `fg` (an orphaned group, POSIX.1 §2.4.3).
///
/// Where another program has the terminal, it is that one's again afterwards.
#[cfg(unix)]
pub(super) fn suspend() -> io::Result<()> {
    let was_ours = HELD.load(Ordering::SeqCst);
    restore();
    let stopped =
        rustix::process::kill_current_process_group(rustix::process::Signal::TTOU).map_err(io::Error::from);
    if was_ours {
        enter()?;
    }
    stopped
}

#[cfg(not(unix))]
pub(super) fn suspend() -> io::Result<()> {
    Ok(())
}

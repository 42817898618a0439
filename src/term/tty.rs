//! Taking the terminal and giving it back as it was, however the program ends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, queue};

use tokio::time::timeout;

use super::outlet::Outlet;
use crate::model::text::without_values;

/// Whether the terminal is ours. Giving it back twice would move the cursor over what was printed
/// in between: leaving the second screen restores the cursor.
static HELD: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is ours too.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Presses and the wheel are reported, in decimal (xterm's 1000 and 1006); movements are not: each would
/// cost bytes on the line.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Holds the terminal: raw, on its second screen. Dropping it gives the terminal back.
#[derive(Debug)]
pub(super) struct Tty(());

impl Tty {
    /// Takes the terminal, with its mouse where that is wanted, and sees to it that a panic of this thread gives it back before its
    /// message is printed.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
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

    /// Gives the terminal back by way of the outlet, so that one that takes no bytes holds nobody up for
    /// longer than `patience`; its modes, which the kernel keeps, are put back in any case.
    pub(super) async fn leave(self, outlet: &mut Outlet, patience: Duration) {
        if outlet.write_all(&farewell()).is_ok() {
            let _ = timeout(patience, outlet.free()).await;
        }
        if HELD.swap(false, Ordering::SeqCst) {
            let _ = disable_raw_mode();
        }
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
        Print(mouse(true)),
        cursor::Hide
    )
}

fn mouse(on: bool) -> &'static str {
    match (MOUSE.load(Ordering::SeqCst), on) {
        (true, true) => MOUSE_ON,
        (true, false) => MOUSE_OFF,
        (false, _) => "",
    }
}

/// Whether it was ours when it was lent.
static LENT: AtomicBool = AtomicBool::new(false);

/// Gives the terminal to another program, as it was before it was ours.
pub(super) fn lend() {
    LENT.store(HELD.load(Ordering::SeqCst), Ordering::SeqCst);
    restore();
}

/// Takes it again after [`lend`], where it was ours.
pub(super) fn take_back() -> io::Result<()> {
    match LENT.swap(false, Ordering::SeqCst) {
        true => enter(),
        false => Ok(()),
    }
}

/// Everything back. Errors are of no use here: there is nobody left to tell.
pub(super) fn restore() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = out.write_all(&farewell());
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// What undoes [`enter`].
fn farewell() -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = queue!(
        bytes,
        Print(mouse(false)),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    bytes
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
    execute!(
        io::stdout(),
        EnableBracketedPaste,
        Print(mouse(true)),
        cursor::Hide
    )
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

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
    /// longer than `patience`; its modes, which the kernel keeps, are put back in any case. What is on
    /// another program's screen is left alone.
    pub(super) async fn leave(self, outlet: &mut Outlet, patience: Duration) {
        if !HELD.load(Ordering::SeqCst) {
            return;
        }
        let is_said = outlet.write_all(&farewell()).is_ok()
            && timeout(patience, outlet.free()).await.is_ok()
            && !outlet.is_lost();
        if !is_said {
            say_past_the_rest(&farewell());
        }
        if HELD.swap(false, Ordering::SeqCst) {
            drop_typed();
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

/// Says something where the outlet is stuck: what the terminal has not taken yet is dropped, and nobody
/// waits. It has an opening of its own: whether one waits there concerns nobody else.
#[cfg(unix)]
fn say_past_the_rest(bytes: &[u8]) {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;
    use rustix::termios::{QueueSelector, tcflush};
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let terminal = std::fs::OpenOptions::new()
        .write(true)
        .custom_flags(flags.bits().cast_signed())
        .open("/dev/tty");
    let _ = terminal.and_then(|mut terminal| {
        tcflush(&terminal, QueueSelector::OFlush)?;
        terminal.write_all(bytes)
    });
}

#[cfg(not(unix))]
fn say_past_the_rest(_bytes: &[u8]) {}

/// What was typed for this program and not read is not the shell's.
fn drop_typed() {
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// What undoes [`enter`]. It begins with an empty screen in the terminal's own ink: not every terminal has a
/// second screen to leave (GNU screen by default, xterm's titeInhibit).
fn farewell() -> Vec<u8> {
    let mut bytes = b"\x1b[0m\x1b[2J\x1b[H".to_vec();
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
    // a shell in front has modes of its own: whoever sets them behind it is stopped by the kernel (SIGTTOU)
    if !HELD.load(Ordering::SeqCst) || (is_in_front() && is_raw()) {
        return Ok(());
    }
    await_front()?;
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

/// Whether the terminal is this program's group's, not that of a shell that has put it behind itself.
#[cfg(unix)]
fn is_in_front() -> bool {
    use rustix::process::getpgrp;
    use rustix::termios::tcgetpgrp;
    tcgetpgrp(io::stdin()).map_or(true, |front| front == getpgrp())
}

/// Waits until the shell says `fg`, where it has said `bg`: the kernel stops whoever waits for the output of a
/// terminal that is another group's (SIGTTOU), and where nobody could go on with it, it is an error (POSIX.1,
/// tcdrain). Modes that are read before are the shell's, and not to be put back.
#[cfg(unix)]
fn await_front() -> io::Result<()> {
    if !is_in_front() {
        rustix::termios::tcdrain(io::stdin())?;
    }
    Ok(())
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
        await_front()?;
        enter()?;
    }
    stopped
}

#[cfg(not(unix))]
pub(super) fn suspend() -> io::Result<()> {
    Ok(())
}

//! A program in a terminal of its own: a pty, and a screen that understands what is written to it.

use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Action, tcflow};
use tempfile::TempDir;
use vt100::{MouseProtocolMode, Parser};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const SIZE: (u16, u16) = (100, 30);

/// A terminal in which something runs.
pub(crate) struct Terminal {
    screen: Parser,
    bytes: Receiver<Vec<u8>>,
    /// How many bytes have come.
    received: usize,
    /// What has come since it was last asked for.
    recorded: Vec<u8>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept so that the modes can be read after the program has gone.
    slave: Box<dyn SlavePty + Send>,
    modes: String,
}

/// What a program leaves behind.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) code: u32,
    /// What the first screen holds.
    pub(crate) text: String,
}

/// Folders of its own for a program: where it runs, and its configuration.
pub(crate) struct Place {
    pub(crate) here: TempDir,
    pub(crate) home: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            here: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn ftpane(&self, arguments: &[&str]) -> CommandBuilder {
        let mut command = self.command(env!("CARGO_BIN_EXE_ftpane"));
        command.args(arguments);
        command
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> CommandBuilder {
        command(program, self.here.path(), self.home.path())
    }

    /// The demo, both its panes listed.
    pub(crate) fn demo(&self, arguments: &[&str]) -> Terminal {
        let mut terminal = Terminal::run(self.ftpane(&[&["demo"], arguments].concat()));
        terminal.see_the_demo();
        terminal
    }
}

/// A command that runs in `here`, with the configuration in `home`.
pub(crate) fn command(program: impl AsRef<OsStr>, here: &Path, home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.cwd(here);
    forget_ours(&mut command);
    command.env("HOME", home);
    command.env("FTPANE_CONFIG_DIR", home);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env("RUST_BACKTRACE", "0");
    command
}

/// Nothing of what is set where the tests run is handed on, but where programs are found: an editor, a proxy, a
/// netrc or a language of whoever runs them is no matter of theirs.
pub(crate) fn forget_ours(command: &mut CommandBuilder) {
    command.env_clear();
    for name in ["PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// What comes from a terminal, as it comes.
pub(super) fn listen(terminal: &dyn MasterPty) -> Receiver<Vec<u8>> {
    let mut reader = terminal.try_clone_reader().unwrap();
    let (out, bytes) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer)
            && out.send(buffer[..n].to_vec()).is_ok()
        {}
    });
    bytes
}

impl Terminal {
    pub(crate) fn run(command: CommandBuilder) -> Self {
        let (columns, rows) = SIZE;
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let bytes = listen(&*pair.master);
        let keyboard = pair.master.take_writer().unwrap();
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        Self {
            screen: Parser::new(cells(rows), cells(columns), 0),
            bytes,
            received: 0,
            recorded: Vec::new(),
            keyboard,
            child,
            master: pair.master,
            slave: pair.slave,
            modes,
        }
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    pub(crate) fn text(&self) -> String {
        self.screen().contents()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Reads until the screen is as wanted.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("never {what}; the screen shows\n{}", self.text()),
            }
        }
    }

    /// Reads until the screen shows a text; gives the screen.
    pub(crate) fn see(&mut self, text: &str) -> String {
        self.until(&format!("shows '{text}'"), |s| s.contents().contains(text));
        self.text()
    }

    /// Reads until both panes of the demo are listed: keys that need a folder are refused before.
    pub(crate) fn see_the_demo(&mut self) {
        self.until("has listed both panes of the demo", |screen| {
            let text = screen.contents();
            text.contains("3 folders, 11 files") && !text.contains("listing …")
        });
    }

    /// Reads until the screen looks different than before, colours included.
    pub(crate) fn see_change(&mut self) {
        let before = self.screen().contents_formatted();
        self.until("changes", |s| s.contents_formatted() != before);
    }

    /// Reads until nothing came for this long.
    pub(crate) fn until_silent_for(&mut self, window: Duration) {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.bytes.recv_timeout(window) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("the terminal is gone"),
            }
            assert!(
                Instant::now() < end,
                "never silent; the screen shows\n{}",
                self.text()
            );
        }
    }

    /// Stops and continues the output, as Ctrl-S and Ctrl-Q do: whoever writes is blocked meanwhile.
    pub(crate) fn freeze(&self, frozen: bool) {
        let name = self.master.tty_name().unwrap();
        let slave = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let action = if frozen { Action::OOff } else { Action::OOn };
        tcflow(slave, action).unwrap();
    }

    /// Changes the size of the terminal.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize {
            rows,
            cols: columns,
            ..PtySize::default()
        };
        self.master.resize(size).unwrap();
    }

    /// How many bytes were looked at so far.
    pub(crate) fn received(&self) -> usize {
        self.received
    }

    /// What has come since this was last asked for.
    pub(crate) fn recorded(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.recorded)
    }

    /// Waits for the end, whatever the terminal is like then; the exit code.
    pub(crate) fn end(mut self) -> u32 {
        let (told, ended) = channel();
        std::thread::spawn(move || told.send(self.child.wait()));
        ended
            .recv_timeout(PATIENCE)
            .expect("it does not end")
            .unwrap()
            .exit_code()
    }

    /// Takes in what has come.
    fn take(&mut self, bytes: &[u8]) {
        self.received += bytes.len();
        self.recorded.extend(bytes);
        self.screen.process(bytes);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// The group of processes that has the keyboard.
    pub(crate) fn foreground(&self) -> Pid {
        Pid::from_raw(self.master.process_group_leader().unwrap()).unwrap()
    }

    fn pid(&self) -> Pid {
        let id = self.child.process_id().unwrap();
        Pid::from_raw(id.try_into().unwrap()).unwrap()
    }

    /// That the terminal is as it was before the program ran.
    pub(crate) fn assert_given_back(&self) {
        assert_eq!(modes(&*self.master), self.modes, "the modes differ");
        assert_given_back(self.screen());
    }

    /// That the terminal is a full-screen program's.
    pub(crate) fn assert_taken(&self) {
        let screen = self.screen();
        assert_ne!(modes(&*self.master), self.modes);
        assert!(screen.alternate_screen() && screen.bracketed_paste());
    }

    /// Waits for the end; the terminal must be as it was before.
    pub(crate) fn leave(self) -> Left {
        let Self {
            mut screen,
            bytes,
            keyboard,
            mut child,
            master,
            slave,
            modes: before,
            ..
        } = self;
        let (told, ended) = channel();
        std::thread::spawn(move || told.send(child.wait()));
        let Ok(status) = ended.recv_timeout(PATIENCE) else {
            // closing the terminal hangs up on it
            panic!(
                "it does not end; the screen shows\n{}",
                screen.screen().contents()
            );
        };
        let after = modes(&*master);
        // nobody has the terminal open any more: the reader comes to its end
        drop(slave);
        while let Ok(bytes) = bytes.recv_timeout(PATIENCE) {
            screen.process(&bytes);
        }
        drop(keyboard);
        assert_eq!(after, before, "the modes differ");
        assert_given_back(screen.screen());
        Left {
            code: status.unwrap().exit_code(),
            text: screen.screen().contents(),
        }
    }
}

/// That the screen is as it was before a full-screen program.
fn assert_given_back(screen: &vt100::Screen) {
    assert!(!screen.alternate_screen(), "still on the second screen");
    assert!(!screen.hide_cursor(), "the cursor is hidden");
    assert!(!screen.bracketed_paste(), "pastes still come in brackets");
    assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
    assert!(!screen.application_cursor() && !screen.application_keypad());
}

/// What these bytes leave on a terminal that has no second screen, such as GNU screen by default.
pub(crate) fn on_one_screen(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for sequence in ["\x1b[?1049h", "\x1b[?1049l"] {
        assert!(text.contains(sequence), "there was no second screen to leave");
        text = text.replace(sequence, "");
    }
    let (columns, rows) = SIZE;
    let mut screen = Parser::new(cells(rows), cells(columns), 0);
    screen.process(text.as_bytes());
    screen.screen().contents()
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

/// The terminal's modes as a text that can be compared.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

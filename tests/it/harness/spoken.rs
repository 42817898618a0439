//! A program in a terminal that only prints: lines in, lines out, every byte kept.

use std::io::Write;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::pty::{PATIENCE, listen};

/// Somebody who types lines and hears what is printed.
pub(crate) struct Spoken {
    bytes: Receiver<Vec<u8>>,
    /// All that was printed.
    printed: Vec<u8>,
    /// How much of it was listened to.
    heard: usize,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Spoken {
    pub(crate) fn run(command: CommandBuilder) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let bytes = listen(&*pair.master);
        let keyboard = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        Self {
            bytes,
            printed: Vec::new(),
            heard: 0,
            keyboard,
            child,
            _master: pair.master,
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Types without ending the line.
    pub(crate) fn begin(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Listens until a text comes, after what was heard before; gives what came with it.
    pub(crate) fn hear(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let new = String::from_utf8_lossy(&self.printed[self.heard..]).into_owned();
            if let Some(at) = new.find(text) {
                self.heard += at + text.len();
                return new[..at + text.len()].to_owned();
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.printed.extend(bytes),
                Err(_) => panic!("never says '{text}'; it said\n{}", self.text()),
            }
        }
    }

    /// Answers a question, once more where it has only just come.
    pub(crate) fn answer(&mut self, question: &str, line: &str, then: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.say(line);
            let said = self.hear_one_of(&[then, question]);
            if said == 0 {
                return;
            }
            assert!(Instant::now() < end, "takes no answer; it said\n{}", self.text());
        }
    }

    /// Which of the texts comes first.
    fn hear_one_of(&mut self, texts: &[&str]) -> usize {
        let end = Instant::now() + PATIENCE;
        loop {
            let new = String::from_utf8_lossy(&self.printed[self.heard..]).into_owned();
            let found = texts
                .iter()
                .enumerate()
                .filter_map(|(nth, text)| Some((new.find(text)?, nth)));
            if let Some((at, nth)) = found.min() {
                self.heard += at + texts[nth].len();
                return nth;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.printed.extend(bytes),
                Err(_) => panic!("never says one of {texts:?}; it said\n{}", self.text()),
            }
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.printed).into_owned()
    }

    /// Waits for the end: its exit code, and every byte that was printed.
    pub(crate) fn leave(mut self) -> (u32, Vec<u8>) {
        let code = self.child.wait().unwrap().exit_code();
        // the reader may be behind; the terminal stays open as long as this end does
        while let Ok(bytes) = self.bytes.recv_timeout(std::time::Duration::from_millis(200)) {
            self.printed.extend(bytes);
        }
        (code, self.printed)
    }
}

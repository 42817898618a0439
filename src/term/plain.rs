//! The interface in lines: what `ui::plain` tells is printed, what is typed is read line by line.
//!
//! The terminal stays as it is, but for what is typed while a password is asked for.

use std::io::{self, Write as _};

use futures_util::stream::{StreamExt as _, select};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::face::Face;
use super::outlet::Outlet;
use super::{Idle, LAST_FRAME, Loop, Outside, lines, received, signals};
use crate::app::msg::Msg;
use crate::app::{App, Start};
use crate::engine::Engine;
use crate::model::secret::Secret;
use crate::ui::plain::Teller;

/// Tells by printing lines.
#[derive(Debug)]
pub struct Printer {
    teller: Teller,
    outlet: Outlet,
    reader: Option<lines::Reader>,
    /// Whether what is typed is not shown.
    hidden: bool,
    /// The question for a secret is gone, unanswered: the line begun is not to be shown, nor used.
    void: bool,
    /// Whether a line has just been used.
    used: bool,
    /// Somebody else has had the terminal: what was said before is far up, if it is there at all.
    left: bool,
}

impl Printer {
    /// A printer to this outlet.
    pub fn new(outlet: Outlet) -> Self {
        let mut teller = Teller::default();
        teller.greet();
        Self {
            teller,
            outlet,
            reader: None,
            hidden: false,
            void: false,
            used: false,
            left: false,
        }
    }

    /// Shows what is typed, or not; `anew` also where it was so before.
    fn hide(&mut self, hidden: bool, anew: bool) -> io::Result<()> {
        if anew || self.hidden != hidden {
            lines::hide(hidden)?;
            self.hidden = hidden;
        }
        Ok(())
    }
}

impl Face for Printer {
    type Error = io::Error;

    fn show(&mut self, app: &App, whole: bool) -> io::Result<()> {
        let secret = app.awaits_secret();
        let answered = std::mem::take(&mut self.used);
        if self.hidden && !secret && !answered && !self.void {
            self.void = true;
            self.teller.put(GONE);
        }
        // before the question is seen: the answer may come at once
        if self.reader.is_some() {
            // a shell in between has set what it likes
            self.hide(secret || self.void, whole)?;
        }
        if std::mem::take(&mut self.left) {
            self.teller.answer(Vec::new(), true, false);
        }
        let mut text = String::new();
        for line in self.teller.tell(app) {
            text.push_str(&line);
            text.push('\n');
        }
        match text.is_empty() {
            true => Ok(()),
            false => self.outlet.write_all(text.as_bytes()),
        }
    }

    fn note(&mut self, app: &App) {
        self.teller.note(app);
    }

    fn hear(&mut self, app: &App, line: &Secret) -> Vec<Msg> {
        if std::mem::take(&mut self.void) {
            // what is hidden now is no answer to anything: it must not be taken for one again
            self.used = true;
            self.teller.answer(Vec::new(), true, false);
            return Vec::new();
        }
        let numbered = line
            .reveal()
            .split_whitespace()
            .any(|word| word.parse::<usize>().is_ok());
        if numbered && self.teller.is_stale() && !app.is_covered() && app.open_form().is_none() {
            self.teller.answer(vec![STALE.to_owned()], true, false);
            return Vec::new();
        }
        let heard = app.hear(line);
        self.used = !heard.msgs.is_empty();
        self.teller
            .answer(heard.says, heard.again, !heard.msgs.is_empty());
        heard.msgs
    }

    fn lend(&mut self, lent: bool) {
        // an editor is to show what is typed; what is asked for is hidden again when it has gone
        if lent && let Err(error) = self.leave() {
            tracing::warn!("what is typed is not shown: {error}");
        }
        if let Some(reader) = &self.reader {
            reader.rest(lent);
        }
    }

    fn keep_text(&mut self, text: &str) -> bool {
        for line in text.lines() {
            self.teller.put(line);
        }
        true
    }

    fn leave(&mut self) -> io::Result<()> {
        self.left = true;
        self.hide(false, false)
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

/// Runs the interface in lines on standard input and output until it ends; gives the exit code.
///
/// # Errors
///
/// When there is no input, no output, or no thread for them.
pub async fn run(mut start: Start, engine: Engine, world: impl Outside) -> io::Result<u8> {
    let signals = signals::signals()?;
    // a page is what a small screen holds, however large the window is
    start.size = PAGE;
    let (out, into) = mpsc::unbounded_channel();
    let mut printer = Printer::new(Outlet::to_terminal()?);
    printer.reader = Some(lines::begin(out)?);
    let outlet = printer.outlet.clone();
    let (app, effects) = App::new(start);
    let (idle, _) = watch::channel(Idle::default());
    let typed = received(into).boxed();
    let mut driver = Loop::new(app, printer, outlet.clone(), engine, world, idle);
    let code = driver.run(effects, select(typed, signals)).await;
    let code = code.unwrap_or_else(|error| {
        tracing::warn!("the output is gone: {error}");
        129
    });
    driver.goodbye().await;
    let _ = timeout(LAST_FRAME, outlet.free()).await;
    Ok(code)
}

/// Said where somebody may be in the middle of a password that nobody wants any more.
const GONE: &str = "The question is gone. What was begun is not used: press Enter.";

/// Said where a number may mean another line than the one that was told.
const STALE: &str = "What is here has changed since it was told, and the numbers with it:";

/// Columns and rows of what is told at once of a long list or file.
const PAGE: (u16, u16) = (80, 24);

//! What shows the state to a person: a screen that is drawn, or lines that are said.

use std::io;

use ratatui::Terminal;
use ratatui::backend::Backend;

use crate::app::App;
use crate::app::msg::Msg;
use crate::model::secret::Secret;
use crate::ui;

/// The side of the program that a person sees.
pub trait Face {
    /// Why nothing can be shown any more.
    type Error;

    /// Shows the state; `whole` where what was shown before may be gone.
    ///
    /// # Errors
    ///
    /// When nothing can be shown any more.
    fn show(&mut self, app: &App, whole: bool) -> Result<(), Self::Error>;

    /// Takes note of a state that may have passed before it is shown.
    fn note(&mut self, _app: &App) {}

    /// What a typed line means; the person may be told something about it, too.
    fn hear(&mut self, _app: &App, _line: &Secret) -> Vec<Msg> {
        Vec::new()
    }

    /// Somebody else has what is typed, or not any more.
    fn lend(&mut self, _lent: bool) {}

    /// Takes a text that was to go into the clipboard of the terminal; `false` where it can go there.
    fn keep_text(&mut self, _text: &str) -> bool {
        false
    }

    /// Gives back what was changed of the terminal.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    fn leave(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<B: Backend> Face for Terminal<B> {
    type Error = B::Error;

    fn show(&mut self, app: &App, whole: bool) -> Result<(), Self::Error> {
        if whole {
            self.clear()?;
        }
        self.draw(|frame| ui::draw(frame, app))?;
        Ok(())
    }
}

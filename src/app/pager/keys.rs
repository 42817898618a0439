//! The pager's keys, and what the engine tells of the file.

use super::Pager;
use super::needle::Needle;
use crate::app::action::{Action, Context};
use crate::app::dialog::{Dialog, Subject};
use crate::app::effect::Effect;
use crate::app::folder::shown_place;
use crate::app::input::Line;
use crate::app::{App, View};
use crate::model::charset::Charset;
use crate::model::command::{Command, Generation, Place, Reading};
use crate::model::event::WasRead;
use crate::model::failure::Failure;

/// What the pager asks a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// What is to be searched for.
    Search,
    /// Where to go.
    GoTo,
}

/// How many columns a step to the side is.
const ASIDE: usize = 8;

impl App {
    /// Opens the pager on what is under the cursor.
    pub(in crate::app) fn view_current(&mut self) -> Vec<Effect> {
        let side = self.active;
        let pane = self.pane(side);
        let Some(entry) = pane.current() else {
            self.say("There is nothing to view".into());
            return Vec::new();
        };
        if entry.is_folder() {
            self.say("That is a folder; Enter goes into it".into());
            return Vec::new();
        }
        let (place, size) = (pane.folder.join(&entry.name).place(self.connection()), entry.size);
        self.view_file(place, size)
    }

    /// Opens the pager on a file.
    pub(in crate::app) fn view_file(&mut self, place: Place, size: Option<u64>) -> Vec<Effect> {
        let charset = match (&place, self.link.session()) {
            (Place::Remote(..), Some(session)) => session.facts.charset,
            _ => Charset::default(),
        };
        let title = shown_place(&place);
        let mut effects = self.close_pager();
        self.pager = Some(Pager::new(place, title, size, charset));
        self.view = View::Pager;
        effects.extend(self.read_on());
        effects
    }

    /// Closes the pager; what is being read is read no further.
    pub(in crate::app) fn close_pager(&mut self) -> Vec<Effect> {
        let stopped = self.pager.take().and_then(|mut pager| pager.stop());
        if self.view == View::Pager {
            self.view = View::Panes;
        }
        stopping(stopped)
    }

    /// Columns and rows the file has on the screen.
    fn pager_size(&self) -> (usize, usize) {
        (usize::from(self.size.0), self.list_rows(Context::Pager))
    }

    /// An action in the pager.
    pub(in crate::app) fn act_pager(&mut self, action: Action) -> Vec<Effect> {
        let (columns, rows) = self.pager_size();
        let Some(pager) = &mut self.pager else {
            return Vec::new();
        };
        let page = rows.saturating_sub(1).max(1);
        let stopped = match action {
            Action::ViewOutside => return self.page_outside(),
            Action::Back if pager.hunt.is_some() => pager.stop(),
            Action::Back => return self.close_pager(),
            Action::Up => {
                pager.up(columns, 1);
                None
            }
            Action::PageUp => {
                pager.up(columns, page);
                None
            }
            Action::Down => {
                pager.down(columns, rows, 1);
                None
            }
            Action::PageDown => {
                pager.down(columns, rows, page);
                None
            }
            Action::First => pager.go_to(0, columns, rows),
            Action::Last => pager.go_to_end(),
            Action::Refresh => pager.reload(),
            Action::Left => {
                pager.left = pager.left.saturating_sub(ASIDE);
                None
            }
            Action::Right => {
                let most = usize::try_from(super::LONGEST).unwrap_or(usize::MAX);
                if !pager.wrap && !pager.hex {
                    pager.left = (pager.left + ASIDE).min(most);
                }
                None
            }
            Action::Wrap | Action::Hex | Action::NextCharset => {
                match action {
                    Action::Wrap => (pager.wrap, pager.left) = (!pager.wrap, 0),
                    Action::Hex => pager.hex = !pager.hex,
                    _ => pager.next_charset(),
                }
                pager.refit(columns, rows);
                None
            }
            Action::SearchNext | Action::SearchPrevious if pager.needle.is_some() => {
                pager.search(action == Action::SearchNext, columns, rows)
            }
            Action::Search | Action::SearchNext | Action::SearchPrevious => {
                let typed = pager.needle.as_ref().map_or("", |needle| needle.typed());
                let dialog = Dialog::asking(Subject::InFile(Asks::Search), Line::new(typed));
                self.dialogs.push_back(dialog);
                return Vec::new();
            }
            Action::Position => {
                let dialog = Dialog::asking(Subject::InFile(Asks::GoTo), Line::default());
                self.dialogs.push_back(dialog);
                return Vec::new();
            }
            _ => None,
        };
        let mut effects = stopping(stopped);
        effects.extend(self.read_on());
        effects
    }

    /// What was typed into the pager's dialog, or what is wrong with it.
    pub(in crate::app) fn in_file(&mut self, asks: Asks, typed: &str) -> Result<Vec<Effect>, String> {
        let (columns, rows) = self.pager_size();
        let Some(pager) = &mut self.pager else {
            return Ok(Vec::new());
        };
        let stopped = match asks {
            Asks::Search => {
                pager.needle = Some(Needle::parse(typed, pager.charset)?);
                pager.search(true, columns, rows)
            }
            Asks::GoTo => match Goal::parse(typed, pager.hex)? {
                Goal::Line(number) => pager.go_to_line(number, columns, rows),
                Goal::Byte(at) => match pager.size {
                    Some(size) if at >= size => pager.go_to_end(),
                    _ => pager.go_to(at, columns, rows),
                },
                Goal::Share(part) => {
                    let size = pager.size.ok_or("the file's size is not known")?;
                    // rounded down: a file has no byte at 100 %
                    let at = u64::try_from(u128::from(size) * u128::from(part) / 100).unwrap_or(size);
                    match part {
                        100.. => pager.go_to_end(),
                        _ => pager.go_to(at, columns, rows),
                    }
                }
            },
        };
        let mut effects = stopping(stopped);
        effects.extend(self.read_on());
        Ok(effects)
    }

    /// Asks for what the pager needs to be read next.
    pub(in crate::app) fn read_on(&mut self) -> Vec<Effect> {
        let (columns, rows) = self.pager_size();
        let wanted = self.pager.as_mut().and_then(|pager| pager.wants(columns, rows));
        let Some(wanted) = wanted else {
            return Vec::new();
        };
        let generation = self.next_generation();
        let Some(pager) = &mut self.pager else {
            return Vec::new();
        };
        pager.asked(wanted, generation);
        vec![Effect::Engine(Command::Read(Reading {
            place: pager.place.clone(),
            from: wanted.from,
            length: wanted.length,
            generation,
        }))]
    }

    /// Bytes of the file have come.
    pub(in crate::app) fn piece_came(&mut self, generation: Generation, bytes: &[u8]) -> Vec<Effect> {
        let (columns, rows) = self.pager_size();
        let Some(pager) = self.pager.as_mut().filter(|p| p.generation() == Some(generation)) else {
            return Vec::new();
        };
        let mut effects = match pager.piece(bytes, columns, rows) {
            true => stopping(Some(generation)),
            false => vec![Effect::Engine(Command::DealtWith(generation))],
        };
        effects.extend(self.read_on());
        effects
    }

    /// A reading is over.
    pub(in crate::app) fn was_read(
        &mut self,
        generation: Generation,
        result: Result<WasRead, Failure>,
    ) -> Vec<Effect> {
        let (columns, rows) = self.pager_size();
        let Some(pager) = self.pager.as_mut().filter(|p| p.generation() == Some(generation)) else {
            return Vec::new();
        };
        if let Some(notice) = pager.over(result, columns, rows) {
            self.say(notice);
        }
        self.read_on()
    }

    /// The terminal has another size.
    pub(in crate::app) fn refit_pager(&mut self) -> Vec<Effect> {
        let (columns, rows) = self.pager_size();
        if let Some(pager) = &mut self.pager {
            pager.refit(columns, rows);
        }
        self.read_on()
    }
}

impl Pager {
    /// The next character set a text may be in: UTF-8, and what reads any byte as a letter.
    fn next_charset(&mut self) {
        let western: Charset = "windows-1252".parse().unwrap_or_default();
        self.charset = match self.charset.is_utf8() {
            true => western,
            false => Charset::default(),
        };
    }
}

fn stopping(generation: Option<Generation>) -> Vec<Effect> {
    let stop = |generation| Effect::Engine(Command::StopReading(generation));
    generation.map(stop).into_iter().collect()
}

/// Where a person wants to go.
#[derive(Debug, PartialEq)]
enum Goal {
    Line(u64),
    Byte(u64),
    /// In hundredths.
    Share(u64),
}

impl Goal {
    /// `120` is a line, and a byte where numbers are shown; `@120` and `0x78` are bytes, `50%` a share.
    fn parse(typed: &str, hex: bool) -> Result<Self, String> {
        let typed = typed.trim();
        let wrong =
            || "it is a line such as 120, a byte such as @4096 or 0x1000, or a share such as 50%".to_owned();
        let number = |digits: &str| digits.parse::<u64>().map_err(|_| wrong());
        if let Some(digits) = typed.strip_prefix("0x") {
            return u64::from_str_radix(digits, 16)
                .map(Self::Byte)
                .map_err(|_| wrong());
        }
        if let Some(digits) = typed.strip_prefix('@') {
            return number(digits).map(Self::Byte);
        }
        if let Some(digits) = typed.strip_suffix('%') {
            return number(digits).map(Self::Share);
        }
        number(typed).map(if hex { Self::Byte } else { Self::Line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals() {
        for (typed, hex, goal) in [
            ("120", false, Goal::Line(120)),
            (" 120 ", true, Goal::Byte(120)),
            ("@4096", false, Goal::Byte(4096)),
            ("0x1f", false, Goal::Byte(31)),
            ("50%", false, Goal::Share(50)),
        ] {
            assert_eq!(Goal::parse(typed, hex), Ok(goal), "{typed}");
        }
        for typed in ["", "x", "-1", "0x", "@", "%", "99999999999999999999"] {
            assert!(Goal::parse(typed, false).is_err(), "{typed}");
        }
    }
}

//! The mouse: what was pointed at, and what that does. Where things stand on the screen `ui` knows.

use std::time::Duration;

use super::App;
use super::action::Action;
use super::effect::Effect;
use super::folder::Side;
use crate::model::key::{Code, Key};

/// How soon the second click of a double one comes.
const DOUBLE: Duration = Duration::from_millis(400);
/// Lines that one notch of the wheel moves.
const NOTCH: usize = 3;

/// What stands where the mouse points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A pane, and the line of its list, if there is one.
    Pane(Side, Option<usize>),
    /// The name of a column of a pane, and what sorts by it.
    Heading(Side, Action),
    /// The list of the screen that is shown, and the line of it, if there is one.
    List(Option<usize>),
    /// The place of a choice of the dialog.
    Choice(usize),
    /// The rest of the dialog.
    Dialog,
    /// The place of a line of the picker's list.
    Item(usize),
    /// The place of a field of the form.
    Field(usize),
    /// A key in the line of hints.
    Hint(Action),
}

/// What the mouse did there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// The first button was pressed.
    Click,
    /// It was named, not clicked: however soon that comes again, nothing is opened.
    Point,
    /// The wheel was turned away from the person.
    WheelUp,
    /// The wheel was turned towards the person.
    WheelDown,
}

impl App {
    /// The mouse did something.
    pub(super) fn point(&mut self, spot: Spot, gesture: Gesture) -> Vec<Effect> {
        let again = self
            .clicked
            .take()
            .is_some_and(|(before, at)| before == spot && self.now.saturating_sub(at) <= DOUBLE);
        match gesture {
            Gesture::Click => {
                if !again {
                    self.clicked = Some((spot, self.now));
                }
                self.click(spot, again)
            }
            Gesture::Point => match (spot, &mut self.form) {
                (Spot::Field(place), Some(form)) => {
                    form.point_at(place);
                    Vec::new()
                }
                _ => self.click(spot, false),
            },
            Gesture::WheelUp => self.wheel(spot, Action::Up),
            Gesture::WheelDown => self.wheel(spot, Action::Down),
        }
    }

    fn click(&mut self, spot: Spot, again: bool) -> Vec<Effect> {
        self.notice = None;
        self.pressed.clear();
        match spot {
            Spot::Choice(place) => return self.click_choice(place),
            Spot::Dialog => {}
            Spot::Item(place) => return self.click_item(place, again),
            Spot::Field(place) => {
                if let Some(form) = &mut self.form {
                    form.click(place);
                }
            }
            Spot::Hint(action) => return self.act(action),
            Spot::Pane(side, line) => {
                self.active = side;
                if let Some(line) = line {
                    self.pane_mut(side).cursor.at = line;
                    if again {
                        return self.act(Action::Enter);
                    }
                }
            }
            Spot::Heading(side, by) => {
                self.active = side;
                return self.act(by);
            }
            Spot::List(Some(line)) => {
                match self.view {
                    super::View::Servers => self.servers.cursor.at = line,
                    super::View::Queue => self.queue.cursor.at = line,
                    super::View::Found => {
                        if let Some(search) = &mut self.search {
                            search.cursor.at = line;
                        }
                    }
                    _ => return Vec::new(),
                }
                if again {
                    let open = match self.view {
                        super::View::Servers => Action::Connect,
                        super::View::Found => Action::Reveal,
                        _ => Action::Details,
                    };
                    return self.act(open);
                }
            }
            Spot::List(None) => {}
        }
        Vec::new()
    }

    fn wheel(&mut self, spot: Spot, way: Action) -> Vec<Effect> {
        match spot {
            Spot::Choice(_) | Spot::Dialog => {
                if let Some(dialog) = self.dialogs.front_mut() {
                    let page = if way == Action::Up { -1 } else { 1 };
                    dialog.page = dialog.page.wrapping_add(page);
                }
            }
            Spot::Item(_) => return self.act_picker(way),
            Spot::Hint(_) => {}
            Spot::Field(_) => {
                let key = if way == Action::Up { Code::Up } else { Code::Down };
                return self.press_form(Key::plain(key));
            }
            Spot::Pane(side, _) | Spot::Heading(side, _) => {
                let rows = self.pane_rows();
                let pane = self.pane_mut(side);
                let len = pane.shown.len();
                for _ in 0..NOTCH {
                    pane.cursor.go(way, len, rows);
                }
            }
            Spot::List(_) => return (0..NOTCH).flat_map(|_| self.act(way)).collect(),
        }
        Vec::new()
    }
}

//! A line that was typed, in place of keys: an action by its name, a line of the list by its number or
//! name, or the answer to what is asked.
//!
//! It is made into the same messages that keys and clicks are, so nothing can be done this way that could not
//! be done on the screen, and nothing is decided here. The names are those of the table of actions.

mod form;
mod words;

use super::action::{Action, Context, Row, TABLE};
use super::dialog::Choice;
use super::msg::Msg;
use super::picker::Subject;
use super::pointer::{Gesture, Spot};
use super::servers;
use super::{App, View};
use crate::model::nearest::did_you_mean;
use crate::model::secret::Secret;
use crate::model::text::{escape_str, searched};
pub use words::ABSENT;

/// What came of a line.
#[derive(Debug, PartialEq, Default)]
pub struct Heard {
    /// What the state is told.
    pub msgs: Vec<Msg>,
    /// What the person is told at once.
    pub says: Vec<String>,
    /// Whether what is shown is to be said once more from its beginning.
    pub again: bool,
}

impl Heard {
    fn say(text: impl Into<String>) -> Self {
        Self {
            says: vec![text.into()],
            ..Self::default()
        }
    }

    fn act(action: Action) -> Self {
        vec![Msg::Do(action)].into()
    }

    fn point(spot: Spot) -> Self {
        vec![Msg::Pointed(spot, Gesture::Point)].into()
    }

    fn once_more() -> Self {
        Self {
            again: true,
            ..Self::default()
        }
    }

    /// The text goes into the line one types in, and is taken.
    fn text(text: &str) -> Self {
        vec![Msg::Write(Secret::new(text)), Msg::Do(Action::Accept)].into()
    }

    fn then(mut self, action: Action) -> Self {
        self.msgs.push(Msg::Do(action));
        self
    }
}

impl From<Vec<Msg>> for Heard {
    fn from(msgs: Vec<Msg>) -> Self {
        Self {
            msgs,
            ..Self::default()
        }
    }
}

/// Actions that open a line to type in: what stands behind their name goes into that line.
const ASKING: [Action; 14] = [
    Action::Rename,
    Action::Duplicate,
    Action::Permissions,
    Action::Raw,
    Action::NewFolder,
    Action::NewFile,
    Action::MarkPattern,
    Action::UnmarkPattern,
    Action::GoTo,
    Action::Find,
    Action::Filter,
    Action::Limit,
    Action::Search,
    Action::Position,
];

/// Actions that are about what is marked rather than the line under the cursor.
const OF_MARKS: [Action; 6] = [
    Action::Transfer,
    Action::Delete,
    Action::Properties,
    Action::CopyPath,
    Action::CopyUrl,
    Action::CopyCommand,
];

/// What a word means among several.
enum Meant<T> {
    One(T),
    None,
    Several(Vec<String>),
}

impl App {
    /// Whether the next line is a secret: it is not to be shown.
    pub fn awaits_secret(&self) -> bool {
        match self.dialogs.front() {
            Some(dialog) => dialog.line.as_ref().is_some_and(|line| line.masked),
            None => self.open_form().is_some_and(form::is_in_secret),
        }
    }

    /// What a typed line means where one is.
    pub fn hear(&self, line: &Secret) -> Heard {
        let line = line.reveal();
        if let Some(dialog) = self.dialogs.front() {
            // it was meant for what was there before
            if self.is_surprised() {
                return Heard::once_more();
            }
            return match &dialog.line {
                Some(asked) => match inner(line, &[Context::Text, Context::Dialog]) {
                    Inner::Action(action) => Heard::act(action),
                    Inner::Unknown(word) if !asked.masked => Heard::say(no_such(word)),
                    Inner::Unknown(_) => Heard::text(line),
                    Inner::Text("") if asked.text().is_empty() || asked.masked => Heard::once_more(),
                    Inner::Text("") => Heard::act(Action::Accept),
                    Inner::Text(text) => Heard::text(text),
                },
                None => answer(&dialog.choices, line.trim()),
            };
        }
        if let Some(open) = self.open_form() {
            return form::hear(open, line);
        }
        if let Some(picker) = &self.picker {
            let is_path = matches!(picker.subject, Subject::Path(_));
            return match inner(line, &[Context::Picker]) {
                Inner::Action(action) => Heard::act(action),
                Inner::Unknown(word) => Heard::say(no_such(word)),
                Inner::Text("") => Heard::once_more(),
                Inner::Text(text) if is_path => Heard::text(text),
                Inner::Text(text) => match number(text, picker.items.len()) {
                    Some(Ok(place)) => Heard::point(Spot::Item(place)).then(Action::Accept),
                    Some(Err(why)) => Heard::say(why),
                    None => vec![Msg::Write(Secret::new(text))].into(),
                },
            };
        }
        if self.filter_line().is_some() {
            return match inner(line, &[Context::Text]) {
                Inner::Action(action) => Heard::act(action),
                Inner::Unknown(word) => Heard::say(no_such(word)),
                Inner::Text(text) => Heard::text(text),
            };
        }
        self.hear_command(line.trim())
    }

    /// Where nothing is asked: an action, or a line of the list.
    fn hear_command(&self, line: &str) -> Heard {
        if line.is_empty() {
            return Heard::once_more();
        }
        if line.contains("://") && matches!(self.view, View::Servers | View::Panes) {
            return vec![Msg::Paste(Secret::new(line))].into();
        }
        // what a server calls its files must not stand in the way of an action
        let is_action = |row: &Row| row.id == line.split_whitespace().next().unwrap_or_default();
        if !self.actions_here().any(is_action)
            && let Some(found) = self.line_called(line, true)
        {
            return found;
        }
        let line = line.strip_prefix(':').unwrap_or(line).trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let row = match self.action_called(word) {
            Meant::One(row) => row,
            Meant::Several(names) => return Heard::say(format!("Which? {}", names.join(", "))),
            Meant::None => {
                return self.line_called(line, false).unwrap_or_else(|| {
                    let names = TABLE.iter().map(|row| row.id);
                    Heard::say(format!(
                        "Neither an action nor a line here is called '{}'{}; help tells what there is",
                        escape_str(line),
                        did_you_mean(word, names)
                    ))
                });
            }
        };
        if row.action == Action::Help {
            return Heard {
                says: self.tell_how(rest),
                ..Heard::default()
            };
        }
        if let Some((_, why)) = ABSENT.iter().find(|(action, _)| *action == row.action)
            && (row.action != Action::Jump || rest.is_empty())
        {
            return Heard::say(format!("{} is not here: {why}", row.id));
        }
        match (rest, row.action) {
            ("", action) => Heard::act(action),
            (text, action) if ASKING.contains(&action) => {
                let mut heard = Heard::act(action);
                heard.msgs.extend(Heard::text(text).msgs);
                heard
            }
            (name, action) => match self
                .line_called(name, true)
                .or_else(|| self.line_called(name, false))
            {
                Some(found) if action == Action::Jump || found.msgs.is_empty() => found,
                Some(_) if OF_MARKS.contains(&action) && self.has_marks() => Heard::say(format!(
                    "Something is marked, and {} means that: unmark first, or leave the name out",
                    row.id
                )),
                Some(found) => found.then(action),
                None => Heard::say(format!("No line here is called '{}'", escape_str(name))),
            },
        }
    }

    /// The actions that can be meant where one is.
    fn actions_here(&self) -> impl Iterator<Item = &'static Row> {
        let here = [self.context_of(self.view), Context::Global];
        TABLE
            .iter()
            .filter(move |row| row.contexts.iter().any(|context| here.contains(context)))
    }

    fn action_called(&self, word: &str) -> Meant<&'static Row> {
        let word = word.to_lowercase();
        if let Some(row) = self.actions_here().find(|row| row.id == word) {
            return Meant::One(row);
        }
        let absent = |row: &&Row| ABSENT.iter().any(|(action, _)| *action == row.action);
        let fit: Vec<&Row> = self
            .actions_here()
            .filter(|row| row.id.starts_with(&word) && !absent(row))
            .collect();
        match &fit[..] {
            // an action of another place says where it is possible
            [] => TABLE
                .iter()
                .find(|row| row.id == word)
                .map_or(Meant::None, Meant::One),
            [row] => Meant::One(row),
            several => Meant::Several(several.iter().map(|row| row.id.to_owned()).collect()),
        }
    }

    /// The line of the list that has this number or, as it is, this name; the first part of a name does
    /// where `whole` is not asked for.
    fn line_called(&self, name: &str, whole: bool) -> Option<Heard> {
        if whole && let Some(found) = number(name, self.lines()) {
            return Some(match found {
                Ok(line) => Heard::point(self.spot(line)),
                Err(why) => Heard::say(why),
            });
        }
        let wanted = searched(name);
        let fits = |line: &usize| {
            self.line_name(*line).is_some_and(|called| match whole {
                true => called == name,
                false => searched(&called).starts_with(&wanted),
            })
        };
        let mut fit = (0..self.lines()).filter(fits);
        match (fit.next(), fit.next()) {
            (None, _) => None,
            (Some(line), None) => Some(Heard::point(self.spot(line))),
            (Some(line), Some(_)) if whole => Some(Heard::point(self.spot(line))),
            (Some(_), Some(_)) => Some(Heard::say(format!(
                "Several names begin with '{}'; a number tells them apart",
                escape_str(name)
            ))),
        }
    }

    /// How many lines the list of the view has.
    fn lines(&self) -> usize {
        match self.view {
            View::Panes => self.pane(self.active).shown.len(),
            View::Servers => self.servers.rows().len(),
            View::Queue => self.queue.len(),
            View::Found => self.search.as_ref().map_or(0, |search| search.len()),
            View::Pager | View::Log | View::Help | View::Doctor => 0,
        }
    }

    fn has_marks(&self) -> bool {
        match self.view {
            View::Panes => !self.pane(self.active).marks.is_empty(),
            View::Found => self
                .search
                .as_ref()
                .is_some_and(|search| !search.marks.is_empty()),
            _ => false,
        }
    }

    fn line_name(&self, line: usize) -> Option<String> {
        match self.view {
            View::Panes => self.pane(self.active).name(line),
            View::Servers => Some(match self.servers.rows().get(line)? {
                servers::Row::Group(name, _) => name.clone(),
                servers::Row::Server(place) => self.servers.all().get(*place)?.name.clone(),
            }),
            View::Found => Some(self.search.as_ref()?.hit(line)?.entry.name.shown()),
            _ => None,
        }
    }

    fn spot(&self, line: usize) -> Spot {
        match self.view {
            View::Panes => Spot::Pane(self.active, Some(line)),
            _ => Spot::List(Some(line)),
        }
    }
}

/// A line where text is typed.
enum Inner<'a> {
    /// `:back`.
    Action(Action),
    /// `:bcak`.
    Unknown(&'a str),
    /// Anything else; of two colons at its beginning the first is left out.
    Text(&'a str),
}

fn inner<'a>(line: &'a str, contexts: &[Context]) -> Inner<'a> {
    let Some(word) = line.strip_prefix(':') else {
        return Inner::Text(line);
    };
    if word.starts_with(':') {
        return Inner::Text(word);
    }
    let named = |row: &&Row| row.id == word && row.contexts.iter().any(|context| contexts.contains(context));
    match TABLE.iter().find(named) {
        Some(row) => Inner::Action(row.action),
        None => Inner::Unknown(word),
    }
}

fn no_such(word: &str) -> String {
    format!(
        "':{word}' is no action here, :back is; a text that begins with a colon is written with two",
        word = escape_str(word)
    )
}

/// The place of the line with this number, or why there is none; `None` where it is no number.
fn number(text: &str, len: usize) -> Option<Result<usize, String>> {
    let number: usize = text.parse().ok()?;
    Some(match number.checked_sub(1).filter(|place| *place < len) {
        Some(place) => Ok(place),
        None if len == 0 => Err("There are no numbered lines here".to_owned()),
        None => Err(format!("There are lines 1 to {len}")),
    })
}

/// A line that answers a question: the number, the letter or the first part of the words of a choice.
fn answer(choices: &[Choice], line: &str) -> Heard {
    let word = line.to_lowercase();
    let word = word.strip_prefix(':').unwrap_or(&word);
    if word.is_empty() {
        return Heard::once_more();
    }
    if let Some(place) = number(word, choices.len()).and_then(Result::ok) {
        return Heard::point(Spot::Choice(place));
    }
    let letter = |choice: &Choice| choice.letter().map(String::from).as_deref() == Some(word);
    if let Some(place) = choices.iter().position(letter) {
        return Heard::point(Spot::Choice(place));
    }
    let named = |row: &&Row| row.id == word && row.contexts.contains(&Context::Dialog);
    if let Some(row) = TABLE.iter().find(named) {
        return Heard::act(row.action);
    }
    let begins = |choice: &Choice| words_of(*choice).to_lowercase().starts_with(word);
    let mut fit = (0..choices.len()).filter(|place| choices.get(*place).is_some_and(begins));
    match (fit.next(), fit.next()) {
        (Some(place), None) => Heard::point(Spot::Choice(place)),
        _ => Heard {
            says: vec![format!("'{}' is no answer", escape_str(line))],
            again: true,
            ..Heard::default()
        },
    }
}

/// The words of a choice.
pub fn words_of(choice: Choice) -> String {
    choice.label().replace('&', "")
}

//! A line that was typed while the form is open: `FIELD = VALUE`, a field to be explained, or what is to
//! become of it all.

use super::Heard;
use crate::app::form::{Control, Form, Row, Value};
use crate::app::msg::Msg;
use crate::app::pointer::{Gesture, Spot};
use crate::model::key::{Code, Key};
use crate::model::secret::Secret;
use crate::model::text::escape_str;

const SAVE: Key = Key::plain(Code::Enter);
const TRY: Key = Key::ctrl('t');
const BACK: Key = Key::plain(Code::Esc);
const NEXT: Key = Key::plain(Code::Tab);
const TURN: Key = Key::plain(Code::Right);

/// Whether one is in a field whose text is not shown.
pub(super) fn is_in_secret(form: &Form) -> bool {
    form.rows()
        .iter()
        .any(|row| row.focused && matches!(row.value, Value::Text(line) if line.masked))
}

pub(super) fn hear(form: &Form, line: &str) -> Heard {
    if is_in_secret(form) {
        return match line {
            "" => vec![Msg::Key(NEXT)].into(),
            // out of the field again: what is typed from now on is no secret
            secret => vec![Msg::Write(Secret::new(secret)), Msg::Key(NEXT)].into(),
        };
    }
    let line = line.trim();
    match line.strip_prefix(':').unwrap_or(line) {
        "" => return Heard::once_more(),
        "save" => return vec![Msg::Key(SAVE)].into(),
        "try" => return vec![Msg::Key(TRY)].into(),
        "back" => return vec![Msg::Key(BACK)].into(),
        _ => {}
    }
    let rows = form.rows();
    let (name, value) = match line.split_once('=') {
        Some((name, value)) if !name.contains("://") => (name.trim(), Some(value.trim())),
        _ if line.contains("://") => ("Host", Some(line)),
        _ => (line, None),
    };
    let place = match place_of(&rows, name) {
        Ok(place) => place,
        Err(why) => return Heard::say(why),
    };
    let Some(row) = rows.get(place) else {
        return Heard::default();
    };
    let mut msgs = vec![Msg::Pointed(Spot::Field(place), Gesture::Point)];
    let turns = match (&row.value, value) {
        (_, None) => {
            return Heard {
                msgs,
                says: vec![explained(form, row)],
                again: false,
            };
        }
        (Value::Text(line), Some(_)) if line.masked => {
            return Heard::say(format!(
                "{} alone, and then the text in a line of its own: it is not shown there",
                row.field.label()
            ));
        }
        (Value::Text(_), Some(text)) => {
            msgs.push(Msg::Write(Secret::new(text)));
            return msgs.into();
        }
        (Value::Choice(words, now), Some(word)) => turns(words, *now, word),
        (Value::Switch(on), Some(word)) => turns(&["off", "on"], usize::from(*on), word),
    };
    match turns {
        Ok(turns) => {
            msgs.extend(std::iter::repeat_n(Msg::Key(TURN), turns));
            msgs.into()
        }
        Err(why) => Heard::say(why),
    }
}

/// What there is to know of a field.
fn explained(form: &Form, row: &Row<'_>) -> String {
    let note = form.note_of(row.field);
    let mut said = vec![format!("{}:", row.field.label())];
    said.extend(match row.field.control() {
        Control::Choice(words) => Some(format!("one of {}.", words.join(", "))),
        Control::Switch => Some("on or off.".to_owned()),
        Control::Text => None,
    });
    said.extend(note.paragraphs);
    let directions = note.directions.iter();
    said.extend(directions.map(|(ends, what)| format!("{ends}: {what}.")));
    if matches!(row.value, Value::Text(line) if line.masked) {
        said.push("Type it now, it is not shown; an empty line leaves it as it is.".to_owned());
    }
    said.join(" ")
}

/// How often a field is turned from the word `now` to the one that is meant.
fn turns(words: &[&str], now: usize, meant: &str) -> Result<usize, String> {
    let wanted = meant.to_lowercase();
    let exact = words.iter().position(|word| word.to_lowercase() == wanted);
    let mut fit = (0..words.len()).filter(|at| words[*at].to_lowercase().starts_with(&wanted));
    let place = exact.or_else(|| match (fit.next(), fit.next()) {
        (Some(place), None) if !wanted.is_empty() => Some(place),
        _ => None,
    });
    match place {
        Some(place) => Ok((place + words.len() - now) % words.len()),
        None => Err(format!("There are {}", words.join(", "))),
    }
}

/// The row of a field, by its name or the first part of it.
fn place_of(rows: &[Row<'_>], name: &str) -> Result<usize, String> {
    let label = |row: &Row<'_>| row.field.label().to_lowercase();
    let wanted = name.to_lowercase();
    if let Some(place) = rows.iter().position(|row| label(row) == wanted) {
        return Ok(place);
    }
    let fit: Vec<usize> = (0..rows.len())
        .filter(|place| !wanted.is_empty() && label(&rows[*place]).starts_with(&wanted))
        .collect();
    match fit[..] {
        [place] => Ok(place),
        [] => Err(format!(
            "No field is called '{}'; FIELD = VALUE changes one, save, try and back are the actions",
            escape_str(name)
        )),
        _ => {
            let names: Vec<&str> = fit.iter().map(|place| rows[*place].field.label()).collect();
            Err(format!("Which? {}", names.join(", ")))
        }
    }
}

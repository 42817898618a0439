//! A dialog in lines: what it says, what it asks, and its answers.

use ratatui::text::Line;

use super::page::Page;
use crate::app::App;
use crate::app::dialog::{Dialog, Subject};
use crate::app::typed::words_of;
use crate::ui::dialog::{text, title};

/// The dialog that is shown.
pub(super) fn page(app: &App) -> Page {
    let Some(dialog) = app.dialogs.front() else {
        return Page::default();
    };
    let mut rows: Vec<String> = text(dialog, app).iter().map(spoken).collect();
    rows.retain(|row| !row.is_empty() && !row.starts_with("( )"));
    if let Some(complaint) = &dialog.complaint {
        rows.push(format!("That cannot be: {complaint}."));
    }
    Page {
        key: format!("dialog {} {:?}", title(dialog), dialog.question_id()),
        head: vec![format!("{}:", title(dialog))],
        rows,
        at: None,
        foot: asked(dialog),
        live: true,
        stale: false,
    }
}

/// A drawn line as one reads it out: a label and its text.
fn spoken(line: &Line<'_>) -> String {
    let parts: Vec<&str> = line.spans.iter().map(|span| span.content.trim()).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let text = match parts.split_first() {
        Some((label, rest)) if !rest.is_empty() => format!("{label}: {}", rest.join(", ")),
        _ => parts.concat(),
    };
    text.replace("(•)", "(x)")
        .replace("(↑ ↓)", "(up and down change it)")
        .replace("(Space)", "(toggle changes it)")
        .replace('↑', ":up")
}

/// What may be typed now.
fn asked(dialog: &Dialog) -> Vec<String> {
    if let Some(line) = &dialog.line {
        let text = match (line.masked, line.text()) {
            (true, _) => "Type it, it is not shown; :back does not".to_owned(),
            (false, "") => "Type a text; :back closes".to_owned(),
            (false, text) => format!("Type a text, or nothing for '{text}'; :back closes"),
        };
        let more = match &dialog.subject {
            Subject::Password { keep: Some(_), .. } => "; :up and :down choose where it is kept",
            Subject::Files(asks)
                if matches!(**asks, crate::app::files::Asks::Permissions { folders: true, .. }) =>
            {
                "; :up and :down choose how far it goes"
            }
            _ => "",
        };
        return vec![format!("{text}{more}.")];
    }
    let answers: Vec<String> = (1..)
        .zip(&dialog.choices)
        .map(|(number, choice)| {
            let letter = choice.letter().map(|letter| format!(" ({letter})"));
            format!("{number} {}{}", words_of(*choice), letter.unwrap_or_default())
        })
        .collect();
    vec![format!("Answers: {}.", answers.join(", "))]
}

//! The help where lines are typed: how it works, and the table of actions.

use crate::app::App;
use crate::app::action::{Action, Row};

/// What there is not where lines are typed, and what there is in its place.
pub const ABSENT: [(Action, &str); 8] = [
    (Action::Palette, "the line itself takes any action's name"),
    (Action::Themes, "there are no colours"),
    (
        Action::Redraw,
        "nothing is drawn; an empty line says again where you are",
    ),
    (
        Action::Jump,
        "write the beginning of a name; jump NAME goes to one that is also an action's",
    ),
    (Action::Left, "a long line goes on in the next one"),
    (Action::Right, "a long line goes on in the next one"),
    (Action::Wrap, "a long line always goes on in the next one"),
    (Action::Interrupt, "quit ends ftpane, and so does Ctrl-C"),
];

const HOW: [&str; 9] = [
    "Each line is one thing, and what is new is said in lines of its own; nothing is ever overwritten.",
    "The name of an action does it; its beginning will do where no other begins so: tran for transfer.",
    "A number or a name goes to that line of the list. Behind an action it is gone to first: view 3, enter pub.",
    "Actions that ask for a text take it behind their name: rename new.txt, go-to /pub, find *.log, raw STAT.",
    "An empty line says again where you are, or what is asked.",
    "A question is answered by the number, the letter or the word of an answer. Passwords are not shown.",
    "Where a text is asked for, a line that begins with a colon is an action, such as :back; two colons stand for one.",
    "In the form FIELD = VALUE changes a field and FIELD explains it; save, try and back.",
    "help NAME explains one action.",
];

impl App {
    /// The help: all that is possible here, or one action.
    pub(super) fn tell_how(&self, of: &str) -> Vec<String> {
        let absent = |row: &&Row| ABSENT.iter().any(|(action, _)| *action == row.action);
        let line = |row: &Row| match self.why_off(row.action) {
            Some(why) => format!("{}: {}. Not now: {why}", row.id, row.help),
            None => format!("{}: {}", row.id, row.help),
        };
        if !of.is_empty() {
            let rows: Vec<String> = self
                .actions_here()
                .filter(|row| row.id.starts_with(&of.to_lowercase()))
                .map(line)
                .collect();
            return match rows.is_empty() {
                true => vec!["No action here has that name; help names all".to_owned()],
                false => rows,
            };
        }
        let how = HOW.iter().map(|line| (*line).to_owned());
        let missing = ABSENT
            .iter()
            .map(|(action, why)| format!("{} ({why})", action.row().id));
        let missing = format!("Not in this mode: {}.", missing.collect::<Vec<_>>().join(", "));
        let here = format!("Possible in {}:", self.context_of(self.view).title());
        how.chain([missing, here])
            .chain(self.actions_here().filter(|row| !absent(row)).map(line))
            .collect()
    }
}

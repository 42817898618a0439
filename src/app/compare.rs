//! Marking what differs between the two panes: what a transfer would bring over.

use super::App;
use super::dialog::{Choice, Dialog, Subject};
use super::folder::Side;
use super::pane::Content;
use crate::plan::compare::{By, Verdict, compare};

impl App {
    /// Asks what is to be compared.
    pub(super) fn ask_compare(&mut self) {
        let listed = |side| matches!(self.pane(side).content, Content::Listed(_));
        if !(listed(Side::Local) && listed(Side::Remote)) {
            self.say("Both panes must show a folder to be compared".to_owned());
            return;
        }
        let choices = [
            Choice::Compare(By::Time),
            Choice::Compare(By::Size),
            Choice::Compare(By::Name),
            Choice::Cancel,
        ];
        self.dialogs.push_back(Dialog::new(Subject::Compare, choices));
    }

    /// Marks in both panes what differs, of what is shown.
    pub(super) fn compare(&mut self, by: By) {
        let (Content::Listed(here), Content::Listed(there)) = (&self.local.content, &self.remote.content)
        else {
            return;
        };
        // times of a clock nobody knows say nothing
        let blind = by == By::Time && (here.wall_clock || there.wall_clock);
        let by = if blind { By::Size } else { by };
        let gaps = !here.is_whole() || !there.is_whole();
        let found = [
            (Side::Local, compare(&here.entries, &there.entries, by)),
            (Side::Remote, compare(&there.entries, &here.entries, by)),
        ];
        let mut parts = Vec::new();
        for (side, verdicts) in found {
            let pane = self.pane_mut(side);
            let of = |place: &&u32| verdicts.get(**place as usize).copied();
            pane.marks = pane
                .shown
                .iter()
                .filter(|place| of(place).is_some_and(Verdict::is_news))
                .copied()
                .collect();
            let count = |verdict| {
                pane.shown
                    .iter()
                    .filter(|place| of(place) == Some(verdict))
                    .count()
            };
            let where_ = match side {
                Side::Local => "here",
                Side::Remote => "on the server",
            };
            for (n, what) in [
                (count(Verdict::Alone), format!("only {where_}")),
                (count(Verdict::Newer), format!("newer {where_}")),
            ] {
                if n > 0 {
                    parts.push(format!("{n} {what}"));
                }
            }
            if side == Side::Remote {
                for (n, what) in [
                    (count(Verdict::Different), "different"),
                    (count(Verdict::Unknown), "not to be told apart"),
                    (count(Verdict::Same), "the same"),
                ] {
                    if n > 0 {
                        parts.push(format!("{n} {what}"));
                    }
                }
            }
        }
        if parts.is_empty() {
            parts.push("There is nothing to compare".to_owned());
        }
        if blind {
            parts.push("by size only: the offset of the server's clock is not known".to_owned());
        }
        if gaps {
            parts.push("a listing is incomplete".to_owned());
        }
        self.say(parts.join(" · "));
    }
}

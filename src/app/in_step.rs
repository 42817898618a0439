//! Synchronised browsing: where one pane goes, the other goes the same way.
//!
//! The other pane stays where it is until the listing of its folder is there. Where it has no such folder it is
//! said, and the panes go their own ways again.

use std::sync::Arc;

use super::App;
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::pane::Content;
use crate::model::command::{Command, Generation};
use crate::model::failure::Failure;
use crate::model::listing::Listing;

/// Whether the panes go in step, and what is awaited for it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InStep {
    /// Whether they do.
    pub on: bool,
    /// Where the other pane is about to go, and the number of that folder's listing.
    following: Option<(Folder, Generation)>,
}

impl App {
    /// Begins it, or ends it.
    pub(super) fn toggle_in_step(&mut self) {
        let on = !self.in_step.on;
        if on && self.link.session().is_none() {
            self.say(self.no_connection());
            return;
        }
        self.in_step = InStep { on, following: None };
        self.say(
            match on {
                true => "From here on both panes go the same way",
                false => "Each pane goes its own way again",
            }
            .to_owned(),
        );
    }

    /// The pane of a side has gone from one folder to another: the other one follows.
    pub(super) fn follow_in_step(&mut self, side: Side, from: &Folder, to: &Folder) -> Vec<Effect> {
        if !self.in_step.on || from == to {
            return Vec::new();
        }
        let awaited = self.in_step.following.take().map(|(folder, _)| folder);
        let start = awaited.filter(|folder| folder.side() == side.other());
        match self.same_way(side.other(), start, from, to) {
            Ok(folder) => {
                let generation = self.next_generation();
                let place = folder.place(self.connection());
                self.in_step.following = Some((folder, generation));
                vec![Effect::Engine(Command::List { place, generation })]
            }
            Err(why) => {
                self.fall_out_of_step(&why);
                Vec::new()
            }
        }
    }

    /// Where the pane of a side comes to by the way that leads `from` one folder `to` another; why it cannot.
    fn same_way(
        &self,
        side: Side,
        start: Option<Folder>,
        from: &Folder,
        to: &Folder,
    ) -> Result<Folder, String> {
        let pane = self.pane(side);
        let is_shown = start.is_none();
        let mut folder = start.unwrap_or_else(|| pane.folder.clone());
        let (from, to) = (from.names(), to.names());
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        for _ in shared..from.len() {
            folder = folder
                .parent()
                .ok_or_else(|| format!("there is no folder above {}", folder.shown()))?;
        }
        let down = &to[shared..];
        if let ([name], true, Content::Listed(listing)) =
            (down, is_shown && shared == from.len(), &pane.content)
            && listing.is_whole()
            && !listing
                .entries
                .iter()
                .any(|e| e.name == *name && e.may_be_folder())
        {
            return Err(format!(
                "there is no folder {} in {}",
                name.shown(),
                folder.shown()
            ));
        }
        folder = down.iter().fold(folder, |at, name| at.join(name));
        match self.beyond(&folder) {
            Some(refusal) => Err(refusal),
            None => Ok(folder),
        }
    }

    /// The listing of the folder that the other pane goes to has come; `false` where it was another's.
    pub(super) fn followed(
        &mut self,
        generation: Generation,
        result: &Result<Arc<Listing>, Failure>,
    ) -> bool {
        let Some((folder, _)) = self
            .in_step
            .following
            .take_if(|(_, awaited)| *awaited == generation)
        else {
            return false;
        };
        match result {
            Ok(_) => {
                let side = folder.side();
                self.note_leaving(side, &folder);
                let pane = self.pane_mut(side);
                pane.go(folder, None, generation);
                pane.listed(generation, result.clone());
            }
            Err(failure) => {
                let said = failure.reply.as_ref().map(|reply| format!(" ({reply})"));
                let why = format!("{}: {}{}", failure.what, failure.why, said.unwrap_or_default());
                self.fall_out_of_step(&why);
            }
        }
        true
    }

    fn fall_out_of_step(&mut self, why: &str) {
        self.in_step = InStep::default();
        self.say(format!("Synchronised browsing is off: {why}"));
    }
}

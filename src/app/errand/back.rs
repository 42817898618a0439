//! The way back: a program has ended, and what it has left goes to the server, or is kept.

use std::path::Path;

use super::{Asks, ErrandId, Program, Returned, Seen, Stage, private, request};
use crate::app::App;
use crate::app::dialog::{Choice, Dialog, Subject};
use crate::app::effect::Effect;
use crate::app::folder::{Side, shown};
use crate::model::command::{Command, Place};
use crate::model::entry::Entry;
use crate::model::event::Side as Known;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Policy};
use crate::model::path::RemotePath;

impl App {
    /// Tells where what lies beside a copy is kept.
    pub(super) fn left_beside(&mut self, remote: &RemotePath, state: &str, folder: &Path) {
        let what = format!("The editor has left more than {}", remote.shown());
        let why = format!("{state}; what lies beside it was saved under another name, or not saved");
        let hint = format!("It is kept: {}", shown(folder));
        self.failed(Failure::new(Class::Local, what, why).hint(hint));
    }

    pub(super) fn keep_copy(&mut self, failure: Failure, copy: &Path) {
        let mut failure = failure;
        let kept = format!("The edited copy is kept: {}", shown(copy));
        failure.hint = Some(match failure.hint.take() {
            Some(hint) => format!("{hint} {kept}"),
            None => kept,
        });
        self.failed(failure);
    }

    /// A program has ended.
    pub(in crate::app) fn returned(&mut self, id: ErrandId, returned: Returned) -> Vec<Effect> {
        let Some(errand) = self.errand(id) else {
            // a file of this machine was edited in its place
            if let Some(failure) = returned.failure {
                self.failed(failure);
            }
            return self.refresh(Side::Local, None);
        };
        let (folder, copy) = (errand.folder.clone(), errand.copy());
        let edited = errand.program == Program::Editor && (returned.changed || returned.unsaved);
        match (returned.failure, edited) {
            (failure, false) => {
                let remote = errand.remote.shown();
                let is_editor = errand.program == Program::Editor;
                self.drop_errand(id);
                match failure {
                    Some(failure) => self.failed(failure),
                    None if is_editor => self.say(format!("{remote} was not changed; nothing is sent")),
                    None => {}
                }
                private(folder)
            }
            (Some(failure), true) => {
                self.drop_errand(id);
                // it may lie under another name there
                let kept = if returned.unsaved { folder } else { copy };
                if let Some(kept) = kept {
                    self.keep_copy(failure, &kept);
                }
                Vec::new()
            }
            (None, true) if !returned.changed => {
                let remote = errand.remote.clone();
                self.drop_errand(id);
                if let Some(folder) = folder {
                    self.left_beside(&remote, "it was not changed, and nothing is sent", &folder);
                }
                Vec::new()
            }
            (None, true) => {
                let generation = self.next_generation();
                let Some(errand) = self.errand(id) else {
                    return Vec::new();
                };
                errand.stage = Stage::LookingAgain(generation);
                errand.leaves = returned.unsaved;
                let (connection, parent) = (errand.connection, errand.remote.parent());
                let place = parent.map(|folder| Place::Remote(connection, folder));
                place
                    .map(|place| Effect::Engine(Command::List { place, generation }))
                    .into_iter()
                    .collect()
            }
        }
    }

    pub(super) fn looked_again(
        &mut self,
        id: ErrandId,
        found: Result<Option<Entry>, Failure>,
    ) -> Vec<Effect> {
        let Some(errand) = self.errand(id) else {
            return Vec::new();
        };
        if let Ok(Some(entry)) = &found
            && (entry.size, entry.modified) == errand.seen
        {
            return self.send_back(id, Policy::Overwrite);
        }
        errand.stage = Stage::Asking;
        let side = |(size, modified): Seen| Known {
            shown: errand.remote.shown(),
            size,
            modified,
        };
        let Some(copy) = errand.copy() else {
            return Vec::new();
        };
        let (now, failure) = match found {
            Ok(found) => (found.map(|entry| side((entry.size, entry.modified))), None),
            Err(failure) => (None, Some(Box::new(failure))),
        };
        let asks = Asks::Changed {
            id,
            copy,
            fetched: side(errand.seen),
            now,
            failure,
        };
        // what loses nothing first: a key pressed just as the question appears
        let choices = [
            Choice::Leave,
            Choice::Decide(Policy::Overwrite),
            Choice::Decide(Policy::Rename),
        ];
        self.dialogs
            .push_back(Dialog::new(Subject::Errand(Box::new(asks)), choices));
        vec![Effect::Bell]
    }

    pub(super) fn send_back(&mut self, id: ErrandId, policy: Policy) -> Vec<Effect> {
        let batch = self.next_batch();
        let care = self.care();
        let Some(errand) = self.errand(id) else {
            return Vec::new();
        };
        errand.stage = Stage::Sending(batch);
        let request = request(errand, batch, Direction::Upload, policy, care);
        self.say("Sending the file back …".into());
        request
            .map(|request| Effect::Engine(Command::Enqueue(request)))
            .into_iter()
            .collect()
    }
}

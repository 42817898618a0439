//! The way there: a file is looked at, and fetched into a private folder.

use std::path::PathBuf;

use super::{Errand, ErrandId, Program, Stage, Whose, private, request};
use crate::app::effect::Effect;
use crate::app::{App, server_title};
use crate::model::command::{Command, Extent, Place};
use crate::model::entry::Entry;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Care, Direction, Policy};
use crate::model::path::RemotePath;

impl App {
    /// Begins with a look at the file: what it is now decides later whether it was changed.
    pub(super) fn begin_errand(&mut self, program: Program, remote: RemotePath) -> Vec<Effect> {
        let (Some(name), Some(folder)) = (remote.name(), remote.parent()) else {
            return Vec::new();
        };
        let server = self.link.session().map(|session| Whose {
            url: session.server.url(),
            title: server_title(&session.server),
        });
        let server = server.unwrap_or_default();
        let connection = self.connection();
        let same = |errand: &&Errand| {
            // what failed over an earlier connection is the queue's to try again
            let is_over = matches!(errand.stage, Stage::Unfetched(_)) && errand.connection != connection;
            errand.server.url == server.url
                && errand.remote == remote
                && errand.program == program
                && !is_over
        };
        let mut effects = self.errands_forgotten();
        let same = self.errands.iter().find(same);
        if let Some((id, stands)) = same.map(|errand| (errand.id, self.stands(errand))) {
            match stands {
                Some(how) => {
                    self.say(how);
                    return effects;
                }
                // the job that failed has the folder: it is the one that is tried again
                None => match self.fetch_again(id) {
                    Some(again) => {
                        effects.push(again);
                        return effects;
                    }
                    None => drop(self.drop_errand(id)),
                },
            }
        }
        let generation = self.next_generation();
        let id = self.next_errand();
        self.errands.push(Errand {
            id,
            program,
            connection,
            server,
            remote,
            name,
            folder: None,
            seen: (None, None),
            leaves: false,
            stage: Stage::Looking(generation),
        });
        let place = Place::Remote(connection, folder);
        effects.push(Effect::Engine(Command::List { place, generation }));
        effects
    }

    /// Tries once more to fetch what could not be; `None` where it was not that.
    fn fetch_again(&mut self, id: ErrandId) -> Option<Effect> {
        let Stage::Unfetched(batch) = self.errand(id)?.stage else {
            return None;
        };
        let job = self.queue.job_of(batch)?;
        self.say("Fetching the file …".into());
        Some(Effect::Engine(Command::Retry(Extent::Job(job))))
    }

    /// Jobs were forgotten: what they might still have fetched has no use for its folder any more.
    pub(in crate::app) fn errands_forgotten(&mut self) -> Vec<Effect> {
        let queue = &self.queue;
        let is_over = |errand: &mut Errand| match errand.stage {
            Stage::Unfetched(batch) => queue.job_of(batch).is_none(),
            _ => false,
        };
        let over: Vec<Errand> = self.errands.extract_if(.., is_over).collect();
        over.into_iter()
            .flat_map(|errand| private(errand.folder))
            .collect()
    }

    pub(super) fn looked(&mut self, id: ErrandId, found: Result<Option<Entry>, Failure>) -> Vec<Effect> {
        let Some(errand) = self.errand(id) else {
            return Vec::new();
        };
        let what = format!("Could not open {}", errand.remote.shown());
        let failure = match found {
            Ok(Some(entry)) if !entry.is_folder() => {
                errand.seen = (entry.size, entry.modified);
                errand.stage = Stage::Making;
                let of = format!("{}:{}", errand.server.title, errand.remote.shown());
                return vec![Effect::MakePrivateFolder(id, of)];
            }
            Ok(Some(_)) => Failure::new(Class::Refused, what, "it is a folder now"),
            Ok(None) => Failure::new(Class::Refused, what, "it is not there any more"),
            Err(failure) => failure.while_trying(what),
        };
        self.drop_errand(id);
        self.failed(failure);
        Vec::new()
    }

    /// The private folder is there, or is not.
    pub(in crate::app) fn private_folder(
        &mut self,
        id: ErrandId,
        made: Result<PathBuf, Failure>,
    ) -> Vec<Effect> {
        let folder = match made {
            Ok(folder) => folder,
            Err(failure) => {
                self.drop_errand(id);
                self.failed(failure);
                return Vec::new();
            }
        };
        let batch = self.next_batch();
        let Some(errand) = self.errand(id) else {
            return vec![Effect::RemovePrivateFolder(folder)];
        };
        errand.folder = Some(folder);
        errand.stage = Stage::Fetching(batch);
        let request = request(
            errand,
            batch,
            Direction::Download,
            // nothing is there yet; where a later run takes this up, there may be what somebody has edited
            Policy::Skip,
            Care::default(),
        );
        self.say("Fetching the file …".into());
        request
            .map(|request| Effect::Engine(Command::Enqueue(request)))
            .into_iter()
            .collect()
    }
}

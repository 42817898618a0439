//! What is asked of a file before the server has given its word for it, at the end of its data: servers answer in
//! order, and some give their word a round trip after that end.

use super::{Verbs, received};
use crate::engine::carried::Carried;
use crate::engine::task::Task;
use crate::engine::upload::Sending;
use crate::ftp::exchange::Rider;
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;

/// What will be asked of it when that word is good, as far as it may be asked before.
pub(super) fn ahead(file: &Carried, verbs: Verbs) -> Vec<Rider> {
    match file {
        Carried::Down(receiving) => received::ahead(receiving),
        Carried::Up(sending) => checks(sending, verbs),
    }
}

/// Of an upload its time and its size, where no more is to be said: what that does to a temporary file changes
/// nothing, whatever comes of it.
fn checks(sending: &Sending, verbs: Verbs) -> Vec<Rider> {
    let site = &sending.site;
    let says_more = site.in_place || site.permissions.is_some() || site.owner.is_some();
    if says_more || sending.verification.is_some() || sending.task.placing.weighs() == Some(true) {
        return Vec::new();
    }
    let part = &sending.part;
    let time = set_time(part, time_of(sending.source.modified, &sending.task), verbs);
    time.into_iter().chain([Rider::Size(part.clone())]).collect()
}

/// The time that it is to have.
pub(super) fn time_of(source: Option<Stamp>, task: &Task) -> Option<Stamp> {
    source.filter(|_| !task.start.care.new_times)
}

/// Sets it, where the server lets it be set.
pub(super) fn set_time(part: &RemotePath, time: Option<Stamp>, verbs: Verbs) -> Option<Rider> {
    let time = time.filter(|time| time.time_val().is_some());
    time.zip(verbs.time)
        .map(|(time, verb)| Rider::SetModified(part.clone(), time, verb))
}

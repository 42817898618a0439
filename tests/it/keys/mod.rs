//! Keys in, wishes out: what each key leads to, without a terminal and without an engine.

mod connecting;
pub(crate) mod doctor;
mod edits;
mod everywhere;
mod files;
mod finding;
mod found;
mod pager;
mod panes;
mod pointer;
pub(crate) mod questions;
mod queue;
mod saved;
mod secrets;
mod themes;
mod unfinished;

pub(crate) use found::searches;
pub(crate) use questions::{certificate_question, conflict};
pub(crate) use queue::job;
pub(crate) use saved::looked;
pub(crate) use unfinished::left;

use ftpane::app::effect::Effect;
use ftpane::model::command::{Command, Place};
use ftpane::model::job::{ConnectionId, JobState};

use crate::harness::bench::path;

pub(super) const C: ConnectionId = ConnectionId(1);

pub(super) fn remote(at: &str) -> Place {
    Place::Remote(C, path(at))
}

pub(super) fn local(at: &str) -> Place {
    Place::Local(at.into())
}

/// The only command among the effects.
#[track_caller]
pub(super) fn command(effects: Vec<Effect>) -> Command {
    match <[Effect; 1]>::try_from(effects) {
        Ok([Effect::Engine(command)]) => command,
        other => panic!("not one command: {other:?}"),
    }
}

#[track_caller]
pub(super) fn listed(effects: Vec<Effect>) -> Place {
    match command(effects) {
        Command::List { place, .. } => place,
        other => panic!("no listing: {other:?}"),
    }
}

/// A job that is done.
pub(super) fn done() -> JobState {
    JobState::Done {
        bytes: 1,
        before: 0,
        earlier: 0,
        millis: 1,
        note: None,
    }
}

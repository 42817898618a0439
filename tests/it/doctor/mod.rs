//! The doctor: each situation it is to recognise is built, and its verdicts are looked at.

mod approach;
mod awkward;
mod command_line;
mod data;
mod limits;
mod rest;
mod situations;
mod together;

use std::time::Duration;

use ftpane::model::command::Command;
use ftpane::model::diagnosis::{Diagnosis, Examined, Level, Step, Verdict};
use ftpane::model::event::Event;
use ftpane::model::job::ConnectionId;
use ftpane::model::secret::Secret;
use ftpane::model::server::{Patience, Server};

use crate::harness::engine::Driver;
use crate::harness::scripted::{Script, Scripted};

/// The number of a visit.
const VISIT: ConnectionId = ConnectionId(9);

/// For what is proved by nobody answering; long enough for a busy machine to do what it does.
const SHORT: Patience = Patience {
    connect: Duration::from_secs(2),
    silence: Duration::from_secs(2),
    retries: 0,
};

/// A visit that is over.
pub(crate) struct Visit {
    pub(crate) steps: Vec<Examined>,
    pub(crate) diagnosis: Diagnosis,
}

impl Visit {
    pub(crate) async fn to(server: Server, secret: Secret, patience: Patience, probe_upload: bool) -> Self {
        let mut driver = Driver::new();
        driver.send(Command::Diagnose {
            connection: VISIT,
            server: Box::new(server),
            secret: Some(secret),
            patience,
            probe_upload,
        });
        let (mut steps, mut begun) = (Vec::new(), Vec::new());
        let diagnosis = loop {
            match driver.event().await {
                Event::Examining(VISIT, step) => begun.push(step),
                Event::Examined(VISIT, examined) => steps.push(*examined),
                Event::Diagnosed(VISIT, result) => break *result.unwrap(),
                _ => {}
            }
        };
        driver.shutdown().await;
        Self { steps, diagnosis }
    }

    /// The codes of the verdicts, those of notes in brackets.
    fn codes(&self) -> Vec<String> {
        let verdicts = self.diagnosis.verdicts.iter();
        verdicts
            .map(|verdict| match verdict.level {
                Level::Note => format!("({})", verdict.code.word()),
                Level::Ok | Level::Failure => verdict.code.word().to_owned(),
            })
            .collect()
    }

    /// These are the verdicts, in this order, and each is made for people; gives the first.
    #[track_caller]
    pub(crate) fn finds(&self, codes: &[&str]) -> &Verdict {
        assert_eq!(self.codes(), codes, "{:#?}", self.diagnosis.verdicts);
        self.assert_made_for_people();
        &self.diagnosis.verdicts[0]
    }

    /// Every verdict is in plain words, and nothing in them could run in a terminal.
    #[track_caller]
    fn assert_made_for_people(&self) {
        for verdict in &self.diagnosis.verdicts {
            let text = verdict.text();
            assert!(!verdict.says.is_empty(), "{verdict:?}");
            for debug in ["Os {", "Kind(", "Some(", "\u{1b}", "\r", "\n", "..", ". ."] {
                assert!(!text.contains(debug), "not made for people: {text}");
            }
        }
    }

    /// The steps of this kind.
    fn step(&self, step: Step) -> Vec<&Examined> {
        self.steps.iter().filter(|done| done.step == step).collect()
    }

    /// The steps that failed.
    fn failed(&self) -> Vec<Step> {
        let failed = self.steps.iter().filter(|done| !done.ok);
        failed.map(|done| done.step).collect()
    }
}

/// A visit to a scripted server with other settings.
async fn visit_as(server: &Scripted, settings: impl FnOnce(Server) -> Server, patience: Patience) -> Visit {
    Visit::to(settings(server.server()), server.secret(), patience, false).await
}

/// A visit to a server of this script, as it wants to be visited.
async fn visited(script: Script, patience: Patience) -> (Scripted, Visit) {
    let server = script.start().await;
    let visit = visit_as(&server, |server| server, patience).await;
    (server, visit)
}

/// The flags of all that would mend it.
pub(crate) fn flags(verdict: &Verdict) -> Vec<String> {
    let flags = verdict.fix.iter().map(|fix| fix.flags().join(" "));
    flags.collect()
}

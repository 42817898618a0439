//! `ftpane sum`: checksums of a server's files, by the server.

use std::ffi::OsString;

use clap::Args;

use super::arguments::Output;
use super::completions::TARGET;
use super::connection::Connection;
use super::connections::{self, Connections, Meant, Named};
use super::json::{ChecksumLine, DeedLine, Text};
use super::outcome::Outcome;
use super::place::Place;
use super::printer::{Printer, written};
use super::session::{End, Session};
use crate::model::checksum::{Algorithm, Checksum};
use crate::model::command::Command;
use crate::model::event::Event;

#[derive(Debug, Args)]
pub(super) struct Sum {
    /// Of which files
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    targets: Vec<OsString>,
    /// SHA-256, SHA-512, SHA-1, MD5 or CRC32 [default: the best that the server offers]
    #[arg(short, long, value_name = "NAME", value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    let plain = |word: &str| word.replace('-', "").to_ascii_lowercase();
    let mut all = Algorithm::ALL.into_iter();
    all.find(|algorithm| plain(algorithm.word()) == plain(text))
        .ok_or_else(|| format!("one of {}", Algorithm::ALL.map(Algorithm::word).join(", ")))
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Sum, session: &mut Session) -> Result<u8, End> {
    let places = connections::read(&arguments.targets, &arguments.connection)?;
    let mut connections = Connections::default();
    let (mut printer, mut outcome) = (Printer::new(), Outcome::default());
    for Meant { source, place } in connections.expand(session, places).await? {
        let asked = match place {
            Ok(place) => ask(arguments, session, &mut connections, place).await,
            Err(failure) => Err(failure.into()),
        };
        let printed = match asked {
            Ok((named, sum)) => {
                outcome.success();
                match arguments.output.json {
                    true => printer.json(&ChecksumLine::new(named.text(), &sum)),
                    false => printer.checksum(&bsd_word(sum.algorithm), &source, &sum),
                }
            }
            Err(End::Failed(failure)) => {
                session.speech.fail(&failure);
                outcome.failure(&failure);
                match arguments.output.json {
                    true => printer.json(&DeedLine::failed(Text::of_target(&source), failure.to_string())),
                    false => Ok(()),
                }
            }
            Err(end) => return Err(end),
        };
        written(printed.and_then(|()| printer.flush()))?;
    }
    Ok(outcome.exit_code())
}

async fn ask(
    arguments: &Sum,
    session: &mut Session,
    connections: &mut Connections,
    place: Place,
) -> Result<(Named, Checksum), End> {
    let named = connections.find(session, place).await?;
    let generation = session.next_generation();
    session.send(Command::Checksum {
        places: vec![named.somewhere()],
        algorithm: arguments.algorithm,
        generation,
    });
    loop {
        match session.event().await? {
            Event::Checksummed {
                generation: of,
                result,
                ..
            } if of == generation => return Ok((named, result?)),
            _ => {}
        }
    }
}

/// The name that BSD's programs and `cksum --tag` have for it: `SHA256`.
fn bsd_word(algorithm: Algorithm) -> String {
    algorithm.word().replace('-', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_algorithms() {
        for text in ["SHA-256", "sha256", "Sha-256"] {
            assert_eq!(algorithm(text), Ok(Algorithm::Sha256), "{text}");
        }
        assert!(algorithm("sha3").unwrap_err().contains("CRC32"));
    }
}

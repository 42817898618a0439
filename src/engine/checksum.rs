//! Checksums of files for who wants to see them: the server's, and of files here by the same
//! algorithm, so that the two sides can be compared.

use std::path::PathBuf;
use std::sync::Arc;

use super::browse::not_connected;
use super::lease::Lease;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::{blocking, unbroken};
use crate::ftp::digest::Way;
use crate::ftp::error::{Error, local};
use crate::ftp::exchange::{Answer, Rider};
use crate::ftp::session::FileSize;
use crate::ftp::sums::Hashing;
use crate::model::checksum::{Algorithm, Checksum};
use crate::model::command::{Generation, Place};
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;

/// Tells the checksum of each place. The server's come first: their algorithm is the one for all.
pub(super) async fn tell(
    pool: Option<Arc<Pool>>,
    places: Vec<Place>,
    mut algorithm: Option<Algorithm>,
    generation: Generation,
    listener: Listener,
) {
    let (remote, here): (Vec<Place>, Vec<Place>) = places
        .into_iter()
        .partition(|place| matches!(place, Place::Remote(..)));
    for place in remote.into_iter().chain(here) {
        let result = match place.clone() {
            Place::Local(path) => unbroken(of_local(path, algorithm.unwrap_or(Algorithm::ALL[0]))).await,
            Place::Remote(_, path) => unbroken(of_remote(pool.as_ref(), &path, algorithm)).await,
        };
        algorithm = algorithm.or(result.as_ref().ok().map(|sum| sum.algorithm));
        listener.tell(Event::Checksummed {
            place,
            generation,
            result,
        });
    }
}

fn what_not(path: &dyn std::fmt::Display) -> String {
    format!("No checksum of {path}")
}

async fn of_local(path: PathBuf, algorithm: Algorithm) -> Result<Checksum, Failure> {
    let what = what_not(&shown_path(&path));
    let missing = Failure::new(
        Class::Other,
        what.as_str(),
        format!("this machine's library does not compute {}", algorithm.word()),
    );
    let work = move || {
        let mut hashing = Hashing::default();
        hashing.add(algorithm);
        hashing.update_from(&path, u64::MAX)?;
        Ok(hashing.finish().of(algorithm).map(<[u8]>::to_vec))
    };
    let bytes: Option<Vec<u8>> = blocking(work).await?.map_err(|e| local(what, &e))?;
    let bytes = bytes.ok_or(missing)?;
    Ok(Checksum { algorithm, bytes })
}

async fn of_remote(
    pool: Option<&Arc<Pool>>,
    path: &RemotePath,
    algorithm: Option<Algorithm>,
) -> Result<Checksum, Failure> {
    let pool = pool.ok_or_else(not_connected)?;
    let mut lease = pool.lease(Purpose::Work).await?;
    let what = what_not(path);
    let offered = lease.digest_ways();
    let fits = |way: &&Way| algorithm.is_none_or(|wanted| way.algorithm == wanted);
    let ways: Vec<Way> = offered.iter().filter(fits).copied().collect();
    if ways.is_empty() {
        return Err(not_offered(what, algorithm, &offered));
    }
    let mut refusal = None;
    for way in ways {
        let asked = match of_file(&mut lease, path, way).await {
            // it changes nothing: once more where the session was lost
            Err(error) if error.is_loss() && lease.renew().await => of_file(&mut lease, path, way).await,
            asked => asked,
        };
        match asked.map_err(|error| error.failure(what.as_str()))? {
            Some(Ok(bytes)) => {
                let algorithm = way.algorithm;
                return Ok(Checksum { algorithm, bytes });
            }
            Some(Err(said)) => refusal = Some(said),
            None => {}
        }
    }
    let failure = Failure::new(Class::Refused, what, "the server gives none");
    Err(match refusal {
        // escaped already
        Some(said) => Failure {
            reply: Some(said),
            ..failure.hint("It may be no file, or too large for the server to read in time.")
        },
        None => failure.hint("Its commands for checksums do not take such a name."),
    })
}

/// What the server tells of a file: a checksum, or its words; `None` where the name cannot be written in
/// its command.
async fn of_file(
    lease: &mut Lease,
    path: &RemotePath,
    way: Way,
) -> Result<Option<Result<Vec<u8>, String>>, Error> {
    // it reads all of the file before it answers: how long that may take goes by the size
    let size = match lease.ask_size(path).await? {
        FileSize::File(Some(size)) => size,
        FileSize::File(None) | FileSize::NoFile | FileSize::Untold => 0,
    };
    let Some(rider) = Rider::digest(way, path, size) else {
        return Ok(None);
    };
    let asked = lease.ask(std::slice::from_ref(&rider)).await?;
    match (asked.answers.into_iter().next(), asked.lost) {
        (Some(Answer::Digest(answer)), _) => Ok(Some(answer)),
        (_, Some(error)) => Err(error),
        _ => Err(Error::Poisoned),
    }
}

fn not_offered(what: String, algorithm: Option<Algorithm>, offered: &[Way]) -> Failure {
    let mut words: Vec<&str> = offered.iter().map(|way| way.algorithm.word()).collect();
    words.dedup();
    match (algorithm, words.is_empty()) {
        (Some(algorithm), false) => {
            let why = format!("the server offers no {}", algorithm.word());
            Failure::new(Class::Refused, what, why).hint(format!("It offers {}.", words.join(", ")))
        }
        _ => Failure::new(Class::Refused, what, "the server offers no checksum")
            .hint("Compare size and time, or download the file and compute it here."),
    }
}

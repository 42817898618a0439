//! Whether what stands on a server under a temporary name is the beginning of the file here: by its checksum,
//! where the server offers one, else by its last bytes, read back. Its length alone does not tell bytes that went
//! wrong on the way, or that a server has lost and filled up in a crash.

use std::path::Path;

use super::blocking;
use super::lease::Lease;
use super::verify::Verification;
use crate::ftp::error::Error;
use crate::ftp::exchange::Answer;
use crate::ftp::transfer::{Request, Transfer};
use crate::local::source::read_between;
use crate::model::path::RemotePath;
use crate::plan::resume::{Overlap, asked_from};

/// Compares the first `length` bytes of `here` with all of `there`. `None`: it is not known, and the length is
/// the only proof. An error: the session was lost, and there is no other.
pub(super) async fn compare(
    here: &Path,
    there: &RemotePath,
    length: u64,
    lease: &mut Lease,
) -> Result<Option<bool>, Error> {
    match by_checksum(here, there, length, lease).await? {
        None => by_its_end(here, there, length, lease).await,
        same => Ok(same),
    }
}

async fn by_checksum(
    here: &Path,
    there: &RemotePath,
    length: u64,
    lease: &mut Lease,
) -> Result<Option<bool>, Error> {
    let (mut asked, mut hashing) = Verification::begin(lease.digest_ways(), there);
    if asked.is_over() {
        return Ok(None);
    }
    let here = here.to_path_buf();
    let hashed = blocking(move || {
        hashing.update_from(&here, length)?;
        Ok::<_, std::io::Error>(hashing.finish())
    });
    // the server reads its side while we read ours
    let (hashed, told) = tokio::join!(hashed, ask(&mut asked, there, length, lease));
    if let Err(error) = told {
        return unknown(error, lease).await;
    }
    // what cannot be read here fails where it is sent
    let Ok(Ok(sums)) = hashed else {
        return Ok(None);
    };
    let told = asked.has_told();
    let judged = asked.judge(&sums, true);
    let (same, said) = match &judged {
        Ok(said) => (told.then_some(true), said),
        Err(why) => (Some(false), why),
    };
    lease.remark(&format!("the first {length} bytes of {there}: {said}"));
    Ok(same)
}

/// Compares the end of what is there with the same bytes here: what a crash of the server has left blank, and what
/// somebody else has written, is behind what arrived.
async fn by_its_end(
    here: &Path,
    there: &RemotePath,
    length: u64,
    lease: &mut Lease,
) -> Result<Option<bool>, Error> {
    let (path, from) = (here.to_path_buf(), asked_from(length));
    // what cannot be read here fails where it is sent
    let Ok(Ok(expected)) = blocking(move || read_between(&path, from, length)).await else {
        return Ok(None);
    };
    let mut transfer = match lease.begin(&Request::retrieve(there, from)).await {
        Ok(transfer) => transfer,
        // it does not let them be read, or not from there
        Err(error) => return unknown(error, lease).await,
    };
    match compared(Overlap::new(expected), &mut transfer, lease).await {
        Ok(Compared::Same) => ended(true, transfer, lease).await,
        // a line that was cut looks like the end of data, too: it is shorter only where the server calls that all
        Ok(Compared::Shorter) => ended(false, transfer, lease).await,
        Ok(Compared::Other) => {
            lease.give_up(transfer).await;
            match lease.renew().await {
                true => Ok(Some(false)),
                false => Err(Error::Poisoned),
            }
        }
        Err(error) => unknown(error, lease).await,
    }
}

/// What came of the end of what is there.
enum Compared {
    Same,
    /// What came is the same, and there is less of it.
    Shorter,
    Other,
}

async fn compared(
    mut overlap: Overlap,
    transfer: &mut Transfer,
    lease: &mut Lease,
) -> Result<Compared, Error> {
    // one byte more: nothing may follow
    let mut came = vec![0; overlap.left() + 1];
    loop {
        let most = overlap.left() + 1;
        match lease.read(transfer, &mut came[..most]).await? {
            0 if overlap.left() == 0 => return Ok(Compared::Same),
            0 => return Ok(Compared::Shorter),
            n if n > overlap.left() || !overlap.agrees(&came[..n]) => return Ok(Compared::Other),
            _ => {}
        }
    }
}

/// What came is `same` or not, if the server says that it was all.
async fn ended(same: bool, transfer: Transfer, lease: &mut Lease) -> Result<Option<bool>, Error> {
    match lease.finish(transfer).await {
        Ok(_) => Ok(Some(same)),
        Err(error) => unknown(error, lease).await,
    }
}

/// It could not be compared. A server may fall silent over such a question: it is not asked again.
async fn unknown(error: Error, lease: &mut Lease) -> Result<Option<bool>, Error> {
    match lease.is_usable() || lease.renew().await {
        true => Ok(None),
        false => Err(error),
    }
}

async fn ask(
    asked: &mut Verification,
    there: &RemotePath,
    length: u64,
    lease: &mut Lease,
) -> Result<(), Error> {
    while let Some(rider) = asked.rider(there, length) {
        let exchanged = lease.ask(std::slice::from_ref(&rider)).await?;
        match (exchanged.answers.into_iter().next(), exchanged.lost) {
            (Some(Answer::Digest(answer)), _) => asked.answered(answer),
            (_, Some(lost)) => return Err(lost),
            _ => return Err(Error::Poisoned),
        }
    }
    Ok(())
}

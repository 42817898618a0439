//! Whether what stands on a server under a temporary name is the beginning of the file here: by its checksum,
//! where the server offers one. Its length alone does not tell bytes that went wrong on the way, or that a
//! server has lost and filled up in a crash.

use std::path::Path;

use super::blocking;
use super::lease::Lease;
use super::verify::Verification;
use crate::ftp::error::Error;
use crate::ftp::exchange::Answer;
use crate::model::path::RemotePath;

/// Compares the first `length` bytes of `here` with all of `there`. `None`: it is not known, and the length is
/// the only proof. An error: the session was lost, and there is no other.
pub(super) async fn compare(
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
        // a server may fall silent over such a question: it is not asked again
        return match !error.is_loss() || lease.renew().await {
            true => Ok(None),
            false => Err(error),
        };
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

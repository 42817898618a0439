//! What stands at a path, asked without a listing: one round trip, where the way to the listing of its
//! folder takes six.
//!
//! No command says so everywhere: MLST is rare, and some servers tell a SIZE of folders, too. So the
//! server is asked for size and time and to go there, in one write, and only answers that fit together
//! count: a file has a size and a time and cannot be gone into, a folder can and has no size.

use std::sync::Arc;

use super::download::{size_and_time, what_it_is};
use super::lease::Lease;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::unbroken;
use crate::ftp::error::Error;
use crate::ftp::exchange::{Answer, Rider};
use crate::model::command::{Generation, Place};
use crate::model::event::{Event, Seen};
use crate::model::path::RemotePath;

/// Looks at a place and tells what it sees. Where the server cannot be asked, that is nothing: what is the
/// matter shows where it is asked for something that is needed.
pub(super) async fn look(pool: Option<Arc<Pool>>, place: Place, generation: Generation, listener: Listener) {
    let seen = unbroken(async {
        let (Place::Remote(_, path), Some(pool)) = (&place, &pool) else {
            return Ok(Seen::Unclear);
        };
        let mut lease = pool.lease(Purpose::Browsing).await?;
        Ok(at(&mut lease, path).await.unwrap_or(Seen::Unclear))
    });
    let seen = seen.await.unwrap_or(Seen::Unclear);
    listener.tell(Event::Looked { generation, seen });
}

async fn at(lease: &mut Lease, path: &RemotePath) -> Result<Seen, Error> {
    // where a link may lead out of what is open, listings tell which names are links
    if !lease.fence().is_open() {
        return Ok(Seen::Unclear);
    }
    let tells = lease.tells_size_and_time();
    let mut riders = Vec::from(what_it_is(path));
    riders.retain(|_| tells);
    riders.push(Rider::Enter(path.clone()));
    // it is listed next, or transferred
    let asked = lease.ask_before_data(&riders).await?;
    Ok(seen(asked.answers))
}

/// What the answers amount to; where some are missing, that is nothing.
fn seen(mut answers: Vec<Answer>) -> Seen {
    let Some(Answer::Entered(Some(is_folder))) = answers.pop_if(|last| matches!(last, Answer::Entered(_)))
    else {
        return Seen::Unclear;
    };
    match (is_folder, size_and_time(answers)) {
        (false, (Some(size), Some(modified))) => Seen::File { size, modified },
        (true, (None, _)) => Seen::Folder,
        _ => Seen::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ftp::session::FileSize;
    use crate::model::stamp::Stamp;

    #[test]
    fn only_answers_that_fit_together_count() {
        let time = Stamp::exact(1_700_000_000);
        let file = Seen::File {
            size: 5,
            modified: time,
        };
        for (size, modified, entered, wanted) in [
            (FileSize::File(Some(5)), Some(time), Some(false), file),
            (FileSize::NoFile, None, Some(true), Seen::Folder),
            // vsftpd tells the time of a folder
            (FileSize::NoFile, Some(time), Some(true), Seen::Folder),
            (FileSize::File(Some(4096)), Some(time), Some(true), Seen::Unclear),
            (FileSize::File(Some(5)), None, Some(false), Seen::Unclear),
            (FileSize::File(None), Some(time), Some(false), Seen::Unclear),
            (FileSize::File(Some(5)), Some(time), None, Seen::Unclear),
            (FileSize::NoFile, None, Some(false), Seen::Unclear),
        ] {
            let answers = vec![
                Answer::Size(size),
                Answer::Modified(modified),
                Answer::Entered(entered),
            ];
            assert_eq!(seen(answers), wanted, "{size:?} {modified:?} {entered:?}");
        }
        let lost = vec![
            Answer::Size(FileSize::File(Some(5))),
            Answer::Modified(Some(time)),
        ];
        assert_eq!(seen(lost), Seen::Unclear);
        assert_eq!(seen(vec![Answer::Entered(Some(true))]), Seen::Folder);
    }
}

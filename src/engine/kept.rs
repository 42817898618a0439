//! What jobs of this run have left half-done, so that another try goes on from there.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blocking;
use super::pool::{Pool, Purpose};
use crate::model::job::JobId;
use crate::model::path::RemotePath;

/// A temporary file that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// On this machine.
    Here(PathBuf),
    /// On the job's server.
    There(RemotePath),
}

/// How much of a file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Length {
    /// All of it, in bytes.
    pub(super) bytes: u64,
    /// How much of that an earlier run has brought.
    pub(super) earlier: u64,
}

/// The pieces of jobs that no lane works on.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    /// And how long each is.
    pieces: HashMap<JobId, (Piece, Length)>,
    /// Running jobs that a person has taken out: nothing of them is to be kept.
    unwanted: HashSet<JobId>,
}

impl Kept {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job begins: what it has left before, and how much that is.
    pub(super) fn begin(&self, job: JobId) -> Option<(Piece, Length)> {
        let mut shelf = self.shelf();
        shelf.unwanted.remove(&job);
        shelf.pieces.remove(&job)
    }

    /// So much of a job waits in this piece.
    pub(super) fn put(&self, job: JobId, piece: Piece, length: Length) {
        self.shelf().pieces.insert(job, (piece, length));
    }

    /// How much a job has left, where that is known here.
    pub(super) fn bytes(&self, job: JobId) -> Option<u64> {
        self.shelf().pieces.get(&job).map(|(_, length)| length.bytes)
    }

    /// What a job has left; it is not known here any more.
    pub(super) fn take(&self, job: JobId) -> Option<Piece> {
        Some(self.shelf().pieces.remove(&job)?.0)
    }

    /// Takes away what some other job has left; whether it was there.
    pub(super) fn inherit(&self, piece: &Piece) -> bool {
        let mut shelf = self.shelf();
        let before = shelf.pieces.len();
        shelf.pieces.retain(|_, (other, _)| other != piece);
        shelf.pieces.len() < before
    }

    /// All that is on this machine.
    pub(super) fn all_here(&self) -> Vec<PathBuf> {
        let shelf = self.shelf();
        let here = shelf.pieces.values().filter_map(|(piece, _)| match piece {
            Piece::Here(path) => Some(path.clone()),
            Piece::There(_) => None,
        });
        here.collect()
    }

    /// A running job is taken out.
    pub(super) fn unwant(&self, job: JobId) {
        self.shelf().unwanted.insert(job);
    }

    pub(super) fn is_unwanted(&self, job: JobId) -> bool {
        self.shelf().unwanted.contains(&job)
    }
}

/// Deletes a piece that nobody wants any more; what cannot be deleted is left for the next transfer to
/// the same target.
pub(super) async fn discard(piece: Piece, pool: Option<Arc<Pool>>) {
    match (piece, pool) {
        (Piece::Here(part), _) => {
            let _ = blocking(move || std::fs::remove_file(part)).await;
        }
        (Piece::There(part), Some(pool)) => {
            if let Ok(mut lease) = pool.lease(Purpose::Work).await
                && lease.delete_file(&part).await.is_err()
            {
                lease.remark(&format!("could not delete the temporary file {part}"));
            }
        }
        (Piece::There(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_belongs_to_one_job_at_a_time() {
        let kept = Kept::default();
        let length = |bytes| Length { bytes, earlier: 5 };
        let piece = Piece::Here("/x/.f.part".into());
        kept.put(JobId(1), piece.clone(), length(7));
        assert_eq!((kept.bytes(JobId(1)), kept.bytes(JobId(2))), (Some(7), None));
        assert_eq!(kept.begin(JobId(2)), None);
        assert_eq!(kept.all_here(), [std::path::Path::new("/x/.f.part")]);
        assert!(kept.inherit(&piece) && !kept.inherit(&piece));
        assert_eq!(kept.begin(JobId(1)), None);
        kept.put(JobId(2), piece.clone(), length(8));
        kept.unwant(JobId(2));
        assert!(kept.is_unwanted(JobId(2)));
        assert_eq!(kept.begin(JobId(2)), Some((piece, length(8))));
        assert!(!kept.is_unwanted(JobId(2)), "it was begun again");
    }
}

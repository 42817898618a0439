//! A download whose data are over.

use super::WORD_LOST;
use crate::engine::download::{Receiving, changed, length, proved, what};
use crate::engine::task::{Stop, UNTOUCHED, both};
use crate::ftp::exchange::{Answer, Rider};
use crate::ftp::session::FileSize;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;
use crate::plan::conflict::Known;
use crate::plan::meanwhile::{Meanwhile, is_newer};

/// Said of a file that is written to at its end.
const GROWN: &str = "the file grows on the server: what came is what it held when it was read";

/// Said of a file of which nothing is left to come, and that is no mistake.
const EMPTIED: &str = "the file was emptied on the server after it was listed";

/// What is known of it, and what is still to be asked.
pub(super) struct Received {
    pub(super) file: Receiving,
    closed_properly: Option<bool>,
    /// Set where the server's last word was lost, with that failure.
    lost: Option<Failure>,
    pub(super) losses: u32,
    wants: Wants,
    size: Option<u64>,
    modified: Option<Stamp>,
    /// What the source was before, where that is compared; and whether the server was asked for it.
    before: Option<(Known, bool)>,
    /// How long its listing said that it is.
    listed: Option<u64>,
    /// What it is by the server's word now.
    now: Known,
}

/// What is still to be asked about a download.
#[derive(Clone, Copy)]
struct Wants {
    size: bool,
    time: bool,
}

impl Wants {
    /// `heard`: the server has given its word for the end; `doubted`: the source may be another by now, which depends on
    /// the time and is looked at once.
    fn of(file: &Receiving, heard: bool, doubted: bool) -> Self {
        let fits = file.listed() == Some(file.received());
        let listed = length(&file.task);
        let is_doubted = doubted || (file.received() == 0 && listed.is_some_and(|size| size > 0));
        Self {
            // a listing may be old: it proves nothing where the server's word was lost
            size: !fits || !heard || is_doubted,
            time: is_doubted || (!file.task.start.care.new_times && file.exact_time().is_none()),
        }
    }

    fn riders(self, path: &RemotePath) -> impl Iterator<Item = Rider> {
        let size = self.size.then(|| Rider::Size(path.clone()));
        size.into_iter()
            .chain(self.time.then(|| Rider::Modified(path.clone())))
    }
}

/// What will be asked about it, if the server gives its word for the end; nothing where its content is to be verified.
pub(super) fn ahead(file: &Receiving) -> Vec<Rider> {
    match file.verification {
        None => Wants::of(file, true, file.doubted().is_some())
            .riders(file.path())
            .collect(),
        Some(_) => Vec::new(),
    }
}

impl Received {
    pub(super) fn new(file: Receiving, ending: Result<Option<bool>, Failure>) -> Self {
        let fits = file.listed() == Some(file.received());
        let before = file.doubted();
        let listed = length(&file.task);
        Self {
            wants: Wants::of(&file, ending.is_ok(), before.is_some()),
            size: file
                .listed()
                .filter(|_| fits || file.task.job().item.kind == Kind::File),
            modified: file.exact_time(),
            closed_properly: ending.as_ref().ok().copied().flatten(),
            lost: ending.err(),
            losses: 0,
            before,
            listed,
            now: Known::default(),
            file,
        }
    }

    pub(super) fn wants_nothing(&self) -> bool {
        !self.wants.size && !self.wants.time && self.is_verified()
    }

    /// Whether nothing is to be asked about its content any more.
    pub(super) fn is_verified(&self) -> bool {
        self.file
            .verification
            .as_ref()
            .is_none_or(|asked| asked.is_over())
    }

    pub(super) fn riders(&self) -> Vec<Rider> {
        let path = self.file.path();
        let digest = self.file.verification.as_ref();
        let digest = digest.and_then(|asked| asked.rider(path, self.file.received()));
        self.wants.riders(path).chain(digest).collect()
    }

    pub(super) fn answered(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            match answer {
                // a listing may be old: what the server says now counts
                Answer::Size(FileSize::File(Some(size))) => {
                    self.now.size = Some(size);
                    self.size = Some(size);
                }
                Answer::Modified(time) => {
                    self.now.modified = time;
                    // one that grows is as old as what has come of it
                    self.modified = self.modified.or(time);
                }
                Answer::Digest(answer) => {
                    if let Some(asked) = &mut self.file.verification {
                        asked.answered(answer);
                    }
                }
                _ => {}
            }
        }
        self.wants = Wants {
            size: false,
            time: false,
        };
    }

    /// What became of the source. One that was gone on with must be what it was, to the second.
    fn meanwhile(&self) -> Meanwhile {
        let became = |(before, asked): &(Known, bool)| Meanwhile::between(before, &self.now, *asked);
        match self.before.as_ref().map_or(Meanwhile::Same, became) {
            Meanwhile::Grown if self.file.is_continued() => Meanwhile::Rewritten,
            became => became,
        }
    }

    /// Whether all has come that it held before it was read, and no more than it holds by now, with a proper end.
    fn has_come_growing(&self) -> bool {
        let held = self.before.and_then(|(before, _)| before.size);
        let received = self.file.received();
        self.meanwhile() == Meanwhile::Grown
            && held.is_some_and(|held| held <= received)
            && self.now.size.is_some_and(|now| received <= now)
            && self.closed_properly != Some(false)
    }

    /// What its listing said, where that was more than has come, and than the server says now.
    fn listed_longer(&self) -> Option<u64> {
        let received = self.file.received();
        self.listed
            .filter(|listed| *listed > received && self.size == Some(received))
    }

    /// A server that has lost a file's content tells no size of it and sends nothing: only where its time says that it
    /// was written to since it was listed, an empty file is what it is.
    fn was_emptied(&self) -> bool {
        let listed = self.file.task.job().item.modified;
        listed
            .zip(self.now.modified)
            .is_some_and(|(listed, now)| is_newer(listed, now))
    }

    /// Puts the file in its place, if it is proved to be whole.
    pub(super) async fn complete(mut self) {
        let received = self.file.received();
        let shorter = match self.listed_longer() {
            Some(_) if received == 0 && self.was_emptied() => {
                self.modified = self.now.modified;
                Some(EMPTIED.to_owned())
            }
            Some(listed) if received == 0 => {
                let why = format!(
                    "nothing came, and the server says that the file is empty; its listing says {listed} bytes, and \
                     nothing tells that it was written to since"
                );
                let failure = Failure::new(Class::Conflict, what(&self.file.task), why).transient();
                return self.file.abandon(failure.hint(UNTOUCHED).into()).await;
            }
            Some(listed) => Some(format!(
                "the listing said {listed} bytes, the server says {received} now, and so many came"
            )),
            None => None,
        };
        let (became, has_come_growing) = (self.meanwhile(), self.has_come_growing());
        let proved = match self.lost {
            _ if became == Meanwhile::Rewritten => {
                // it is another file now, and as good as any: tried as often as one that was cut
                let failure = Failure {
                    class: Class::Other,
                    ..changed(&self.file.task)
                };
                return self.file.abandon(Stop::FromStart(failure)).await;
            }
            // only the size can take the place of the server's word
            Some(_) if self.size == Some(received) => Ok(Some(WORD_LOST.into())),
            Some(lost) => Err(lost),
            None if has_come_growing => Ok(Some(GROWN.into())),
            None if self.listed == Some(received) && self.size.is_some_and(|size| size > received) => {
                Err(contradicted(&self.file, self.size.unwrap_or(received)))
            }
            None => proved(self.file.path(), received, self.size, self.closed_properly),
        };
        match proved {
            Ok(note) => {
                let is_sized = self.size == Some(received);
                self.file
                    .commit(self.modified, both(shorter, note), is_sized)
                    .await;
            }
            Err(failure) => self.file.abandon(failure.into()).await,
        }
    }
}

/// All has come that the listing told of, and the server tells of more when it is asked: of a file of text some count
/// what it would be with other line ends.
fn contradicted(file: &Receiving, size: u64) -> Failure {
    let why = format!(
        "{} bytes came, as many as its listing says, and SIZE says {size}: which of the two is right cannot be told",
        file.received()
    );
    let failure = Failure::new(Class::Unreachable, what(&file.task), why);
    failure.hint(UNTOUCHED).transient()
}

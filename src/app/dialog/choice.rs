//! The buttons of dialogs: their words, and the letters that choose them.

use crate::model::command::InPlaceAnswer;
use crate::model::job::Policy;
use crate::plan::compare::By;

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Do it.
    Start,
    /// Do it not.
    Cancel,
    /// Seen.
    Close,
    /// Try again.
    Retry,
    /// Change the server's settings.
    Edit,
    /// Decide a conflict this way.
    Decide(Policy),
    /// Accept a certificate for this run.
    AcceptOnce,
    /// Accept it from now on.
    Pin,
    /// Do not accept it.
    Refuse,
    /// Count what is in a folder.
    Count,
    /// Ask for the checksum.
    Checksum,
    /// Leave the server's file as it is, and keep the edited copy here.
    Leave,
    /// Write files in place, or not.
    InPlace(InPlaceAnswer),
    /// Delete.
    Delete,
    /// Take everything out of the queue.
    CancelAll,
    /// End the program.
    Quit,
    /// Do not end it.
    Stay,
    /// Go on with what was typed.
    Take,
    /// Do what an earlier run has left.
    TakeUp,
    /// Forget it.
    Drop,
    /// Leave it for later.
    Later,
    /// Save it.
    Import,
    /// Save it, but no passwords.
    ImportWithout,
    /// Compare the panes by this.
    Compare(By),
}

impl Choice {
    /// Its words; the letter behind `&` chooses it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Start => "&Start",
            Self::Cancel => "&Cancel",
            Self::Close => "&Close",
            Self::Retry => "Try &again",
            Self::Edit => "&Edit server",
            Self::Decide(Policy::Overwrite) => "&Overwrite",
            Self::Decide(Policy::Newer) => "If &newer",
            Self::Decide(Policy::Size) => "If si&ze differs",
            Self::Decide(Policy::Resume) => "&Resume",
            Self::Decide(Policy::Rename) => "&Keep both",
            Self::Decide(Policy::Ask) => "&Ask",
            Self::Decide(Policy::Fail) => "&Fail",
            Self::Decide(Policy::Skip) => "&Skip",
            Self::AcceptOnce => "Accept &once",
            Self::Pin => "Accept and &pin",
            Self::Refuse => "&Refuse",
            Self::Leave => "&Leave it",
            Self::Count => "C&ount",
            Self::Checksum => "Check&sum",
            Self::InPlace(InPlaceAnswer::No) => "&No",
            Self::InPlace(InPlaceAnswer::Once) => "Yes, &this time",
            Self::InPlace(InPlaceAnswer::Remember) => "Yes, and &remember",
            Self::Delete => "&Delete",
            Self::CancelAll => "&Cancel all",
            Self::Quit => "&Quit",
            Self::Stay => "&Go on",
            Self::Take => "OK",
            Self::TakeUp => "&Resume",
            Self::Drop => "&Drop",
            Self::Later => "&Later",
            Self::Import => "&Import",
            Self::ImportWithout => "&Without passwords",
            Self::Compare(By::Time) => "By &time and size",
            Self::Compare(By::Size) => "By &size",
            Self::Compare(By::Name) => "By &name",
        }
    }

    /// The letter that chooses it, in lower case.
    pub fn letter(self) -> Option<char> {
        let (_, after) = self.label().split_once('&')?;
        after.chars().next().map(|c| c.to_ascii_lowercase())
    }
}

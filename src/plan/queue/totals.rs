//! What there is to do in all, and how much of it is done.

use super::Slot;

/// Sums for the progress display.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes of jobs that are done, of this queue since it was last empty.
    pub moved: u64,
    /// Bytes known to be wanted in all.
    pub wanted: u64,
    /// Files that are done.
    pub files_done: u64,
    /// Files known to be wanted in all.
    pub files: u64,
    /// Whether some batch is still being walked.
    pub walking: bool,
}

impl Totals {
    /// A job is wanted.
    pub(super) fn want(&mut self, slot: &Slot) {
        // a server may claim any size
        self.wanted = self.wanted.saturating_add(slot.size());
        self.files += u64::from(slot.is_file());
    }

    /// It is not wanted any more.
    pub(super) fn leave(&mut self, slot: &Slot) {
        self.wanted = self.wanted.saturating_sub(slot.size());
        self.files -= u64::from(slot.is_file()).min(self.files);
    }

    /// It is done.
    pub(super) fn done(&mut self, slot: &Slot, bytes: u64) {
        self.moved += bytes;
        self.wanted = self.wanted.saturating_sub(slot.size()).saturating_add(bytes);
        self.files_done += u64::from(slot.is_file());
    }
}

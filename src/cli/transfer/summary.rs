//! What is said of all transfers together, while they go on and in the end.

use super::{Transfers, seconds};
use crate::cli::json::EventLine;
use crate::cli::session::Session;
use crate::cli::speech;
use crate::model::size;

impl Transfers {
    /// What has become of all of them.
    pub(super) fn summarise(&mut self, session: &Session) {
        session.speech.clear_progress();
        let elapsed = self.started.elapsed();
        if self.json {
            self.print(
                session,
                &EventLine::Summary {
                    done: self.done,
                    failed: self.failed,
                    skipped: self.skipped + self.complete,
                    bytes: self.bytes,
                    seconds: seconds(elapsed),
                },
            );
            return;
        }
        let mut parts = match self.done {
            0 => vec!["no file was transferred".to_owned()],
            done => vec![
                size::count(done, "file", "files"),
                size::bytes(self.bytes.saturating_sub(self.before)),
                format!("in {}", size::duration(elapsed.as_secs())),
            ],
        };
        if self.before > 0 {
            parts.push(format!("{} there before", size::bytes(self.before)));
        }
        for (count, word) in [
            (self.complete, "complete already"),
            (self.skipped, "skipped"),
            (self.failed, "failed"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        let kept: u64 = self.kept.values().sum();
        if kept > 0 {
            parts.push(format!("{} of what is not done kept", size::bytes(kept)));
        }
        session.speech.remark(&parts.join(", "));
    }

    /// How far they are.
    pub(super) fn progress(&self, session: &Session) -> String {
        let progress = session.progress();
        if progress.files == 0 && progress.total == 0 {
            return "looking what there is …".into();
        }
        // a narrow terminal shows what comes first
        let mut parts = vec![
            match self.jobs.values().any(|job| job.item.reads_input()) {
                // nobody knows how much there will be
                true => size::bytes(progress.moved),
                false => format!(
                    "{} of {}{}",
                    size::bytes(progress.moved),
                    size::bytes(progress.total),
                    if progress.walking { " and counting" } else { "" }
                ),
            },
            size::rate(progress.rate),
        ];
        if let Some(left) = progress.seconds_left {
            parts.push(format!("{} left", size::duration(left)));
        }
        parts.push(match progress.walking {
            true => format!("{} done", size::count(self.done, "file", "files")),
            false => format!(
                "{} of {} done",
                progress.files_done,
                size::count(progress.files, "file", "files")
            ),
        });
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        let mut running = progress.running.iter().filter_map(|(id, _)| self.jobs.get(id));
        if let Some(job) = running.next() {
            let more = match running.count() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let name = job.item.remote.name();
            parts.push(format!(
                "{}{more}",
                name.map_or_else(String::new, |name| name.shown())
            ));
        }
        parts.join(speech::BETWEEN)
    }
}

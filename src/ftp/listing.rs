//! Listing a folder: which command, and whether what came is all.

use super::data::Prepared;
use super::error::{Error, Stage};
use super::exchange::is_astray;
use super::list::{Bounds, Command, Parser};
use super::session::{Session, line};
use super::transfer::{Asked, Ending, Request, Transfer};
use crate::model::listing::{Dialect, Listing};
use crate::model::path::RemotePath;

/// How much is read from the data connection at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// Hidden files too, where the server hands its options on to something like `ls`.
const LIST_ALL: &[u8] = b"LIST -a";

impl Session {
    /// Lists a folder; `now` is Unix seconds in UTC, for dates without a year.
    ///
    /// MLSD where it is announced (RFC 3659 §7), else LIST from inside the folder: there is no
    /// way to write a path in LIST that every server reads the same (blanks, a leading `-`,
    /// wildcards). The times of LIST are turned into UTC where the server's clock is known or can
    /// be measured.
    pub(crate) async fn list(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        if self.uses_mlsd() {
            self.find_iac(folder).await?;
            match self.receive(line("MLSD", folder), Command::Mlsd, now).await {
                Err(Error::Refused(_, _, reply)) if matches!(reply.code, 500 | 502 | 504) => {
                    self.remark("the server announces MLSD and refuses it; using LIST");
                    self.connection().learned().no_mlsd = true;
                }
                done => return done,
            }
        }
        self.list_lines(folder, now).await
    }

    /// Lists a folder so that links are told from folders, as far as the server tells at all:
    /// pyftpdlib's MLSD, and libunftp's, give a link as what it leads to, while the lines of
    /// `ls -l` name it. What is deleted recursively is decided on this.
    pub(crate) async fn list_with_links(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        if !self.uses_mlsd() {
            return self.list_lines(folder, now).await;
        }
        // only what is a link is asked of these lines: their times need no correcting
        let prepared = self.enter_to_list(folder).await?;
        match self.list_here(prepared, now).await {
            Ok(listing) if listing.dialect == Dialect::Unix || listing.entries.is_empty() => Ok(listing),
            Ok(_) => self.list(folder, now).await,
            Err(error) if self.is_usable() => {
                self.remark(&error.failure("LIST").to_string());
                self.list(folder, now).await
            }
            Err(error) => Err(error),
        }
    }

    async fn list_lines(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        let prepared = self.enter_to_list(folder).await?;
        let mut listing = self.list_here(prepared, self.wall_clock(now)).await?;
        self.correct_clock(folder, &mut listing).await;
        Ok(listing)
    }

    /// Goes into a folder, and asks in the same write for the data connection that its listing will need; `None`
    /// where that is to be asked for with the listing.
    async fn enter_to_list(&mut self, folder: &RemotePath) -> Result<Option<Prepared>, Error> {
        self.settled().await?;
        if let Some(prepared) = self.take_standby_in(folder) {
            return Ok(Some(prepared));
        }
        let ahead = !self.connection().habits().one_by_one && self.control.noops().unanswered() == 0;
        let offer = self.first_offer().filter(|_| ahead && self.settle_iac(folder));
        let Some(offer) = offer else {
            self.enter(folder).await?;
            return Ok(None);
        };
        let enter = line("CWD", folder);
        self.control.send(&[&enter, offer.line()])?;
        let answers = match self.next_reply().await {
            Ok(entered) => self.next_reply().await.map(|reply| (entered, reply)),
            Err(error) => Err(error),
        };
        if answers.as_ref().is_err_and(is_astray) {
            self.stumbled();
        }
        let (entered, reply) = answers?;
        if !entered.is_positive() {
            return Err(self.control.refusal(Stage::Command, &enter, entered));
        }
        self.first_taken(offer, reply).await
    }

    /// LIST of the folder the session stands in, over the data connection that was prepared; `now` is what the
    /// server's clock shows.
    async fn list_here(&mut self, prepared: Option<Prepared>, now: i64) -> Result<Listing, Error> {
        let command = self.list_command();
        let listed = self
            .receive_over(prepared, command.to_vec(), Command::List, now)
            .await;
        if command == b"LIST" {
            return listed;
        }
        match listed {
            // some servers take "-a" for the name of a file
            Err(Error::Refused(Stage::Transfer, _, reply))
                if matches!(reply.code, 450 | 500..=504 | 550 | 553) =>
            {
                let plain = self.receive(b"LIST".to_vec(), Command::List, now).await?;
                self.remark("the server refuses LIST -a; hidden files may not be listed");
                self.connection().learned().no_list_all = true;
                Ok(plain)
            }
            // ... and say nothing of it, or say it where the lines should be: asked for again without, until it was
            // seen once that they take it for what it is
            Ok(listing)
                if listing.entries.is_empty()
                    && listing.incomplete.is_none()
                    && !self.connection().learned().list_all_proved =>
            {
                let plain = self.receive(b"LIST".to_vec(), Command::List, now).await?;
                if !plain.entries.is_empty() || plain.unreadable_count < listing.unreadable_count {
                    self.connection().learned().no_list_all = true;
                }
                Ok(plain)
            }
            done => done,
        }
    }

    /// LIST in the form this server takes.
    pub(super) fn list_command(&self) -> &'static [u8] {
        match self.connection().learned().no_list_all {
            true => b"LIST",
            false => LIST_ALL,
        }
    }

    async fn receive(&mut self, command: Vec<u8>, kind: Command, now: i64) -> Result<Listing, Error> {
        self.receive_over(None, command, kind, now).await
    }

    /// The same, over a data connection that is prepared already.
    async fn receive_over(
        &mut self,
        prepared: Option<Prepared>,
        command: Vec<u8>,
        kind: Command,
        now: i64,
    ) -> Result<Listing, Error> {
        let request = Request::list(command);
        let begun = match prepared {
            Some(prepared) => {
                self.control.send(&[&request.command])?;
                self.start(prepared, &request, Asked::Alone).await
            }
            None => self.begin(&request).await,
        };
        let listing = self.receive_lines(begun, &request, kind, now).await?;
        self.note_dialect(kind, &listing);
        Ok(listing)
    }

    /// Notes how this server writes its listings.
    pub(super) fn note_dialect(&self, kind: Command, listing: &Listing) {
        let mut learned = self.connection().learned();
        // where MLSD is in use, a LIST is asked for its links only
        let usual = kind == Command::Mlsd || learned.dialect != Dialect::Mlsd || learned.no_mlsd;
        if usual && listing.dialect != Dialect::Unknown {
            learned.dialect = listing.dialect;
        }
    }

    async fn receive_lines(
        &mut self,
        begun: Result<Transfer, Error>,
        request: &Request,
        kind: Command,
        now: i64,
    ) -> Result<Listing, Error> {
        let charset = self.connection().server.charset;
        let asks_for_all = request.command == LIST_ALL;
        let mut transfer = match begun {
            Ok(transfer) => transfer,
            // the session stands in the folder: "no files" is an answer and no refusal
            Err(Error::Refused(Stage::Transfer, _, reply))
                if kind == Command::List && says_empty(&reply.shown()) =>
            {
                return Ok(Listing::default());
            }
            Err(error) => return Err(error),
        };
        let mut parser = Parser::new(kind, now, Bounds::default()).in_charset(charset);
        let mut buffer = vec![0u8; CHUNK];
        let mut arrived = false;
        let mut onlooker = self.onlooker.take();
        let ending = loop {
            let more = transfer.read(self, &mut buffer);
            let more = match &mut onlooker {
                Some(onlooker) => onlooker.beside(parser.entries(), more).await,
                None => more.await,
            };
            match more {
                Ok(0) if self.before_data => break self.finish_before_data(transfer).await,
                Ok(0) => break self.finish(transfer).await,
                Ok(n) => parser.feed(&buffer[..n]),
                Err(error) => break Err(error),
            }
            arrived = true;
            // past the bound nothing more is kept: the rest is not waited for
            if parser.is_full() {
                self.abandon();
                return Ok(parser.finish(None));
            }
        };
        // it may have to be asked for in another way
        self.onlooker = onlooker;
        // what the server does by habit it does again
        let limited = ending.is_ok();
        // what came is shown, and that something is missing is said with it
        let incomplete = match ending {
            Ok(Ending { reply, .. }) if says_cut(&reply.shown()) => {
                Some(format!("the server said: {}", reply.shown()))
            }
            Ok(Ending {
                closed_properly: Some(false),
                ..
            }) => Some("the server did not end the encrypted listing properly".to_owned()),
            Ok(_) => None,
            Err(Error::Refused(_, _, reply)) if arrived => {
                Some(format!("the server said: {}", reply.shown()))
            }
            Err(error) if self.before_data && self.was_overtaken(&error) => return Err(error),
            Err(error) if arrived => Some(error.failure("Listing").why),
            Err(error) => return Err(error),
        };
        if asks_for_all && (parser.saw_itself() || !parser.entries().is_empty()) {
            self.connection().learned().list_all_proved = true;
        }
        let mut listing = parser.finish(incomplete);
        listing.limited |= limited && listing.incomplete.is_some();
        Ok(listing)
    }
}

/// Whether a server that calls a listing done says that it left some of it out: pure-ftpd does
/// (`226 Output truncated to 10000 matches`).
pub(super) fn says_cut(reply: &str) -> bool {
    let reply = reply.to_ascii_lowercase();
    [
        "truncated",
        "incomplete",
        "partial list",
        "limit reached",
        "limit exceeded",
    ]
    .iter()
    .any(|said| reply.contains(said))
}

/// Whether a refusal of LIST only says that the folder is empty.
fn says_empty(reply: &str) -> bool {
    let reply = reply.to_ascii_lowercase();
    [
        "no files found",
        "no file found",
        "directory is empty",
        "directory empty",
        "empty directory",
        "no members found",
        "no data sets found",
    ]
    .iter()
    .any(|said| reply.contains(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_that_is_said() {
        assert!(says_cut("226 Options: -a -l / Output truncated to 10000 matches"));
        assert!(says_cut("250 Listing INCOMPLETE."));
        assert!(!says_cut("226 Options: -a -l / 3 matches total"));
        assert!(!says_cut("226 Transfer complete."));
    }

    #[test]
    fn only_an_empty_folder_is_empty() {
        assert!(says_empty("550 No files found."));
        assert!(says_empty("450 No file found"));
        assert!(!says_empty("550 No such file or directory."));
        assert!(!says_empty("550 Permission denied."));
    }
}

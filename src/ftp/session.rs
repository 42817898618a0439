//! A session: one logged-in control connection and what can be asked of it.

use std::sync::Arc;
use std::time::Duration;

use super::connection::Connection;
use super::control::Control;
use super::digest::{self, Algorithm};
use super::error::{Error, Stage};
use super::features::Features;
use super::onlooker::Onlooker;
use super::reply::Reply;
use super::standby::Standby;
use super::tls::SessionTls;
use crate::model::listing::Dialect;
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;

/// What a server answers to SIZE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSize {
    /// A file, with its size in bytes where that could be read.
    File(Option<u64>),
    /// No file (550).
    NoFile,
    /// It does not tell.
    Untold,
}

impl FileSize {
    pub(super) fn told(reply: &Reply) -> Self {
        match reply.code {
            213 => Self::File(reply.size()),
            550 => Self::NoFile,
            _ => Self::Untold,
        }
    }
}

/// One logged-in control connection. Once replies may be outstanding on it (a broken line, a
/// time-out, a failed data connection) it is of no use and is replaced: [`Session::is_usable`].
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) control: Control,
    tls: Option<SessionTls>,
    connection: Arc<Connection>,
    features: Arc<Features>,
    login_folder: Option<RemotePath>,
    /// What HASH answers with.
    hash: Option<Algorithm>,
    /// Who watches its listings arrive.
    pub(crate) onlooker: Option<Onlooker>,
    /// Whether nobody needs the times of a listing: then no file is asked for its own to learn the server's clock.
    pub(crate) untimed: bool,
    /// Whether what comes after a listing takes a data connection: it is asked for at the end of the listing's.
    pub(crate) before_data: bool,
    pub(super) standby: Option<Standby>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("server", &self.server.address())
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(
        control: Control,
        tls: Option<SessionTls>,
        connection: Arc<Connection>,
        features: Arc<Features>,
        login_folder: Option<RemotePath>,
        hash: Option<Algorithm>,
    ) -> Self {
        Self {
            control,
            tls,
            connection,
            features,
            login_folder,
            hash,
            onlooker: None,
            untimed: false,
            before_data: false,
            standby: None,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn connection_handle(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    pub(super) fn tls(&self) -> Option<&SessionTls> {
        self.tls.as_ref()
    }

    /// What the server says it can do.
    pub(crate) fn features(&self) -> &Features {
        &self.features
    }

    /// The algorithm that HASH answers with in this session; `None` where it is not known.
    pub(super) fn hash(&self) -> Option<Algorithm> {
        self.hash
    }

    /// Where the login landed; `None` where the server did not say it.
    pub(crate) fn login_folder(&self) -> Option<&RemotePath> {
        self.login_folder.as_ref()
    }

    /// Whether it can be used for another command.
    pub(crate) fn is_usable(&self) -> bool {
        !self.control.is_poisoned() && self.control.in_step()
    }

    /// Whether it was lost or given up.
    pub(crate) fn is_lost(&self) -> bool {
        self.control.is_poisoned()
    }

    /// Gives it up: a transfer on it was cancelled, and what is outstanding cannot be known.
    pub(crate) fn abandon(&mut self) {
        self.control.poison();
    }

    /// Says why something was done, in this session's log.
    pub(crate) fn remark(&self, text: &str) {
        self.control.transcript().remark(text);
    }

    /// Ends it in good order.
    pub(crate) async fn quit(self) {
        self.control.quit().await;
    }

    /// Ends it in good order, and waits for no server that is far: nobody wants its place.
    pub(crate) async fn leave(self) {
        self.control.leave().await;
    }

    /// Sends `verb path` and demands success.
    async fn command(&mut self, verb: &str, path: &RemotePath) -> Result<(), Error> {
        self.find_iac(path).await?;
        self.control
            .demand(Stage::Command, &line(verb, path), 2)
            .await
            .map(drop)
    }

    /// Makes a folder (MKD, RFC 959 §4.1.3).
    pub(crate) async fn make_folder(&mut self, path: &RemotePath) -> Result<(), Error> {
        let settled = self.settle_iac(path);
        self.control.demand(Stage::Command, &line("MKD", path), 2).await?;
        if !settled {
            self.check_iac(path).await?;
        }
        Ok(())
    }

    /// Deletes an empty folder (RMD).
    pub(crate) async fn remove_folder(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.command("RMD", path).await
    }

    /// Deletes a file or a link (DELE).
    pub(crate) async fn delete_file(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.command("DELE", path).await
    }

    /// Renames or moves (RNFR and RNTO). What a server does when the target exists differs; most
    /// replace a file, some refuse.
    pub(crate) async fn rename(&mut self, from: &RemotePath, to: &RemotePath) -> Result<(), Error> {
        self.find_iac(from).await?;
        let settled = self.settle_iac(to);
        self.control
            .demand(Stage::Command, &line("RNFR", from), 3)
            .await?;
        self.control.demand(Stage::Command, &line("RNTO", to), 2).await?;
        if !settled {
            self.check_iac(to).await?;
        }
        Ok(())
    }

    /// Copies on the server (SITE CPFR and CPTO of ProFTPD's mod_copy); `bytes` is how much, which the
    /// server copies before it answers.
    pub(crate) async fn copy(&mut self, from: &RemotePath, to: &RemotePath, bytes: u64) -> Result<(), Error> {
        self.find_iac(from).await?;
        let settled = self.settle_iac(to);
        let (first, second) = (line("SITE CPFR", from), line("SITE CPTO", to));
        // no half of it is said where the other would not be
        self.control.admits(&second)?;
        self.control.demand(Stage::Command, &first, 3).await?;
        let work = digest::patience(bytes);
        let reply = self.control.ask_for(Stage::Command, &second, work).await?;
        if !reply.is_positive() || reply.code == 202 {
            return Err(self.control.refusal(Stage::Command, &second, reply));
        }
        if !settled {
            self.check_iac(to).await?;
        }
        Ok(())
    }

    /// Whether the gate would let this line out.
    pub(crate) fn admits(&self, line: &[u8]) -> Result<(), Error> {
        self.control.admits(line)
    }

    /// Sends a line as a person wrote it and gives the reply, whatever it is.
    pub(crate) async fn raw(&mut self, line: &[u8]) -> Result<Reply, Error> {
        self.control.ask(line).await
    }

    /// What SIZE says of a path (RFC 3659 §4).
    pub(crate) async fn ask_size(&mut self, path: &RemotePath) -> Result<FileSize, Error> {
        self.find_iac(path).await?;
        Ok(FileSize::told(&self.control.ask(&line("SIZE", path)).await?))
    }

    /// Whether folders are listed by MLSD.
    pub(super) fn uses_mlsd(&self) -> bool {
        self.features.has_mlsd() && !self.connection().learned().no_mlsd
    }

    /// Whether listings of this server may leave out names that begin with a dot.
    pub(crate) fn hides_dot_names(&self) -> bool {
        let learned = self.connection().learned();
        learned.no_list_all && learned.dialect != Dialect::Mlsd
    }

    /// When a file was last changed (MDTM, RFC 3659 §3); `None` where the server does not tell.
    pub(crate) async fn modified(&mut self, path: &RemotePath) -> Result<Option<Stamp>, Error> {
        self.find_iac(path).await?;
        let reply = self.control.ask(&line("MDTM", path)).await?;
        Ok(reply.modified().filter(|_| reply.code == 213))
    }

    /// How many bytes may still be stored in a folder (AVBL,
    /// draft-peterson-streamlined-ftp-command-extensions §4); `None` where the server does not tell.
    pub(crate) async fn room(&mut self, folder: &RemotePath) -> Result<Option<u64>, Error> {
        self.find_iac(folder).await?;
        Ok(self.control.ask(&line("AVBL", folder)).await?.size())
    }

    /// Goes into a folder (CWD). Sent each time: another session may have moved or deleted the
    /// folder this one stands in, and a LIST would still answer for it.
    pub(crate) async fn enter(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.command("CWD", path).await
    }

    /// Whether nothing unasked has come since it was used last: a goodbye, or the end of the line.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        self.control.settle().await.is_ok()
    }

    /// Goes into a folder and asks where that is (PWD, RFC 959 §4.1.1): a link leads elsewhere.
    /// `None` where the server's answer is no absolute path.
    pub(crate) async fn landing(&mut self, path: &RemotePath) -> Result<Option<RemotePath>, Error> {
        self.enter(path).await?;
        Ok(self.control.ask(b"PWD").await?.landing())
    }

    /// Asks whether the server is still there: by NOOP, or by PWD where NOOP does harm.
    pub(crate) async fn is_alive(&mut self) -> bool {
        let noop = !self.connection().learned().no_noop;
        let answer = self.control.ask(if noop { b"NOOP" } else { b"PWD" }).await;
        let alive = answer.is_ok() && self.is_usable();
        if noop {
            match answer {
                Ok(reply) if reply.is_positive() => self.connection().learned().noop_works = true,
                Ok(_) => self.give_up_noop(),
                // where NOOP has done no harm before, the line was broken already
                Err(Error::Broken(..) | Error::Refused(..)) if !self.connection().learned().noop_works => {
                    self.give_up_noop();
                }
                Err(_) => {}
            }
        }
        alive
    }

    /// After how long a NOOP is sent beside a transfer; `None` is never.
    pub(super) fn noop_after(&self) -> Option<Duration> {
        let connection = self.connection();
        connection
            .server
            .keep_alive()
            .filter(|_| !connection.learned().no_noop)
    }

    /// Remembers what the server made of NOOPs beside a transfer. A control
    /// connection that broke over the first NOOP ever, unanswered, may have broken by it.
    pub(super) fn learn_of_noops(&mut self) {
        let noops = self.control.noops();
        let dropped = self.control.is_poisoned() && noops.unanswered() > 0;
        let (answered, stumbled) = (noops.answered(), noops.stumbled());
        let works = {
            let mut learned = self.connection().learned();
            learned.noop_works |= answered;
            learned.noop_works
        };
        if stumbled || (dropped && !works) {
            self.give_up_noop();
        }
    }

    fn give_up_noop(&self) {
        let connection = self.connection();
        if !std::mem::replace(&mut connection.learned().no_noop, true) {
            self.remark("the server does not take NOOP well; it gets none any more");
        }
    }
}

/// `VERB path`; the outbox turns it into bytes as the server knows them.
pub(super) fn line(verb: &str, path: &RemotePath) -> Vec<u8> {
    [verb.as_bytes(), b" ", path.as_bytes()].concat()
}

//! One data transfer: its bytes, the proper end of its data connection, and the server's word.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::error::{Error, Stage};
use super::explain::demands_resumption;
use super::pipe::Pipe;
use super::ports::Port;
use super::reply::Reply;
use super::session::{Session, line};
use super::stream::{NetStream, Vessel};
use super::tls::TlsError;
use crate::model::path::RemotePath;
use crate::model::server::TlsBackend;

/// How long a server may take to say why a data connection failed.
pub(super) const EXPLANATION: Duration = Duration::from_secs(2);

/// Which way the data go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Down,
    Up,
}

/// A transfer that is to begin.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    path: Option<RemotePath>,
    pub(super) command: Vec<u8>,
    pub(super) offset: u64,
    pub(super) way: Way,
}

impl Request {
    /// Reads a file from `offset` on (REST and RETR).
    pub(crate) fn retrieve(path: &RemotePath, offset: u64) -> Self {
        Self {
            path: Some(path.clone()),
            command: line("RETR", path),
            offset,
            way: Way::Down,
        }
    }

    /// Writes a file from `offset` on (REST and STOR). Not APPE: that goes by where the file ends when it
    /// comes, and what a broken connection has left on the way may have made it longer by then.
    pub(crate) fn store(path: &RemotePath, offset: u64) -> Self {
        Self {
            path: Some(path.clone()),
            command: line("STOR", path),
            offset,
            way: Way::Up,
        }
    }

    /// Reads what this command lists.
    pub(super) fn list(command: Vec<u8>) -> Self {
        Self {
            path: None,
            command,
            offset: 0,
            way: Way::Down,
        }
    }

    /// Whether it begins in the middle of a file.
    pub(crate) fn continues(&self) -> bool {
        self.offset > 0
    }

    /// Where in the file it begins, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The file; `None` where the command names none.
    pub(crate) fn path(&self) -> Option<&RemotePath> {
        self.path.as_ref()
    }
}

/// The command that a transfer was asked for with.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) command: Vec<u8>,
    /// It was written in one piece with the request for its data connection.
    pub(super) ahead: bool,
    /// The server has said that it takes it, before its last word: then a refusal is not of the command.
    pub(super) taken: bool,
}

impl Order {
    pub(super) fn new(request: &Request, ahead: bool) -> Self {
        Self {
            command: request.command.clone(),
            ahead,
            taken: false,
        }
    }

    /// What a refusal is one of: the transfer, or the command where an upload was not taken yet.
    pub(super) fn stage(&self) -> Stage {
        match !self.taken && self.command.starts_with(b"STOR") {
            true => Stage::Command,
            false => Stage::Transfer,
        }
    }
}

/// A transfer in progress: data flows, the final reply is still to come. Until it has been read
/// the session is of no other use.
#[derive(Debug)]
pub(crate) struct Transfer {
    pub(super) stream: NetStream,
    /// The final reply, where it came before the data were over.
    pub(super) early: Option<Reply>,
    /// The control connection's end, where that came before the data were over.
    pub(super) gone: Option<Error>,
    /// How long data may still come that the server has sent before it gave the transfer up.
    pub(super) until: Option<Instant>,
    pub(super) order: Order,
    pub(super) way: Way,
    /// Whether the server has answered the command; uploads do not wait for that.
    pub(super) opened: bool,
    /// The local port of a data connection in active mode: in use as long as it stands.
    pub(super) _port: Option<Port>,
    /// When the control connection is to be used again, lest a router on the way forget it.
    pub(super) next_noop: Option<Instant>,
    /// What is made while it is not known how 0xFF in its name is taken.
    pub(super) unsettled: Option<RemotePath>,
}

/// A transfer whose data are over and whose data connection is closed; the final reply may be
/// still to come.
#[derive(Debug)]
pub(crate) struct Closed {
    early: Option<Reply>,
    gone: Option<Error>,
    order: Order,
    closed_properly: Option<bool>,
    pub(super) unsettled: Option<RemotePath>,
}

/// How a transfer ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `Some(false)`: the server said that all is well but did not close TLS properly, so only
    /// the size can prove that nothing is missing.
    pub(crate) closed_properly: Option<bool>,
    /// What the server said.
    pub(super) reply: Reply,
}

impl Transfer {
    /// Reads data into `buffer`; 0 is the end of it.
    pub(crate) async fn read(&mut self, session: &mut Session, buffer: &mut [u8]) -> Result<usize, Error> {
        self.receive(session, Vessel::Memory(buffer)).await
    }

    /// Whether the data can be read into a pipe: as they come, in clear.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.stream, NetStream::Plain(_))
    }

    /// Reads up to `most` bytes of data into `pipe`, as [`Transfer::read`] into a buffer.
    pub(crate) async fn pour(
        &mut self,
        session: &mut Session,
        pipe: &Pipe,
        most: usize,
    ) -> Result<usize, Error> {
        self.receive(session, Vessel::Pipe(pipe, most)).await
    }

    async fn receive(&mut self, session: &mut Session, mut vessel: Vessel<'_>) -> Result<usize, Error> {
        let silence = session.connection().patience.silence;
        let mut until = Instant::now() + silence;
        loop {
            self.keep_alive(session)?;
            let refused = self.early.as_ref().is_some_and(|reply| !reply.is_positive());
            if refused {
                // only what was sent before is still to come; once for all that is read: a trickle would never end
                until = until.min(*self.until.get_or_insert_with(|| Instant::now() + EXPLANATION));
            } else if self.gone.is_some() {
                // a router may have forgotten the control connection while the data flow on: as long as they do,
                // the file comes, and its size tells whether it is whole
                until = until.min(Instant::now() + EXPLANATION);
            }
            let noop_at = self.next_noop.filter(|_| self.awaits_word());
            tokio::select! {
                biased;
                read = timeout_at(until, self.stream.receive(&mut vessel)) => return match read {
                    Ok(Ok(n)) => {
                        session.control.progressed();
                        Ok(n)
                    }
                    Ok(Err(_)) | Err(_) if refused => Err(self.refusal(session).await),
                    Ok(Err(error)) => Err(match self.gone.take() {
                        Some(gone) => gone,
                        None => self.broken(session, error).await,
                    }),
                    Err(_) => Err(self.gone.take().unwrap_or(Error::Silent(Stage::Transfer, silence))),
                },
                reply = session.control.reply(Stage::Transfer), if self.awaits_word() => self.attend(session, reply)?,
                () = sleep_until(noop_at.unwrap_or(until)), if noop_at.is_some() => {}
            }
        }
    }

    /// Writes all of `bytes`.
    pub(crate) async fn write(&mut self, session: &mut Session, bytes: &[u8]) -> Result<(), Error> {
        let silence = session.connection().patience.silence;
        let (mut until, mut left) = (None, bytes);
        while !left.is_empty() {
            self.keep_alive(session)?;
            // mostly it is taken at once, a record of TLS at a time: then no clock is needed
            let written = match self.stream.write(left).now_or_never() {
                Some(written) => written,
                None => {
                    let until = *until.get_or_insert_with(|| Instant::now() + silence);
                    let noop_at = self.next_noop.filter(|_| self.early.is_none());
                    tokio::select! {
                        biased;
                        written = timeout_at(until, self.stream.write(left)) => match written {
                            Ok(written) => written,
                            Err(_) => return Err(self.silent(session, silence)),
                        },
                        // a server that has no more room may say so and leave the data lying
                        reply = session.control.reply(Stage::Transfer), if self.early.is_none() => {
                            self.heard(reply.map_err(|error| self.lost(session, error))?.1);
                            if self.early.as_ref().is_some_and(|reply| !reply.is_positive()) {
                                return Err(self.refusal(session).await);
                            }
                            continue;
                        }
                        () = sleep_until(noop_at.unwrap_or(until)), if noop_at.is_some() => continue,
                    }
                }
            };
            match written {
                Ok(0) => return Err(self.broken(session, std::io::ErrorKind::WriteZero.into()).await),
                Ok(n) => {
                    left = &left[n..];
                    session.control.progressed();
                    until = None;
                }
                Err(error) => return Err(self.broken(session, error).await),
            }
        }
        Ok(())
    }

    /// Whether the server may still say something about it.
    fn awaits_word(&self) -> bool {
        self.early.is_none() && self.gone.is_none()
    }

    /// Takes in what has come on the control connection. Its end is not that of a download: what the server has
    /// sent may be all of it.
    fn attend(&mut self, session: &mut Session, reply: Result<(String, Reply), Error>) -> Result<(), Error> {
        match reply {
            // the service ends (RFC 959 §5.4), which says nothing of the data that are on their way
            Ok((_, reply)) if reply.code == 421 && self.way == Way::Down => {
                self.gone = Some(session.refused(Stage::Transfer, &self.order, reply));
            }
            Ok((_, reply)) => self.heard(reply),
            Err(gone @ Error::Broken(..)) if self.way == Way::Down => self.gone = Some(gone),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Keeps the server's last word, if this is it.
    fn heard(&mut self, reply: Reply) {
        self.opened = true;
        if reply.class() == 1 {
            self.order.taken = true;
        } else {
            self.early = Some(reply);
        }
    }

    /// Nothing moved for too long.
    fn silent(&self, session: &Session, silence: Duration) -> Error {
        self.lost(session, Error::Silent(Stage::Transfer, silence))
    }

    /// A server that is silent and has never answered the command has lost it.
    fn lost(&self, session: &Session, error: Error) -> Error {
        if self.opened || !matches!(error, Error::Silent(..)) {
            return error;
        }
        session.stumbled();
        Error::OutOfOrder
    }

    /// Sends a NOOP when it is time. The control connection is looked at once then: data that come
    /// without a pause would keep it waiting for ever.
    fn keep_alive(&mut self, session: &mut Session) -> Result<(), Error> {
        let now = Instant::now();
        if !self.awaits_word() || self.next_noop.is_none_or(|at| now < at) {
            return Ok(());
        }
        let every = session.noop_after();
        let every = every.filter(|_| session.control.noops().may_send());
        self.next_noop = every.map(|every| now + every);
        if every.is_some() {
            session.control.send_noop()?;
        }
        match session.control.reply(Stage::Transfer).now_or_never() {
            Some(reply) => self.attend(session, reply),
            None => Ok(()),
        }
    }

    /// The refusal that came before the end of the data.
    async fn refusal(&mut self, session: &mut Session) -> Error {
        session.control.collect_noops().await;
        session.learn_of_noops();
        match self.early.take() {
            Some(reply) => session.refused(self.order.stage(), &self.order, reply),
            None => Error::Poisoned,
        }
    }

    /// A server that runs out of space closes the data connection first and then says so; one that is gone
    /// altogether is lost.
    async fn broken(&mut self, session: &mut Session, error: std::io::Error) -> Error {
        let error = Error::Broken(Stage::Transfer, error);
        if self.early.is_some() {
            // the last word has been said
            return error;
        }
        session.reason(self.order.stage(), &self.order, error).await
    }

    /// All data have been read or written: closes the data connection properly.
    pub(crate) async fn close(mut self, session: &mut Session) -> Result<Closed, Error> {
        let closed_properly = match self.way {
            Way::Down => self.close_download().await,
            Way::Up => {
                self.close_upload(session).await?;
                None
            }
        };
        Ok(Closed {
            early: self.early,
            gone: self.gone,
            order: self.order,
            closed_properly,
            unsettled: self.unsettled,
        })
    }

    async fn close_download(&mut self) -> Option<bool> {
        let properly = self.stream.closed_properly();
        // our close_notify is a courtesy here: what was asked for has arrived
        let said = timeout(EXPLANATION, self.stream.shutdown()).await;
        if properly == Some(true) && matches!(said, Ok(Ok(()))) {
            // both sides have said that they are done: vsftpd says 226 one round trip earlier
            // where the socket is gone at once
            let _ = self.stream.tcp().set_zero_linger();
        }
        properly
    }

    /// A server's session tickets lie unread in our buffer; closing the socket over them would
    /// send a reset that overtakes the data, and the tail of the file would be lost. So: end our
    /// direction, read to the end, then close.
    async fn close_upload(&mut self, session: &mut Session) -> Result<(), Error> {
        let silence = session.connection().patience.silence;
        match timeout(silence, self.stream.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(self.broken(session, error).await),
            Err(_) => return Err(self.silent(session, silence)),
        }
        // bounded as a whole: a server that trickles on the data connection would never be silent
        match timeout(silence, self.drain(session)).await {
            Ok(drained) => drained,
            Err(_) => Err(self.silent(session, silence)),
        }
    }

    /// Reads to the end of what the server sends after an upload: its session tickets, mostly.
    async fn drain(&mut self, session: &mut Session) -> Result<(), Error> {
        let mut rest = [0u8; 512];
        while self.early.is_none() {
            tokio::select! {
                read = self.stream.read(&mut rest) => match read {
                    // the end, or a reset after everything was received: the reply will tell
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                },
                // a server that has read everything says so before, or without, closing
                reply = session.control.reply(Stage::Transfer) => {
                    self.heard(reply.map_err(|error| self.lost(session, error))?.1);
                }
            }
        }
        Ok(())
    }
}

impl Session {
    /// Closes the data connection and waits for the server's word.
    pub(crate) async fn finish(&mut self, transfer: Transfer) -> Result<Ending, Error> {
        let closed = transfer.close(self).await?;
        self.last_word(closed).await
    }

    /// Gives a transfer up in the middle. The session stays of use where the server says soon
    /// that it has noticed.
    pub(crate) async fn give_up(&mut self, transfer: Transfer) {
        drop(transfer);
        let noticed = async {
            // nothing is awaited where the server has had its last word already
            while self.control.awaits_reply() {
                if self.control.reply(Stage::Transfer).await.is_err() {
                    return;
                }
            }
        };
        match timeout(EXPLANATION, noticed).await {
            Ok(()) => self.control.collect_noops().await,
            Err(_) => self.abandon(),
        }
        self.learn_of_noops();
    }

    /// The server's final reply.
    pub(super) async fn last_word(&mut self, closed: Closed) -> Result<Ending, Error> {
        if let Some(gone) = closed.gone {
            self.learn_of_noops();
            // neither word nor TLS says that the data were over
            return Err(match closed.closed_properly {
                Some(false) => Error::Broken(Stage::Transfer, std::io::ErrorKind::UnexpectedEof.into()),
                _ => gone,
            });
        }
        let mut order = closed.order;
        let word = self.final_reply(closed.early, &mut order).await;
        self.control.collect_noops().await;
        self.learn_of_noops();
        let reply = word?;
        // where a size, a data connection's address or the first half of a rename comes instead,
        // commands written ahead have overtaken the end of the transfer
        if matches!(reply.code, 213 | 227..=229 | 300..=399) {
            self.abandon();
            return Err(Error::OutOfOrder);
        }
        if !reply.is_positive() {
            return Err(self.refused(order.stage(), &order, reply));
        }
        if let Some(path) = closed.unsettled {
            // boxed: it lists a folder, which is a transfer itself
            Box::pin(self.check_iac(&path)).await?;
        }
        Ok(Ending {
            closed_properly: closed.closed_properly,
            reply,
        })
    }

    async fn final_reply(&mut self, early: Option<Reply>, order: &mut Order) -> Result<Reply, Error> {
        if let Some(reply) = early {
            return Ok(reply);
        }
        loop {
            let (_, reply) = self.control.reply(Stage::Transfer).await?;
            if reply.class() != 1 {
                return Ok(reply);
            }
            order.taken = true;
        }
    }

    /// The error that a refused transfer is.
    pub(super) fn refused(&mut self, stage: Stage, order: &Order, reply: Reply) -> Error {
        // the data connection may stand, and data be on their way, before this is heard
        if order.ahead && !order.taken && reply.loses_pair() {
            self.stumbled();
            return Error::LostPair(reply);
        }
        if self.tls().is_none() || !demands_resumption(&reply) {
            return self.control.refusal(stage, &order.command, reply);
        }
        // what is to be resumed comes from the control connection: only a new one brings another
        self.abandon();
        let offered = self.connection().server.tls_backend == TlsBackend::Openssl;
        if offered {
            self.remark("the server does not resume this connection's TLS session");
        }
        Error::Unresumed { offered, reply }
    }

    /// The data connection failed; if the server says why within a moment, or is gone altogether,
    /// that is the better reason.
    pub(super) async fn reason(&mut self, stage: Stage, order: &Order, error: Error) -> Error {
        // what we have refused ourselves no words of the server explain
        if let Error::Tls(_, TlsError::Certificate { .. } | TlsError::Weak(_)) = error {
            self.abandon();
            return error;
        }
        let line_broke = matches!(error, Error::Broken(..) | Error::Tls(_, TlsError::Broken(_)));
        let mut order = order.clone();
        let said = async {
            loop {
                match self.control.reply(stage).await {
                    Ok((_, reply)) if reply.class() == 1 => order.taken = true,
                    Ok((_, reply)) if matches!(reply.class(), 4 | 5) => return Some(Ok(reply)),
                    Err(gone @ Error::Broken(..)) if line_broke => return Some(Err(gone)),
                    _ => return None,
                }
            }
        };
        match timeout(EXPLANATION, said).await.ok().flatten() {
            Some(Ok(reply)) => {
                let stage = if order.taken { Stage::Transfer } else { stage };
                self.refused(stage, &order, reply)
            }
            Some(Err(gone)) => gone,
            None => {
                self.abandon();
                error
            }
        }
    }
}

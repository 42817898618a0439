//! One data transfer: its bytes, the proper end of its data connection, and the server's word.

use std::io;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::error::{Error, Stage};
use super::pipe::Pipe;
use super::ports::Port;
use super::reply::Reply;
use super::session::{Session, line};
use super::stream::{NetStream, Vessel};
use super::unsent::Unsent;
use crate::model::path::RemotePath;

mod word;

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
    /// It is of a file in which nothing is, as one knows.
    pub(super) is_empty: bool,
}

impl Request {
    /// Reads a file from `offset` on (REST and RETR).
    pub(crate) fn retrieve(path: &RemotePath, offset: u64) -> Self {
        Self {
            path: Some(path.clone()),
            command: line("RETR", path),
            offset,
            way: Way::Down,
            is_empty: false,
        }
    }

    /// Says that nothing is to come: some servers take no data connection for that.
    #[must_use]
    pub(crate) fn of_nothing(mut self) -> Self {
        self.is_empty = true;
        self
    }

    /// Writes a file from `offset` on (REST and STOR). Not APPE: that goes by where the file ends when it
    /// comes, and what a broken connection has left on the way may have made it longer by then.
    pub(crate) fn store(path: &RemotePath, offset: u64) -> Self {
        Self {
            path: Some(path.clone()),
            command: line("STOR", path),
            offset,
            way: Way::Up,
            is_empty: false,
        }
    }

    /// Reads what this command lists.
    pub(super) fn list(command: Vec<u8>) -> Self {
        Self {
            path: None,
            command,
            offset: 0,
            way: Way::Down,
            is_empty: false,
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

/// When the data connection of a transfer was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// By itself, and it was answered before the transfer was asked for.
    Alone,
    /// In one piece with it.
    Together,
    /// Before it was known what for ([`super::standby`]).
    Ahead,
}

/// The command that a transfer was asked for with.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) command: Vec<u8>,
    pub(super) asked: Asked,
    /// The server has said that it takes it, before its last word: then a refusal is not of the command.
    pub(super) taken: bool,
}

impl Order {
    pub(super) fn new(request: &Request, asked: Asked) -> Self {
        Self {
            command: request.command.clone(),
            asked,
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
    /// `None` where the server has called an empty file done without taking the connection for it.
    pub(super) stream: Option<NetStream>,
    /// The final reply, where it came before the data were over.
    pub(super) early: Option<Reply>,
    /// The control connection's end, where that came before the data were over.
    pub(super) gone: Option<Error>,
    /// Whether anything has been read.
    pub(super) moved: bool,
    /// Whether the data have ended otherwise than they should, for all that the server says.
    pub(super) cut: bool,
    /// How long data may still come that the server has sent before it gave the transfer up.
    pub(super) until: Option<Instant>,
    pub(super) order: Order,
    pub(super) way: Way,
    /// Whether the server has answered the command; uploads do not wait for that.
    pub(super) opened: bool,
    /// The local port of a data connection in active mode: in use as long as it stands.
    pub(super) _port: Option<Port>,
    /// How much of an upload may wait unsent.
    pub(super) unsent: Unsent,
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
    /// `Some(false)`: the server said that all is well but did not close TLS properly, or the data connection not at
    /// all, so only the size can prove that nothing is missing.
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
        matches!(self.stream, Some(NetStream::Plain(_)))
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
                read = timeout_at(until, take_in(&mut self.stream, &mut vessel)) => return match read {
                    Ok(Ok(n)) => {
                        session.control.progressed();
                        self.moved = true;
                        Ok(n)
                    }
                    Ok(Err(_)) | Err(_) if refused => Err(self.refusal(session).await),
                    Ok(Err(error)) => match self.gone.take() {
                        Some(gone) => Err(gone),
                        None => self.broke(session, error).await,
                    },
                    // all is said, and nothing was sent: an empty file, for which nobody takes the connection
                    Err(_) if self.early.is_some() && !self.moved && self.is_of_file() => Ok(self.end()),
                    Err(_) => Err(self.gone.take().unwrap_or(Error::Silent(Stage::Transfer, silence))),
                },
                reply = session.control.reply(Stage::Transfer), if self.awaits_word() => self.attend(session, reply)?,
                () = sleep_until(noop_at.unwrap_or(until)), if noop_at.is_some() => {}
            }
        }
    }

    /// The data connection of a download broke. A server that says all the same that all is well may have sent all of
    /// it: some reset what they are done with, or never take the connection for an empty file. The size will tell.
    async fn broke(&mut self, session: &mut Session, error: io::Error) -> Result<usize, Error> {
        if !self.is_of_file() {
            return Err(self.broken(session, error).await);
        }
        if self.early.is_none() {
            let stage = self.order.stage();
            let error = Error::Broken(Stage::Transfer, error);
            match session.word_about(stage, &mut self.order, true).await {
                Some(Ok(reply)) if reply.is_positive() => self.early = Some(reply),
                word => return Err(session.reason_in(word, stage, &self.order, error)),
            }
        }
        Ok(self.end())
    }

    /// Whether it reads a file.
    fn is_of_file(&self) -> bool {
        self.order.command.starts_with(b"RETR")
    }

    /// Its data are over, and nothing but the server's word says so.
    fn end(&mut self) -> usize {
        self.cut = true;
        0
    }

    /// Writes all of `bytes`.
    pub(crate) async fn write(&mut self, session: &mut Session, bytes: &[u8]) -> Result<(), Error> {
        let silence = session.connection().patience.silence;
        let (mut until, mut left) = (None, bytes);
        while !left.is_empty() {
            self.keep_alive(session)?;
            // mostly it is taken at once, a record of TLS at a time: then no clock is needed
            let written = match put_out(&mut self.stream, left).now_or_never() {
                Some(written) => written,
                None => {
                    let until = *until.get_or_insert_with(|| Instant::now() + silence);
                    let noop_at = self.next_noop.filter(|_| self.early.is_none());
                    tokio::select! {
                        biased;
                        written = timeout_at(until, put_out(&mut self.stream, left)) => match written {
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
                Ok(0) => return Err(self.broken(session, io::ErrorKind::WriteZero.into()).await),
                Ok(n) => {
                    left = &left[n..];
                    if let Some(stream) = &self.stream {
                        self.unsent.taken(n, stream);
                    }
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
    async fn broken(&mut self, session: &mut Session, error: io::Error) -> Error {
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
        let Some(stream) = self.stream.as_mut().filter(|_| !self.cut) else {
            return Some(false);
        };
        let properly = stream.closed_properly();
        // our close_notify is a courtesy here: what was asked for has arrived
        let said = timeout(EXPLANATION, stream.shutdown()).await;
        if properly == Some(true) && matches!(said, Ok(Ok(()))) {
            // both sides have said that they are done: vsftpd says 226 one round trip earlier
            // where the socket is gone at once
            let _ = stream.tcp().set_zero_linger();
        }
        properly
    }

    /// A server's session tickets lie unread in our buffer; closing the socket over them would
    /// send a reset that overtakes the data, and the tail of the file would be lost. So: end our
    /// direction, read to the end, then close.
    async fn close_upload(&mut self, session: &mut Session) -> Result<(), Error> {
        let silence = session.connection().patience.silence;
        match timeout(silence, end(&mut self.stream)).await {
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
        if self.early.is_some() {
            // said before it could have all, it proves nothing: the connection's end is read to, but not waited for long
            let to_the_end = async {
                while take_in(&mut self.stream, &mut Vessel::Memory(&mut rest))
                    .await
                    .is_ok_and(|n| n > 0)
                {}
            };
            let _ = timeout(EXPLANATION, to_the_end).await;
            return Ok(());
        }
        while self.early.is_none() {
            let mut rest = Vessel::Memory(&mut rest);
            tokio::select! {
                read = take_in(&mut self.stream, &mut rest) => match read {
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

/// Where nobody has taken the connection nothing comes.
async fn take_in(stream: &mut Option<NetStream>, vessel: &mut Vessel<'_>) -> io::Result<usize> {
    match stream {
        Some(stream) => stream.receive(vessel).await,
        None => Ok(0),
    }
}

async fn put_out(stream: &mut Option<NetStream>, bytes: &[u8]) -> io::Result<usize> {
    match stream {
        Some(stream) => stream.write(bytes).await,
        None => Err(io::ErrorKind::NotConnected.into()),
    }
}

async fn end(stream: &mut Option<NetStream>) -> io::Result<()> {
    match stream {
        Some(stream) => stream.shutdown().await,
        None => Ok(()),
    }
}

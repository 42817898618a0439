//! One data transfer: its bytes, the proper end of its data connection, and the server's word.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::error::{Error, Stage};
use super::reply::Reply;
use super::session::{Session, line};
use super::stream::NetStream;
use super::tls::TlsError;
use crate::model::path::RemotePath;

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

    /// Writes a file, from its beginning (STOR).
    pub(crate) fn store(path: &RemotePath) -> Self {
        Self {
            path: Some(path.clone()),
            command: line("STOR", path),
            offset: 0,
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

    /// The file; `None` where the command names none.
    pub(crate) fn path(&self) -> Option<&RemotePath> {
        self.path.as_ref()
    }
}

/// A transfer in progress: data flows, the final reply is still to come. Until it has been read
/// the session is of no other use.
#[derive(Debug)]
pub(crate) struct Transfer {
    pub(super) stream: NetStream,
    /// The final reply, where it came before the data were over.
    pub(super) early: Option<Reply>,
    pub(super) command: Vec<u8>,
    pub(super) way: Way,
}

/// A transfer whose data are over and whose data connection is closed; the final reply may be
/// still to come.
#[derive(Debug)]
pub(crate) struct Closed {
    early: Option<Reply>,
    command: Vec<u8>,
    closed_properly: Option<bool>,
}

/// How a transfer ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `Some(false)`: the server said that all is well but did not close TLS properly, so only
    /// the size can prove that nothing is missing.
    pub(crate) closed_properly: Option<bool>,
}

impl Transfer {
    /// Reads data into `buffer`; 0 is the end of it.
    pub(crate) async fn read(&mut self, session: &mut Session, buffer: &mut [u8]) -> Result<usize, Error> {
        let silence = session.connection().patience.silence;
        loop {
            // once the server has given it up, only what it has sent before is still to come
            let refused = self.early.as_ref().is_some_and(|reply| !reply.is_positive());
            let limit = if refused {
                silence.min(EXPLANATION)
            } else {
                silence
            };
            tokio::select! {
                biased;
                read = timeout(limit, self.stream.read(buffer)) => return match read {
                    Ok(Ok(n)) => Ok(n),
                    Ok(Err(_)) | Err(_) if refused => Err(self.refusal(session)),
                    Ok(Err(error)) => Err(self.broken(session, error).await),
                    Err(_) => Err(Error::Silent(Stage::Transfer, silence)),
                },
                reply = session.control.reply(Stage::Transfer), if self.early.is_none() => {
                    let (_, reply) = reply?;
                    if reply.class() != 1 {
                        self.early = Some(reply);
                    }
                }
            }
        }
    }

    /// Writes all of `bytes`.
    pub(crate) async fn write(&mut self, session: &mut Session, bytes: &[u8]) -> Result<(), Error> {
        let silence = session.connection().patience.silence;
        let mut left = bytes;
        while !left.is_empty() {
            tokio::select! {
                biased;
                written = timeout(silence, self.stream.write(left)) => match written {
                    Ok(Ok(0)) => return Err(self.broken(session, std::io::ErrorKind::WriteZero.into()).await),
                    Ok(Ok(n)) => left = &left[n..],
                    Ok(Err(error)) => return Err(self.broken(session, error).await),
                    Err(_) => return Err(Error::Silent(Stage::Transfer, silence)),
                },
                // a server that has no more room may say so and leave the data lying
                reply = session.control.reply(Stage::Transfer), if self.early.is_none() => {
                    let (_, reply) = reply?;
                    match reply.class() {
                        1 => {}
                        2 => self.early = Some(reply),
                        _ => {
                            self.early = Some(reply);
                            return Err(self.refusal(session));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The refusal that came before the end of the data.
    fn refusal(&mut self, session: &mut Session) -> Error {
        match self.early.take() {
            Some(reply) => session.refused(&self.command, reply),
            None => Error::Poisoned,
        }
    }

    /// A server that runs out of space closes the data connection first and then says so.
    async fn broken(&mut self, session: &mut Session, error: std::io::Error) -> Error {
        let error = Error::Broken(Stage::Transfer, error);
        if self.early.is_some() {
            // the last word has been said
            return error;
        }
        session.reason(Stage::Transfer, error).await
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
            command: self.command,
            closed_properly,
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
            Err(_) => return Err(Error::Silent(Stage::Transfer, silence)),
        }
        // bounded as a whole: a server that trickles on the data connection would never be silent
        match timeout(silence, self.drain(session)).await {
            Ok(drained) => drained,
            Err(_) => Err(Error::Silent(Stage::Transfer, silence)),
        }
    }

    /// Reads to the end of what the server sends after an upload: its session tickets, mostly.
    async fn drain(&mut self, session: &mut Session) -> Result<(), Error> {
        let mut rest = [0u8; 4096];
        while self.early.is_none() {
            tokio::select! {
                read = self.stream.read(&mut rest) => match read {
                    // the end, or a reset after everything was received: the reply will tell
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                },
                // a server that has read everything says so before, or without, closing
                reply = session.control.reply(Stage::Transfer) => {
                    let (_, reply) = reply?;
                    if reply.class() != 1 {
                        self.early = Some(reply);
                    }
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
        let Transfer { stream, early, .. } = transfer;
        drop(stream);
        let noticed = async {
            let mut said = early;
            while said.is_none() {
                match self.control.reply(Stage::Transfer).await {
                    Ok((_, reply)) if reply.class() == 1 => {}
                    Ok((_, reply)) => said = Some(reply),
                    Err(_) => return,
                }
            }
        };
        if timeout(EXPLANATION, noticed).await.is_err() {
            self.abandon();
        }
    }

    /// The server's final reply.
    pub(super) async fn last_word(&mut self, closed: Closed) -> Result<Ending, Error> {
        let reply = match closed.early {
            Some(reply) => reply,
            None => loop {
                let (_, reply) = self.control.reply(Stage::Transfer).await?;
                if reply.class() != 1 {
                    break reply;
                }
            },
        };
        // where a size or a data connection's address comes instead, commands written ahead have
        // overtaken the end of the transfer
        if matches!(reply.code, 213 | 227..=229) {
            self.abandon();
            return Err(Error::OutOfOrder);
        }
        if reply.is_positive() {
            return Ok(Ending {
                closed_properly: closed.closed_properly,
            });
        }
        Err(self.refused(&closed.command, reply))
    }

    /// The error that a refused transfer is.
    pub(super) fn refused(&mut self, command: &[u8], reply: Reply) -> Error {
        // over TLS this is how ProFTPD says that the session to resume has expired: the next one
        // is resumed from a new control connection
        if reply.code == 425 && self.tls().is_some() {
            self.abandon();
        }
        self.control.refusal(Stage::Transfer, command, reply)
    }

    /// The data connection failed; if the server says why within a moment, or is gone altogether,
    /// that is the better reason.
    pub(super) async fn reason(&mut self, stage: Stage, error: Error) -> Error {
        let line_broke = matches!(error, Error::Broken(..) | Error::Tls(_, TlsError::Broken(_)));
        let said = async {
            loop {
                match self.control.reply(stage).await {
                    Ok((_, reply)) if reply.class() == 1 => {}
                    Ok((verb, reply)) if matches!(reply.class(), 4 | 5) => {
                        return Some(Error::Refused(stage, verb, reply));
                    }
                    Err(gone @ Error::Broken(..)) if line_broke => return Some(gone),
                    _ => return None,
                }
            }
        };
        let said = timeout(EXPLANATION, said).await.ok().flatten();
        if said.is_none() {
            self.abandon();
        }
        said.unwrap_or(error)
    }
}

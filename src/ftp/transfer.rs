//! One data transfer: the command, its data connection, and the proof of its end.

use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::data::Prepared;
use super::error::{Error, Stage};
use super::explain::demands_resumption;
use super::reply::Reply;
use super::session::{Session, line};
use super::stream::NetStream;
use super::tls::TlsError;
use crate::model::path::RemotePath;
use crate::model::server::TlsBackend;

/// How long a server may take to say why a data connection failed.
const EXPLANATION: Duration = Duration::from_secs(2);

/// A transfer in progress: data flows, the final reply is still to come. Dropping it without
/// [`Transfer::finish_download`] or [`Transfer::finish_upload`] leaves the session of no use.
pub(crate) struct Transfer<'s> {
    session: &'s mut Session,
    stream: NetStream,
    /// The final reply, where it came before the data had been read.
    early: Option<Reply>,
    command: Vec<u8>,
    settled: bool,
    /// What is made while it is not known how 0xFF in its name is taken.
    unsettled: Option<RemotePath>,
}

/// How a transfer ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `Some(false)`: the server said that all is well but did not close TLS properly, so only
    /// the size can prove that nothing is missing.
    pub(crate) closed_properly: Option<bool>,
}

impl Session {
    /// Starts to read a file from `offset` on (REST and RETR).
    pub(crate) async fn retrieve(&mut self, path: &RemotePath, offset: u64) -> Result<Transfer<'_>, Error> {
        self.find_iac(path).await?;
        self.begin(line("RETR", path), offset).await
    }

    /// Starts to write a file, from its beginning (STOR).
    pub(crate) async fn store(&mut self, path: &RemotePath) -> Result<Transfer<'_>, Error> {
        let settled = self.settle_iac(path);
        let mut transfer = self.begin(line("STOR", path), 0).await?;
        transfer.unsettled = (!settled).then(|| path.clone());
        Ok(transfer)
    }

    /// Makes a data connection and starts `command` on it.
    pub(super) async fn begin(&mut self, command: Vec<u8>, offset: u64) -> Result<Transfer<'_>, Error> {
        self.control.admits(&command)?;
        let prepared = self.prepare_data().await?;
        if offset > 0 {
            // between the data connection and the command it belongs to (RFC 3659 §5.3)
            self.control
                .demand(Stage::Command, format!("REST {offset}").as_bytes(), 3)
                .await?;
        }
        self.control.send(&[&command])?;
        let (early, stream) = match self.start(prepared).await {
            Ok(Started::Open(early, stream)) => (early, stream),
            Ok(Started::Refused(reply)) => return Err(self.refused(Stage::Transfer, &command, reply)),
            Err(error) => {
                self.abandon();
                return Err(error);
            }
        };
        Ok(Transfer {
            session: self,
            stream,
            early,
            command,
            settled: false,
            unsettled: None,
        })
    }

    /// The error that a refused transfer is.
    fn refused(&mut self, stage: Stage, command: &[u8], reply: Reply) -> Error {
        if self.tls().is_none() || !demands_resumption(&reply) {
            return self.control.refusal(stage, command, reply);
        }
        // what is to be resumed comes from the control connection: only a new one brings another
        self.abandon();
        let offered = self.connection().server.tls_backend == TlsBackend::Openssl;
        if offered {
            self.remark("the server does not resume this connection's TLS session");
        }
        Error::Unresumed { offered, reply }
    }

    /// Waits for the preliminary reply and for the data connection, at the same time: the
    /// handshake begins at once (servers take it before they say 150), and a refused command
    /// ends the wait for a connection that will never come.
    async fn start(&mut self, prepared: Prepared) -> Result<Started, Error> {
        let maker = self.data_maker();
        let mut data = pin!(maker.complete(prepared));
        let mut stream = None;
        let mut preliminary = false;
        loop {
            tokio::select! {
                // in this order: what a server says after it has sent its data must not cost them
                biased;
                done = &mut data, if stream.is_none() => match done {
                    Ok(done) => stream = Some(done),
                    Err(error) => return Err(self.reason(Stage::Data, error).await),
                },
                reply = self.control.reply(Stage::Transfer) => match reply?.1 {
                    reply if reply.class() == 1 => preliminary = true,
                    // a short transfer may be over before our side of the connection stands
                    reply if reply.is_positive() => {
                        let stream = match stream {
                            Some(stream) => stream,
                            None => data.await?,
                        };
                        return Ok(Started::Open(Some(reply), stream));
                    }
                    reply => return Ok(Started::Refused(reply)),
                },
            }
            if preliminary && let Some(stream) = stream.take() {
                return Ok(Started::Open(None, stream));
            }
        }
    }

    /// The data connection failed; if the server says why within a moment, or is gone altogether,
    /// that is the better reason.
    async fn reason(&mut self, stage: Stage, error: Error) -> Error {
        // what we have refused ourselves no words of the server explain
        if let Error::Tls(_, TlsError::Certificate { .. } | TlsError::Weak(_)) = error {
            self.abandon();
            return error;
        }
        let line_broke = matches!(error, Error::Broken(..) | Error::Tls(_, TlsError::Broken(_)));
        let said = async {
            loop {
                match self.control.reply(stage).await {
                    Ok((_, reply)) if reply.class() == 1 => {}
                    Ok((verb, reply)) if matches!(reply.class(), 4 | 5) => {
                        return Some(Ok((verb, reply)));
                    }
                    Err(gone @ Error::Broken(..)) if line_broke => return Some(Err(gone)),
                    _ => return None,
                }
            }
        };
        match timeout(EXPLANATION, said).await.ok().flatten() {
            Some(Ok((verb, reply))) => self.refused(stage, verb.as_bytes(), reply),
            Some(Err(gone)) => gone,
            None => {
                self.abandon();
                error
            }
        }
    }
}

/// What a server answered to a data command.
enum Started {
    Open(Option<Reply>, NetStream),
    Refused(Reply),
}

impl Transfer<'_> {
    /// Reads data into `buffer`; 0 is the end of it.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let silence = self.session.connection().patience.silence;
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
                    Ok(Err(_)) | Err(_) if refused => Err(self.refusal()),
                    Ok(Err(error)) => Err(self.broken(error).await),
                    Err(_) => Err(Error::Silent(Stage::Transfer, silence)),
                },
                reply = self.session.control.reply(Stage::Transfer), if self.early.is_none() => {
                    let (_, reply) = reply?;
                    if reply.class() != 1 {
                        self.early = Some(reply);
                    }
                }
            }
        }
    }

    /// Writes all of `bytes`.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let silence = self.session.connection().patience.silence;
        let mut left = bytes;
        while !left.is_empty() {
            tokio::select! {
                biased;
                written = timeout(silence, self.stream.write(left)) => match written {
                    Ok(Ok(0)) => return Err(self.broken(std::io::ErrorKind::WriteZero.into()).await),
                    Ok(Ok(n)) => left = &left[n..],
                    Ok(Err(error)) => return Err(self.broken(error).await),
                    Err(_) => return Err(Error::Silent(Stage::Transfer, silence)),
                },
                // a server that has no more room may say so and leave the data lying
                reply = self.session.control.reply(Stage::Transfer), if self.early.is_none() => {
                    let (_, reply) = reply?;
                    match reply.class() {
                        1 => {}
                        2 => self.early = Some(reply),
                        _ => {
                            self.early = Some(reply);
                            return Err(self.refusal());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The refusal that came before the end of the data.
    fn refusal(&mut self) -> Error {
        self.settled = true;
        match self.early.take() {
            Some(reply) => self.session.refused(Stage::Transfer, &self.command, reply),
            None => Error::Poisoned,
        }
    }

    /// A server that runs out of space closes the data connection first and then says so.
    async fn broken(&mut self, error: std::io::Error) -> Error {
        if self.early.is_some() {
            // the last word has been said; a drop will see to the session
            return Error::Broken(Stage::Transfer, error);
        }
        let error = self
            .session
            .reason(Stage::Transfer, Error::Broken(Stage::Transfer, error))
            .await;
        self.settled = true;
        error
    }

    /// After [`Transfer::read`] has come to the end: the server's word that it was the end.
    pub(crate) async fn finish_download(mut self) -> Result<Ending, Error> {
        let closed_properly = self.stream.closed_properly();
        // our close_notify is a courtesy here: what was asked for has arrived
        let _ = timeout(EXPLANATION, self.stream.shutdown()).await;
        self.last_word(closed_properly).await
    }

    /// After the last [`Transfer::write`]: closes properly and waits for the server's word.
    ///
    /// A server's session tickets lie unread in our buffer; closing the socket over them would
    /// send a reset that overtakes the data, and the tail of the file would be lost. So: end our
    /// direction, read to the end, then close.
    pub(crate) async fn finish_upload(mut self) -> Result<Ending, Error> {
        let silence = self.session.connection().patience.silence;
        match timeout(silence, self.stream.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(self.broken(error).await),
            Err(_) => return Err(Error::Silent(Stage::Transfer, silence)),
        }
        // bounded as a whole: a server that trickles on the data connection would never be silent
        match timeout(silence, self.drain()).await {
            Ok(drained) => drained?,
            Err(_) => return Err(Error::Silent(Stage::Transfer, silence)),
        }
        let ending = self.last_word(None).await?;
        if let Some(path) = self.unsettled.take() {
            self.session.check_iac(&path).await?;
        }
        Ok(ending)
    }

    /// Reads to the end of what the server sends after an upload: its session tickets, mostly.
    async fn drain(&mut self) -> Result<(), Error> {
        let mut rest = [0u8; 4096];
        while self.early.is_none() {
            tokio::select! {
                read = self.stream.read(&mut rest) => match read {
                    // the end, or a reset after everything was received: the reply will tell
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                },
                // a server that has read everything says so before, or without, closing
                reply = self.session.control.reply(Stage::Transfer) => {
                    let (_, reply) = reply?;
                    if reply.class() != 1 {
                        self.early = Some(reply);
                    }
                }
            }
        }
        Ok(())
    }

    async fn last_word(&mut self, closed_properly: Option<bool>) -> Result<Ending, Error> {
        let reply = match self.early.take() {
            Some(reply) => reply,
            None => loop {
                let (_, reply) = self.session.control.reply(Stage::Transfer).await?;
                if reply.class() != 1 {
                    break reply;
                }
            },
        };
        self.settled = true;
        if reply.is_positive() {
            return Ok(Ending { closed_properly });
        }
        Err(self.session.refused(Stage::Transfer, &self.command, reply))
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.session.abandon();
        }
    }
}

//! A control connection: commands go out through the [`Outbox`], replies come in through
//! suppaftp, in the order in which the commands were sent.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use suppaftp::FtpError;
use suppaftp::tokio::ImplAsyncFtpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout, timeout_at};

use super::error::{Error, Stage};
use super::guard::{Refusal, admit};
use super::noop::{Answers, Noops};
use super::reply::Reply;
use super::tls::alert_in;
use super::transcript::Transcript;
use super::wire::{Injected, Outbox, Wire};

/// How many preliminary replies a command may have while no data move: RFC 959 §5.4 knows one,
/// servers that report progress send more, and nobody waits for ever.
const MOST_PRELIMINARY: u32 = 1000;

/// How long the answer to QUIT is waited for.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long the end of the program waits for it: a server so near has freed the place by then that the next program may
/// want, and one that is far has nothing to say that would be worth a round trip.
const NEAR: Duration = Duration::from_millis(10);

/// How long the answers to NOOPs may take once nothing else is awaited.
const LATE_ANSWERS: Duration = Duration::from_secs(3);

/// A control connection, encrypted or not, logged in or not.
pub(super) struct Control {
    stream: ImplAsyncFtpStream<Wire>,
    outbox: Arc<Outbox>,
    /// The verbs whose replies are still to come, oldest first.
    awaited: VecDeque<String>,
    /// The NOOPs sent beside them, whose replies may come before or after.
    noops: Noops,
    silence: Duration,
    /// How many preliminary replies have come since data moved or another reply came.
    preliminary: u32,
    sent: u64,
    poisoned: bool,
    pub(super) peer: SocketAddr,
    pub(super) local: SocketAddr,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("peer", &self.peer)
            .field("poisoned", &self.poisoned)
            .finish_non_exhaustive()
    }
}

impl Control {
    pub(super) fn new(
        stream: ImplAsyncFtpStream<Wire>,
        outbox: Arc<Outbox>,
        (peer, local): (SocketAddr, SocketAddr),
        silence: Duration,
    ) -> Self {
        Self {
            stream,
            outbox,
            awaited: VecDeque::new(),
            noops: Noops::default(),
            silence,
            preliminary: 0,
            sent: 0,
            poisoned: false,
            peer,
            local,
        }
    }

    /// The greeting's text.
    pub(super) fn greeting(&self) -> &str {
        self.stream.get_welcome_msg().unwrap_or_default()
    }

    pub(super) fn transcript(&self) -> &Transcript {
        self.outbox.transcript()
    }

    /// Whether the session must not be used any more.
    pub(super) fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Gives the session up: what is outstanding on it cannot be known any more.
    pub(super) fn poison(&mut self) {
        self.poisoned = true;
    }

    /// Whether every reply has been read.
    pub(super) fn in_step(&self) -> bool {
        self.awaited.is_empty() && self.noops.unanswered() == 0
    }

    /// How many commands were sent, NOOPs beside transfers apart.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether another command's reply than a NOOP's is still to come.
    pub(super) fn awaits_reply(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Data have moved: a server that reports on that may go on.
    pub(super) fn progressed(&mut self) {
        self.preliminary = 0;
    }

    /// Whether 0xFF is doubled in the lines that follow.
    pub(super) fn double_iac(&self, doubled: bool) {
        self.outbox.double_iac(doubled);
    }

    /// Whether the gate would let this line out: asked before work is done for it.
    pub(super) fn admits(&self, line: &[u8]) -> Result<(), Error> {
        self.outbox.admits(line).map_err(Error::Guarded)
    }

    /// Sends commands (lines without CRLF) in one piece, without waiting for their replies.
    pub(super) fn send(&mut self, lines: &[&[u8]]) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        self.outbox.push(lines).map_err(Error::Guarded)?;
        self.noops.begin();
        self.sent += lines.len() as u64;
        for line in lines {
            let verb = line.split(|b| *b == b' ').next().unwrap_or_default();
            self.awaited.push_back(String::from_utf8_lossy(verb).into_owned());
        }
        Ok(())
    }

    /// What became of the NOOPs.
    pub(super) fn noops(&self) -> &Noops {
        &self.noops
    }

    /// Sends a NOOP beside the command that is awaited; it goes out when a reply is next read.
    pub(super) fn send_noop(&mut self) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        self.outbox.push(&[b"NOOP"]).map_err(Error::Guarded)?;
        self.noops.sent();
        Ok(())
    }

    /// Waits for the NOOPs' answers that are still to come, so that the next command's reply is
    /// its own. Where they do not come the session is given up.
    pub(super) async fn collect_noops(&mut self) {
        let until = Instant::now() + LATE_ANSWERS.min(self.silence);
        while self.noops.unanswered() > 0 && !self.poisoned {
            let answers = match self.read(Stage::Command, until, self.silence).await {
                Ok(reply) => self.noops.judge(&reply, false),
                Err(_) => Answers::Unclear,
            };
            if answers != Answers::Noop {
                self.noops.stumble();
                self.poisoned = true;
            }
        }
    }

    /// The next reply, whatever it answers. `silence`: how long is waited for it in all, for the error
    /// that says so.
    async fn read(&mut self, stage: Stage, until: Instant, silence: Duration) -> Result<Reply, Error> {
        // no status is "expected", so that every reply comes back the same way, whatever its code
        let answer = match timeout_at(until, self.stream.read_response_in(&[])).await {
            Err(_) => {
                self.poisoned = true;
                return Err(Error::Silent(stage, silence));
            }
            Ok(answer) => answer,
        };
        match answer {
            Ok(response) | Err(FtpError::UnexpectedResponse(response)) => {
                let Ok(reply) = Reply::parse(&response.body) else {
                    self.poisoned = true;
                    return Err(Error::NotFtp(self.outbox.last_line()));
                };
                let reply = reply.read_in(self.outbox.charset());
                if reply.code == 421 {
                    self.poisoned = true;
                }
                Ok(reply)
            }
            Err(error) => {
                self.poisoned = true;
                Err(from_suppaftp(error, stage, &self.outbox))
            }
        }
    }

    /// The next outstanding reply, with the verb it answers. A preliminary reply (1xx) leaves its
    /// command outstanding; answers to NOOPs are taken out. Cancelling the future loses nothing: a
    /// half-read reply is kept.
    pub(super) async fn reply(&mut self, stage: Stage) -> Result<(String, Reply), Error> {
        self.reply_after(stage, Duration::ZERO).await
    }

    /// As [`Control::reply`], of a command that may take so much longer than others.
    pub(super) async fn reply_after(
        &mut self,
        stage: Stage,
        work: Duration,
    ) -> Result<(String, Reply), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        // whatever was going on: what fails here is the control connection
        let stage = match stage {
            Stage::Data | Stage::Transfer => Stage::Command,
            stage => stage,
        };
        let silence = self.silence + work;
        let until = Instant::now() + silence;
        let reply = loop {
            let reply = self.read(stage, until, silence).await?;
            match self.noops.judge(&reply, !self.awaited.is_empty()) {
                Answers::Noop => {}
                Answers::Awaited => break reply,
                Answers::Unclear => {
                    self.poisoned = true;
                    return Err(Error::Broken(stage, out_of_step()));
                }
            }
        };
        let verb = if reply.class() == 1 {
            self.preliminary += 1;
            if self.preliminary > MOST_PRELIMINARY {
                self.poisoned = true;
                return Err(Error::Broken(stage, without_end()));
            }
            self.awaited.front().cloned()
        } else {
            self.preliminary = 0;
            self.awaited.pop_front()
        };
        // 421 may come unasked, when the server closes an idle session
        Ok((verb.unwrap_or_default(), reply))
    }

    /// Looks whether the server has said something unasked while nothing was awaited: a goodbye
    /// (421), the end of the connection, or a reply too many, after which no reply would stand for
    /// the command it is taken for. Waits for nothing.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        self.settle_before(false).await
    }

    /// As [`Control::settle`], before a command. Where that changes something, what is just coming in is given
    /// the time that a clock takes at least (a millisecond): an answer too many would say that it was done.
    async fn settle_before(&mut self, changes: bool) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if !self.in_step() {
            return Ok(());
        }
        let mut unasked = at_hand(self.stream.read_response_in(&[])).await;
        if unasked.is_none() && changes {
            unasked = timeout(Duration::ZERO, self.stream.read_response_in(&[]))
                .await
                .ok();
        }
        match unasked {
            None => Ok(()),
            Some(unasked) => {
                self.poisoned = true;
                Err(match unasked {
                    Ok(response) | Err(FtpError::UnexpectedResponse(response)) => {
                        match Reply::parse(&response.body) {
                            Ok(reply) if reply.code == 421 => {
                                Error::Refused(Stage::Command, String::new(), reply)
                            }
                            Ok(reply) => Error::Unasked(reply.code),
                            Err(_) => Error::Poisoned,
                        }
                    }
                    Err(error) => from_suppaftp(error, Stage::Command, &self.outbox),
                })
            }
        }
    }

    /// Sends one command and waits for its final reply, whatever it is; 421, which may come to any
    /// command and ends the session (RFC 959 §5.4), is an error.
    pub(super) async fn ask(&mut self, line: &[u8]) -> Result<Reply, Error> {
        self.ask_at(Stage::Command, line).await
    }

    pub(super) async fn ask_at(&mut self, stage: Stage, line: &[u8]) -> Result<Reply, Error> {
        self.ask_for(stage, line, Duration::ZERO).await
    }

    /// As [`Control::ask`], what may take so much longer than others.
    pub(super) async fn ask_for(
        &mut self,
        stage: Stage,
        line: &[u8],
        work: Duration,
    ) -> Result<Reply, Error> {
        if !self.in_step() {
            // the reply to come would stand for another command
            self.poisoned = true;
            return Err(Error::Poisoned);
        }
        self.settle_before(admit(line, true).is_err()).await?;
        self.send(&[line])?;
        self.final_reply(stage, line, work).await
    }

    /// The final reply to `line`, which has been written; the words before it are passed over.
    pub(super) async fn final_reply(
        &mut self,
        stage: Stage,
        line: &[u8],
        work: Duration,
    ) -> Result<Reply, Error> {
        loop {
            let (_, reply) = self.reply_after(stage, work).await?;
            match reply.class() {
                1 => {}
                _ if reply.code == 421 => return Err(self.refusal(stage, line, reply)),
                _ => return Ok(reply),
            }
        }
    }

    /// Sends one command and demands a reply of this class (its first digit).
    pub(super) async fn demand(&mut self, stage: Stage, line: &[u8], class: u16) -> Result<Reply, Error> {
        let reply = self.ask_at(stage, line).await?;
        if reply.code / 100 == class {
            Ok(reply)
        } else {
            Err(self.refusal(stage, line, reply))
        }
    }

    /// The error that an unexpected reply to `line` is.
    pub(super) fn refusal(&mut self, stage: Stage, line: &[u8], reply: Reply) -> Error {
        let verb = line.split(|b| *b == b' ').next().unwrap_or_default();
        // 421: the server closes the control connection (RFC 959 §5.4); 522: vsftpd does so after
        // it refused a data connection's TLS, while to EPSV and EPRT it is an answer as any other (RFC
        // 2428 §2); before the login is over a refused session is of no use
        if reply.code == 421
            || (reply.code == 522 && stage != Stage::Data)
            || matches!(stage, Stage::Protect | Stage::Login | Stage::Greeting)
        {
            self.poisoned = true;
        }
        // what a login says is kept nowhere else
        let reply = match stage {
            Stage::Command | Stage::Transfer if line.contains(&b' ') => reply.about(line),
            _ => reply,
        };
        Error::Refused(stage, String::from_utf8_lossy(verb).into_owned(), reply)
    }

    /// Says goodbye and waits a moment for the answer: then the server has freed the place.
    pub(super) async fn quit(self) {
        self.part(GOODBYE).await;
    }

    /// The same at the end of the program, where nobody wants the place: only a server that is near is waited for.
    pub(super) async fn leave(self) {
        self.part(NEAR).await;
    }

    /// Says goodbye, and ends our side of the connection properly behind it: the server reads both, in this order,
    /// also when nobody is here any more.
    async fn part(mut self, patience: Duration) {
        if !self.in_step() || self.send(&[b"QUIT"]).is_err() {
            return;
        }
        self.silence = self.silence.min(patience);
        let _ = self.reply(Stage::Command).await;
        self.outbox.end();
        let _ = at_hand(self.stream.read_response_in(&[])).await;
    }
}

/// What comes of this with what has arrived by now. The runtime looks at its sockets once, and no
/// clock is waited for: a time-out of nothing takes the runtime's timer up to a millisecond, which was half of
/// what a command cost on a near server.
async fn at_hand<T>(arriving: impl Future<Output = T>) -> Option<T> {
    let mut arriving = pin!(arriving);
    match arriving.as_mut().now_or_never() {
        None => {
            yield_now().await;
            arriving.now_or_never()
        }
        arrived => arrived,
    }
}

fn out_of_step() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the server's answer to NOOP cannot be told from the end of the transfer",
    )
}

fn without_end() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the server announces the same thing again and again and never comes to an end",
    )
}

/// suppaftp's error in our words.
pub(super) fn from_suppaftp(error: FtpError, stage: Stage, outbox: &Outbox) -> Error {
    match error {
        FtpError::ConnectionError(error) => match error.get_ref().and_then(|e| e.downcast_ref::<Refusal>()) {
            Some(refusal) => Error::Guarded(refusal.clone()),
            None if error.get_ref().is_some_and(|e| e.is::<Injected>()) => Error::Injected,
            None => match alert_in(&error) {
                Some(alert) => Error::Tls(stage, alert),
                None => Error::Broken(stage, error),
            },
        },
        FtpError::UnexpectedResponse(response) => match Reply::parse(&response.body) {
            Ok(reply) => Error::Refused(stage, outbox.last_verb(), reply),
            Err(_) => Error::NotFtp(outbox.last_line()),
        },
        FtpError::BadResponse => Error::NotFtp(outbox.last_line()),
        FtpError::SecureError(text) => Error::Tls(stage, super::tls::TlsError::Other(text)),
        FtpError::InvalidAddress(error) => Error::Broken(stage, io::Error::other(error)),
        FtpError::DataConnectionAlreadyOpen => Error::Poisoned,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn what_has_arrived_is_at_hand() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap());
        let (ours, other) = tokio::join!(ours, listener.accept());
        let (mut ours, other) = (ours.unwrap(), other.unwrap().0);
        let mut byte = [0];
        assert!(at_hand(ours.read(&mut byte)).await.is_none());
        // within this machine it has arrived when it is written
        assert_eq!(other.try_write(b"x").unwrap(), 1);
        assert_eq!(at_hand(ours.read(&mut byte)).await.unwrap().unwrap(), 1);
        assert_eq!(&byte, b"x");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_at_hand_costs_no_time() {
        let begun = Instant::now();
        assert!(at_hand(std::future::pending::<()>()).await.is_none());
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}

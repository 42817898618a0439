//! The control connection's bytes: the one type that writes them, and the one that reads them.
//!
//! suppaftp owns a [`Wire`] as its stream and reads replies from it; commands are put into the
//! [`Outbox`] and go out whenever the wire is polled for reading. So several commands can be
//! written while a reply is still awaited, and every line, suppaftp's own included, passes
//! [`super::guard::admit`] in one place.

use std::borrow::Cow;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use suppaftp::tokio::TokioTlsStream;
use suppaftp::{FtpError, FtpResult};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use zeroize::{Zeroize as _, Zeroizing};

use super::blot::{Secrets, holds_secret};
use super::guard::{Refusal, admit};
use super::stream::NetStream;
use super::telnet::IAC;
use super::transcript::Transcript;
use crate::model::charset::{Charset, Unwritable};

/// How much is read from the socket at once; replies are short.
const CHUNK: usize = 4096;

/// What is to be written on a control connection, and what is remembered of it. Shared by the
/// session, which fills it, and its wire, which empties it; it outlives the change to TLS.
#[derive(Debug)]
pub(super) struct Outbox {
    read_only: bool,
    charset: Charset,
    transcript: Transcript,
    /// Whether 0xFF is doubled; see `ftp/telnet.rs`.
    doubles_iac: AtomicBool,
    state: Mutex<OutboxState>,
}

#[derive(Debug)]
struct OutboxState {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether a secret was put into it since it was wiped.
    soiled: bool,
    /// Whether nothing is written behind it any more.
    ended: bool,
    reader: Option<Waker>,
    last_verb: String,
    last_line: Vec<u8>,
    secrets: Secrets,
}

impl Outbox {
    pub(super) fn new(read_only: bool, charset: Charset, transcript: Transcript) -> Self {
        Self {
            read_only,
            charset,
            transcript,
            doubles_iac: AtomicBool::new(true),
            state: Mutex::new(OutboxState {
                // room for any batch: what is moved in growing leaves copies behind
                bytes: Zeroizing::new(Vec::with_capacity(CHUNK)),
                soiled: false,
                ended: false,
                reader: None,
                last_verb: String::new(),
                last_line: Vec::new(),
                secrets: Secrets::default(),
            }),
        }
    }

    pub(super) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    fn state(&self) -> MutexGuard<'_, OutboxState> {
        // nothing panics while it is held; a poisoned one would still be whole
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether 0xFF is doubled in the lines that follow.
    pub(super) fn double_iac(&self, doubled: bool) {
        self.doubles_iac.store(doubled, Ordering::Relaxed);
    }

    /// The character set of the names in commands and replies.
    pub(super) fn charset(&self) -> Charset {
        self.charset
    }

    /// Whether this line may be sent.
    pub(super) fn admits(&self, line: &[u8]) -> Result<(), Refusal> {
        self.encoded(line).map(drop)
    }

    /// The line in the server's character set, if it may be sent.
    fn encoded<'l>(&self, line: &'l [u8]) -> Result<Cow<'l, [u8]>, Refusal> {
        let line = self
            .charset
            .to_server(line)
            .map_err(|why| match holds_secret(line) {
                true => Unwritable::Secret(self.charset.name()),
                false => why,
            })?;
        admit(&line, self.read_only)?;
        Ok(line)
    }

    /// Admits all `lines` (without CRLF) or none, and queues them in one piece.
    pub(super) fn push(&self, lines: &[&[u8]]) -> Result<(), Refusal> {
        let encoded: Vec<_> = lines
            .iter()
            .map(|line| self.encoded(line))
            .collect::<Result<_, _>>()?;
        let doubles_iac = self.doubles_iac.load(Ordering::Relaxed);
        let mut state = self.state();
        for (line, encoded) in lines.iter().zip(encoded) {
            self.transcript.client(line);
            let verb = line.split(|b| *b == b' ').next().unwrap_or_default();
            state.last_verb.clear();
            state.last_verb.push_str(&String::from_utf8_lossy(verb));
            state.secrets.learn(&encoded);
            state.soiled |= holds_secret(verb);
            for &byte in &*encoded {
                state.bytes.push(byte);
                if byte == IAC && doubles_iac {
                    state.bytes.push(byte);
                }
            }
            state.bytes.extend_from_slice(b"\r\n");
        }
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        Ok(())
    }

    /// Ends our side of the connection when all that is in it is written.
    pub(super) fn end(&self) {
        self.state().ended = true;
    }

    /// The verb of the line sent last: which command an unexpected reply answers.
    pub(super) fn last_verb(&self) -> String {
        self.state().last_verb.clone()
    }

    /// The line received last, raw: what a server said that does not speak FTP.
    pub(super) fn last_line(&self) -> Vec<u8> {
        self.state().last_line.clone()
    }
}

/// Something arrived in clear behind the answer to `AUTH`.
#[derive(Debug, thiserror::Error)]
#[error("something was sent in clear after the answer to AUTH; it may have been injected on the way")]
pub(super) struct Injected;

/// A control connection's stream, clear or encrypted. Hands out what arrives line by line, so
/// that nothing a server sends after its answer to `AUTH` in clear can be taken for a reply.
#[derive(Debug)]
pub(super) struct Wire {
    io: NetStream,
    outbox: Arc<Outbox>,
    inbound: Vec<u8>,
    given: usize,
    greeted: bool,
    /// The code of the long reply whose end has not come (RFC 959 §4.2).
    opening: Option<[u8; 3]>,
    ended: bool,
}

impl Wire {
    pub(super) fn new(io: NetStream, outbox: Arc<Outbox>, greeted: bool) -> Self {
        Self {
            io,
            outbox,
            inbound: Vec::new(),
            given: 0,
            greeted,
            opening: None,
            ended: false,
        }
    }

    fn poll_outbox(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.outbox.state();
        while !state.bytes.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &state.bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            state.bytes.drain(..written);
        }
        if std::mem::take(&mut state.soiled) {
            // the whole of its memory, not what is in it now
            state.bytes.zeroize();
        }
        state.reader = Some(cx.waker().clone());
        let ended = state.ended;
        drop(state);
        match ended {
            true => Pin::new(&mut self.io).poll_shutdown(cx),
            false => Pin::new(&mut self.io).poll_flush(cx),
        }
    }

    /// Tells the transcript of the line up to `end`, without a secret of ours that the server repeats
    /// in it. Refusals, and whatever answers the password itself, are blotted for all who read them;
    /// other replies are data and stay as they are. Gives the line's end.
    fn blot(&mut self, end: usize) -> usize {
        let state = self.outbox.state();
        let line = &self.inbound[..end];
        let Some(blotted) = state.secrets.blot(line) else {
            drop(state);
            if self.outbox.transcript.is_read() {
                self.outbox
                    .transcript
                    .server(&self.outbox.charset.from_server(line));
            }
            return end;
        };
        let answers_secret = holds_secret(state.last_verb.as_bytes());
        drop(state);
        self.outbox
            .transcript
            .server(&self.outbox.charset.from_server(&blotted));
        let first = self.opening.map_or(line[0], |code| code[0]);
        if !(answers_secret || matches!(first, b'4' | b'5')) {
            return end;
        }
        let len = blotted.len();
        self.inbound.splice(..end, blotted);
        len
    }

    /// The end of the next line to hand out, if a whole one is there; lines that suppaftp cannot
    /// take are mended or left out on the way.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            if self.given > 0 {
                self.inbound.drain(..self.given);
                self.given = 0;
            }
            let end = match self.inbound.iter().position(|b| *b == b'\n') {
                Some(lf) => lf + 1,
                None if self.ended && !self.inbound.is_empty() => self.inbound.len(),
                // an endless line goes on to suppaftp, which bounds a reply to 256 KiB
                None if self.inbound.len() >= CHUNK => return Some(self.inbound.len()),
                None => return None,
            };
            let end = self.blot(end);
            let line = &self.inbound[..end];
            self.outbox.state().last_line = line[..line.len().min(512)].to_vec();
            let is_code = line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit);
            let bare = is_code && line[3..].iter().all(|b| matches!(b, b'\r' | b'\n'));
            let code = line.first_chunk::<3>().copied().filter(|_| is_code);
            let ends = bare || line.get(3) == Some(&b' ');
            let within = self.opening;
            if is_code && line.get(3) == Some(&b'-') {
                self.opening = self.opening.or(code);
            } else if is_code && ends && (within.is_none() || within == code) {
                self.opening = None;
            }
            // "120 Service ready in nnn minutes" comes before the greeting itself (RFC 959 §5.4)
            if !self.greeted && within.or(code) == Some(*b"120") {
                self.given = end;
                continue;
            }
            self.greeted = true;
            if is_code && ends && within.is_some() && within != code {
                // inside a long reply only its own code is its end (RFC 959 §4.2), and suppaftp
                // takes any: a blank makes it the text it is
                self.inbound.insert(0, b' ');
                return Some(end + 1);
            }
            if bare {
                // a code without a text: some servers leave out the space as well
                self.inbound.insert(3, b' ');
                return Some(end + 1);
            }
            return Some(end);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if let Poll::Ready(result) = this.poll_outbox(cx) {
                result?;
            }
            if let Some(end) = this.next_line() {
                let n = end.min(buf.remaining());
                buf.put_slice(&this.inbound[..n]);
                this.given = n;
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            let mut chunk = [MaybeUninit::uninit(); CHUNK];
            let mut read = ReadBuf::uninit(&mut chunk);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                this.ended = true;
            }
            this.inbound.extend_from_slice(read.filled());
        }
    }
}

impl AsyncWrite for Wire {
    /// suppaftp writes whole lines; they take the same way as ours.
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let line = buf
            .strip_suffix(b"\r\n")
            .ok_or_else(|| io::Error::other(Refusal::NotOneLine))?;
        self.outbox.push(&[line]).map_err(io::Error::other)?;
        // what cannot be written now goes out before the next read
        let _ = self.get_mut().poll_outbox(cx)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_outbox(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl TokioTlsStream for Wire {
    type InnerStream = TcpStream;

    /// Gives the socket back for the change to TLS. Anything that arrived in clear behind the
    /// answer to `AUTH` was put there by someone who wants it believed later (CVE-2011-0411 and
    /// its kin): the connection ends.
    fn tcp_stream(self) -> FtpResult<TcpStream> {
        if self.inbound.len() > self.given {
            return Err(FtpError::ConnectionError(io::Error::other(Injected)));
        }
        self.io.into_plain().ok_or_else(|| {
            FtpError::ConnectionError(io::Error::other("the control connection is encrypted already"))
        })
    }

    fn get_ref(&self) -> &TcpStream {
        self.io.tcp()
    }

    fn mut_ref(&mut self) -> &mut TcpStream {
        self.io.tcp_mut()
    }
}

//! A TCP stream, clear or encrypted by one of the two backends: control and data connections.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::pipe::Pipe;
use super::tls::native::close_notify_received;

/// After how long without traffic the system asks the other end for a sign of life. Routers
/// with NAT forget idle connections after five minutes mostly, the hastiest after one.
const QUIET: Duration = Duration::from_secs(50);

/// How long it waits for that sign before it asks again; after nine of these (Linux) the
/// connection is broken.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Lets the system keep an idle connection alive (TCP keep-alive, RFC 1122 §4.2.3.6). Where it
/// cannot, the connection is as good as without.
pub(super) fn keep_alive(tcp: &TcpStream) {
    let times = TcpKeepalive::new().with_time(QUIET).with_interval(ASK_AGAIN);
    if let Err(error) = SockRef::from(tcp).set_tcp_keepalive(&times) {
        tracing::debug!("no TCP keep-alive: {error}");
    }
}

/// The stream of a connection.
#[derive(Debug)]
pub(super) enum NetStream {
    /// In clear.
    Plain(TcpStream),
    /// Encrypted by OpenSSL.
    Openssl(tokio_openssl::SslStream<TcpStream>),
    /// Encrypted by the system's library through native-tls.
    System(Box<tokio_native_tls::TlsStream<TcpStream>>),
}

impl NetStream {
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(s) => s,
            Self::Openssl(s) => s.get_ref(),
            Self::System(s) => s.get_ref().get_ref().get_ref(),
        }
    }

    pub(super) fn tcp_mut(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(s) => s,
            Self::Openssl(s) => s.get_mut(),
            Self::System(s) => s.get_mut().get_mut().get_mut(),
        }
    }

    /// Reads into `vessel`; 0 is the end of the data.
    pub(super) async fn receive(&mut self, vessel: &mut Vessel<'_>) -> io::Result<usize> {
        match (vessel, self) {
            (Vessel::Memory(buffer), stream) => stream.read(buffer).await,
            (Vessel::Pipe(pipe, most), Self::Plain(tcp)) => pipe.fill(tcp, *most).await,
            // they are to be decrypted first
            (Vessel::Pipe(..), Self::Openssl(_) | Self::System(_)) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(super) fn into_plain(self) -> Option<TcpStream> {
        match self {
            Self::Plain(s) => Some(s),
            Self::Openssl(_) | Self::System(_) => None,
        }
    }

    /// Whether the other side said that it has sent everything (TLS close_notify): without it
    /// an end of data may be a cut line. `None` where that cannot be known: in clear, and where
    /// the backend does not tell.
    pub(super) fn closed_properly(&self) -> Option<bool> {
        match self {
            Self::Openssl(s) => Some(close_notify_received(s.ssl())),
            Self::Plain(_) | Self::System(_) => None,
        }
    }
}

/// What data are read into.
pub(super) enum Vessel<'v> {
    Memory(&'v mut [u8]),
    /// At most so many bytes.
    Pipe(&'v Pipe, usize),
}

impl AsyncRead for NetStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Self::Openssl(s) => Pin::new(s).poll_read(cx, buf),
            Self::System(s) => Pin::new(s).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for NetStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_write(cx, buf),
            Self::Openssl(s) => Pin::new(s).poll_write(cx, buf),
            Self::System(s) => Pin::new(s).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_flush(cx),
            Self::Openssl(s) => Pin::new(s).poll_flush(cx),
            Self::System(s) => Pin::new(s).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Self::Openssl(s) => Pin::new(s).poll_shutdown(cx),
            Self::System(s) => Pin::new(s).poll_shutdown(cx),
        }
    }
}

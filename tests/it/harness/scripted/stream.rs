//! A connection of a scripted server, clear or encrypted, and the three ways in which it can end.

use std::io;
use std::sync::Arc;

use rustls::{HandshakeKind, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[derive(Debug)]
pub(super) enum Stream {
    Clear(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Shakes hands as the server; whether the client resumed an earlier session.
    pub(super) async fn encrypt(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<(Self, bool)> {
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
        Ok((Self::Encrypted(Box::new(stream)), resumed))
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Encrypted(_))
    }

    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer).await,
            Self::Encrypted(stream) => stream.read(buffer).await,
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.write_all(bytes).await,
            Self::Encrypted(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Ends it properly: close_notify and FIN.
    pub(super) async fn end(mut self) {
        // a client that is gone already cannot be told
        let _ = match &mut self {
            Self::Clear(stream) => stream.shutdown().await,
            Self::Encrypted(stream) => stream.shutdown().await,
        };
    }

    /// The TCP connection below, no word of TLS said.
    pub(super) fn into_tcp(self) -> TcpStream {
        match self {
            Self::Clear(stream) => stream,
            Self::Encrypted(stream) => stream.into_inner().0,
        }
    }

    /// Ends it by a FIN that may as well come from a line that was cut.
    pub(super) async fn cut(self) {
        let _ = self.into_tcp().shutdown().await;
    }

    /// Ends it by a reset; what was not delivered yet is lost.
    pub(super) fn reset(self) {
        let _ = self.into_tcp().set_zero_linger();
    }
}

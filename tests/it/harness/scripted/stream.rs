//! A connection of a scripted server, clear or encrypted, and the three ways in which it can end.

use std::io;
use std::pin::Pin;

use openssl::ssl::Ssl;
use rustls::HandshakeKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use tokio_rustls::server::TlsStream;

use super::tls::Acceptor;

#[derive(Debug)]
pub(super) enum Stream {
    Clear(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
    Openssl(Box<SslStream<TcpStream>>),
}

impl Stream {
    /// Shakes hands as the server; whether the client resumed an earlier session.
    pub(super) async fn encrypt(stream: TcpStream, acceptor: &Acceptor) -> io::Result<(Self, bool)> {
        match acceptor {
            Acceptor::Rustls(acceptor) => {
                let stream = acceptor.accept(stream).await?;
                let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                Ok((Self::Encrypted(Box::new(stream)), resumed))
            }
            Acceptor::Openssl(context) => {
                let mut stream = SslStream::new(Ssl::new(context)?, stream)?;
                if let Err(error) = Pin::new(&mut stream).accept().await {
                    // what the client has sent meanwhile must not turn our alert into a reset
                    Self::Openssl(Box::new(stream)).linger().await;
                    return Err(io::Error::other(error));
                }
                let resumed = stream.ssl().session_reused();
                Ok((Self::Openssl(Box::new(stream)), resumed))
            }
        }
    }

    async fn linger(mut self) {
        let tcp = self.tcp();
        let _ = tcp.shutdown().await;
        let mut buffer = [0u8; 4096];
        while tcp.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
    }

    pub(super) fn is_encrypted(&self) -> bool {
        !matches!(self, Self::Clear(_))
    }

    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer).await,
            Self::Encrypted(stream) => stream.read(buffer).await,
            Self::Openssl(stream) => stream.read(buffer).await,
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.write_all(bytes).await,
            Self::Encrypted(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Self::Openssl(stream) => stream.write_all(bytes).await,
        }
    }

    /// Ends it properly: close_notify and FIN.
    pub(super) async fn end(mut self) {
        // a client that is gone already cannot be told
        let _ = match &mut self {
            Self::Clear(stream) => stream.shutdown().await,
            Self::Encrypted(stream) => stream.shutdown().await,
            Self::Openssl(stream) => stream.shutdown().await,
        };
    }

    /// The TCP connection below, no word of TLS said.
    fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Clear(stream) => stream,
            Self::Encrypted(stream) => stream.get_mut().0,
            Self::Openssl(stream) => stream.get_mut(),
        }
    }

    /// Ends it by a FIN that may as well come from a line that was cut.
    pub(super) async fn cut(mut self) {
        let _ = self.tcp().shutdown().await;
    }

    /// Ends it by a reset; what was not delivered yet is lost.
    pub(super) fn reset(mut self) {
        let _ = self.tcp().set_zero_linger();
    }
}

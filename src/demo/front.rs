//! What stands before libunftp on an encrypted control connection: the TLS of it.
//!
//! libunftp takes TCP streams only and knows no implicit TLS. Explicit TLS it knows, but 0.24
//! sends its 234 before its own loop hears that TLS is to begin: a client as near as loopback
//! answers sooner now and then, and its ClientHello is read as a command. So the dialogue up to
//! and with the handshake is ours, and libunftp gets the decrypted side.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::GREETING;

/// The longest command line read before TLS.
const LONGEST_LINE: u64 = 1024;

/// A control connection whose encrypted side is `outside` and whose decrypted side comes out
/// of `near`, for a server that holds the other end of it.
#[derive(Debug)]
pub(super) struct Front {
    outside: TlsStream<TcpStream>,
    near: TcpStream,
    // said already before TLS began: the server's own greeting is dropped
    greeted: bool,
}

impl Front {
    /// Implicit TLS: the handshake comes first. The second stream is for the server.
    pub(super) async fn implicit(
        stream: TcpStream,
        config: Arc<ServerConfig>,
    ) -> io::Result<(Self, TcpStream)> {
        Self::encrypt(stream, config, false).await
    }

    /// Explicit TLS (RFC 4217): nothing but `AUTH TLS` leads on. The second stream is for the
    /// server.
    pub(super) async fn explicit(
        stream: TcpStream,
        config: Arc<ServerConfig>,
    ) -> io::Result<(Self, TcpStream)> {
        let stream = negotiate(stream).await?;
        Self::encrypt(stream, config, true).await
    }

    async fn encrypt(
        stream: TcpStream,
        config: Arc<ServerConfig>,
        greeted: bool,
    ) -> io::Result<(Self, TcpStream)> {
        let outside = TlsAcceptor::from(config).accept(stream).await?;
        let (near, far) = pair().await?;
        let front = Self {
            outside,
            near,
            greeted,
        };
        Ok((front, far))
    }

    /// Carries bytes both ways until one side ends.
    pub(super) async fn carry(mut self) -> io::Result<()> {
        if self.greeted {
            while self.near.read_u8().await? != b'\n' {}
        }
        copy_bidirectional(&mut self.outside, &mut self.near).await?;
        Ok(())
    }
}

/// The clear part of explicit TLS: up to the 234.
async fn negotiate(stream: TcpStream) -> io::Result<TcpStream> {
    let mut plain = BufReader::new(stream);
    plain.write_all(format!("220 {GREETING}\r\n").as_bytes()).await?;
    loop {
        let mut line = String::new();
        let read = (&mut plain).take(LONGEST_LINE).read_line(&mut line).await?;
        if read == 0 || !line.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let reply: &[u8] = match line.trim_end().to_ascii_uppercase().as_str() {
            "AUTH TLS" => break,
            "QUIT" => {
                plain.write_all(b"221 Bye\r\n").await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            "FEAT" => b"211-Extensions supported:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 END\r\n",
            "NOOP" => b"200 OK\r\n",
            _ => b"534 A TLS connection is required: say AUTH TLS first\r\n",
        };
        plain.write_all(reply).await?;
    }
    // what came in clear behind AUTH TLS must not pass for an encrypted command
    if !plain.buffer().is_empty() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    plain.write_all(b"234 Upgrading to TLS\r\n").await?;
    Ok(plain.into_inner())
}

/// Two connected sockets.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    near.set_nodelay(true)?;
    loop {
        let (far, peer) = listener.accept().await?;
        // whoever else found this port must not get past the TLS
        if peer == near.local_addr()? {
            far.set_nodelay(true)?;
            return Ok((near, far));
        }
    }
}

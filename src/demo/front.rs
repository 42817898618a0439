//! What stands before libunftp on a control connection: TLS, and the order of commands.
//!
//! libunftp answers several commands at a time, in any order: what a client writes ahead would be
//! mixed up. It gets one after the other.
//!
//! It takes TCP streams only and knows no implicit TLS. Explicit TLS it knows, but 0.24
//! sends its 234 before its own loop hears that TLS is to begin: a client as near as loopback
//! answers sooner now and then, and its ClientHello is read as a command. So the dialogue up to
//! and with the handshake is ours too, and libunftp gets the decrypted side.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
    BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::GREETING;

/// The longest command line read before TLS.
const LONGEST_LINE: u64 = 1024;

/// A client's side of a control connection.
trait Outside: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Outside for T {}

/// A control connection whose client is `outside` and whose decrypted side comes out of `near`,
/// for a server that holds the other end of it.
pub(super) struct Front {
    outside: Box<dyn Outside>,
    near: TcpStream,
    // said already before TLS began: the server's own greeting is dropped
    greeted: bool,
}

impl Front {
    /// No TLS at all. The second stream is for the server.
    pub(super) async fn clear(stream: TcpStream) -> io::Result<(Self, TcpStream)> {
        Self::before(stream, false).await
    }

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
        Self::before(outside, greeted).await
    }

    async fn before(outside: impl Outside + 'static, greeted: bool) -> io::Result<(Self, TcpStream)> {
        let (near, far) = pair().await?;
        let front = Self {
            outside: Box::new(outside),
            near,
            greeted,
        };
        Ok((front, far))
    }

    /// Carries commands and replies until one side ends: the next command when the last one has
    /// been answered.
    pub(super) async fn carry(self) -> io::Result<()> {
        let (client, mut to_client) = tokio::io::split(self.outside);
        let (server, mut to_server) = tokio::io::split(self.near);
        let (mut client, mut server) = (BufReader::new(client), BufReader::new(server));
        if self.greeted {
            reply(&mut server, &mut tokio::io::sink()).await?;
        }
        let mut command = Vec::new();
        loop {
            tokio::select! {
                // cancelled by an unasked reply, a half-read command stays in `command`
                read = client.read_until(b'\n', &mut command) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    to_server.write_all(&command).await?;
                    command.clear();
                    while reply(&mut server, &mut to_client).await? == b'1' {}
                }
                unasked = server.fill_buf() => {
                    if unasked?.is_empty() {
                        return Ok(());
                    }
                    reply(&mut server, &mut to_client).await?;
                }
            }
        }
    }
}

/// Passes one reply on, all its lines; its first digit.
async fn reply(from: &mut (impl AsyncBufRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> io::Result<u8> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write_all(&line).await?;
        // "ddd " ends a reply, "ddd-" and other lines go on (RFC 959 §4.2)
        if line.get(3) == Some(&b' ') && line[..3].iter().all(u8::is_ascii_digit) {
            to.flush().await?;
            return Ok(line[0]);
        }
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

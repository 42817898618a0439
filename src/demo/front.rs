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
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
    BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, Sender};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::GREETING;

/// The longest command line read before TLS.
const LONGEST_LINE: u64 = 1024;

/// The longest command line read later; a client that sends more has ended.
const LONGEST_COMMAND: u64 = 64 * 1024;

/// How many commands are read ahead of the one that is being carried out.
const AHEAD: usize = 64;

/// How long an answer is awaited that nobody will read: longer than libunftp waits for a data
/// connection (15 s), so that what has come is dealt with.
const PATIENCE: Duration = Duration::from_secs(20);

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
        let mut server = BufReader::new(server);
        if self.greeted {
            reply(&mut server, &mut tokio::io::sink()).await?;
        }
        let (tell, mut commands) = mpsc::channel(AHEAD);
        let gone = CancellationToken::new();
        let reading = async {
            // an error is an end like any other: what came before it is carried
            let _ = read_commands(BufReader::new(client), tell).await;
            gone.cancel();
            std::future::pending().await
        };
        let carrying = async {
            loop {
                tokio::select! {
                    command = commands.recv() => {
                        let Some(command) = command else { return Ok(()) };
                        to_server.write_all(&command).await?;
                        tokio::select! {
                            answered = replies(&mut server, &mut to_client) => answered?,
                            () = given_up(&gone) => return Err(io::ErrorKind::TimedOut.into()),
                        }
                    }
                    unasked = server.fill_buf() => {
                        if unasked?.is_empty() {
                            return Ok(());
                        }
                        reply(&mut server, &mut to_client).await?;
                    }
                }
            }
        };
        tokio::select! {
            carried = carrying => carried,
            never = reading => never,
        }
    }
}

/// Tells the lines that a client sends, until it ends or nobody wants them any more.
async fn read_commands(mut client: impl AsyncBufRead + Unpin, tell: Sender<Vec<u8>>) -> io::Result<()> {
    loop {
        let mut command = Vec::new();
        (&mut client)
            .take(LONGEST_COMMAND)
            .read_until(b'\n', &mut command)
            .await?;
        if !command.ends_with(b"\n") || tell.send(command).await.is_err() {
            return Ok(());
        }
    }
}

/// Some time after the client has gone. libunftp says nothing more of a transfer whose data
/// connection never came: nobody would end the session before it has been idle for long.
async fn given_up(gone: &CancellationToken) {
    gone.cancelled().await;
    tokio::time::sleep(PATIENCE).await;
}

/// Passes on what answers one command.
async fn replies(
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    while reply(from, to).await? == b'1' {}
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_whose_client_has_gone_while_a_reply_is_awaited() {
        let (mut client, outside) = pair().await.unwrap();
        let (front, mut server) = Front::clear(outside).await.unwrap();
        let carried = tokio::spawn(front.carry());
        client.write_all(b"STOR a\r\nNOOP\r\n").await.unwrap();
        let mut line = [0; 8];
        server.read_exact(&mut line).await.unwrap();
        assert_eq!(&line, b"STOR a\r\n");
        server.write_all(b"150 Send it\r\n").await.unwrap();
        let mut told = [0; 13];
        client.read_exact(&mut told).await.unwrap();
        drop(client);
        let error = carried.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"", "the next one waits for the answer");
    }

    #[tokio::test]
    async fn what_a_client_has_sent_before_it_ends_is_carried_out() {
        let (mut client, outside) = pair().await.unwrap();
        let (front, mut server) = Front::clear(outside).await.unwrap();
        let carried = tokio::spawn(front.carry());
        client.write_all(b"DELE a\r\nDELE b\r\nDEL").await.unwrap();
        client.shutdown().await.unwrap();
        let mut line = [0; 8];
        for command in [b"DELE a\r\n", b"DELE b\r\n"] {
            server.read_exact(&mut line).await.unwrap();
            assert_eq!(&line, command);
            server.write_all(b"250 Gone\r\n").await.unwrap();
        }
        carried.await.unwrap().unwrap();
        let mut told = Vec::new();
        client.read_to_end(&mut told).await.unwrap();
        assert_eq!(told, b"250 Gone\r\n250 Gone\r\n");
    }
}

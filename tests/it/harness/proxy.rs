//! A proxy between the engine and a plain FTP server, for control and data connections, that
//! cuts, resets, stalls and lies after a number of bytes.
//!
//! It can encrypt its client's side (implicit TLS, with data sessions resumed), so that a cut
//! falls into the middle of a TLS record; bytes are counted below TLS, as a line counts them.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::model::certificate::Pin as Fingerprint;
use ftpane::model::server::{Protocol, Server};
use rustls::ServerConfig;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, ReadBuf,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Which kind of connection a fault falls on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Control,
    Data,
}

/// The direction in which bytes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Towards {
    Client,
    Server,
}

/// What happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Both sides see an end.
    Cut,
    /// Both sides see a reset.
    Reset,
    /// Nothing passes any more, and nobody is told.
    Stall,
    /// The receiver of the bytes sees an end; the sender can send all it has and is content. So
    /// the server says 226, and the file is short.
    Lie,
}

/// A fault that waits for its moment, then falls once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) on: On,
    pub(crate) towards: Towards,
    /// After this many bytes, over all connections of the kind since it was ordered.
    pub(crate) after: u64,
    pub(crate) fault: Fault,
}

/// What is still to go wrong.
#[derive(Debug, Default)]
struct Troubles {
    waiting: Vec<Trouble>,
    fallen: usize,
    /// Bytes that have passed on data connections.
    data: u64,
}

/// A running proxy; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    encrypts: Option<Fingerprint>,
    troubles: Arc<Mutex<Troubles>>,
    passed: Arc<watch::Sender<u64>>,
    open: Arc<watch::Sender<usize>>,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Clone)]
struct Line {
    server: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    troubles: Arc<Mutex<Troubles>>,
    /// How many bytes have passed, on all connections and both ways.
    passed: Arc<watch::Sender<u64>>,
    /// How many connections stand.
    open: Arc<watch::Sender<usize>>,
}

/// A connection that stands, counted as long as this is there.
struct Standing(Arc<watch::Sender<usize>>);

impl Standing {
    fn new(open: &Arc<watch::Sender<usize>>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(Arc::clone(open))
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl Proxy {
    /// Before an embedded server without TLS of its own that has this folder.
    pub(crate) async fn before_demo(folder: &Path, encrypted: bool) -> (Demo, Self) {
        let options = DemoOptions {
            protocol: Protocol::Ftp,
            folder: Some(folder.to_path_buf()),
            ..DemoOptions::default()
        };
        let demo = Demo::start_with(options).await.unwrap();
        let proxy = Self::before(&demo.server(), encrypted).await;
        (demo, proxy)
    }

    /// Stands before a plain server; `encrypts`: its own side speaks implicit TLS.
    pub(crate) async fn before(server: &Server, encrypts: bool) -> Self {
        assert_eq!(server.protocol, Protocol::Ftp, "it has to read the dialogue");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (config, pin) = super::scripted::make_tls();
        let troubles = Arc::<Mutex<Troubles>>::default();
        let line = Line {
            server: server.address().parse().unwrap(),
            tls: encrypts.then_some(config),
            troubles: Arc::clone(&troubles),
            passed: Arc::default(),
            open: Arc::default(),
        };
        let (passed, open) = (Arc::clone(&line.passed), Arc::clone(&line.open));
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let line = line.clone();
                lines.spawn(async move { line.control(stream).await });
            }
        });
        Self {
            address,
            encrypts: encrypts.then_some(pin),
            troubles,
            passed,
            open,
            _accepting: accepting,
        }
    }

    /// The server as seen through the proxy.
    pub(crate) fn server(&self, behind: Server) -> Server {
        Server {
            protocol: if self.encrypts.is_some() {
                Protocol::FtpsImplicit
            } else {
                Protocol::Ftp
            },
            port: Some(self.address.port()),
            pin: self.encrypts,
            ..behind
        }
    }

    /// Orders trouble from now on.
    pub(crate) fn order(&self, trouble: Trouble) {
        self.troubles.lock().unwrap().waiting.push(trouble);
    }

    /// Waits until so many bytes more than at the call have passed, on all connections and both ways.
    pub(crate) fn has_passed(&self, bytes: u64) -> impl Future<Output = ()> {
        let wanted = *self.passed.borrow() + bytes;
        let mut passed = self.passed.subscribe();
        async move {
            let passed = passed.wait_for(|passed| *passed >= wanted);
            let passed = tokio::time::timeout(Duration::from_secs(60), passed).await;
            passed.expect("nothing passed for too long").unwrap();
        }
    }

    /// Waits until no connection stands any more, to either side: the server has dealt with all that has come.
    pub(crate) async fn is_quiet(&self) {
        let mut open = self.open.subscribe();
        let quiet = open.wait_for(|open| *open == 0);
        let quiet = tokio::time::timeout(Duration::from_secs(60), quiet).await;
        quiet.expect("the server does not let go").unwrap();
    }

    /// Takes back what has not fallen yet.
    pub(crate) fn calm(&self) {
        self.troubles.lock().unwrap().waiting.clear();
    }

    /// How many bytes have passed on data connections since this was asked last, both ways, below TLS.
    pub(crate) fn data_bytes(&self) -> u64 {
        std::mem::take(&mut self.troubles.lock().unwrap().data)
    }

    /// How many faults have fallen.
    pub(crate) fn fallen(&self) -> usize {
        self.troubles.lock().unwrap().fallen
    }
}

impl Line {
    /// Carries one control connection, and the data connections that are announced on it.
    async fn control(self, stream: TcpStream) {
        let standing = Standing::new(&self.open);
        let Ok(mut client) = self.client(stream, On::Control).await else {
            return;
        };
        let Ok(mut server) = TcpStream::connect(self.server).await else {
            return;
        };
        let mut data = JoinSet::new();
        let carried = {
            let (from_client, to_client) = tokio::io::split(&mut client.stream);
            let to_client = tokio::sync::Mutex::new(to_client);
            let (from_server, mut to_server) = server.split();
            let up = async {
                let mut lines = BufReader::new(from_client);
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).await? > 0 {
                    // the encryption is ours: the server knows nothing of it
                    if self.tls.is_some() && (line.starts_with(b"PBSZ") || line.starts_with(b"PROT")) {
                        to_client.lock().await.write_all(b"200 As you wish.\r\n").await?;
                    } else {
                        to_server.write_all(&line).await?;
                    }
                    line.clear();
                }
                to_server.shutdown().await
            };
            let down = async {
                let mut lines = BufReader::new(from_server);
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).await? > 0 {
                    let line = std::mem::take(&mut line);
                    let line = self.announced(line, &mut data).await?;
                    let mut to_client = to_client.lock().await;
                    to_client.write_all(&line).await?;
                    to_client.flush().await?;
                }
                to_client.lock().await.shutdown().await
            };
            tokio::try_join!(up, down)
        };
        client.fall(carried.is_err(), server).await;
        drop(standing);
        // a data connection outlives its control connection, as on a real line
        data.join_all().await;
    }

    /// Puts a port of ours in place of the announced one.
    async fn announced(&self, line: Vec<u8>, data: &mut JoinSet<()>) -> io::Result<Vec<u8>> {
        let text = String::from_utf8_lossy(&line);
        let inside = text
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map(|(inside, _)| inside);
        let port = match (line.get(..4), inside) {
            (Some(b"229 "), Some(inside)) => inside.trim_matches('|').parse().ok(),
            (Some(b"227 "), Some(inside)) => {
                let numbers: Vec<u16> = inside.split(',').filter_map(|n| n.trim().parse().ok()).collect();
                (numbers.len() == 6).then(|| numbers[4] << 8 | numbers[5])
            }
            _ => None,
        };
        let Some(port) = port else { return Ok(line) };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let ours = listener.local_addr()?.port();
        let this = self.clone();
        data.spawn(async move {
            if let Ok((stream, _)) = listener.accept().await {
                let _ = this.data(stream, port).await;
            }
        });
        Ok(match line.starts_with(b"229") {
            true => format!("229 Entering Extended Passive Mode (|||{ours}|)\r\n"),
            false => format!(
                "227 Entering Passive Mode (127,0,0,1,{},{})\r\n",
                ours >> 8,
                ours & 255
            ),
        }
        .into_bytes())
    }

    /// Carries one data connection.
    async fn data(self, stream: TcpStream, port: u16) -> io::Result<()> {
        let _standing = Standing::new(&self.open);
        let mut server = TcpStream::connect((self.server.ip(), port)).await?;
        let mut client = self.client(stream, On::Data).await?;
        let carried = {
            let (mut from_client, mut to_client) = tokio::io::split(&mut client.stream);
            let (mut from_server, mut to_server) = server.split();
            let up = async {
                // libunftp holds one on which nothing was asked for, for minutes: who was killed between
                // both has left it
                let sent = tokio::io::copy(&mut from_client, &mut to_server).await?;
                if sent == 0 && self.tls.is_none() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                to_server.shutdown().await
            };
            let down = async {
                tokio::io::copy(&mut from_server, &mut to_client).await?;
                to_client.shutdown().await
            };
            tokio::try_join!(up, down)
        };
        client.fall(carried.is_err(), server).await;
        Ok(())
    }

    async fn client(&self, stream: TcpStream, on: On) -> io::Result<Client> {
        stream.set_nodelay(true)?;
        let fell = Arc::<Mutex<Option<(Fault, Towards)>>>::default();
        let counted = Counted {
            stream,
            on,
            troubles: Arc::clone(&self.troubles),
            passed: Arc::clone(&self.passed),
            fell: Arc::clone(&fell),
        };
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(counted),
            // a fault in the middle of the handshake ends like one without: the stream is dropped
            Some(config) => Box::new(TlsAcceptor::from(Arc::clone(config)).accept(counted).await?),
        };
        Ok(Client { stream, fell })
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// The client's side of a connection.
struct Client {
    stream: Box<dyn Stream>,
    fell: Arc<Mutex<Option<(Fault, Towards)>>>,
}

impl Client {
    /// What the fault does beyond the bytes that did not pass, when one has fallen.
    async fn fall(mut self, broken: bool, mut server: TcpStream) {
        let fell = *self.fell.lock().unwrap();
        match fell.filter(|_| broken) {
            None | Some((Fault::Cut, _)) => {}
            Some((Fault::Reset, _)) => drop(server.set_zero_linger()),
            Some((Fault::Stall, _)) => std::future::pending().await,
            Some((Fault::Lie, Towards::Client)) => {
                drop(self);
                let _ = tokio::io::copy(&mut server, &mut tokio::io::sink()).await;
            }
            Some((Fault::Lie, Towards::Server)) => {
                let _ = server.shutdown().await;
                let _ = tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await;
                let mut rest = Vec::new();
                let _ = server.read_to_end(&mut rest).await;
            }
        }
    }
}

/// A TCP connection whose bytes are counted towards the troubles ordered.
#[derive(Debug)]
struct Counted {
    stream: TcpStream,
    on: On,
    troubles: Arc<Mutex<Troubles>>,
    passed: Arc<watch::Sender<u64>>,
    fell: Arc<Mutex<Option<(Fault, Towards)>>>,
}

impl Counted {
    /// How many bytes may pass before the next fault; `None` when it falls now.
    fn room(&self, towards: Towards, wanted: usize) -> Option<usize> {
        if self.fell.lock().unwrap().is_some() {
            // a liar lets the rest be sent
            return Some(wanted);
        }
        let mut troubles = self.troubles.lock().unwrap();
        let fits = |t: &Trouble| t.on == self.on && t.towards == towards;
        let due = troubles.waiting.iter().position(|t| fits(t) && t.after == 0);
        if let Some(due) = due {
            let trouble = troubles.waiting.remove(due);
            troubles.fallen += 1;
            if trouble.fault == Fault::Reset {
                let _ = self.stream.set_zero_linger();
            }
            *self.fell.lock().unwrap() = Some((trouble.fault, towards));
            return None;
        }
        let next = troubles.waiting.iter().filter(|t| fits(t)).map(|t| t.after).min();
        let most = next.map_or(usize::MAX, |n| usize::try_from(n).unwrap());
        Some(wanted.min(most))
    }

    fn passed(&self, towards: Towards, bytes: usize) {
        self.passed.send_modify(|passed| *passed += bytes as u64);
        let mut troubles = self.troubles.lock().unwrap();
        if self.on == On::Data {
            troubles.data += bytes as u64;
        }
        for trouble in &mut troubles.waiting {
            if trouble.on == self.on && trouble.towards == towards {
                trouble.after = trouble.after.saturating_sub(bytes as u64);
            }
        }
    }
}

fn fault() -> io::Error {
    io::Error::other("the fault that was ordered")
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut memory = [0u8; 16 * 1024];
        let Some(room) = self.room(Towards::Server, buf.remaining().min(memory.len())) else {
            return Poll::Ready(Err(fault()));
        };
        let mut part = ReadBuf::new(&mut memory[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        self.passed(Towards::Server, part.filled().len());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(room) = self.room(Towards::Client, bytes.len()) else {
            return Poll::Ready(Err(fault()));
        };
        let n = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..room]))?;
        self.passed(Towards::Client, n);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

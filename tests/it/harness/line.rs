//! A long line between the engine and a server of the lab: every byte and every connection takes
//! its time on the way, as between two ends of the world. What goes over control connections is
//! recorded as its client's end sees it, where it is not encrypted.
//!
//! Nothing of the dialogue is changed: the line stands at an address of its own with the server's
//! port numbers, so that encrypted control connections announce data ports that exist there too.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What happened at the client's end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// One write on the control connection.
    Wrote(Instant, String),
    /// Lines of replies that were handed over.
    Read(Instant, String),
    /// A data connection was asked for.
    Connected(Instant),
}

/// A running line; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Line {
    begun: Arc<watch::Sender<usize>>,
    withheld: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
    _carrying: JoinSet<()>,
}

/// What every connection over a line shares.
#[derive(Debug, Clone)]
struct Way {
    /// There or back.
    delay: Duration,
    /// When the data connection made last stands for its client.
    stands: Arc<Mutex<Instant>>,
    /// How many files were asked for.
    begun: Arc<watch::Sender<usize>>,
    /// Of how many files the last word is handed over only when the next one was asked for.
    withheld: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Line {
    /// A line to a server, `round_trip` long, at `address` of this machine.
    pub(crate) async fn before(
        server: SocketAddr,
        data_ports: RangeInclusive<u16>,
        address: Ipv4Addr,
        round_trip: Duration,
    ) -> Self {
        let way = Way {
            delay: round_trip / 2,
            stands: Arc::new(Mutex::new(Instant::now())),
            begun: Arc::default(),
            withheld: Arc::default(),
            seen: Arc::default(),
        };
        let seen = Arc::clone(&way.seen);
        let (begun, withheld) = (Arc::clone(&way.begun), Arc::clone(&way.withheld));
        let mut carrying = JoinSet::new();
        for port in std::iter::once(server.port()).chain(data_ports) {
            let listener = TcpListener::bind((address, port)).await.unwrap();
            let (way, to) = (way.clone(), SocketAddr::new(server.ip(), port));
            let is_control = port == server.port();
            carrying.spawn(async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let at = Instant::now();
                    if !is_control {
                        *way.stands.lock().unwrap() = at + way.delay * 2;
                        way.saw(Seen::Connected(at));
                    }
                    connections.spawn(way.clone().carry(stream, to, at, is_control));
                }
            });
        }
        Self {
            begun,
            withheld,
            seen,
            _carrying: carrying,
        }
    }

    /// The last words of so many files come from now on only when the next one was asked for: who
    /// waits for one waits until it gives up. Encrypted ones cannot be told and come at once.
    pub(crate) fn withhold(&self, files: usize) {
        self.withheld
            .store(*self.begun.borrow() + files, Ordering::Relaxed);
    }

    /// What happened at the client's end so far, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Way {
    fn saw(&self, seen: Seen) {
        self.seen.lock().unwrap().push(seen);
    }

    async fn carry(self, client: TcpStream, server: SocketAddr, at: Instant, is_control: bool) {
        let _ = client.set_nodelay(true);
        let (from_client, to_client) = client.into_split();
        let (pipe, far) = mpsc::unbounded_channel();
        let near = pass(from_client, pipe, |bytes| {
            if is_control && !bytes.is_empty() {
                let text = text(bytes);
                let files = text.matches("RETR ").count() + text.matches("STOR ").count();
                self.begun.send_modify(|begun| *begun += files);
                self.saw(Seen::Wrote(Instant::now(), text));
            }
            // a client does nothing while its connection does not stand
            Instant::now().max(*self.stands.lock().unwrap())
        });
        let rest = async {
            // SYN there, SYN and ACK back, ACK there
            sleep_until(at + self.delay * 3).await;
            let Ok(server) = TcpStream::connect(server).await else {
                return;
            };
            let _ = server.set_nodelay(true);
            let (from_server, to_server) = server.into_split();
            let (back, replies) = mpsc::unbounded_channel();
            let down = async {
                match is_control {
                    true => self.hand_replies(replies, to_client).await,
                    false => hand_over(replies, to_client, self.delay).await,
                }
            };
            let _ = tokio::join!(
                hand_over(far, to_server, self.delay),
                pass(from_server, back, |_| Instant::now()),
                down
            );
        };
        tokio::join!(near, rest);
    }

    /// Hands replies to the client, line by line, and records them.
    async fn hand_replies(&self, mut pipe: Pipe, mut client: OwnedWriteHalf) -> io::Result<()> {
        let mut begun = self.begun.subscribe();
        let mut ended = 0;
        while let Some((at, bytes)) = pipe.recv().await {
            sleep_until(at + self.delay).await;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                // of a listing, where no file has begun
                if line.starts_with(b"226 ") && *begun.borrow() > ended {
                    ended += 1;
                    if ended <= self.withheld.load(Ordering::Relaxed) {
                        let _ = begun.wait_for(|begun| *begun > ended).await;
                    }
                }
                self.saw(Seen::Read(Instant::now(), text(line)));
                client.write_all(line).await?;
            }
        }
        client.shutdown().await
    }
}

/// Bytes on their way, and when they set out; none of them is the end.
type Pipe = mpsc::UnboundedReceiver<(Instant, Vec<u8>)>;

/// Puts what comes from one end into the pipe.
async fn pass(
    mut from: OwnedReadHalf,
    pipe: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
    mut set_out: impl FnMut(&[u8]) -> Instant,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = from.read(&mut buffer).await.unwrap_or(0);
        let at = set_out(&buffer[..n]);
        if pipe.send((at, buffer[..n].to_vec())).is_err() || n == 0 {
            return;
        }
    }
}

/// Takes it out of the pipe at the other end, when its time has come.
async fn hand_over(mut pipe: Pipe, mut to: OwnedWriteHalf, delay: Duration) -> io::Result<()> {
    while let Some((at, bytes)) = pipe.recv().await {
        sleep_until(at + delay).await;
        to.write_all(&bytes).await?;
    }
    to.shutdown().await
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

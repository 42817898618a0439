//! From a host name to a control connection that has greeted us and, where TLS is asked for, is
//! encrypted: nothing secret is sent before that.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use suppaftp::tokio::ImplAsyncFtpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::attendant::Attendant;
use super::control::Control;
use super::dial::{Dialer, First, Race, Report};
use super::error::{Error, Stage};
use super::proxy::{Destination, Passage, ProxyError};
use super::tls::{Handshake, SessionTls};
use super::transcript::Transcript;
use super::wire::{Outbox, Wire};
use crate::model::server::{Patience, Protocol, Server};

/// How long an address may be silent before the next one is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// How long the answer to QUIT is waited for where nothing else was said.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection that is not logged in yet.
pub(crate) struct Opened {
    pub(super) control: Control,
    pub(crate) handshake: Option<Handshake>,
}

impl Opened {
    /// Ends it in good order.
    pub(crate) async fn quit(self) {
        self.control.quit().await;
    }
}

/// What a connection is made with.
pub(super) struct Means<'a> {
    pub(super) server: &'a Server,
    /// `None` exactly for plain FTP.
    pub(super) tls: Option<&'a SessionTls>,
    pub(super) passage: Option<&'a Passage>,
    pub(super) patience: &'a Patience,
    pub(super) attendant: &'a dyn Attendant,
}

/// A connection that has greeted us: in clear, or with implicit TLS encrypted.
pub(crate) struct Greeted {
    ftp: ImplAsyncFtpStream<Wire>,
    outbox: Arc<Outbox>,
    report: Arc<Report>,
}

impl Greeted {
    /// The other end and ours.
    pub(crate) fn ends(&self) -> (SocketAddr, SocketAddr) {
        self.report.ends()
    }

    /// The handshake, where TLS came first.
    pub(crate) fn handshake(&self) -> Option<Handshake> {
        self.report.handshake()
    }

    /// What it said, codes and all.
    pub(crate) fn greeting(&self) -> &str {
        self.ftp.get_welcome_msg().unwrap_or_default()
    }

    /// Ends it in good order.
    pub(crate) async fn quit(self) {
        let ends = self.ends();
        Control::new(self.ftp, self.outbox, ends, GOODBYE).quit().await;
    }
}

impl Means<'_> {
    /// Connects, until the greeting has come.
    pub(super) async fn greet(
        &self,
        addresses: Vec<SocketAddr>,
        transcript: Transcript,
    ) -> Result<Greeted, Error> {
        let (read_only, charset) = (self.server.read_only, self.server.charset);
        let outbox = Arc::new(Outbox::new(read_only, charset, transcript));
        let reached = self.reach(addresses, &outbox).await;
        let (ftp, report) = reached.map_err(|error| self.blame(error))?;
        Ok(Greeted { ftp, outbox, report })
    }

    /// Protects the connection as far as the server's protocol has it.
    pub(super) async fn protect(&self, greeted: Greeted) -> Result<Opened, Error> {
        let (server, patience) = (self.server, self.patience);
        let (ends, mut handshake) = (greeted.ends(), greeted.handshake());
        let Greeted { mut ftp, outbox, .. } = greeted;
        if let (Some(tls), Protocol::FtpsExplicit) = (self.tls, server.protocol) {
            self.attendant.step("starting TLS".into());
            let second = Dialer::to_protect(tls, &outbox);
            let report = second.report();
            let securing = ftp.into_secure(second, &server.host);
            ftp = report.in_time(securing, patience, &outbox).await?;
            handshake = report.handshake();
        }
        let mut control = Control::new(ftp, outbox, ends, patience.silence);
        if server.protocol == Protocol::FtpsImplicit {
            // RFC 4217 §9: both, in this order; suppaftp sends them only after AUTH
            control.demand(Stage::Protect, b"PBSZ 0", 2).await?;
            control.demand(Stage::Protect, b"PROT P", 2).await?;
        }
        Ok(Opened { control, handshake })
    }

    /// The addresses to connect to: the server's, or the proxy's.
    pub(super) async fn look_up(&self) -> Result<Vec<SocketAddr>, Error> {
        self.find_addresses().await.map_err(|error| self.blame(error))
    }

    async fn find_addresses(&self) -> Result<Vec<SocketAddr>, Error> {
        let (host, port) = match self.passage {
            None => (&self.server.host, self.server.port()),
            Some(passage) => (&passage.proxy.host, passage.proxy.port),
        };
        self.attendant.step(format!("looking up {host}"));
        let limit = self.patience.connect;
        let found = timeout(limit, tokio::net::lookup_host((host.as_str(), port))).await;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found
            .map_err(|_| Error::Silent(Stage::Lookup, limit))?
            .map_err(|error| Error::Broken(Stage::Lookup, error))?
        {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(Error::NoAddress(host.clone()));
        }
        Ok(addresses)
    }

    /// Connects to the first address that takes a TCP connection. They are tried in the system's
    /// order, each next one when the last has failed or been silent for a moment: a dead address
    /// does not cost a whole time-out. Once one has taken it, its word counts.
    async fn reach(&self, addresses: Vec<SocketAddr>, outbox: &Arc<Outbox>) -> Result<Reached, Error> {
        let race = Arc::new(Race::new(None));
        let mut standing = race.subscribe();
        let mut waiting = addresses.into_iter().peekable();
        let mut running = FuturesUnordered::new();
        let mut last = Error::Poisoned;
        loop {
            if let Some(address) = waiting.next_if(|_| race.borrow().is_none()) {
                running.push(self.reach_one(address, Arc::clone(&race), outbox));
            }
            tokio::select! {
                _ = standing.changed() => self.tell(&mut standing),
                done = running.next() => match done {
                    Some(Err(error @ (Error::Broken(Stage::Tcp, _) | Error::Silent(Stage::Tcp, _)))) => {
                        last = error;
                    }
                    Some(done) => {
                        // it may stand and fail within a moment
                        if standing.has_changed().unwrap_or(false) {
                            self.tell(&mut standing);
                        }
                        return done;
                    }
                    None => return Err(last),
                },
                () = sleep(STAGGER), if waiting.peek().is_some() && race.borrow().is_none() => {}
            }
        }
    }

    /// Tells whoever waits that a TCP connection stands.
    fn tell(&self, standing: &mut watch::Receiver<Option<SocketAddr>>) {
        if let Some(address) = *standing.borrow_and_update() {
            self.attendant.stands(address);
        }
    }

    async fn reach_one(
        &self,
        address: SocketAddr,
        race: Arc<Race>,
        outbox: &Arc<Outbox>,
    ) -> Result<Reached, Error> {
        let server = self.server;
        let to = |passage: &Passage| {
            let to = Destination::new(&server.host, server.port());
            (passage.clone(), to, self.patience.connect)
        };
        self.attendant.step(match self.passage {
            None => format!("connecting to {address}"),
            Some(_) => format!("connecting to the proxy {address}"),
        });
        let mut winners = race.subscribe();
        let first = First {
            address,
            race,
            passage: self.passage.map(to),
        };
        let tls = self.tls.filter(|_| server.protocol == Protocol::FtpsImplicit);
        let dialer = Dialer::to_connect(tls, outbox, first);
        let report = dialer.report();
        // suppaftp's constructor for implicit TLS is the one that lets the connector choose the
        // stream: for the other two protocols ours returns the connection as it is, in clear
        let connecting = ImplAsyncFtpStream::connect_secure_implicit(address, dialer, &server.host);
        tokio::select! {
            done = report.in_time(connecting, self.patience, outbox) => Ok((done?, report)),
            _ = winners.wait_for(|winner| winner.is_some_and(|winner| winner != address)) => {
                Err(Error::Broken(Stage::Tcp, std::io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    /// What failed before anything was said failed on the way to the proxy, where there is one.
    fn blame(&self, error: Error) -> Error {
        match (self.passage, error) {
            (
                Some(passage),
                error @ (Error::NoAddress(_)
                | Error::Broken(Stage::Lookup | Stage::Tcp, _)
                | Error::Silent(Stage::Lookup | Stage::Tcp, _)),
            ) => passage.error(Stage::Proxy, ProxyError::Unreached(Box::new(error))),
            (_, error) => error,
        }
    }
}

/// A connection in clear or, with implicit TLS, encrypted, and what was found on the way.
type Reached = (ImplAsyncFtpStream<Wire>, Arc<Report>);

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Instant;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpSocket, TcpStream};

    use super::*;
    use crate::model::charset::Charset;
    use crate::model::event::Wanted;
    use crate::model::secret::Secret;

    struct Nobody;

    #[async_trait::async_trait]
    impl Attendant for Nobody {
        fn step(&self, _: String) {}
        fn notice(&self, _: String) {}
        async fn ask(&self, _: Wanted) -> Option<Secret> {
            None
        }
    }

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    /// An address that never answers: the system drops what does not fit into a full queue.
    async fn dead() -> (SocketAddr, TcpListener, TcpStream) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(ANY).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        (address, listener, TcpStream::connect(address).await.unwrap())
    }

    /// An address where nothing listens.
    async fn closed() -> SocketAddr {
        TcpListener::bind(ANY).await.unwrap().local_addr().unwrap()
    }

    /// An address where somebody greets each who comes.
    async fn live() -> SocketAddr {
        let listener = TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(b"220 Hello.\r\n").await.unwrap();
                open.push(stream);
            }
        });
        address
    }

    /// In clear, without a proxy and anybody to ask.
    fn means<'m>(server: &'m Server, patience: &'m Patience) -> Means<'m> {
        Means {
            server,
            tls: None,
            passage: None,
            patience,
            attendant: &Nobody,
        }
    }

    async fn reach(addresses: Vec<SocketAddr>, connect: Duration) -> Result<SocketAddr, Error> {
        let server = Server {
            protocol: Protocol::Ftp,
            host: "h".into(),
            ..Server::default()
        };
        let patience = Patience {
            connect,
            ..Patience::default()
        };
        let means = means(&server, &patience);
        let outbox = Arc::new(Outbox::new(false, Charset::default(), Transcript::silent()));
        let (_, report) = means.reach(addresses, &outbox).await?;
        Ok(report.ends().0)
    }

    #[tokio::test]
    async fn dead_addresses_cost_moments_and_not_time_outs() {
        let minute = Duration::from_secs(60);
        let (dead, ..) = &dead().await;
        let (closed, live) = (closed().await, live().await);
        let begun = Instant::now();
        for addresses in [
            vec![live],
            vec![live, *dead],
            vec![closed, live],
            vec![*dead, live],
            vec![*dead, closed, live, closed],
        ] {
            let reached = reach(addresses.clone(), minute).await.unwrap();
            assert_eq!(reached, live, "{addresses:?}");
        }
        assert!(begun.elapsed() < minute / 2, "{:?}", begun.elapsed());
    }

    /// The word and the end of our side are on their way all the same.
    #[tokio::test]
    async fn at_the_end_of_the_program_a_far_server_is_not_waited_for() {
        let listener = TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hearing = tokio::spawn(async move {
            let mut stream = listener.accept().await.unwrap().0;
            stream.write_all(b"220 Hello.\r\n").await.unwrap();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.unwrap();
            heard
        });
        let (server, patience) = (Server::default(), Patience::default());
        let means = means(&server, &patience);
        let greeted = means.greet(vec![address], Transcript::silent()).await.unwrap();
        let ends = greeted.ends();
        let control = Control::new(greeted.ftp, greeted.outbox, ends, patience.silence);
        tokio::time::pause();
        let begun = tokio::time::Instant::now();
        control.leave().await;
        let waited = begun.elapsed();
        assert!(waited < Duration::from_millis(50), "{waited:?}");
        assert_eq!(hearing.await.unwrap(), b"QUIT\r\n");
    }

    #[tokio::test]
    async fn where_none_answers_the_last_failure_is_told() {
        let second = Duration::from_secs(1);
        let (dead, ..) = &dead().await;
        let silent = reach(vec![closed().await, *dead], second).await.unwrap_err();
        assert!(matches!(silent, Error::Silent(Stage::Tcp, _)), "{silent:?}");
        let refused = reach(vec![closed().await], second).await.unwrap_err();
        assert!(matches!(refused, Error::Broken(Stage::Tcp, _)), "{refused:?}");
    }
}

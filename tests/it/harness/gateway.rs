//! A small SOCKS5 or HTTP proxy on loopback, which leads to this machine whatever the name it is
//! told, or behaves badly. It is written from the RFCs, not from the code it tests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use ftpane::model::proxy::{Proxy, ProxyKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How it behaves once somebody has connected.
#[derive(Debug, Clone)]
pub(crate) enum Habit {
    /// It leads where it is told.
    Leads,
    /// It leads, and its answer comes in one piece with the first words of who is behind it.
    LeadsInOneBreath,
    /// It leads, its answer comes byte by byte.
    LeadsSlowly,
    /// It leads to the first place it is told, and refuses every other.
    LeadsOnce,
    /// It takes what is said first, answers this, and says nothing more.
    Answers(Vec<u8>),
    /// It takes what is said first, answers this, and hangs up.
    AnswersAndCloses(Vec<u8>),
    /// It answers this again and again.
    AnswersWithoutEnd(Vec<u8>),
}

/// A running proxy.
#[derive(Debug)]
pub(crate) struct Gateway {
    kind: ProxyKind,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Clone)]
struct Rules {
    kind: ProxyKind,
    login: Option<(String, String)>,
    habit: Habit,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    /// Starts it; with a `login` it lets nobody through without.
    pub(crate) async fn start(kind: ProxyKind, login: Option<(&str, &str)>, habit: Habit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let rules = Rules {
            kind,
            login: login.map(|(user, password)| (user.into(), password.into())),
            habit,
            asked: Arc::clone(&asked),
        };
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut serving = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let rules = rules.clone();
                // a client that goes away is no failure of the test
                serving.spawn(async move { drop(rules.serve(stream).await) });
            }
        });
        Self {
            kind,
            address,
            asked,
            _accepting: accepting,
        }
    }

    /// The proxy as a server's entry has it.
    pub(crate) fn proxy(&self, user: &str) -> Proxy {
        Proxy {
            kind: self.kind,
            user: user.into(),
            host: self.address.ip().to_string(),
            port: self.address.port(),
        }
    }

    /// Where it was told to lead, as `host:port`, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Rules {
    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        match &self.habit {
            Habit::Answers(bytes) => {
                let _heard = client.read(&mut [0; 1024]).await?;
                client.write_all(bytes).await?;
                while client.read(&mut [0; 1024]).await? > 0 {}
                return Ok(());
            }
            Habit::AnswersAndCloses(bytes) => {
                let _heard = client.read(&mut [0; 1024]).await?;
                client.write_all(bytes).await?;
                return client.shutdown().await;
            }
            Habit::AnswersWithoutEnd(bytes) => loop {
                client.write_all(bytes).await?;
            },
            Habit::Leads | Habit::LeadsInOneBreath | Habit::LeadsSlowly | Habit::LeadsOnce => {}
        }
        let told = match self.kind {
            ProxyKind::Socks5 => self.hear_socks(&mut client).await?,
            ProxyKind::Http => self.hear_http(&mut client).await?,
        };
        let Some((host, port)) = told else { return Ok(()) };
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(format!("{host}:{port}"));
            asked.len()
        };
        let refuses = matches!(self.habit, Habit::LeadsOnce) && nth > 1;
        // every name is this machine's
        let behind = match refuses {
            true => Err(std::io::ErrorKind::ConnectionRefused.into()),
            false => TcpStream::connect(("127.0.0.1", port)).await,
        };
        let mut answer = match (self.kind, behind.is_ok()) {
            (ProxyKind::Socks5, true) => b"\x05\x00\x00\x03\x07a.proxy\x00\x00".to_vec(),
            (ProxyKind::Socks5, false) => b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00".to_vec(),
            (ProxyKind::Http, true) => {
                b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n".to_vec()
            }
            (ProxyKind::Http, false) => b"HTTP/1.1 403 Not that port\x1b[2J\r\n\r\n".to_vec(),
        };
        let Ok(mut behind) = behind else {
            return client.write_all(&answer).await;
        };
        match self.habit {
            Habit::LeadsInOneBreath => {
                let mut words = [0u8; 1024];
                let n = behind.read(&mut words).await?;
                answer.extend_from_slice(&words[..n]);
                client.write_all(&answer).await?;
            }
            Habit::LeadsSlowly => {
                client.set_nodelay(true)?;
                for byte in &answer {
                    client.write_all(&[*byte]).await?;
                    tokio::task::yield_now().await;
                }
            }
            _ => client.write_all(&answer).await?,
        }
        copy_bidirectional(&mut client, &mut behind).await.map(drop)
    }

    /// RFC 1928 and 1929; `None` when the client was sent away.
    async fn hear_socks(&self, client: &mut TcpStream) -> std::io::Result<Option<(String, u16)>> {
        assert_eq!(client.read_u8().await?, 5);
        let mut methods = vec![0; usize::from(client.read_u8().await?)];
        client.read_exact(&mut methods).await?;
        let wanted = if self.login.is_some() { 2 } else { 0 };
        if !methods.contains(&wanted) {
            client.write_all(&[5, 0xff]).await?;
            return Ok(None);
        }
        client.write_all(&[5, wanted]).await?;
        if let Some(login) = &self.login {
            assert_eq!(client.read_u8().await?, 1);
            let user = text(client).await?;
            let password = text(client).await?;
            let right = (user, password) == *login;
            client.write_all(&[1, u8::from(!right)]).await?;
            if !right {
                return Ok(None);
            }
        }
        let mut head = [0; 4];
        client.read_exact(&mut head).await?;
        assert_eq!(head[..3], [5, 1, 0]);
        let host = match head[3] {
            1 => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
            3 => text(client).await?,
            4 => std::net::Ipv6Addr::from(client.read_u128().await?).to_string(),
            other => panic!("address of kind {other}"),
        };
        Ok(Some((host, client.read_u16().await?)))
    }

    /// RFC 9110 and 7617.
    async fn hear_http(&self, client: &mut TcpStream) -> std::io::Result<Option<(String, u16)>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap().split(' ');
        assert_eq!(words.next(), Some("CONNECT"));
        let told = words.next().unwrap();
        assert_eq!(words.next(), Some("HTTP/1.1"));
        assert!(head.contains(&format!("\r\nHost: {told}\r\n")), "{head}");
        if let Some((user, password)) = &self.login {
            let coded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            if !lines.any(|line| line == format!("Proxy-Authorization: Basic {coded}")) {
                let refusal = b"HTTP/1.1 407 Who are you?\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
                client.write_all(refusal).await?;
                return Ok(None);
            }
        }
        let (host, port) = told.rsplit_once(':').unwrap();
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Some((host, port.parse().unwrap())))
    }
}

/// A text behind its length.
async fn text(client: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = vec![0; usize::from(client.read_u8().await?)];
    client.read_exact(&mut bytes).await?;
    Ok(String::from_utf8(bytes).unwrap())
}

//! One session of a scripted server: hears lines and carries out steps.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ftpane::model::server::Protocol;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::seats::Seat;
use super::stream::Stream;
use super::tls::Acceptor;
use super::{GREETING, Heard, House, Port, Rule, Step};
use crate::harness::port::ClosedPort;

/// For how long a data connection that was taken blindly is looked at: what comes without waiting for the
/// command's answer comes much sooner.
const BLIND: Duration = Duration::from_millis(250);

/// The way to the next data connection.
#[derive(Debug)]
pub(super) enum Way {
    /// The client comes here.
    Listening(TcpListener),
    /// We go there.
    Active(SocketAddr),
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) number: u32,
    pub(super) house: Arc<House>,
    acceptor: Acceptor,
    /// A data connection has come that resumes nothing, where that is demanded.
    unresumed: bool,
    control: Option<Stream>,
    inbound: Vec<u8>,
    pub(super) protects_data: bool,
    way: Option<Way>,
    data: Option<Stream>,
    /// Ports behind the firewall; kept so that they stay as they are.
    dropped: Vec<(TcpListener, Vec<TcpStream>)>,
    pub(super) folder: String,
    pub(super) renaming: Option<String>,
    pub(super) offset: usize,
    /// Refuses what is written before the last reply.
    pub(super) impatient: bool,
}

impl Session {
    pub(super) async fn serve(number: u32, stream: TcpStream, house: Arc<House>) {
        let _ = stream.set_nodelay(true);
        let (seat, full) = Seat::take(&house);
        let mut seat = Some(seat);
        let face = house.later_face.as_ref().filter(|_| number > 1);
        let acceptor = face.unwrap_or(&house.face).acceptor();
        let control = match house.protocol {
            Protocol::FtpsImplicit => match Stream::encrypt(stream, &acceptor).await {
                Ok((stream, _)) => stream,
                // the client did not like the certificate, or speaks no TLS
                Err(_) => return,
            },
            Protocol::Ftp | Protocol::FtpsExplicit => Stream::Clear(stream),
        };
        let mut session = Self {
            number,
            house,
            acceptor,
            unresumed: false,
            control: Some(control),
            inbound: Vec::new(),
            protects_data: false,
            way: None,
            data: None,
            dropped: Vec::new(),
            folder: "/".into(),
            renaming: None,
            offset: 0,
            impatient: false,
        };
        if let Some(words) = full {
            session.take(Step::Say(words), GREETING).await;
            session.take(Step::Close, GREETING).await;
            return;
        }
        session.act(GREETING, false).await;
        loop {
            let written_ahead = !session.inbound.is_empty();
            let Some(line) = session.line().await else {
                return;
            };
            if line == "QUIT" {
                // free before it is told so
                drop(seat.take());
            }
            session.act(&line, written_ahead).await;
        }
    }

    /// The next line; `None` when the connection has ended.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.inbound.windows(2).position(|two| two == b"\r\n") {
                let bytes: Vec<u8> = self.inbound.drain(..end + 2).take(end).collect();
                let line = String::from_utf8_lossy(&bytes).into_owned();
                self.house.heard.lock().unwrap().push(Heard {
                    session: self.number,
                    encrypted: self.control.as_ref().is_some_and(Stream::is_encrypted),
                    line: line.clone(),
                    bytes,
                });
                return Some(line);
            }
            let mut buffer = [0u8; 4096];
            let n = self.control.as_mut()?.read(&mut buffer).await.ok()?;
            if n == 0 {
                return None;
            }
            self.inbound.extend_from_slice(&buffer[..n]);
            let mut bytes = self.house.bytes.lock().unwrap();
            bytes
                .entry(self.number)
                .or_default()
                .extend_from_slice(&buffer[..n]);
        }
    }

    async fn act(&mut self, line: &str, written_ahead: bool) {
        let refusal =
            (written_ahead && self.impatient).then(|| vec![Step::Say("503 One by one, please.".into())]);
        let steps = refusal.or_else(|| self.mishap(line)).unwrap_or_else(|| {
            let heard = self.house.heard.lock().unwrap();
            let fits = |rule: &&Rule| rule.fits(self.number, &self.folder, line, &heard);
            let rule = self.house.rules.iter().find(fits);
            rule.map_or_else(|| vec![Step::Usual], |rule| rule.steps.clone())
        });
        let mut steps = VecDeque::from(steps);
        // whatever becomes of it: what was to be renamed before is not, by a later RNTO
        if line.starts_with("RNFR") {
            self.renaming = None;
        }
        let mut could_be_done = true;
        while let Some(step) = steps.pop_front() {
            match step {
                Step::Usual => self
                    .usual(line)
                    .into_iter()
                    .rev()
                    .for_each(|step| steps.push_front(step)),
                Step::Obey => {
                    let usual = self.usual(line).into_iter().rev();
                    let silent = usual.filter(|step| !matches!(step, Step::Say(_)));
                    silent.for_each(|step| steps.push_front(step));
                }
                Step::Happened => {
                    let mut mood = self.house.mood.lock().unwrap();
                    if could_be_done
                        && self.control.is_some()
                        && let Some(mood) = mood.as_mut()
                    {
                        mood.has_happened();
                    }
                }
                step => could_be_done &= self.take(step, line).await,
            }
            if std::mem::take(&mut self.unresumed) {
                self.data = None;
                steps = self.house.unresumed.clone().unwrap_or_default().into();
            }
        }
        if line.starts_with("RETR") || line.starts_with("STOR") {
            self.offset = 0;
        }
        if line.starts_with("RNTO") {
            self.renaming = None;
        }
    }

    /// Takes one step; whether data that were to move have moved. What fails because the client has gone is
    /// no failure of the test: what the client made of it is what is looked at.
    async fn take(&mut self, step: Step, line: &str) -> bool {
        match step {
            Step::Usual | Step::Obey | Step::Happened => {}
            Step::Say(text) => self.say(format!("{text}\r\n").as_bytes()).await,
            Step::Raw(bytes) => self.say(&bytes).await,
            Step::RawWithoutEnd(bytes) => {
                while self.control.is_some() {
                    self.say(&bytes).await;
                }
            }
            Step::Announce(text, port) => self.announce(&text, port).await,
            Step::Describe(text) => {
                let path = self.path(line);
                let said = match self.disk(|disk| disk.read(&path)) {
                    Some(content) => {
                        let size = content.len().to_string();
                        text.replace("{size}", &size).replace("{path}", &path)
                    }
                    None => "550 No such file.".into(),
                };
                self.say(format!("{said}\r\n").as_bytes()).await;
            }
            Step::StartTls => {
                if let Some(Stream::Clear(stream)) = self.control.take() {
                    let encrypted = Stream::encrypt(stream, &self.acceptor).await;
                    self.control = encrypted.ok().map(|(stream, _)| stream);
                }
            }
            Step::ForgetTls => self.acceptor = self.house.face.acceptor(),
            Step::OpenData => drop(self.open_data().await),
            Step::TakeBlindly => self.take_blindly().await,
            Step::Send(bytes) => return self.send(&bytes).await.is_ok(),
            Step::SendWithoutEnd(bytes) => while self.send(&bytes).await.is_ok() {},
            Step::Receive(wanted) => {
                let (path, from) = (self.stored_at(line), std::mem::take(&mut self.offset));
                self.house.disk.lock().unwrap().cut(&path, from);
                return self.receive(wanted, line).await;
            }
            Step::Append => return self.receive(usize::MAX, line).await,
            Step::Drain => {
                let mut buffer = vec![0u8; 64 * 1024];
                while let Ok(data) = self.open_data().await
                    && data.read(&mut buffer).await.is_ok_and(|n| n > 0)
                {}
            }
            Step::EndData => {
                let _ = self.open_data().await;
                if let Some(data) = self.data.take() {
                    data.end().await;
                }
            }
            Step::CutData => {
                let _ = self.open_data().await;
                if let Some(data) = self.data.take() {
                    data.cut().await;
                }
            }
            Step::ResetData => {
                let _ = self.open_data().await;
                if let Some(data) = self.data.take() {
                    data.reset();
                }
            }
            Step::Hear => drop(self.line().await),
            Step::Impatience => self.impatient = true,
            Step::Deaf => self.inbound.clear(),
            Step::Stranger => {
                let Some(Way::Active(address)) = &self.way else {
                    return false;
                };
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
                let mut stranger = socket.connect(*address).await.unwrap();
                // sent away
                let _ = stranger.read(&mut [0u8; 1]).await;
            }
            Step::OpenGate => drop(self.house.gate.send_replace(true)),
            Step::Gate => {
                let mut gate = self.house.gate.subscribe();
                let _ = gate.wait_for(|open| *open).await;
            }
            Step::Close => {
                if let Some(control) = self.control.take() {
                    control.end().await;
                    self.house.ended.send_modify(|n| *n += 1);
                }
            }
            Step::Reset => {
                if let Some(control) = self.control.take() {
                    control.reset();
                    self.house.ended.send_modify(|n| *n += 1);
                }
            }
            Step::Hold => self.hold().await,
        }
        true
    }

    /// As an event loop does that hears of the data connection before it hears of the command.
    async fn take_blindly(&mut self) {
        if !self.inbound.is_empty() {
            return;
        }
        let Ok(data) = self.open_data().await else {
            return;
        };
        if timeout(BLIND, data.read(&mut [0u8; 1])).await.is_ok() {
            self.data = None;
            drop(self.line().await);
            self.say(b"150 Waiting for you.\r\n").await;
            self.hold().await;
        }
    }

    async fn hold(&mut self) {
        if let Some(mut control) = self.control.take() {
            let mut buffer = [0u8; 4096];
            while control.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
        }
    }

    async fn say(&mut self, bytes: &[u8]) {
        if let Some(control) = &mut self.control
            && control.write(bytes).await.is_err()
        {
            self.control = None;
        }
    }

    async fn announce(&mut self, text: &str, port: Port) {
        let socket = match self.house.ip {
            IpAddr::V4(_) => TcpSocket::new_v4().unwrap(),
            IpAddr::V6(_) => TcpSocket::new_v6().unwrap(),
        };
        socket.bind(SocketAddr::new(self.house.ip, 0)).unwrap();
        let mut address = socket.local_addr().unwrap();
        match port {
            Port::Open => self.lay(Way::Listening(socket.listen(8).unwrap())),
            Port::Narrow => {
                socket.set_recv_buffer_size(4096).unwrap();
                self.lay(Way::Listening(socket.listen(8).unwrap()));
            }
            Port::Closed => {
                let port = ClosedPort::at(self.house.ip);
                address = SocketAddr::new(self.house.ip, port.number);
                self.house.closed.lock().unwrap().push(port);
            }
            Port::Dropped => {
                // a full queue of waiting connections: the system drops what else comes
                let listener = socket.listen(0).unwrap();
                let waiting = vec![TcpStream::connect(address).await.unwrap()];
                self.dropped.push((listener, waiting));
            }
        }
        let number = address.port();
        let text = text
            .replace("{port}", &number.to_string())
            .replace("{p1}", &(number >> 8).to_string())
            .replace("{p2}", &(number & 255).to_string());
        self.say(format!("{text}\r\n").as_bytes()).await;
    }

    /// Another data connection is to be made; the last one, if it still stands, is done with.
    pub(super) fn lay(&mut self, way: Way) {
        self.way = Some(way);
        self.data = None;
    }

    /// Forgets what earlier commands have prepared.
    pub(super) fn forget(&mut self) {
        self.renaming = None;
        self.way = None;
        self.data = None;
    }

    /// A data connection in active mode comes from where the server is.
    async fn reach(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = match self.house.ip {
            IpAddr::V4(_) => TcpSocket::new_v4()?,
            IpAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.bind(SocketAddr::new(self.house.ip, 0))?;
        socket.connect(address).await
    }

    async fn open_data(&mut self) -> io::Result<&mut Stream> {
        if self.data.is_none() {
            let stream = match self.way.take() {
                Some(Way::Listening(listener)) => listener.accept().await?.0,
                Some(Way::Active(address)) => self.reach(address).await?,
                None => return Err(io::ErrorKind::NotConnected.into()),
            };
            self.data = Some(if self.protects_data {
                let other = self.house.data_face.as_ref().map(super::tls::Face::acceptor);
                let acceptor = other.as_ref().unwrap_or(&self.acceptor);
                let (stream, resumed) = Stream::encrypt(stream, acceptor).await?;
                self.house.handshakes.lock().unwrap().push(resumed);
                if !resumed && self.house.unresumed.is_some() {
                    self.unresumed = true;
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                stream
            } else {
                Stream::Clear(stream)
            });
        }
        self.data
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let pace = self.house.pace;
        let house = Arc::clone(&self.house);
        let data = self.open_data().await?;
        let mut free = tokio::time::Instant::now();
        for piece in bytes.chunks(64 * 1024) {
            data.write(piece).await?;
            house.data_sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if let Some(pace) = pace {
                free += Duration::from_secs_f64(piece.len() as f64 / f64::from(pace));
                tokio::time::sleep_until(free).await;
            }
        }
        Ok(())
    }

    /// Takes so much of an upload, or all there is; whether something of it has come, or its proper end.
    async fn receive(&mut self, wanted: usize, line: &str) -> bool {
        let path = self.stored_at(line);
        let mut buffer = vec![0u8; 64 * 1024];
        let mut left = wanted;
        while left > 0 {
            let most = left.min(buffer.len());
            let Ok(data) = self.open_data().await else {
                return false;
            };
            let n = match data.read(&mut buffer[..most]).await {
                Ok(n @ 1..) => n,
                // rustls's word for an end without close_notify
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.house.cut_uploads.fetch_add(1, Ordering::Relaxed);
                    return false;
                }
                Ok(_) => return wanted == usize::MAX,
                Err(_) => return false,
            };
            self.house.disk.lock().unwrap().append(&path, &buffer[..n]);
            left -= n;
        }
        true
    }

    /// The same as it stands on the disk.
    fn stored_at(&self, line: &str) -> String {
        let path = self.path(line);
        self.house.disk.lock().unwrap().standing(&path)
    }

    /// The absolute path a command names.
    pub(super) fn path(&self, line: &str) -> String {
        let argument = line.split_once(' ').map_or("", |(_, argument)| argument);
        match argument {
            "" => self.folder.clone(),
            absolute if absolute.starts_with('/') => absolute.to_owned(),
            relative => format!("{}/{relative}", self.folder.trim_end_matches('/')),
        }
    }
}

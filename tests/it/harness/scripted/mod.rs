//! A scripted FTP server on loopback: the language in which tests describe awkward servers.
//!
//! Out of the box it is a well-behaved server with a disk in memory. A test overrules what it
//! wants to be awkward, command by command, in steps:
//!
//! ```ignore
//! let server = Script::new(Protocol::Ftp)
//!     .file("/f", "content")
//!     .on("EPSV", say("500 unknown"))
//!     .once("RETR", [say("150 here it comes"), send("cont"), reset_data(), say("426 broken")])
//!     .start()
//!     .await;
//! ```
//!
//! A pattern is a verb, or the beginning of a line up to a blank (`LIST -a`); [`GREETING`] is the
//! moment of connecting. The first rule that fits counts; without one the server does the usual.
//! Everything heard is kept: [`Scripted::heard`].

mod disk;
mod fault;
mod filezilla;
mod iis;
mod mood;
mod seats;
mod session;
mod step;
mod stream;
mod tls;
mod usual;

pub(crate) use fault::{Fault, Plan};
pub(crate) use filezilla::filezilla;
pub(crate) use iis::iis;
pub(crate) use mood::{Mishaps, Temper};
pub(crate) use step::*;
pub(super) use tls::make as make_tls;
pub(crate) use tls::{Certified, Face, Wish};

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeBounds;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ftpane::model::certificate::Pin;
use ftpane::model::secret::Secret;
use ftpane::model::server::{Protocol, Server};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::harness::port::ClosedPort;
use disk::Disk;
use mood::Mood;
use seats::Limits;
use session::Session;

/// The pattern of the moment when a client has connected (and, with implicit TLS, shaken hands).
pub(crate) const GREETING: &str = "(connected)";

/// The password every scripted server expects; nothing else is spelled like it.
pub(crate) const PASSWORD: &str = "swordfish-4711";

/// What a server does about some of the lines.
#[derive(Debug)]
struct Rule {
    pattern: String,
    sessions: (u32, u32),
    /// Where a session has to stand.
    folder: Option<String>,
    /// The verb with which it ends, when that has been heard so often.
    ends: Option<(String, usize)>,
    /// How often it still counts.
    left: AtomicU32,
    steps: Vec<Step>,
}

impl Rule {
    fn fits(&self, session: u32, folder: &str, line: &str, heard: &[Heard]) -> bool {
        let is_over = self.ends.as_ref().is_some_and(|(verb, times)| {
            let said = |heard: &&Heard| heard.line.split(' ').next() == Some(verb);
            heard.iter().filter(said).count() >= *times
        });
        if is_over {
            return false;
        }
        let rest = line
            .get(..self.pattern.len())
            .filter(|begin| begin.eq_ignore_ascii_case(&self.pattern))
            .map(|_| &line[self.pattern.len()..]);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            && (self.sessions.0..=self.sessions.1).contains(&session)
            && self.folder.as_deref().is_none_or(|wanted| wanted == folder)
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
    }
}

/// A server in the making.
#[derive(Debug)]
pub(crate) struct Script {
    protocol: Protocol,
    features: String,
    rules: Vec<Rule>,
    disk: Disk,
    face: Face,
    later_face: Option<Face>,
    data_face: Option<Face>,
    unresumed: Option<Vec<Step>>,
    refusals: Refusals,
    temper: Option<Temper>,
    pace: Option<u32>,
    limits: Limits,
}

/// What it refuses to everybody, and with which words.
#[derive(Debug, Default)]
struct Refusals {
    /// To rename to a name that is taken.
    over: Option<String>,
    /// To make a file whose name begins with a dot.
    dot_names: Option<String>,
}

impl Script {
    /// A well-behaved server with an empty disk.
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            features: "EPSV MLST MDTM SIZE UTF8".into(),
            rules: Vec::new(),
            disk: Disk::default(),
            face: Face::usual(),
            later_face: None,
            data_face: None,
            unresumed: None,
            refusals: Refusals::default(),
            temper: None,
            pace: None,
            limits: Limits::default(),
        }
    }

    /// Lets in no more sessions at once than these, and says this to the next one.
    pub(crate) fn at_most(mut self, sessions: u32, words: &str) -> Self {
        self.limits.at_once = Some((sessions, words.into()));
        self
    }

    /// Stops listening when it has had so many sessions: those stay, further ones are refused.
    pub(crate) fn listens_for(mut self, sessions: u32) -> Self {
        self.limits.ever = Some(sessions);
        self
    }

    /// No data connection carries more to the client than so many bytes a second.
    pub(crate) fn pace(mut self, bytes: u32) -> Self {
        self.pace = Some(bytes);
        self
    }

    /// It does not rename to a name that is taken.
    pub(crate) fn refuses_over(mut self, reply: &str) -> Self {
        self.refusals.over = Some(reply.into());
        self
    }

    /// It makes no file whose name begins with a dot.
    pub(crate) fn refuses_dot_names(mut self, reply: &str) -> Self {
        self.refusals.dot_names = Some(reply.into());
        self
    }

    /// The permissions of a file that is there; MLSD tells them.
    pub(crate) fn mode(mut self, path: &str, mode: u16) -> Self {
        self.disk.set_mode(path, mode);
        self
    }

    /// How it speaks TLS.
    pub(crate) fn face(mut self, face: Face) -> Self {
        self.face = face;
        self
    }

    /// How it speaks TLS from the second session on.
    pub(crate) fn later_face(mut self, face: Face) -> Self {
        self.later_face = Some(face);
        self
    }

    /// How it speaks TLS on data connections.
    pub(crate) fn data_face(mut self, face: Face) -> Self {
        self.data_face = Some(face);
        self
    }

    /// What it does where a data connection does not resume its control connection's session.
    pub(crate) fn unresumed(mut self, steps: impl Into<Vec<Step>>) -> Self {
        self.unresumed = Some(steps.into());
        self
    }

    /// In a bad mood from [`Scripted::offend`] to [`Scripted::calm`].
    pub(crate) fn temper(mut self, temper: Temper) -> Self {
        self.temper = Some(temper);
        self
    }

    /// The features it tells of, a word each; none of them is hindered from working.
    pub(crate) fn features(mut self, words: &str) -> Self {
        self.features = words.into();
        self
    }

    /// Puts a file on its disk, with the folders above it.
    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.disk.write(path, content.as_ref());
        self
    }

    /// Its disk does not tell names apart that differ in capitals only, as Windows does not.
    pub(crate) fn blind_to_capitals(mut self) -> Self {
        self.disk.blind();
        self
    }

    /// A link that stands there from the beginning; the server follows it, and says where it is.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.disk.link(path, target);
        self
    }

    /// What it does about every line that fits.
    pub(crate) fn on(self, pattern: &str, steps: impl Into<Vec<Step>>) -> Self {
        self.rule(pattern, (1, u32::MAX), u32::MAX, steps.into())
    }

    /// What it does about the first line that fits; from the second on, later rules count.
    pub(crate) fn once(self, pattern: &str, steps: impl Into<Vec<Step>>) -> Self {
        self.rule(pattern, (1, u32::MAX), 1, steps.into())
    }

    /// What it does about the first lines that fit, so many.
    pub(crate) fn first(self, times: u32, pattern: &str, steps: impl Into<Vec<Step>>) -> Self {
        self.rule(pattern, (1, u32::MAX), times, steps.into())
    }

    /// What it does about every line that fits, where the session stands in this folder.
    pub(crate) fn on_in(self, folder: &str, pattern: &str, steps: impl Into<Vec<Step>>) -> Self {
        let mut script = self.on(pattern, steps);
        if let Some(rule) = script.rules.last_mut() {
            rule.folder = Some(folder.to_owned());
        }
        script
    }

    /// What it does about every line that fits, until a verb has been heard so often.
    pub(crate) fn until(self, ends: (&str, usize), pattern: &str, steps: impl Into<Vec<Step>>) -> Self {
        let mut script = self.on(pattern, steps);
        if let Some(rule) = script.rules.last_mut() {
            rule.ends = Some((ends.0.into(), ends.1));
        }
        script
    }

    /// What it does about a line in some sessions only; they are counted from 1.
    pub(crate) fn in_sessions(
        self,
        sessions: impl RangeBounds<u32>,
        pattern: &str,
        steps: impl Into<Vec<Step>>,
    ) -> Self {
        use std::ops::Bound;
        let first = match sessions.start_bound() {
            Bound::Included(n) | Bound::Excluded(n) => *n,
            Bound::Unbounded => 1,
        };
        let last = match sessions.end_bound() {
            Bound::Included(n) => *n,
            Bound::Excluded(n) => n - 1,
            Bound::Unbounded => u32::MAX,
        };
        self.rule(pattern, (first, last), u32::MAX, steps.into())
    }

    fn rule(mut self, pattern: &str, sessions: (u32, u32), times: u32, steps: Vec<Step>) -> Self {
        self.rules.push(Rule {
            pattern: pattern.into(),
            sessions,
            folder: None,
            ends: None,
            left: AtomicU32::new(times),
            steps,
        });
        self
    }

    /// Starts it on a free port of 127.0.0.1; it ends when dropped.
    pub(crate) async fn start(self) -> Scripted {
        self.start_at("127.0.0.1:0").await
    }

    /// Starts it on an address of this machine, IPv4 or IPv6; its data ports are on the same.
    pub(crate) async fn start_at(self, address: &str) -> Scripted {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let pin = self.face.pin;
        let house = Arc::new(House {
            protocol: self.protocol,
            ip: address.ip(),
            features: self.features,
            rules: self.rules,
            face: self.face,
            later_face: self.later_face,
            data_face: self.data_face,
            unresumed: self.unresumed,
            refusals: self.refusals,
            temper: self.temper,
            pace: self.pace,
            limits: self.limits,
            seated: watch::Sender::new(0),
            data_sent: AtomicU64::new(0),
            mood: Mutex::default(),
            disk: Mutex::new(self.disk),
            heard: Mutex::default(),
            bytes: Mutex::default(),
            handshakes: Mutex::default(),
            cut_uploads: AtomicU32::new(0),
            sessions: AtomicU32::new(0),
            closed: Mutex::default(),
            ended: watch::Sender::new(0),
            gate: watch::Sender::new(false),
        });
        let served = Arc::clone(&house);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let number = served.sessions.fetch_add(1, Ordering::Relaxed) + 1;
                sessions.spawn(Session::serve(number, stream, Arc::clone(&served)));
                if served.limits.ever == Some(number) {
                    break;
                }
            }
            drop(listener);
            while sessions.join_next().await.is_some() {}
        });
        Scripted {
            house,
            address,
            pin,
            _accepting: accepting,
        }
    }
}

/// What all sessions of a server share.
#[derive(Debug)]
struct House {
    protocol: Protocol,
    ip: IpAddr,
    features: String,
    rules: Vec<Rule>,
    face: Face,
    later_face: Option<Face>,
    data_face: Option<Face>,
    unresumed: Option<Vec<Step>>,
    refusals: Refusals,
    temper: Option<Temper>,
    pace: Option<u32>,
    limits: Limits,
    /// How many sessions there are now.
    seated: watch::Sender<u32>,
    /// How many bytes have gone out on data connections.
    data_sent: AtomicU64,
    mood: Mutex<Option<Mood>>,
    disk: Mutex<Disk>,
    heard: Mutex<Vec<Heard>>,
    /// All that has come on each session's control connection, decrypted.
    bytes: Mutex<BTreeMap<u32, Vec<u8>>>,
    handshakes: Mutex<Vec<bool>>,
    cut_uploads: AtomicU32,
    sessions: AtomicU32,
    /// Data ports that were announced and are closed.
    closed: Mutex<Vec<ClosedPort>>,
    /// How many control connections the server has ended.
    ended: watch::Sender<u32>,
    gate: watch::Sender<bool>,
}

/// A line a server has heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// In which session, counted from 1.
    pub(crate) session: u32,
    /// Whether it came encrypted.
    pub(crate) encrypted: bool,
    /// The line without its end; bytes that are no UTF-8 replaced.
    pub(crate) line: String,
    /// The same, byte by byte.
    pub(crate) bytes: Vec<u8>,
}

/// A running scripted server.
#[derive(Debug)]
pub(crate) struct Scripted {
    house: Arc<House>,
    address: SocketAddr,
    pin: Pin,
    _accepting: JoinSet<()>,
}

impl Scripted {
    /// The server as a saved one would be, its certificate pinned.
    pub(crate) fn server(&self) -> Server {
        Server {
            name: "scripted".into(),
            protocol: self.house.protocol,
            host: self.address.ip().to_string(),
            port: Some(self.address.port()),
            user: "me".into(),
            pin: self.house.protocol.is_tls().then_some(self.pin),
            ..Server::default()
        }
    }

    /// The password.
    pub(crate) fn secret(&self) -> Secret {
        Secret::new(PASSWORD)
    }

    /// Every line heard so far, in all sessions, in order.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.house.heard.lock().unwrap().clone()
    }

    /// Every byte that has come on each session's control connection, decrypted.
    pub(crate) fn bytes(&self) -> BTreeMap<u32, Vec<u8>> {
        self.house.bytes.lock().unwrap().clone()
    }

    /// How many lines with this verb were heard.
    pub(crate) fn count(&self, verb: &str) -> usize {
        let heard = self.heard();
        heard
            .iter()
            .filter(|h| h.line.split(' ').next() == Some(verb))
            .count()
    }

    /// How many bytes have gone out on data connections, those included that nobody has read.
    pub(crate) fn data_sent(&self) -> u64 {
        self.house.data_sent.load(Ordering::Relaxed)
    }

    /// How many sessions there have been.
    pub(crate) fn sessions(&self) -> u32 {
        self.house.sessions.load(Ordering::Relaxed)
    }

    /// Lets everything pass that waits at a [`gate`], now and later.
    pub(crate) fn open_gate(&self) {
        self.house.gate.send_replace(true);
    }

    /// From now on things go wrong, and the disk keeps what files have been.
    pub(crate) fn offend(&self) {
        *self.house.mood.lock().unwrap() = self.house.temper.map(Mood::new);
        self.house.disk.lock().unwrap().remember();
    }

    /// Nothing goes wrong any more; what did.
    pub(crate) fn calm(&self) -> Mishaps {
        let mut mood = self.house.mood.lock().unwrap();
        mood.take().map(Mood::into_done).unwrap_or_default()
    }

    /// Every content a file of any name has had since [`Scripted::offend`], in order; `None` where it
    /// was gone.
    pub(crate) fn past(&self) -> Vec<(String, Option<Vec<u8>>)> {
        self.house.disk.lock().unwrap().past()
    }

    /// Waits until the server has ended this many control connections.
    pub(crate) async fn has_ended(&self, sessions: u32) {
        let mut ended = self.house.ended.subscribe();
        ended.wait_for(|n| *n >= sessions).await.unwrap();
    }

    /// Waits until no session is left.
    pub(crate) async fn is_left(&self) {
        let mut seated = self.house.seated.subscribe();
        seated.wait_for(|n| *n == 0).await.unwrap();
    }

    /// Of each data connection's handshake, whether it resumed the control connection's session.
    pub(crate) fn data_handshakes(&self) -> Vec<bool> {
        self.house.handshakes.lock().unwrap().clone()
    }

    /// How many encrypted uploads ended without close_notify.
    pub(crate) fn cut_uploads(&self) -> u32 {
        self.house.cut_uploads.load(Ordering::Relaxed)
    }

    /// A file's content.
    pub(crate) fn content(&self, path: &str) -> Option<Vec<u8>> {
        self.house.disk.lock().unwrap().read(path)
    }

    /// A file's permissions.
    pub(crate) fn mode_of(&self, path: &str) -> Option<u16> {
        self.house.disk.lock().unwrap().mode(path)
    }

    /// The paths of all files.
    pub(crate) fn files(&self) -> Vec<String> {
        self.house.disk.lock().unwrap().files()
    }

    /// Neither user nor password has come, encrypted or not.
    pub(crate) fn assert_nothing_given_away(&self) {
        for heard in self.heard() {
            let line = heard.line.to_ascii_uppercase();
            assert!(
                !line.starts_with("USER") && !line.starts_with("PASS ") && !heard.line.contains(PASSWORD),
                "{heard:?}"
            );
        }
    }
}

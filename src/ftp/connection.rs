//! What all sessions to one server share: its settings, whom it trusts, and what was learned.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::attendant::Attendant;
use super::data::DataHabits;
use super::digest;
use super::error::{Error, Stage};
use super::features::Features;
use super::proxy::Passage;
use super::session::Session;
use super::stages::Stages;
use super::tls::{Handshake, SessionTls, Tls, TlsError, TrustStore};
use super::transcript::{Sink, Transcript};
use crate::model::certificate::{Certificate, Pin};
use crate::model::clock::ClockOffset;
use crate::model::event::Wanted;
use crate::model::facts::{Facts, Sessions, TlsFacts};
use crate::model::listing::Dialect;
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server};

/// One server as it is used now.
pub(crate) struct Connection {
    pub(crate) server: Arc<Server>,
    pub(crate) patience: Patience,
    secret: Option<Secret>,
    said: Mutex<Said>,
    trust: Arc<TrustStore>,
    tls: OnceCell<Arc<Tls>>,
    sink: Option<Sink>,
    sessions: AtomicU32,
    habits: Mutex<DataHabits>,
    data_handshakes: AtomicU64,
    data_resumed: AtomicU64,
    learned: Mutex<Learned>,
}

/// What somebody has said when a login asked for it: further sessions do not ask again.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) account: Option<Secret>,
    pub(super) proxy_password: Option<Secret>,
}

/// What the first login learned, and listings since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learned {
    /// What the server says it can do; `None` before the first login.
    pub(crate) features: Option<Arc<Features>>,
    /// How it writes listings.
    pub(crate) dialect: Dialect,
    /// MLSD was announced and is refused all the same.
    pub(crate) no_mlsd: bool,
    /// It tells no quota.
    pub(super) no_quota: bool,
    /// `LIST -a` has shown what is in a folder, or at least the folder itself: then an empty answer to it is one.
    pub(crate) list_all_proved: bool,
    /// `LIST -a` was refused.
    pub(crate) no_list_all: bool,
    /// `LIST -aR` was refused, or told no more than `LIST -a`.
    pub(crate) no_list_recursive: bool,
    /// How far the clock that LIST tells was found to be ahead of UTC.
    pub(crate) clock_offset: Option<ClockOffset>,
    /// How many files were asked for their MDTM to find that.
    pub(crate) clock_questions: u8,
    /// Whether MDTM with a time sets the time of a file; `None` while that is not known.
    pub(crate) mdtm_sets_times: Option<bool>,
    /// NOOP was answered well at least once.
    pub(crate) noop_works: bool,
    /// The server refused NOOP, swallowed it, or ended the connection over it.
    pub(crate) no_noop: bool,
    /// Whether it undoes the doubling of 0xFF in commands; `None` while that is not known.
    pub(crate) doubles_iac: Option<bool>,
    /// The file that was written last and keeps the time of that, and when; Unix seconds.
    pub(crate) written: Option<(RemotePath, i64)>,
    /// The control connection's handshake.
    pub(crate) handshake: Option<Handshake>,
    /// The certificate it has shown.
    pub(crate) certificate: Option<Arc<Certificate>>,
    /// How long the last data connection's handshake took.
    pub(crate) data_handshake: Option<Duration>,
    /// The greeting's first line.
    pub(crate) greeting: String,
    /// A login was asked something whose answer serves once only.
    pub(crate) one_time: bool,
    /// What is known of its commands for checksums.
    pub(super) digests: digest::Proofs,
    /// It was said which commands after login the server does not like.
    pub(crate) after_login_said: bool,
}

impl Connection {
    /// A server that will be connected to; nothing is sent yet. `sink` hears every line of every
    /// session's dialogue.
    pub(crate) fn new(
        server: Arc<Server>,
        secret: Option<Secret>,
        patience: Patience,
        sink: Option<Sink>,
    ) -> Self {
        Self {
            trust: Arc::new(TrustStore::new(server.pin)),
            server,
            patience,
            secret,
            said: Mutex::default(),
            tls: OnceCell::new(),
            sink,
            sessions: AtomicU32::new(0),
            habits: Mutex::default(),
            data_handshakes: AtomicU64::new(0),
            data_resumed: AtomicU64::new(0),
            learned: Mutex::default(),
        }
    }

    /// Trusts a certificate until the program ends.
    pub(crate) fn accept_once(&self, pin: Pin) {
        self.trust.accept_once(pin);
    }

    /// Whether this certificate would be accepted by its fingerprint.
    pub(crate) fn trusts(&self, pin: Pin) -> bool {
        self.trust.trusts(pin)
    }

    /// Trusts this certificate and no other from now on.
    pub(crate) fn pin(&self, pin: Pin) {
        self.trust.pin(pin);
    }

    pub(super) fn habits(&self) -> MutexGuard<'_, DataHabits> {
        self.habits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commands were written ahead, and the server did not cope with that.
    pub(super) fn stumbled(&self, transcript: &Transcript) {
        if !std::mem::replace(&mut self.habits().one_by_one, true) {
            transcript.remark("the server does not cope with commands written ahead; asking one by one");
        }
    }

    /// In mode `auto`: whether data connections are made in active mode first.
    pub(crate) fn active_works(&self) -> bool {
        self.habits().active
    }

    /// Who came to our port in active mode and was not the server.
    pub(crate) fn stranger(&self) -> Option<IpAddr> {
        self.habits().stranger
    }

    /// Passive mode did not work in an earlier run, and active mode did.
    pub(crate) fn prefer_active(&self) {
        self.habits().active = true;
    }

    pub(super) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server tells how much room it has; not known before the first login.
    pub(crate) fn tells_room(&self) -> bool {
        let learned = self.learned();
        learned
            .features
            .as_ref()
            .is_some_and(|features| features.has("AVBL"))
    }

    /// Whether the server may tell what the user's quota leaves. No feature says so: ProFTPD's `SITE QUOTA` is
    /// asked where the greeting tells that it is one, until it is refused.
    pub(crate) fn may_tell_quota(&self) -> bool {
        let learned = self.learned();
        let features = learned.features.as_ref();
        let announced = features.is_some_and(|features| features.has_site("QUOTA"));
        let proftpd = learned.greeting.to_ascii_lowercase().contains("proftpd");
        (announced || proftpd) && !learned.no_quota
    }

    pub(super) fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether each login needs an answer of its own: sessions are better kept than made.
    pub(crate) fn is_one_time(&self) -> bool {
        self.learned().one_time
    }

    /// The proxy that every connection goes through.
    pub(super) fn passage(&self) -> Option<Passage> {
        Some(Passage {
            proxy: self.server.proxy.clone()?,
            secret: self.said().proxy_password.clone(),
        })
    }

    /// Counts a data connection's handshake, and keeps how long it took.
    pub(super) fn note_handshake(&self, handshake: &Handshake) {
        self.learned().data_handshake = Some(handshake.took);
        self.count_handshake(handshake.resumed == Some(true));
    }

    /// How long the last data connection's handshake took.
    pub(crate) fn data_handshake(&self) -> Option<Duration> {
        self.learned().data_handshake
    }

    /// Counts a data connection's handshake.
    pub(super) fn count_handshake(&self, resumed: bool) {
        self.data_handshakes.fetch_add(1, Ordering::Relaxed);
        if resumed {
            self.data_resumed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is true of the connection, as far as it is known without its sessions; `now` is Unix seconds, for the certificate's days.
    pub(crate) fn facts(&self, now: i64) -> Facts {
        let learned = self.learned().clone();
        let tls = learned.handshake.map(|h| TlsFacts {
            version: h.version,
            cipher: h.cipher,
            weak: h.weak,
            trust: h.trust,
            certificate: learned.certificate,
            days_left: h.not_after.map(|end| (end - now).div_euclid(86_400)),
            data_handshakes: self.data_handshakes.load(Ordering::Relaxed),
            data_resumed: h.resumed.map(|_| self.data_resumed.load(Ordering::Relaxed)),
        });
        Facts {
            protocol: self.server.protocol,
            proxy: self.server.proxy.as_ref().map(|proxy| proxy.kind),
            tls,
            data: self.habits().last,
            dialect: learned.dialect,
            clock_offset: learned.clock_offset,
            charset: self.server.charset,
            utf8: learned.features.as_ref().is_some_and(|f| f.has_utf8()),
            read_only: self.server.read_only,
            greeting: learned.greeting,
            features: learned.features.map(|f| f.names()).unwrap_or_default(),
            sessions: Sessions::default(),
        }
    }

    /// A remark for the log that belongs to no session.
    pub(crate) fn remark(&self, text: &str) {
        self.transcript(0).remark(text);
    }

    pub(super) async fn tls(&self) -> Result<Option<SessionTls>, Error> {
        if !self.server.protocol.is_tls() {
            return Ok(None);
        }
        let build = || async {
            let (server, trust) = (Arc::clone(&self.server), Arc::clone(&self.trust));
            // reading and parsing some 150 authorities takes milliseconds
            let built = tokio::task::spawn_blocking(move || Tls::new(&server, trust)).await;
            match built {
                Ok(built) => built.map(Arc::new),
                Err(_) => Err(TlsError::Settings("the TLS settings could not be read".into())),
            }
        };
        let tls = self
            .tls
            .get_or_try_init(build)
            .await
            .map_err(|e| Error::Tls(Stage::Handshake, e))?;
        Ok(Some(tls.session()))
    }

    /// Connects and logs in.
    pub(crate) async fn login(self: &Arc<Self>, attendant: &dyn Attendant) -> Result<Session, Error> {
        self.can_be_sent()?;
        loop {
            let error = match self.try_login(attendant).await {
                Err(error) if error.wants_proxy_password() => error,
                done => return done,
            };
            let wanted = Wanted::ProxyPassword;
            match attendant.ask(wanted.clone()).await {
                // once it is known the proxy takes it or not, and does not ask again
                Some(secret) if self.said().proxy_password.is_none() => {
                    self.said().proxy_password = Some(secret);
                }
                Some(_) => return Err(error),
                None => return Err(Error::Unanswered(wanted)),
            }
        }
    }

    /// Looks whether what will be said at the login can be: better than to find it out then.
    fn can_be_sent(&self) -> Result<(), Error> {
        let secret = self.secret.as_ref().map_or("", Secret::reveal);
        for (text, what) in [
            (self.server.login(), "user name"),
            (secret, "password"),
            (&self.server.account, "account"),
        ] {
            if text.contains(['\0', '\r', '\n']) {
                return Err(Error::Unsendable(what));
            }
        }
        Ok(())
    }

    async fn try_login(self: &Arc<Self>, attendant: &dyn Attendant) -> Result<Session, Error> {
        let stages = Stages::begin(self).await?;
        let addresses = stages.look_up(attendant).await?;
        let opened = match stages.greet(addresses, attendant).await {
            Ok(greeted) => stages.protect(greeted, attendant).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(opened) => stages.log_in(opened, attendant).await,
            Err(error) => Err(stages.explained(error, attendant).await),
        }
    }

    /// The number of the next session.
    pub(super) fn next_session(&self) -> u32 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn transcript(&self, session: u32) -> Transcript {
        Transcript::new(session, self.sink.clone())
    }

    pub(super) fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }
}

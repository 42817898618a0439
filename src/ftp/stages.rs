//! A login, stage by stage: [`Connection::login`] takes one after the other, and the doctor looks at
//! each.

use std::net::SocketAddr;
use std::sync::Arc;

use super::agreement::is_upset;
use super::attendant::Attendant;
use super::connect::{Greeted, Means, Opened};
use super::connection::Connection;
use super::error::Error;
use super::login;
use super::proxy::Passage;
use super::session::Session;
use super::tls::{SessionTls, TlsError};
use super::transcript::Transcript;

/// One session in the making.
pub(crate) struct Stages {
    connection: Arc<Connection>,
    /// `None` exactly for plain FTP.
    tls: Option<SessionTls>,
    passage: Option<Passage>,
    transcript: Transcript,
}

impl Stages {
    /// Nothing is sent yet; the settings of TLS are read.
    pub(crate) async fn begin(connection: &Arc<Connection>) -> Result<Self, Error> {
        let transcript = connection.transcript(connection.next_session());
        let (tls, passage) = (connection.tls().await?, connection.passage());
        if let Some(passage) = &passage {
            transcript.remark(&format!(
                "through the proxy {}, which looks up {}",
                passage.proxy, connection.server.host
            ));
        }
        Ok(Self {
            connection: Arc::clone(connection),
            tls,
            passage,
            transcript,
        })
    }

    fn means<'a>(&'a self, tls: Option<&'a SessionTls>, attendant: &'a dyn Attendant) -> Means<'a> {
        Means {
            server: &self.connection.server,
            tls,
            passage: self.passage.as_ref(),
            patience: &self.connection.patience,
            attendant,
        }
    }

    /// The addresses to connect to: the server's, or the proxy's.
    pub(crate) async fn look_up(&self, attendant: &dyn Attendant) -> Result<Vec<SocketAddr>, Error> {
        self.means(self.tls.as_ref(), attendant).look_up().await
    }

    /// Connects, by implicit TLS encrypted, until the greeting has come.
    pub(crate) async fn greet(
        &self,
        addresses: Vec<SocketAddr>,
        attendant: &dyn Attendant,
    ) -> Result<Greeted, Error> {
        let means = self.means(self.tls.as_ref(), attendant);
        means.greet(addresses, self.transcript.clone()).await
    }

    /// `AUTH` and the handshake, `PBSZ` and `PROT`, as the protocol has them.
    pub(crate) async fn protect(&self, greeted: Greeted, attendant: &dyn Attendant) -> Result<Opened, Error> {
        let opened = self.means(self.tls.as_ref(), attendant).protect(greeted).await?;
        if let Some(handshake) = opened.handshake.clone() {
            let certificate = handshake.certificate().map(Arc::new);
            let mut learned = self.connection.learned();
            learned.handshake = Some(handshake);
            learned.certificate = certificate.or(learned.certificate.take());
        }
        Ok(opened)
    }

    /// User, password, and what makes a session of it. Where the server has shown over it that it does not cope with
    /// commands written ahead, all is begun anew, once.
    pub(crate) async fn log_in(self, opened: Opened, attendant: &dyn Attendant) -> Result<Session, Error> {
        attendant.step(format!("logging in as {}", self.connection.server.login()));
        let ahead = !self.connection.habits().one_by_one;
        let connection = Arc::clone(&self.connection);
        match login::log_in(opened.control, self.tls, self.connection, attendant).await {
            Err(error) if ahead && is_upset(&error) && connection.habits().one_by_one => {
                let anew = Self::begin(&connection).await?;
                let addresses = anew.look_up(attendant).await?;
                let greeted = anew.greet(addresses, attendant).await?;
                let opened = anew.protect(greeted, attendant).await?;
                login::log_in(opened.control, anew.tls, anew.connection, attendant).await
            }
            done => done,
        }
    }

    /// Where the library says no and not why, the certificate is fetched to be shown; any other error
    /// stays what it is.
    pub(crate) async fn explained(&self, error: Error, attendant: &dyn Attendant) -> Error {
        let (Error::Tls(_, TlsError::Unexplained(_)), Some(tls)) = (&error, self.tls.clone()) else {
            return error;
        };
        let looking = tls.looking();
        let means = self.means(Some(&looking), attendant);
        let Ok(addresses) = means.look_up().await else {
            return error;
        };
        let looked = match means.greet(addresses, self.transcript.clone()).await {
            Ok(greeted) => means.protect(greeted).await.map(drop),
            Err(found) => Err(found),
        };
        match looked {
            Err(found @ Error::Tls(_, TlsError::Certificate { .. })) => found,
            _ => error,
        }
    }
}

/// What a connection shows to who only looks: until it is protected, nothing secret is sent.
pub(crate) async fn look(connection: &Arc<Connection>, attendant: &dyn Attendant) -> Result<Opened, Error> {
    let stages = Stages::begin(connection).await?;
    let addresses = stages.look_up(attendant).await?;
    let greeted = stages.greet(addresses, attendant).await?;
    stages.protect(greeted, attendant).await
}

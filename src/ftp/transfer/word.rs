//! The server's word about a transfer: that it is done, or why it is not.

use tokio::time::timeout;

use super::{Asked, Closed, EXPLANATION, Ending, Order, Transfer};
use crate::ftp::error::{Error, Stage};
use crate::ftp::explain::demands_resumption;
use crate::ftp::reply::Reply;
use crate::ftp::session::Session;
use crate::ftp::tls::TlsError;
use crate::model::server::TlsBackend;

impl Session {
    /// Closes the data connection and waits for the server's word.
    pub(crate) async fn finish(&mut self, transfer: Transfer) -> Result<Ending, Error> {
        let closed = transfer.close(self).await?;
        self.last_word(closed).await
    }

    /// Gives a transfer up in the middle. The session stays of use where the server says soon
    /// that it has noticed.
    pub(crate) async fn give_up(&mut self, transfer: Transfer) {
        drop(transfer);
        let noticed = async {
            // nothing is awaited where the server has had its last word already
            while self.control.awaits_reply() {
                if self.control.reply(Stage::Transfer).await.is_err() {
                    return;
                }
            }
        };
        match timeout(EXPLANATION, noticed).await {
            Ok(()) => self.control.collect_noops().await,
            Err(_) => self.abandon(),
        }
        self.learn_of_noops();
    }

    /// The server's final reply.
    pub(in crate::ftp) async fn last_word(&mut self, closed: Closed) -> Result<Ending, Error> {
        if let Some(gone) = closed.gone {
            self.learn_of_noops();
            // neither word nor TLS says that the data were over
            return Err(match closed.closed_properly {
                Some(false) => Error::Broken(Stage::Transfer, std::io::ErrorKind::UnexpectedEof.into()),
                _ => gone,
            });
        }
        let mut order = closed.order;
        let word = self.final_reply(closed.early, &mut order).await;
        self.control.collect_noops().await;
        self.learn_of_noops();
        let reply = word?;
        // where a size, a data connection's address or the first half of a rename comes instead,
        // commands written ahead have overtaken the end of the transfer
        if matches!(reply.code, 213 | 227..=229 | 300..=399) {
            self.abandon();
            return Err(Error::OutOfOrder);
        }
        if !reply.is_positive() {
            return Err(self.refused(order.stage(), &order, reply));
        }
        if let Some(path) = closed.unsettled {
            // boxed: it lists a folder, which is a transfer itself
            Box::pin(self.check_iac(&path)).await?;
        }
        Ok(Ending {
            closed_properly: closed.closed_properly,
            reply,
        })
    }

    async fn final_reply(&mut self, early: Option<Reply>, order: &mut Order) -> Result<Reply, Error> {
        if let Some(reply) = early {
            return Ok(reply);
        }
        loop {
            let (_, reply) = self.control.reply(Stage::Transfer).await?;
            if reply.class() != 1 {
                return Ok(reply);
            }
            order.taken = true;
        }
    }

    /// The error that a refused transfer is.
    pub(in crate::ftp) fn refused(&mut self, stage: Stage, order: &Order, reply: Reply) -> Error {
        // the data connection may stand, and data be on their way, before this is heard
        if order.asked != Asked::Alone && !order.taken && reply.loses_pair() {
            match order.asked {
                Asked::Ahead => self.lost_standby(),
                _ => self.stumbled(),
            }
            return Error::LostPair(reply);
        }
        // a server repeats names, and a file may be called like the demand
        let reply = reply.about(&order.command);
        if self.tls().is_none() || !demands_resumption(&reply) {
            return self.control.refusal(stage, &order.command, reply);
        }
        // what is to be resumed comes from the control connection: only a new one brings another
        self.abandon();
        let offered = self.connection().server.tls_backend == TlsBackend::Openssl;
        if offered {
            self.remark("the server does not resume this connection's TLS session");
        }
        Error::Unresumed { offered, reply }
    }

    /// The data connection failed; if the server says why within a moment, or is gone altogether,
    /// that is the better reason.
    pub(in crate::ftp) async fn reason(&mut self, stage: Stage, order: &Order, error: Error) -> Error {
        // what we have refused ourselves no words of the server explain
        if let Error::Tls(_, TlsError::Certificate { .. } | TlsError::Weak(_)) = error {
            self.abandon();
            return error;
        }
        let line_broke = matches!(error, Error::Broken(..) | Error::Tls(_, TlsError::Broken(_)));
        let mut order = order.clone();
        let word = self.word_about(stage, &mut order, line_broke).await;
        self.reason_in(word, stage, &order, error)
    }

    /// What the server says within a moment of a transfer that has failed: its last word, or, where the line broke,
    /// that it is gone.
    pub(in crate::ftp) async fn word_about(
        &mut self,
        stage: Stage,
        order: &mut Order,
        line_broke: bool,
    ) -> Option<Result<Reply, Error>> {
        let said = async {
            loop {
                match self.control.reply(stage).await {
                    Ok((_, reply)) if reply.class() == 1 => order.taken = true,
                    Ok((_, reply)) => return Some(Ok(reply)),
                    Err(gone @ Error::Broken(..)) if line_broke => return Some(Err(gone)),
                    Err(_) => return None,
                }
            }
        };
        timeout(EXPLANATION, said).await.ok().flatten()
    }

    /// The better reason in what it has said.
    pub(in crate::ftp) fn reason_in(
        &mut self,
        word: Option<Result<Reply, Error>>,
        stage: Stage,
        order: &Order,
        error: Error,
    ) -> Error {
        match word {
            Some(Ok(reply)) if matches!(reply.class(), 4 | 5) => {
                let stage = if order.taken { Stage::Transfer } else { stage };
                self.refused(stage, order, reply)
            }
            Some(Err(gone)) => gone,
            _ => {
                self.abandon();
                error
            }
        }
    }
}

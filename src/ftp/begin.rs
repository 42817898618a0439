//! The beginning of a transfer: the data connection and the server's preliminary reply, whichever comes first.

use std::pin::pin;

use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::data::{Made, Prepared};
use super::error::{Error, Stage};
use super::reply::Reply;
use super::session::Session;
use super::tls::TlsError;
use super::transfer::{Asked, EXPLANATION, Order, Request, Transfer, Way};
use super::unsent::Unsent;

/// It had begun, and closed the data connection (RFC 959 §4.2.2).
const BROKEN_OFF: u16 = 426;

/// What a server answered to a data command.
enum Started {
    /// Whether it has said that it takes the command, and its last word, if that came already.
    Open(bool, Option<Reply>, Made),
    /// Its last word, and nobody has taken the data connection, on which nothing was to come.
    Over(Reply),
    Refused(Reply),
}

impl Session {
    /// Waits for the data connection and the preliminary reply, at the same time: the handshake
    /// begins at once (servers take it before they say 150), and a refused command ends the wait
    /// for a connection that will never come. What is uploaded is not kept back for the 150 where the
    /// connection is made behind the command: a refusal stops it soon enough. `asked`: when the data
    /// connection was.
    pub(super) async fn start(
        &mut self,
        prepared: Prepared,
        request: &Request,
        asked: Asked,
    ) -> Result<Transfer, Error> {
        let active = matches!(prepared, Prepared::Listening(..));
        let mut order = Order::new(request, asked);
        let (opened, early, (stream, port)) = match self.connected(prepared, request, &mut order).await {
            Ok(Started::Open(opened, early, (stream, port, handshake))) => {
                if let Some(handshake) = handshake {
                    self.connection().note_handshake(&handshake);
                }
                (opened, early, (Some(stream), port))
            }
            Ok(Started::Over(reply)) => (true, Some(reply), (None, None)),
            Ok(Started::Refused(reply)) => {
                let error = self.refused(order.stage(), &order, reply.about(&order.command));
                self.learn_of_failed(&error, active);
                return Err(error);
            }
            Err(error) => {
                self.learn_of_failed(&error, active);
                self.abandon();
                return Err(error);
            }
        };
        order.taken = opened;
        let next_noop = self.noop_after().map(|every| Instant::now() + every);
        Ok(Transfer {
            cut: stream.is_none(),
            stream,
            early,
            gone: None,
            moved: false,
            until: None,
            order,
            way: request.way,
            opened,
            _port: port,
            unsent: Unsent::default(),
            next_noop,
            unsettled: None,
        })
    }

    /// What a data connection tells that could not be made or was refused; `active`: the server was to
    /// make it. One that was refused for its session was none that resumed, whether our side of the
    /// handshake was done or not, and the way it took is none the worse.
    fn learn_of_failed(&self, error: &Error, active: bool) {
        if let Error::Unresumed { .. } = error {
            self.connection().count_handshake(false);
        }
        if active && says_nobody_came(error) {
            self.connection().habits().active = false;
        }
    }

    async fn connected(
        &mut self,
        prepared: Prepared,
        request: &Request,
        order: &mut Order,
    ) -> Result<Started, Error> {
        // a connection that stood before the command was written may be taken before that is read: pyftpdlib drops one on
        // which something comes that no command has asked for, in active mode, too, and waits for another
        let eager = matches!(prepared, Prepared::Named(_))
            && request.way == Way::Up
            && self.writes_ahead()
            // some servers refuse the middle of a file only: that is to be told from other refusals
            && !request.continues();
        let maker = self.data_maker();
        let written_first = order.asked == Asked::Ahead;
        let mut data = pin!(async {
            if written_first {
                // the command goes out below, when the reply is first waited for: no data overtake it so
                yield_now().await;
            }
            maker.complete(prepared).await
        });
        let mut stream = None;
        loop {
            tokio::select! {
                // in this order: what a server says after it has sent its data must not cost them
                biased;
                done = &mut data, if stream.is_none() => match done {
                    Ok(done) => stream = Some(done),
                    Err(error) if request.is_empty && says_nobody_took(&error) => {
                        return match self.word_about(Stage::Data, order, true).await {
                            Some(Ok(reply)) if reply.is_positive() => Ok(Started::Over(reply)),
                            word => Err(self.reason_in(word, Stage::Data, order, error)),
                        };
                    }
                    Err(error) => return Err(self.reason(Stage::Data, order, error).await),
                },
                reply = self.control.reply(Stage::Transfer) => match reply?.1 {
                    reply if reply.class() == 1 => order.taken = true,
                    // a short transfer may be over before our side of the connection stands
                    reply if reply.is_positive() => {
                        let stream = match stream {
                            Some(stream) => Ok(stream),
                            None => data.await,
                        };
                        return match stream {
                            Ok(stream) => Ok(Started::Open(true, Some(reply), stream)),
                            Err(error) if request.is_empty && says_nobody_took(&error) => Ok(Started::Over(reply)),
                            Err(error) => Err(error),
                        };
                    }
                    // so may one that the server gave up in the middle: what it has sent is not lost
                    reply if order.taken && request.way == Way::Down && reply.code == BROKEN_OFF => {
                        return Ok(match timeout(EXPLANATION, data).await {
                            Ok(Ok(stream)) => Started::Open(true, Some(reply), stream),
                            Ok(Err(_)) | Err(_) => Started::Refused(reply),
                        });
                    }
                    reply => return Ok(Started::Refused(reply)),
                },
            }
            if (order.taken || eager)
                && let Some(stream) = stream.take()
            {
                return Ok(Started::Open(order.taken, None, stream));
            }
        }
    }
}

/// Whether an error says that nobody was there at the other end of a data connection.
fn says_nobody_took(error: &Error) -> bool {
    matches!(error, Error::Tls(_, TlsError::Broken(_) | TlsError::Stalled(_))) || says_nobody_came(error)
}

/// Whether an error says that a data connection was not made.
pub(super) fn says_nobody_came(error: &Error) -> bool {
    match error {
        Error::Silent(stage, _) | Error::Broken(stage, _) => *stage == Stage::Data,
        Error::Refused(_, _, reply) => reply.code == 425,
        _ => false,
    }
}

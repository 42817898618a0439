//! The signals that end a run, and the exit codes they end it with.

use super::speech::Speech;
use crate::model::failure::{Class, Failure};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C: the exit code 128 + SIGINT.
const INTERRUPTED: u8 = 130;

/// Listens for SIGINT, SIGTERM and SIGHUP.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    streams: [Signal; 3],
}

impl Signals {
    /// From now on these signals do not end the process by themselves.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            streams: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    /// Waits for one; its exit code. Cancelling this loses none.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> u8 {
        let [interrupt, terminate, hangup] = &mut self.streams;
        tokio::select! {
            _ = interrupt.recv() => INTERRUPTED,
            _ = terminate.recv() => 143,
            _ = hangup.recv() => 129,
        }
    }

    /// Waits for one; its exit code.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> u8 {
        let _ = tokio::signal::ctrl_c().await;
        INTERRUPTED
    }
}

/// Does the work of a command that connects to nobody, or ends with a signal; the exit code.
pub(super) async fn until_signal(work: impl Future<Output = Result<u8, Failure>>, speech: &Speech) -> u8 {
    let ended = match Signals::listen() {
        Ok(mut signals) => tokio::select! {
            biased;
            code = signals.next() => return code,
            ended = work => ended,
        },
        Err(e) => {
            let what = "Signals cannot be listened for";
            Err(Failure::new(Class::Other, what, e.to_string()))
        }
    };
    ended.unwrap_or_else(|failure| {
        speech.fail(&failure);
        failure.class.exit_code()
    })
}

//! The signals that end a run, and the exit codes they end it with.

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

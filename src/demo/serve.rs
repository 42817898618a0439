//! `ftpane demo --serve-only`: the embedded server until a signal comes.

use std::io::{self, Write as _};

use super::{Demo, DemoError};

/// Prints URL and certificate on stdout, one a line, and serves until SIGINT, SIGTERM or SIGHUP;
/// the exit code that belongs to the signal.
///
/// # Errors
///
/// When the server cannot be started or signals cannot be listened for.
pub async fn serve() -> Result<u8, DemoError> {
    // before the files: a signal that comes while they are made must not leave them behind
    let ended = signal()?;
    let demo = Demo::start().await?;
    // nobody reading it is no reason not to serve
    let _ = announce(&demo);
    let code = ended.await;
    drop(demo);
    Ok(code)
}

fn announce(demo: &Demo) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", demo.url())?;
    writeln!(out, "{}", demo.pin())?;
    out.flush()
}

#[cfg(unix)]
fn signal() -> Result<impl Future<Output = u8>, DemoError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup()).map_err(DemoError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DemoError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(DemoError::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = hangup.recv() => 129,
            _ = interrupt.recv() => 130,
            _ = terminate.recv() => 143,
        }
    })
}

#[cfg(not(unix))]
fn signal() -> Result<impl Future<Output = u8>, DemoError> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
        130
    })
}

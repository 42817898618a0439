//! ftpane's own log, for whoever looks for a mistake in it.

use std::ffi::OsStr;
use std::fs::File;

use tracing_subscriber::EnvFilter;

use super::speech::Speech;
use crate::model::failure::{Class, Failure};
use crate::model::text::{system_says, without_values};

/// The variable that names the log's file.
pub const LOG_VARIABLE: &str = "FTPANE_LOG";

/// Only our own words: suppaftp writes passwords at trace level.
const ADMITTED: &str = "off,ftpane=debug";

/// Opens the log if its variable is set.
///
/// # Errors
///
/// When the file cannot be written.
pub fn start() -> Result<(), Failure> {
    match std::env::var_os(LOG_VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => open(&path),
        None => Ok(()),
    }
}

/// From now on a panic says in a sentence that the mistake is ours, and where. Those of the
/// embedded server's library end one of its data connections and nothing else (it unwraps the
/// TLS handshakes of clients): they go to the log alone. No value is repeated: it may be a secret.
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if place.contains("libunftp") {
            tracing::debug!("the embedded server: a panic at {place}");
            return;
        }
        let reason = without_values(panic.payload_as_str().unwrap_or("no reason given"));
        tracing::error!("a panic at {place}: {reason}");
        Speech::new(false).line(&format!(
            "ftpane: a mistake of the program, at {place}: {reason}\nPlease report it; files under their final names are whole."
        ));
    }));
}

fn open(path: &OsStr) -> Result<(), Failure> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| {
        Failure::new(
            Class::Local,
            format!("The log {} cannot be written", path.display()),
            system_says(&e),
        )
    })?;
    let subscriber = subscriber(std::sync::Mutex::new(file));
    // a second start in one process keeps the first log
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

fn subscriber<W>(writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(ADMITTED))
        .with_ansi(false)
        .with_writer(writer)
        .finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn other_crates_say_nothing() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let file = path.reopen().unwrap();
        tracing::subscriber::with_default(subscriber(std::sync::Mutex::new(file)), || {
            tracing::error!(target: "suppaftp", "PASS s3cret");
            tracing::trace!(target: "suppaftp::sync_ftp", "PASS s3cret");
            tracing::info!(target: "ftpane::engine", "connected");
        });
        let mut text = String::new();
        path.reopen().unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("connected"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

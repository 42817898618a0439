//! The real binary against a scripted server of the same test.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;

use super::scripted::PASSWORD;

/// Longer than a run takes; one that takes so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary with the password of scripted servers; it stands in `home`, and its files are there.
pub(crate) fn ftpane(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpane"));
    command
        .env_clear()
        .env("HOME", home)
        .env("FTPANE_CONFIG_DIR", home)
        .env("FTPANE_PASSWORD", PASSWORD)
        .current_dir(home)
        .timeout(PATIENCE);
    command
}

/// Runs it to its end while the server in this process goes on.
pub(crate) async fn output(mut command: Command) -> Output {
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    run.await.unwrap()
}

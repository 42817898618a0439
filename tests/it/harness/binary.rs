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
    at_home(home, Command::new(env!("CARGO_BIN_EXE_ftpane")))
}

/// The same, run by a shell that has done something to itself first: its limits are the program's.
pub(crate) fn ftpane_after(home: &Path, preparation: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    let script = format!("{preparation}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_ftpane")]);
    at_home(home, shell)
}

/// The same on a disk of its own, which is the folder `d` and has so many KiB; what stands there in the end is copied to
/// `left`. `None`, and said, where this machine lets nobody mount one.
pub(crate) fn ftpane_on_small_disk(home: &Path, kib: u32) -> Option<Command> {
    let disk = format!("mount -t tmpfs -o size={kib}k none d");
    let inside = |script: &str| {
        let mut shell = Command::new("/bin/sh");
        let apart = "exec unshare --map-root-user --mount /bin/sh -c \"$0\" \"$@\"";
        shell.args(["-c", apart, script, env!("CARGO_BIN_EXE_ftpane")]);
        at_home(home, shell)
    };
    for folder in ["d", "left"] {
        std::fs::create_dir(home.join(folder)).unwrap();
    }
    let tried = inside(&disk).output().unwrap();
    if !tried.status.success() {
        let why = String::from_utf8_lossy(&tried.stderr).into_owned();
        // past what keeps a test's words back
        let said = format!("LEFT OUT: what needs a small disk, as none can be mounted here: {why}\n");
        std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
        return None;
    }
    Some(inside(&format!(
        "{disk} && cp -a before/. d && \"$0\" \"$@\"; code=$?; cp -a d/. left; exit $code"
    )))
}

fn at_home(home: &Path, mut command: Command) -> Command {
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

//! Lines cut and the program killed, between the embedded server and a proxy that counts: what has come
//! over is not transferred again.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ftpane::demo::Demo;
use ftpane::model::entry::Kind;
use ftpane::model::job::Direction;
use ftpane::model::part_name::is_part_name;
use ftpane::model::server::Patience;

use crate::harness::engine::{Driver, noise, tree};
use crate::harness::proxy::{Fault, On, Proxy, Towards, Trouble};

const SIZE: usize = 6_000_000;

/// What may pass a second time: the overlap, and what was on the way when the line was cut. And TLS and
/// listings.
const MORE: u64 = 1_500_000;

struct Setting {
    here: tempfile::TempDir,
    there: tempfile::TempDir,
    demo: Demo,
    proxy: Proxy,
}

impl Setting {
    /// A file on one side, an old one on the other.
    async fn new(direction: Direction, encrypted: bool) -> Self {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (demo, proxy) = Proxy::before_demo(there.path(), encrypted).await;
        let setting = Self {
            here,
            there,
            demo,
            proxy,
        };
        let (source, target) = setting.ends(direction);
        std::fs::write(source, noise(SIZE)).unwrap();
        std::fs::write(target, "old").unwrap();
        setting
    }

    fn ends(&self, direction: Direction) -> (PathBuf, PathBuf) {
        let (here, there) = (self.here.path().join("f"), self.there.path().join("f"));
        match direction {
            Direction::Download => (there, here),
            Direction::Upload => (here, there),
        }
    }

    fn order(&self, direction: Direction, fault: Fault) {
        self.proxy.order(Trouble {
            on: On::Data,
            towards: match direction {
                Direction::Download => Towards::Client,
                Direction::Upload => Towards::Server,
            },
            after: SIZE as u64 / 2,
            fault,
        });
    }

    /// The target is whole, and nothing else has been left on either side.
    fn assert_whole(&self, direction: Direction, what: &str) {
        let (_, target) = self.ends(direction);
        assert!(std::fs::read(target).unwrap() == noise(SIZE), "{what}");
        let only = |folder: &Path| {
            let tree = tree(folder);
            tree.into_iter()
                .map(|(path, _)| path)
                .filter(|path| is_part_name(path.file_name().unwrap().as_encoded_bytes()))
                .count()
        };
        assert_eq!(
            (only(self.here.path()), only(self.there.path())),
            (0, 0),
            "{what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_line_costs_what_was_on_the_way() {
    for direction in [Direction::Download, Direction::Upload] {
        for encrypted in [false, true] {
            let what = format!("{direction:?} encrypted: {encrypted}");
            let setting = Setting::new(direction, encrypted).await;
            let patience = Patience {
                retries: 1,
                ..Patience::default()
            };
            let mut driver = Driver::new();
            let server = setting.proxy.server(setting.demo.server());
            driver
                .connect_patiently(server, setting.demo.secret(), patience)
                .await
                .unwrap();
            setting.order(direction, Fault::Cut);
            // by its folder, so that its size and time are known by a listing
            let ended = driver
                .transfer(direction, Kind::Dir, setting.here.path(), "/")
                .await;
            ended.assert_all_done();
            assert_eq!(setting.proxy.fallen(), 1, "{what}");
            setting.assert_whole(direction, &what);
            let passed = setting.proxy.data_bytes();
            assert!(passed < SIZE as u64 + MORE, "{what}: {passed} bytes for {SIZE}");
            driver.shutdown().await;
        }
    }
}

/// What people say: to resume, at once or never.
#[derive(Debug, Clone, Copy)]
enum Words {
    Resume,
    Overwrite,
    /// Not what, but that what was left goes on.
    Queue,
}

/// The binary between this folder and the server behind the proxy.
fn ftpane(setting: &Setting, direction: Direction, words: Words) -> Command {
    let (behind, before) = (setting.demo.server(), setting.proxy.server(setting.demo.server()));
    let url = setting.demo.url().replace(&behind.address(), &before.address()) + "f";
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpane"));
    command
        .env_clear()
        .env("HOME", setting.there.path().with_extension("home"))
        .env("FTPANE_PASSWORD", setting.demo.secret().reveal())
        .current_dir(setting.here.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let policy = match words {
        Words::Resume => "-c",
        Words::Overwrite => "--on-conflict=overwrite",
        Words::Queue => {
            command.args(["queue", "run"]);
            return command;
        }
    };
    match direction {
        Direction::Download => command.args(["get", policy, &url]),
        Direction::Upload => command.args(["put", policy, "f", &url]),
    };
    command
}

/// Waits until a temporary file of so many bytes is in the folder.
async fn part_of(folder: &Path, bytes: u64) -> u64 {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let parts = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let mut parts = parts.filter(|entry| is_part_name(entry.file_name().as_encoded_bytes()));
        let length = parts.next().and_then(|part| Some(part.metadata().ok()?.len()));
        if let Some(length) = length.filter(|length| *length >= bytes) {
            return length;
        }
        assert!(Instant::now() < until, "no part of {bytes} bytes: {length:?}");
        tokio::task::yield_now().await;
    }
}

fn kill(mut child: Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_goes_on_when_it_is_started_again() {
    let (down, up) = (Direction::Download, Direction::Upload);
    let (same, queue) = ((Words::Resume, Words::Resume), (Words::Overwrite, Words::Queue));
    for (direction, (first, then)) in [(down, same), (up, same), (down, queue), (up, queue)] {
        let what = format!("{direction:?} {then:?}");
        let setting = Setting::new(direction, false).await;
        setting.order(direction, Fault::Stall);
        let child = ftpane(&setting, direction, first).spawn().unwrap();
        let (_, target) = setting.ends(direction);
        let length = part_of(target.parent().unwrap(), SIZE as u64 / 4).await;
        kill(child).unwrap();
        setting.proxy.data_bytes();
        assert_eq!(std::fs::read(&target).unwrap(), b"old", "{what}");

        let mut again = ftpane(&setting, direction, then);
        let again = tokio::task::spawn_blocking(move || again.output().unwrap());
        let output = again.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{what}: {said}");
        setting.assert_whole(direction, &format!("{what}: {said}"));
        let passed = setting.proxy.data_bytes();
        assert!(
            passed < SIZE as u64 - length + MORE,
            "{what}: {passed} bytes after {length} of {SIZE}"
        );
    }
}

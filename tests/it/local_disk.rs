//! Troubles of this machine's disk, by the program itself: each has its sentence and its code, and
//! nothing is half-written.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::server::{Patience, Protocol};

use crate::harness::binary;
use crate::harness::engine::{Driver, tree};
use crate::harness::scripted::{
    Script, Scripted, Step, announce_narrow, end_data, gate, receive, receive_all, say, send,
};

/// What came of a run: its code, and what it said.
async fn run(mut command: assert_cmd::Command, server: &Scripted, words: &str) -> (i32, String) {
    let words = words.replace("URL", &server.server().url());
    command.args(words.split(' '));
    let output = binary::output(command).await;
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap_or_else(|| panic!("{said}")), said)
}

#[track_caller]
fn assert_says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "'{word}' is not in: {said}");
    }
}

mod full;
#[cfg(unix)]
mod targets;

/// The names in a folder, whatever they are.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A listing by MLSD.
fn listing(lines: &str) -> Vec<Step> {
    vec![say("150 Coming."), send(lines), end_data(), say("226 Done.")]
}

/// A write that fails in the middle of a file, as on a disk that is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("d")).unwrap();
    std::fs::write(home.path().join("d/big"), "old").unwrap();
    let server = Script::new(Protocol::Ftp)
        .file("/all/big", vec![b'x'; 2_000_000])
        .file("/all/small", "small")
        .start()
        .await;
    // no file of more than a megabyte; without the signal that would end the program
    let limited = || binary::ftpane_after(home.path(), "trap '' XFSZ; ulimit -f 1000");
    let (code, said) = run(limited(), &server, "get --to d URL/all/big").await;
    assert_eq!(code, 10, "{said}");
    assert_says(&said, &["Could not write", "big", "larger than this disk"]);
    let (code, said) = run(limited(), &server, "get --to d URL/all/").await;
    assert_eq!(code, 1, "the other file goes on: {said}");
    assert_eq!(
        tree(&home.path().join("d")),
        [
            ("big".into(), Some(b"old".to_vec())),
            ("small".into(), Some(b"small".to_vec()))
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_fit_is_not_begun() {
    let home = tempfile::tempdir().unwrap();
    // an exbibyte is more than any disk here has
    let list = "type=file;size=1152921504606846976; big\r\ntype=file;size=5; small\r\n";
    let server = Script::new(Protocol::Ftp)
        .file("/all/small", "small")
        .on("MLSD", listing(list))
        .start()
        .await;
    let (code, said) = run(binary::ftpane(home.path()), &server, "get --to d URL/all/").await;
    assert_eq!(code, 1, "{said}");
    assert_says(
        &said,
        &[
            "There may not be room for all: 1.0 EiB is to be transferred",
            "Could not download /all/big: it needs 1.0 EiB and ",
            "is free on the disk of",
            "Free some space",
        ],
    );
    assert_eq!(names(&home.path().join("d")), ["small"], "what fits goes on");
    assert_eq!(server.count("RETR"), 1);
    let (code, said) = run(binary::ftpane(home.path()), &server, "get --to d URL/all/big").await;
    assert_eq!(code, 10, "{said}");
}

/// Where the server tells how much room it has, what will not fit is said before it is tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_too_little_room_is_said() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("all")).unwrap();
    std::fs::write(home.path().join("all/big"), vec![b'x'; 3 << 20]).unwrap();
    for (reply, warned) in [("213 1048576", true), ("213 99999999", false), ("550 No.", false)] {
        let server = Script::new(Protocol::Ftp)
            .features("EPSV MLST SIZE AVBL")
            .on("AVBL", say(reply))
            .start()
            .await;
        let (code, said) = run(binary::ftpane(home.path()), &server, "put all URL/new").await;
        assert_eq!(code, 0, "{said}");
        let words = "3.0 MiB is to be transferred, and 1.0 MiB is free on the server";
        assert_eq!(said.contains(words), warned, "{said}");
        assert_eq!(server.count("AVBL"), 1);
    }
}

/// What the system says of this machine's disk comes in words, without a number behind them.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_says_comes_in_words() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp).file("/f", "1").start().await;
    std::fs::write(home.path().join("file"), "").unwrap();
    for (words, wanted) in [
        ("put nofile URL/x", "nofile is not uploaded: "),
        ("put @nolist URL/x", "The list nolist cannot be read: "),
        ("get --to file/d URL/f", "The folder file/d cannot be made: "),
        (
            "get --transcript no/where URL/f",
            "The transcript no/where cannot be written: ",
        ),
    ] {
        let (code, said) = run(binary::ftpane(home.path()), &server, words).await;
        assert_eq!(code, 10, "{said}");
        assert!(said.contains(wanted) && !said.contains("os error"), "{said}");
    }
}

/// And what a quota leaves (ProFTPD's mod_quotatab): asked once, and not of servers that know nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_too_small_is_said() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("all")).unwrap();
    std::fs::write(home.path().join("all/big"), vec![b'x'; 3 << 20]).unwrap();
    let left = "200-The current quota for this session are [current/limit]:\r\n   Uploaded Mb:\t9.00/10.00\r\n\
                200 Please contact root if these entries are inaccurate";
    for (features, reply, (asked, warned)) in [
        ("SIZE SITE|QUOTA", left, (1, true)),
        ("SIZE SITE|QUOTA", "202 No quotas in effect", (1, false)),
        ("SIZE", left, (0, false)),
    ] {
        let lines: String = features
            .split(' ')
            .map(|feature| format!(" {}\r\n", feature.replace('|', " ")))
            .collect();
        let server = Script::new(Protocol::Ftp)
            .on(
                "FEAT",
                say(&format!("211-Features:\r\n EPSV\r\n MLST\r\n{lines}211 End")),
            )
            .on("SITE QUOTA", say(reply))
            .start()
            .await;
        let (code, said) = run(binary::ftpane(home.path()), &server, "put all URL/new").await;
        assert_eq!(code, 0, "{said}");
        let words = "3.0 MiB is to be transferred, and 1.0 MiB is free on the server by your quota there";
        assert_eq!(said.contains(words), warned, "{said}");
        assert_eq!(server.count("SITE"), asked, "{features} {reply}");
    }
}

/// The longest name a file may have here is taken; a longer one is that file's failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_too_long_is_that_files_failure() {
    let home = tempfile::tempdir().unwrap();
    let (longest, longer) = ("n".repeat(255), "n".repeat(256));
    let server = Script::new(Protocol::Ftp)
        .file(&format!("/all/{longest}"), "longest")
        .file(&format!("/all/{longer}"), "longer")
        .file("/all/other", "other")
        .start()
        .await;
    let (code, said) = run(binary::ftpane(home.path()), &server, "get --to d URL/all/").await;
    assert_eq!(code, 1, "{said}");
    assert_says(&said, &["too long", "Rename the file"]);
    assert_eq!(names(&home.path().join("d")), [longest.as_str(), "other"]);
    let target = format!("get --to e URL/all/{longer}");
    let (code, said) = run(binary::ftpane(home.path()), &server, &target).await;
    assert_eq!(code, 10, "{said}");
    assert!(names(&home.path().join("e")).is_empty());
}

/// Nobody makes files in `/sys`, whoever runs this: it refuses, or is mounted read only.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_takes_no_files_is_said() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp).file("/f", "f").start().await;
    let (code, said) = run(binary::ftpane(home.path()), &server, "get --to /sys URL/f").await;
    assert_eq!(code, 10, "{said}");
    assert_says(&said, &["Could not write /sys/f"]);
    assert!(
        said.contains("permission denied on this machine")
            || said.contains("the local file system is read only"),
        "{said}"
    );
    let (code, said) = run(binary::ftpane(home.path()), &server, "put gone URL/f").await;
    assert_eq!(code, 10, "{said}");
}

/// Somebody writes to a file while it is sent: it is sent again, as it is then, and never half old and
/// half new.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_while_it_is_read_is_sent_again() {
    for longer in [0, 1 << 20] {
        source_changes((16 << 20) + longer).await;
    }
}

/// A server with little room for what has arrived and was not read: much of an upload stays with its sender.
fn narrow() -> Script {
    let reply = "229 Entering Extended Passive Mode (|||{port}|)";
    Script::new(Protocol::Ftp).on("EPSV", announce_narrow(reply))
}

/// Reads a little of an upload, and the rest when the gate is open.
fn held() -> [Step; 6] {
    [
        say("150 Send it."),
        receive(1000),
        gate(),
        receive_all(),
        end_data(),
        say("226 Have it."),
    ]
}

/// One of 16 MiB becomes one of this size.
async fn source_changes(size: usize) {
    let home = tempfile::tempdir().unwrap();
    let local = home.path().join("big");
    std::fs::write(&local, vec![b'x'; 16 << 20]).unwrap();
    // a system may write down the same time for all that is written within a hundredth of a second
    let written = std::fs::File::options().write(true).open(&local).unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    written.set_modified(long_ago).unwrap();
    let server = narrow().file("/big", "old").once("STOR", held()).start().await;
    let mut driver = Driver::new();
    let patience = Patience {
        retries: 1,
        ..Patience::default()
    };
    let connected = driver.connect_patiently(server.server(), server.secret(), patience);
    connected.await.unwrap();
    let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/big", Policy::Overwrite);
    while server.count("STOR") == 0 {
        driver.event().await;
    }
    let new = vec![b'y'; size];
    std::fs::write(&local, &new).unwrap();
    server.open_gate();
    let mut said = None;
    loop {
        match driver.event().await {
            Event::JobChanged(_, JobState::Retrying(failure)) => {
                assert_eq!(server.content("/big").unwrap(), b"old");
                said = Some(failure);
            }
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    let failure = said.expect("it is tried again");
    assert_eq!(failure.class, Class::Local);
    assert_says(
        &failure.to_string(),
        &["Could not read", "changed while it was read"],
    );
    assert!(server.content("/big").unwrap() == new, "half old, half new");
    assert_eq!(server.files(), ["/big"]);
    driver.shutdown().await;
}

/// A file that grows faster than it is sent would have no end.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_grows_without_end_has_one() {
    let home = tempfile::tempdir().unwrap();
    let local = home.path().join("log");
    std::fs::write(&local, vec![b'x'; 16 << 20]).unwrap();
    let server = narrow().on("STOR", held()).start().await;
    let over = AtomicBool::new(false);
    let put = async {
        let ended = run(
            binary::ftpane(home.path()),
            &server,
            "put --retries 0 log URL/log",
        );
        let ended = ended.await;
        over.store(true, Ordering::Relaxed);
        ended
    };
    let growing = std::fs::File::options().write(true).open(&local).unwrap();
    let grow = async {
        while server.count("STOR") == 0 && !over.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        // more than could be sent in the time of any test; a hole takes no disk
        growing.set_len(1 << 40).unwrap();
        server.open_gate();
    };
    let ((code, said), ()) = tokio::join!(put, grow);
    assert_eq!(code, 10, "{said}");
    assert_says(&said, &["Could not read log", "changed while it was read"]);
    assert!(server.files().is_empty(), "{:?}", server.files());
}

/// The system makes them up as they are read, and says that they are empty.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_source_whose_length_is_not_told_is_said() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp).start().await;
    let words = "put /proc/version URL/version";
    let (code, said) = run(binary::ftpane(home.path()), &server, words).await;
    assert_eq!(code, 10, "{said}");
    assert_says(
        &said,
        &[
            "Could not read /proc/version",
            "says that it has 0 bytes, and ",
            "ftpane put -",
        ],
    );
    assert_eq!(server.count("STOR"), 1, "it will be so the next time, too");
    assert!(server.files().is_empty(), "{:?}", server.files());
}

//! Servers with a habit, each as it is known from the field: a small tree comes from each and goes to it. What comes of
//! it is the tree, or the old one and a reason that names what is wrong; and the next listing is good.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::harness::engine::{Ended, noise, tree};
use crate::harness::scripted::{
    Step, close, cut_data, drain, end_data, hear, obey, open_data, raw, receive, receive_all, reset_data,
    say, usual,
};
use ftpane::model::server::Protocol;

/// In clear and encrypted.
const BOTH: [Protocol; 2] = [Protocol::Ftp, Protocol::FtpsExplicit];

/// Windows, where somebody has the file open.
const IN_USE: &str = "550 The process cannot access the file because it is being used by another process.";

/// What a tree has come to.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// All of it is there.
    Whole,
    /// Every file is the old one or the new one, and of those that are old this is said.
    Says(&'static [&'static str]),
}

use Fate::{Says, Whole};

struct Personality {
    habit: &'static str,
    script: Script,
    down: Fate,
    up: Fate,
}

/// One that loses nothing.
fn harmless(habit: &'static str, script: Script) -> Personality {
    Personality {
        habit,
        script,
        down: Whole,
        up: Whole,
    }
}

fn usual_one(protocol: Protocol) -> Script {
    Script::new(protocol).features("EPSV MLST MDTM SIZE UTF8 MFMT REST|STREAM")
}

/// All that moves data is done so.
fn moving(script: Script, steps: &[Step]) -> Script {
    ["RETR", "STOR", "MLSD", "LIST"]
        .iter()
        .fold(script, |script, verb| script.on(verb, steps))
}

/// Every third time it does this instead.
fn every_third(script: Script, verb: &str, steps: &[Step]) -> Script {
    (0..20).fold(script, |script, _| {
        script.once(verb, usual()).once(verb, usual()).once(verb, steps)
    })
}

/// What is in the tree; the empty file is one that some servers stumble over.
fn content() -> BTreeMap<PathBuf, Vec<u8>> {
    [
        ("a", noise(300_000)),
        ("b c", noise(5_000)),
        ("empty", Vec::new()),
        ("sub/lines", b"one\ntwo\r\nthree\n".repeat(50)),
        ("sub/deep/d", noise(70_000)),
    ]
    .map(|(name, content)| (name.into(), content))
    .into()
}

fn habits(protocol: Protocol) -> Vec<Personality> {
    let plain = || usual_one(protocol);
    let words = |text: &str| moving(plain(), &[say("150 go"), obey(), say(text)]);
    vec![
        harmless(
            "says nothing before 226",
            moving(plain(), &[obey(), say("226 done")]),
        ),
        harmless("says 150 twice", moving(plain(), &[say("150 go"), usual()])),
        harmless(
            "says 125 and 150",
            moving(plain(), &[say("125 open\r\n150 go"), obey(), say("226 done")]),
        ),
        harmless(
            "says 150 when all is over",
            moving(plain(), &[obey(), say("150 go"), say("226 done")]),
        ),
        harmless("says 226 twice", moving(plain(), &[usual(), say("226 and done")])),
        harmless(
            "says 426 after 226",
            moving(plain(), &[usual(), say("426 closed")]),
        ),
        harmless("says 250 for 226", words("250 Requested file action okay")),
        harmless("says 200 for 226", words("200 OK")),
        harmless(
            "tells a story behind the data",
            words("226-Transfer complete\r\n550 is a number in it\r\n 5 files\r\n226-and more\r\n226 bye"),
        ),
        harmless(
            "says 226 without a word",
            moving(plain(), &[say("150 go"), obey(), raw(b"226\r\n")]),
        ),
        harmless(
            "ends each line with LF alone",
            moving(plain(), &[raw(b"150 go\n"), obey(), raw(b"226 done\n")]),
        ),
        harmless(
            "hangs up after each transfer",
            moving(plain(), &[usual(), close()]),
        ),
        harmless(
            "knows nothing but RFC 959",
            [
                "EPSV", "MLSD", "MLST", "SIZE", "MDTM", "MFMT", "REST", "OPTS", "SITE", "FEAT", "STAT",
            ]
            .iter()
            .fold(plain(), |script, verb| {
                script.on(verb, say("500 Unknown command"))
            }),
        ),
        harmless(
            "tells no size in ASCII mode, which it is always in",
            plain().on("SIZE", say("550 SIZE not allowed in ASCII mode")),
        ),
        harmless(
            "sets no times and says so late",
            plain().on("MFMT", say("550 Operation not permitted")),
        ),
        harmless(
            "sets times in its own zone",
            plain().on("MFMT", say("213 Modify=20240102050405; f")),
        ),
        harmless(
            "tells times to the millisecond",
            plain().on("MDTM", say("213 20240102030405.678")),
        ),
        harmless(
            "tells times as of 1970",
            plain().on("MDTM", say("213 19700101000000")),
        ),
        harmless(
            "has no free port now and then",
            every_third(
                plain(),
                "EPSV",
                &[say("425 Can't open passive connection: Address already in use.")],
            ),
        ),
        harmless(
            "cannot open a file now and then",
            every_third(
                every_third(plain(), "RETR", &[say("450 Busy")]),
                "STOR",
                &[say("450 Busy")],
            ),
        ),
        harmless(
            "has a file open that is written to, for a while",
            plain().first(2, "STOR", say(IN_USE)),
        ),
        harmless(
            "answers MKD with 250",
            plain().on("MKD", [obey(), say("250 Made")]),
        ),
        harmless(
            "says that a folder is there with 521",
            plain().on("MKD", [obey(), say("521 It exists")]),
        ),
        harmless(
            "takes one session",
            plain().at_most(1, "421 Too many connections (1) from this IP"),
        ),
        harmless(
            "takes two sessions and calls it a wrong password",
            plain().in_sessions(3.., "PASS", say("530 Login incorrect.")),
        ),
        // prim-ftpd, where another program of the phone has the disk
        harmless(
            "renames, and says that it cannot",
            plain().on("RNTO", [obey(), say("553 Can't rename file.")]),
        ),
        harmless(
            "looks through what has come, now and then",
            every_third(plain(), "RNFR", &[say(IN_USE)]),
        ),
        harmless(
            "has readers of what is to be replaced, now and then",
            every_third(plain(), "RNTO", &[say(IN_USE)]),
        ),
        harmless("does not rename over", plain().refuses_over("553 File exists")),
        harmless(
            "does not rename over for a moment",
            plain().refuses_over("450 File exists"),
        ),
        harmless(
            "loses what is written ahead",
            plain()
                .once("RETR", [hear(), usual()])
                .once("STOR", [hear(), usual()]),
        ),
        Personality {
            habit: "keeps only so much and says 226",
            script: plain().on(
                "STOR",
                [
                    say("150 go"),
                    receive(1_000),
                    drain(),
                    end_data(),
                    say("226 done"),
                ],
            ),
            down: Whole,
            up: Says(&["the server has", "the transfer was cut"]),
        },
        Personality {
            habit: "keeps nothing and says 226",
            script: plain().on("STOR", [say("150 go"), drain(), end_data(), say("226 done")]),
            down: Whole,
            up: Says(&["the server said that it has all of it, and does not find it"]),
        },
        Personality {
            habit: "counts line ends in SIZE",
            script: plain().on("SIZE", say("213 300007")),
            down: Whole,
            up: Says(&["the server has 300007 bytes and", "is not that file"]),
        },
        Personality {
            habit: "takes no names with a dot",
            script: plain().refuses_dot_names("553 Prohibited file name"),
            down: Whole,
            up: Says(&["553 Prohibited file name"]),
        },
        Personality {
            habit: "has a full disk",
            script: plain().on(
                "STOR",
                [
                    say("150 go"),
                    receive_all(),
                    reset_data(),
                    say("452 No space left"),
                ],
            ),
            down: Whole,
            up: Says(&["452 No space left"]),
        },
    ]
}

/// The ends of the data of an empty file.
fn empty_ends(protocol: Protocol) -> Vec<Personality> {
    let ends: [(&'static str, Vec<Step>); 4] = [
        (
            "says 226 of an empty file and lets nobody in",
            vec![say("226 Nothing to send")],
        ),
        (
            "begins an empty file and lets nobody in",
            vec![say("150 go"), say("226 done")],
        ),
        (
            "resets the connection of an empty file",
            vec![say("150 go"), reset_data(), say("226 done")],
        ),
        (
            "ends an empty file without a word of TLS",
            vec![say("150 go"), open_data(), cut_data(), say("226 done")],
        ),
    ];
    ends.into_iter()
        .map(|(habit, steps)| harmless(habit, usual_one(protocol).on("RETR /t/empty", steps)))
        .collect()
}

async fn driver(server: &Scripted) -> Driver {
    // long: of so many at once each has to wait for its turn on a busy machine
    let patience = Patience {
        connect: Duration::from_secs(5),
        silence: Duration::from_secs(5),
        retries: 3,
    };
    connected_to(
        server,
        |server| Server {
            connections: 3,
            ..server
        },
        patience,
    )
    .await
}

/// What stands below `/t`, but for what is empty and hidden.
fn remote_tree(server: &Scripted) -> BTreeMap<PathBuf, Vec<u8>> {
    let below = |path: String| {
        let name = PathBuf::from(path.strip_prefix("/t/")?);
        Some((name, server.content(&path)?))
    };
    server.files().into_iter().filter_map(below).collect()
}

fn local_tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = tree(root).into_iter();
    files
        .filter_map(|(path, content)| Some((path, content?)))
        .collect()
}

#[track_caller]
fn assert_fate(fate: Fate, ended: &Ended, found: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let content = content();
    let failures: Vec<String> = ended.failures().iter().map(ToString::to_string).collect();
    for (name, new) in &content {
        let there = found.get(name);
        let is_old = there.is_none_or(|there| there == b"old");
        assert!(
            is_old || there == Some(new),
            "{what}: {} is neither",
            name.display()
        );
    }
    for name in found.keys() {
        assert!(content.contains_key(name), "{what}: {} is left", name.display());
    }
    match fate {
        Whole => {
            assert!(failures.is_empty(), "{what}: {failures:#?}");
            assert!(content == *found, "{what}: {:?}", found.keys());
        }
        Says(words) => {
            assert!(!failures.is_empty(), "{what}");
            for word in words {
                let said = failures.iter().any(|failure| failure.contains(word));
                assert!(said, "{what}: '{word}' is not in: {failures:#?}");
            }
        }
    }
}

async fn comes(habit: &str, script: Script, fate: Fate) {
    let what = format!("{habit}, down");
    let script = content().into_iter().fold(script, |script, (name, content)| {
        script.file(&format!("/t/{}", name.display()), content)
    });
    let server = script.start().await;
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("t")).unwrap();
    std::fs::write(here.path().join("t/a"), "old").unwrap();
    let mut driver = driver(&server).await;
    let ended = driver
        .transfer(Direction::Download, Kind::Dir, &here.path().join("t"), "/t")
        .await;
    assert_fate(fate, &ended, &local_tree(&here.path().join("t")), &what);
    assert!(driver.list("/").await.is_ok(), "{what}");
    driver.shutdown().await;
}

async fn goes(habit: &str, script: Script, fate: Fate) {
    let what = format!("{habit}, up");
    let server = script
        .file("/t/a", "old")
        .file("/t/sub/lines", "old")
        .start()
        .await;
    let here = tempfile::tempdir().unwrap();
    for (name, content) in content() {
        let path = here.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let mut driver = driver(&server).await;
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/t")
        .await;
    assert_fate(fate, &ended, &remote_tree(&server), &what);
    assert!(driver.list("/").await.is_ok(), "{what}");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_comes_from_every_one_of_them_or_it_is_said_why_not() {
    let habits = BOTH.map(|protocol| habits(protocol).into_iter().chain(empty_ends(protocol)));
    all_at_once(habits.into_iter().flatten().map(|it| async move {
        comes(it.habit, it.script, it.down).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_goes_to_every_one_of_them_or_it_is_said_why_not() {
    all_at_once(BOTH.map(habits).into_iter().flatten().map(|it| async move {
        goes(it.habit, it.script, it.up).await;
    }))
    .await;
}

/// Names that are legal and that few expect.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_few_expect_come_and_go() {
    let names = [
        " first",
        "last ",
        "...",
        "- dash",
        "a\\b",
        "~",
        "*?[x]",
        "\"quoted\"",
        "tab\there",
        "%2e%2e",
        "CON",
        "a;b=c",
    ];
    let script = names.iter().fold(usual_one(Protocol::Ftp), |script, name| {
        script.file(&format!("/t/{name}"), *name)
    });
    let server = script.start().await;
    let here = tempfile::tempdir().unwrap();
    let mut driver = driver(&server).await;
    let ended = driver
        .transfer(Direction::Download, Kind::Dir, &here.path().join("t"), "/t")
        .await;
    ended.assert_all_done();
    let came = local_tree(&here.path().join("t"));
    assert_eq!(came.len(), names.len(), "{came:?}");
    for name in names {
        assert_eq!(
            came.get(Path::new(name)).map(Vec::as_slice),
            Some(name.as_bytes()),
            "{name:?}"
        );
    }
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, &here.path().join("t"), "/u")
        .await;
    ended.assert_all_done();
    for name in names {
        let there = server.content(&format!("/u/{name}"));
        assert_eq!(there.as_deref(), Some(name.as_bytes()), "{name:?}");
    }
    driver.shutdown().await;
}

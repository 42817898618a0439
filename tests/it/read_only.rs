//! Read only: every command of the engine, every key of the interface and every command of the
//! command line against servers that record each byte. What may have come is written out here.

mod interface;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ftpane::engine::Options;
use ftpane::model::command::{
    Answer, Command, Exploration, Extent, Generation, LocalExploration, Permit, Place, QuestionId, Reading,
    Shift, WalkOrder,
};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{
    BatchId, BatchRequest, Care, ConnectionId, Direction, Item, JobId, JobState, Policy,
};
use ftpane::model::mode::Reach;
use ftpane::model::server::{Patience, Protocol, Server};
use ftpane::model::unfinished::RestId;

use crate::harness::binary;
use crate::harness::engine::{CONNECTION, Driver, remote, remote_place, tree};
use crate::harness::left;
use crate::harness::scripted::{Script, Scripted, say};

/// What an earlier run has left: an upload.
const LEFT: RestId = RestId {
    run: 42,
    batch: BatchId(1),
};

/// The verbs of commands that ftpane may send to a server that is read only.
const HARMLESS: [&str; 30] = [
    "ABOR", "AUTH", "AVBL", "CWD", "EPRT", "EPSV", "FEAT", "LIST", "MDTM", "MLSD", "MLST", "NLST", "NOOP",
    "HELP", "OPTS", "PASS", "PASV", "PBSZ", "PORT", "PROT", "PWD", "QUIT", "REST", "RETR", "SIZE", "STAT",
    "SYST", "TYPE", "USER", "XMD5",
];

/// Those that must have come where the server is not read only: else the test presses nothing.
const CHANGING: [&str; 5] = ["STOR", "MKD", "DELE", "RNFR", "RNTO"];

fn script(protocol: Protocol) -> Script {
    Script::new(protocol)
        .features("EPSV MLST MDTM MFMT SIZE UTF8 SITE REST AVBL XMD5")
        .on("AVBL", say("213 5"))
        .file("/there.txt", "there")
        .file("/folder/below.txt", "below")
        .link("/link", "/folder")
}

/// The verb of every line that has come. Each is a whole line; no byte is left over.
fn verbs(server: &Scripted) -> BTreeSet<String> {
    let mut verbs = BTreeSet::new();
    for (session, bytes) in server.bytes() {
        let mut lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
        assert_eq!(
            lines.pop(),
            Some(&b""[..]),
            "session {session} ends in half a line"
        );
        for line in lines {
            let shown = line.escape_ascii();
            let line = line
                .strip_suffix(b"\r")
                .unwrap_or_else(|| panic!("no line: {shown}"));
            assert!(!line.iter().any(|b| b"\0\r".contains(b)), "two lines: {shown}");
            let verb = line.split(|b| *b == b' ').next().unwrap();
            verbs.insert(String::from_utf8(verb.to_vec()).unwrap());
        }
    }
    verbs
}

/// Nothing but harmless commands has come, and nothing has changed.
#[track_caller]
fn assert_untouched(server: &Scripted) {
    let verbs = verbs(server);
    for verb in &verbs {
        assert!(HARMLESS.contains(&verb.as_str()), "{verb} was sent");
    }
    assert!(verbs.contains("USER"), "nobody came");
    for heard in server.heard() {
        // with a time in front of the path it sets that
        let path = heard.line.strip_prefix("MDTM ");
        assert!(path.is_none_or(|path| path.starts_with('/')), "{heard:?}");
    }
    assert_eq!(server.files(), ["/folder/below.txt", "/there.txt"]);
    assert_eq!(server.content("/there.txt").unwrap(), b"there");
}

fn read_only(server: &Scripted) -> Server {
    Server {
        read_only: true,
        ..server.server()
    }
}

/// The next of all kinds of command, as this server would be asked to change by it. A new kind does
/// not compile before it is played.
fn next(before: Option<&Command>, server: &Scripted, here: &Path) -> Option<Command> {
    let Some(before) = before else {
        return Some(Command::Connect {
            connection: CONNECTION,
            server: Box::new(read_only(server)),
            secret: Some(server.secret()),
            patience: Patience {
                retries: 0,
                ..Patience::default()
            },
        });
    };
    let upload = |local: &str, kind| Item {
        local: here.join(local),
        remote: remote(&format!("/{local}")),
        kind,
        size: None,
        modified: None,
        permissions: None,
    };
    Some(match before {
        Command::Connect { .. } => Command::List {
            place: remote_place("/folder"),
            generation: Generation(1),
        },
        Command::List { .. } => Command::LookAt {
            place: remote_place("/there.txt"),
            generation: Generation(7),
        },
        Command::LookAt { .. } => Command::Explore(Exploration {
            connection: CONNECTION,
            folder: remote("/"),
            listing: Arc::default(),
            levels: None,
            order: WalkOrder::AsItComes,
            generation: Generation(3),
        }),
        Command::Explore(_) => Command::ExploreHere(LocalExploration {
            folder: here.to_owned(),
            listing: Arc::default(),
            levels: None,
            generation: Generation(6),
        }),
        Command::ExploreHere(_) => Command::DealtWith(Generation(3)),
        Command::DealtWith(_) => Command::StopExploring(Generation(3)),
        Command::StopExploring(_) => Command::Read(Reading {
            place: remote_place("/there.txt"),
            from: 0,
            length: None,
            generation: Generation(4),
        }),
        Command::Read(_) => Command::StopReading(Generation(4)),
        Command::StopReading(_) => Command::MakeFolder(remote_place("/new")),
        Command::MakeFolder(_) => Command::MakeFile(remote_place("/new")),
        Command::MakeFile(_) => Command::Rename {
            from: remote_place("/there.txt"),
            to: remote_place("/new"),
        },
        Command::Rename { .. } => Command::Count {
            places: vec![remote_place("/folder"), remote_place("/there.txt")],
            generation: Generation(2),
        },
        Command::Count { .. } => Command::SetPermissions(Permit {
            places: ["/folder", "/there.txt"].map(remote_place).to_vec(),
            mode: "600".parse().unwrap(),
            reach: Reach::All,
        }),
        Command::SetPermissions(_) => Command::Copy {
            from: remote_place("/there.txt"),
            to: remote_place("/new"),
        },
        Command::Copy { .. } => Command::Checksum {
            places: vec![remote_place("/there.txt")],
            algorithm: None,
            generation: Generation(4),
        },
        Command::Checksum { .. } => Command::Raw {
            connection: CONNECTION,
            folder: remote("/"),
            line: b"SITE CHMOD 600 there.txt".to_vec(),
            generation: Generation(5),
        },
        Command::Raw { .. } => Command::Delete(["/folder", "/there.txt", "/link"].map(remote_place).to_vec()),
        Command::Delete(_) => Command::Enqueue(BatchRequest {
            id: BatchId(1),
            connection: CONNECTION,
            direction: Direction::Upload,
            items: vec![
                upload("here.txt", Kind::File),
                upload("there.txt", Kind::File),
                upload("some", Kind::Dir),
            ],
            policy: Policy::Overwrite,
            care: Care::default(),
        }),
        Command::Enqueue(_) => Command::Retry(Extent::Job(JobId(1))),
        Command::Retry(_) => Command::Cancel(Extent::Job(JobId(2))),
        Command::Cancel(_) => Command::Hold(Extent::Job(JobId(2))),
        Command::Hold(_) => Command::GoOn(Extent::All),
        Command::GoOn(_) => Command::Move(Extent::Job(JobId(2)), Shift::Top),
        Command::Move(..) => Command::LimitRate(None),
        Command::LimitRate(_) => Command::ClearFinished,
        Command::ClearFinished => Command::Answer {
            question: QuestionId(1),
            answer: Answer::Dismissed,
        },
        Command::Answer { .. } => Command::LookForUnfinished,
        Command::LookForUnfinished => Command::TakeUp {
            rest: LEFT,
            connection: CONNECTION,
            batch: BatchId(2),
        },
        Command::TakeUp { .. } => Command::DropUnfinished(vec![LEFT]),
        Command::DropUnfinished(_) => Command::Diagnose {
            connection: ConnectionId(2),
            server: Box::new(read_only(server)),
            secret: Some(server.secret()),
            patience: Patience::default(),
            probe_upload: true,
        },
        Command::Diagnose { .. } => Command::Disconnect(CONNECTION),
        Command::Disconnect(_) => Command::Shutdown,
        Command::Shutdown => return None,
    })
}

/// Waits for the end of what this command asked for; gives the failures on the way.
async fn over(driver: &mut Driver, command: &Command) -> Vec<Failure> {
    driver.failures.clear();
    let mut failed = Vec::new();
    loop {
        // these are answered by nothing: a listing behind them is
        let silent = matches!(
            command,
            Command::DealtWith(_)
                | Command::StopExploring(_)
                | Command::StopReading(_)
                | Command::Cancel(_)
                | Command::Hold(_)
                | Command::GoOn(_)
                | Command::Move(..)
                | Command::LimitRate(_)
                | Command::ClearFinished
                | Command::Answer { .. }
                | Command::Disconnect(_)
        );
        if silent {
            driver.list_place(Place::Local(PathBuf::from("/"))).await.unwrap();
            return failed;
        }
        match (command, driver.event().await) {
            (Command::Connect { .. }, Event::Connected { .. })
            | (Command::List { .. }, Event::Listed { .. })
            | (Command::LookAt { .. }, Event::Looked { .. })
            | (Command::Explore(_) | Command::ExploreHere(_), Event::Explored { .. })
            | (Command::Read(_), Event::ReadOver { .. })
            | (Command::Count { .. }, Event::Counted { .. })
            | (Command::Checksum { .. }, Event::Checksummed { .. })
            | (Command::Shutdown, Event::Ended)
            | (Command::Enqueue(_) | Command::TakeUp { .. }, Event::BatchOver(_))
            | (Command::LookForUnfinished, Event::Unfinished(_))
            | (Command::DropUnfinished(_), Event::Dropped(_))
            | (Command::Diagnose { .. }, Event::Diagnosed(_, Ok(_)))
            | (_, Event::Done(_)) => break,
            (_, Event::JobChanged(_, JobState::Failed(failure))) => {
                failed.push(failure);
                if matches!(command, Command::Retry(_)) {
                    break;
                }
            }
            (
                Command::MakeFolder(_) | Command::MakeFile(_) | Command::Rename { .. } | Command::Copy { .. },
                Event::Failed(_),
            ) => break,
            (Command::Raw { .. }, Event::RawAnswered { result, .. }) => {
                failed.extend(result.err());
                break;
            }
            (_, Event::Question { question, .. }) => panic!("{question:?}"),
            _ => {}
        }
    }
    failed.append(&mut driver.failures);
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_of_the_engine_changes_a_read_only_server() {
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("some")).unwrap();
    for file in ["here.txt", "there.txt", "some/more.txt"] {
        std::fs::write(here.path().join(file), "here").unwrap();
    }
    for (protocol, mlsd) in [
        (Protocol::Ftp, true),
        (Protocol::Ftp, false),
        (Protocol::FtpsExplicit, true),
        (Protocol::FtpsImplicit, true),
    ] {
        let script = match mlsd {
            true => script(protocol),
            false => script(protocol).features("EPSV MDTM MFMT SIZE SITE"),
        };
        let server = script.start().await;
        let queue = tempfile::tempdir().unwrap();
        left::leave_upload(
            queue.path(),
            LEFT,
            &server.server(),
            &here.path().join("here.txt"),
            "/left.txt",
        );
        let mut driver = Driver::with(Options {
            queue: Some(queue.path().to_path_buf()),
            ..Options::default()
        });
        let mut before = None;
        while let Some(command) = next(before.as_ref(), &server, here.path()) {
            println!("{command:?}");
            driver.send(command.clone());
            let failed = over(&mut driver, &command).await;
            let refused = match command {
                Command::MakeFolder(_)
                | Command::MakeFile(_)
                | Command::Rename { .. }
                | Command::Copy { .. }
                | Command::Raw { .. }
                | Command::TakeUp { .. }
                | Command::Retry(_) => 1,
                Command::SetPermissions(_) => 2,
                Command::Delete(_) => 3,
                // the folder's file waits for its folder, and fails with it
                Command::Enqueue(_) => 4,
                _ => 0,
            };
            assert_eq!(failed.len(), refused, "{failed:?}");
            for failure in failed {
                let follows = failure
                    .to_string()
                    .contains("the folder it belongs in could not be made");
                assert!(follows || failure.class == Class::Guarded, "{failure}");
            }
            before = Some(command);
        }
        assert_untouched(&server);
        assert!(
            server
                .heard()
                .iter()
                .all(|h| h.encrypted || protocol == Protocol::Ftp || h.line.starts_with("AUTH"))
        );
    }
}

/// What is read comes all the same, resumed too.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_can_be_read() {
    let here = tempfile::tempdir().unwrap();
    let server = script(Protocol::FtpsExplicit).start().await;
    let mut driver = Driver::new();
    driver.connect(read_only(&server), server.secret()).await.unwrap();
    let ended = driver
        .transfer(Direction::Download, Kind::Dir, &here.path().join("all"), "/")
        .await;
    let all = tree(&here.path().join("all"));
    assert!(
        all.contains(&("there.txt".into(), Some(b"there".to_vec())))
            && all.contains(&("folder/below.txt".into(), Some(b"below".to_vec()))),
        "{ended:?}"
    );
    std::fs::write(here.path().join("all/there.txt"), "th").unwrap();
    let target = here.path().join("all/there.txt");
    let batch = driver.enqueue(
        Direction::Download,
        Kind::File,
        &target,
        "/there.txt",
        Policy::Resume,
    );
    driver.over(batch, |_| Answer::Dismissed).await;
    driver.shutdown().await;
    assert_untouched(&server);
}

/// Every command that the help names; a new one fails here until it is played.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_of_the_command_line_changes_a_read_only_server() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("here.txt"), "here").unwrap();
    let ftpane = |words: &[String]| {
        let mut command = binary::ftpane(home.path());
        command.args(words);
        binary::output(command)
    };
    let help = ftpane(&["--help".into()]).await;
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let server = script(Protocol::Ftp).start().await;
    let url = server.server().url();
    let here = home.path().join("here.txt");
    left::leave_upload(
        &home.path().join("queue"),
        LEFT,
        &server.server(),
        &here,
        "/left.txt",
    );
    let queue = ftpane(&["queue".into(), "--help".into()]).await;
    let queue = String::from_utf8(queue.stdout).unwrap();
    let queue: Vec<&str> = queue
        .split("Commands:")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(queue, ["list", "run", "drop"]);
    let mut connected = 0;
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        let plays: &[(&str, i32)] = match command {
            "queue" => &[
                ("queue list --json", 0),
                ("queue run --read-only", 8),
                ("queue drop --yes", 0),
            ],
            // these ask no server
            "demo" | "passphrase" | "servers" | "config" | "completions" | "man" => &[],
            "ls" => &[
                ("ls --read-only -R URL/", 0),
                ("ls --read-only --json URL/there.txt", 0),
            ],
            "doctor" => &[("doctor --read-only --probe-upload URL/", 0)],
            "get" => &[
                ("get --read-only URL/there.txt URL/folder", 0),
                ("get --read-only -c URL/there.txt", 0),
                ("get --read-only --verify --fsync URL/there.txt", 0),
            ],
            "put" => &[
                ("put --read-only here.txt URL/", 8),
                ("put --read-only -c here.txt URL/there.txt", 8),
                ("put --read-only --json here.txt URL/folder/", 8),
            ],
            "find" => &[("find --read-only URL/", 0)],
            "cat" => &[("cat --read-only URL/there.txt", 0)],
            "du" => &[("du --read-only URL/folder", 0)],
            "sum" => &[("sum --read-only URL/there.txt", 7)],
            "raw" => &[
                ("raw --read-only URL/ MDTM /there.txt", 0),
                ("raw --read-only URL/ DELE there.txt", 8),
            ],
            "mv" => &[("mv --read-only URL/there.txt /new", 8)],
            "cp" => &[("cp --read-only URL/there.txt /new", 8)],
            "rm" => &[("rm --read-only -rf URL/folder URL/there.txt", 8)],
            "mkdir" => &[("mkdir --read-only -p URL/new", 8)],
            "chmod" => &[("chmod --read-only -R 600 URL/folder", 8)],
            other => panic!("{other} is not played against a read-only server"),
        };
        for (words, code) in plays {
            let sessions = server.sessions();
            let words = words.replace("URL", &url);
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let output = ftpane(&words).await;
            assert_eq!(output.status.code(), Some(*code), "{words:?} {output:?}");
            // what is refused is refused before anybody connects; the queue asks whom it finds in it
            let connects = match words[0].as_str() {
                "queue" => words[1] == "run",
                "sum" | "raw" => true,
                _ => *code == 0,
            };
            assert_eq!(server.sessions() != sessions, connects, "{words:?}");
            connected += u32::from(connects);
        }
    }
    assert_eq!(connected, 13);
    assert!(server.count("XMD5") > 0, "nothing was verified");
    assert_untouched(&server);
}

/// Raw commands, by the one field that takes them: none that changes something, however it is
/// written, is sent; those that are harmless are.
#[tokio::test(flavor = "multi_thread")]
async fn no_raw_command_changes_a_read_only_server() {
    const CHANGING: [&str; 27] = [
        "DELE /there.txt",
        "dele /there.txt",
        "Dele  /there.txt",
        " DELE /there.txt",
        "\tDELE /there.txt",
        "\u{ff}DELE /there.txt",
        "NOOP\r\nDELE /there.txt",
        "NOOP\nDELE /there.txt",
        "NOOP\0",
        "LIST\tx",
        "STOR x",
        "STOU",
        "APPE /there.txt",
        "RMD /folder",
        "XRMD /folder",
        "MKD /x",
        "XMKD /x",
        "RNFR /there.txt",
        "RNTO /x",
        "SITE CHMOD 0 /there.txt",
        "SITE  CHMOD 0 /there.txt",
        "site utime 20200101000000 /there.txt",
        "MFMT 20200101000000 /there.txt",
        "MFF modify=20200101000000; /there.txt",
        "MDTM 20200101000000 /there.txt",
        "MDTM  20200101 /there.txt",
        "OPTS PASV x",
    ];
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let server = script(protocol).start().await;
        let refused = CHANGING.map(|line| vec!["NOOP".to_owned(), line.to_owned()]);
        let passed =
            ["NOOP", "noop", "OPTS UTF8 ON", "MDTM /there.txt", "PWD"].map(|line| vec![line.to_owned()]);
        for (after_login, passes) in refused
            .into_iter()
            .map(|lines| (lines, false))
            .chain(passed.into_iter().map(|lines| (lines, true)))
        {
            println!("{after_login:?}");
            let noops = server.count("NOOP");
            let mut driver = Driver::new();
            let saved = Server {
                after_login: after_login.clone(),
                ..read_only(&server)
            };
            let connected = driver.connect(saved, server.secret()).await;
            assert_eq!(connected.is_ok(), passes, "{connected:?}");
            if let Err(failure) = connected {
                assert_eq!(failure.class, Class::Guarded, "{failure}");
                // not the harmless one before it either
                assert_eq!(server.count("NOOP"), noops);
            } else {
                assert!(server.heard().iter().any(|h| h.line == after_login[0]));
            }
            driver.shutdown().await;
        }
        let heard: BTreeSet<String> = verbs(&server);
        assert!(heard.contains("noop"));
        assert!(
            heard
                .iter()
                .all(|verb| HARMLESS.contains(&verb.to_ascii_uppercase().as_str())),
            "{heard:?}"
        );
        assert_eq!(server.files(), ["/folder/below.txt", "/there.txt"]);
    }
}

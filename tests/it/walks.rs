//! Walks: several sessions, what each folder costs, and what a server's `LIST -aR` is believed.

mod recursive;

use std::collections::BTreeMap;

use ftpane::model::command::{Command, Generation, WalkOrder};
use ftpane::model::entry::{Kind, SortKey};
use ftpane::model::event::{Event, Speaker};
use ftpane::model::job::{Direction, Policy};
use ftpane::model::part_name::{Origin, part_name};
use ftpane::model::server::{Protocol, Server};

use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{
    Script, Scripted, announce, close, end_data, gate, hear, open_gate, say, send, usual,
};

const BY_NAME: WalkOrder = WalkOrder::Sorted(SortKey::Name);

/// Connected with so many sessions, all of which may walk.
async fn with_sessions(script: Script, connections: u8) -> (Scripted, Driver) {
    let server = script.start().await;
    let mut driver = Driver::new();
    let saved = Server {
        connections,
        ..server.server()
    };
    driver.connect(saved, server.secret()).await.unwrap();
    (server, driver)
}

/// A tree of so many folders with a folder and a file in each.
fn tree(script: Script, folders: usize) -> Script {
    (0..folders).fold(script, |script, n| {
        script
            .file(&format!("/t/{n:02}/file"), "x")
            .file(&format!("/t/{n:02}/sub/below"), "y")
    })
}

fn expected(folders: usize) -> Vec<String> {
    let pair = |n| [format!("/t/{n:02}"), format!("/t/{n:02}/sub")];
    (0..folders).flat_map(pair).collect()
}

/// How often each folder was listed: by the path of MLSD, or by the last CWD of the session.
fn listed(server: &Scripted) -> BTreeMap<String, usize> {
    let mut at: BTreeMap<u32, String> = BTreeMap::new();
    let mut listed = BTreeMap::new();
    for heard in server.heard() {
        match heard.line.split_once(' ').unwrap_or((&heard.line, "")) {
            ("CWD", path) => drop(at.insert(heard.session, path.to_owned())),
            ("MLSD", path) => *listed.entry(path.to_owned()).or_default() += 1,
            ("LIST", "-a") => {
                let path = at.get(&heard.session).cloned().unwrap_or_default();
                *listed.entry(path).or_default() += 1;
            }
            _ => {}
        }
    }
    listed
}

/// One listing waits; the others come meanwhile, over other sessions, and are told when it has come.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_slow_holds_up_no_other() {
    let script = tree(Script::new(Protocol::Ftp), 20).on(
        "MLSD /t/00",
        [
            gate(),
            say("150 At last."),
            send("type=dir; sub\r\n"),
            end_data(),
            say("226 Done."),
        ],
    );
    let (server, mut driver) = with_sessions(script, 4).await;
    let walking = async {
        let told = driver.explore("/t", BY_NAME).await;
        (told, driver)
    };
    let watching = async {
        while listed(&server).len() < 39 {
            tokio::task::yield_now().await;
        }
        server.open_gate();
    };
    let ((told, driver), ()) = tokio::join!(walking, watching);
    let paths: Vec<String> = told.into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, expected(20), "in order");
    let listed = listed(&server);
    // the top one by itself, each other one once
    assert_eq!(listed.len(), 41, "{listed:?}");
    assert!(listed.values().all(|times| *times == 1), "{listed:?}");
    assert!((2..=4).contains(&server.sessions()), "{}", server.sessions());
    driver.shutdown().await;
}

/// Who was still logging in when a walk was over is there for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_comes_too_late_for_a_walk_is_not_in_vain() {
    // the login goes on when the last folder is listed
    let script = tree(Script::new(Protocol::Ftp), 20)
        .in_sessions(2.., "PASS", [gate(), usual()])
        .on("MLSD /t/19/sub", [usual(), open_gate()]);
    let (server, mut driver) = with_sessions(script, 2).await;
    let told = driver.explore("/t", BY_NAME).await;
    assert_eq!(told.len(), 40);
    let walks = |server: &Scripted| {
        let heard = server.heard();
        heard.iter().any(|h| h.session == 2 && h.line.starts_with("MLSD"))
    };
    // its login ends when it will: a walk that finds it is soon there
    let mut further = 0;
    while !walks(&server) {
        assert!(further < 500, "it takes part in no walk");
        further += 1;
        driver.explore("/t", BY_NAME).await;
        assert_eq!(server.sessions(), 2, "another one was made for want of it");
    }
    driver.shutdown().await;
}

/// A login hangs, whether it is that of the walk's own session or of another one: what is to be listed others list.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_hangs_holds_up_no_folder() {
    let script = tree(Script::new(Protocol::Ftp), 20).in_sessions(2..=2, "PASS", [gate(), usual()]);
    let (server, mut driver) = with_sessions(script, 3).await;
    assert_eq!(driver.explore("/t", BY_NAME).await.len(), 40);
    server.open_gate();
    driver.shutdown().await;
}

/// These servers say 226 when they have been told the way into the next folder.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_into_the_next_folder_is_written_at_the_end_of_the_data() {
    const WAY: &str = "229 Here (|||{port}|)";
    let files = |script: Script| {
        ["a", "b", "c"]
            .iter()
            .fold(script, |script, name| script.file(&format!("/t/{name}/f"), "x"))
    };
    let late = |text: &str, heard: usize| {
        let mut steps = vec![say("150 Coming."), send(text), end_data()];
        steps.extend(std::iter::repeat_n(hear(), heard));
        steps.push(say("226 Done."));
        steps
    };
    // the first folder of a walk is listed by itself
    let mlsd = files(Script::new(Protocol::Ftp)).on(
        "MLSD /t/b",
        [late("type=file;size=1; f\r\n", 1), vec![announce(WAY)]].concat(),
    );
    let line = "drwxr-xr-x 1 me us 0 Jan  2  2024 .\r\n-rw-r--r-- 1 me us 1 Jan  2  2024 f\r\n";
    let folders: String = ["a", "b", "c"]
        .map(|name| format!("drwxr-xr-x 2 me us 0 Jan  2  2024 {name}\r\n"))
        .concat();
    let list = files(Script::new(Protocol::Ftp))
        .features("EPSV")
        .once("LIST", late(&folders, 0))
        .once("LIST", late(line, 0))
        .once(
            "LIST",
            [late(line, 2), vec![say("250 There."), announce(WAY)]].concat(),
        )
        .on("LIST", late(line, 0));
    for script in [mlsd, list] {
        let (server, mut driver) = with_sessions(script, 1).await;
        let told = driver.explore("/t", BY_NAME).await;
        assert_eq!(told.len(), 3);
        for (path, listing) in &told {
            assert_eq!(listing.as_ref().unwrap().entries.len(), 1, "{path}");
        }
        assert_eq!(server.sessions(), 1);
        assert!(!said(&driver, "asking one by one"));
        driver.shutdown().await;
    }
}

/// Round trips are commands that wait for a reply: of each further folder these, in this order.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_folder_costs() {
    let open = |server: Server| server;
    let fenced = |server: Server| Server {
        document_path: "/t".into(),
        ..server
    };
    let verbs = |heard: &Scripted| {
        let all: Vec<String> = heard.heard().into_iter().map(|heard| heard.line).collect();
        let last = all.iter().position(|line| line.ends_with("/t/04")).unwrap();
        let next = all.iter().position(|line| line.ends_with("/t/05")).unwrap();
        let verb = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
        all[last..next].iter().map(verb).collect::<Vec<_>>().join(" ")
    };
    for (features, settings, want) in [
        ("EPSV MLST", open as fn(Server) -> Server, "MLSD EPSV"),
        ("EPSV", open, "CWD EPSV LIST"),
        // what MLSD calls a folder may be a link: it is entered, and the server asked where that is
        ("EPSV MLST", fenced, "CWD PWD EPSV MLSD"),
        // what LIST calls a folder is one
        ("EPSV", fenced, "CWD EPSV LIST"),
    ] {
        let script = (0..8).fold(Script::new(Protocol::Ftp).features(features), |script, n| {
            script.file(&format!("/t/{n:02}/file"), "x")
        });
        let server = script.on("LIST -aR", say("501 No.")).start().await;
        let mut driver = Driver::new();
        let saved = Server {
            connections: 1,
            ..settings(server.server())
        };
        driver.connect(saved, server.secret()).await.unwrap();
        assert_eq!(driver.explore("/t", BY_NAME).await.len(), 8);
        // pipelined: both ends of the slice fall into the same place
        let cost = verbs(&server);
        assert_eq!(cost, want, "{features}");
        driver.shutdown().await;
    }
}

/// Nothing is listed behind a link that leads out, however far ahead the walk writes.
#[tokio::test(flavor = "multi_thread")]
async fn writing_ahead_does_not_lead_out() {
    let script = (0..6)
        .fold(Script::new(Protocol::Ftp), |script, n| {
            script.file(&format!("/srv/{n}/f"), "x")
        })
        .file("/etc/secret", "s")
        .link("/srv/3x", "/etc")
        .on(
            "MLSD /srv",
            [
                say("150 Links look like folders here."),
                send(
                    ["0", "1", "2", "3", "3x", "4", "5"]
                        .map(|name| format!("type=dir; {name}\r\n"))
                        .concat(),
                ),
                end_data(),
                say("226 Done."),
            ],
        );
    let server = script.start().await;
    let mut driver = Driver::new();
    let saved = Server {
        connections: 1,
        document_path: "/srv".into(),
        ..server.server()
    };
    driver.connect(saved, server.secret()).await.unwrap();
    let told = driver.explore("/srv", BY_NAME).await;
    let failed: Vec<_> = told.iter().filter(|(_, result)| result.is_err()).collect();
    assert_eq!(told.len(), 7);
    assert!(
        matches!(&failed[..], [(path, Err(failure))] if path == "/srv/3x" && failure.to_string().contains("/etc")),
        "{failed:?}"
    );
    assert!(!server.heard().iter().any(|heard| heard.line == "MLSD /srv/3x"));
    driver.shutdown().await;
}

/// A session that is lost in the middle costs nothing but time.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_session_loses_no_folder() {
    for features in ["EPSV MLST", "EPSV"] {
        let script = tree(Script::new(Protocol::Ftp).features(features), 10)
            .on("LIST -aR", say("501 No."))
            .once("CWD /t/03", close())
            .once("MLSD /t/04", [say("150 Coming."), close()])
            .once("CWD /t/05/sub", say("550 Not now."))
            .once("MLSD /t/06", say("550 Not now."));
        let (_server, mut driver) = with_sessions(script, 2).await;
        let told = driver.explore("/t", BY_NAME).await;
        let refused = told.iter().filter(|(_, result)| result.is_err()).count();
        let paths: Vec<String> = told.into_iter().map(|(path, _)| path).collect();
        match features {
            // by the first refusal written ahead the folder is asked for again by itself
            "EPSV" => assert_eq!((paths, refused), (expected(10), 0)),
            _ => {
                assert_eq!(paths.len() + refused, 20, "{paths:?}");
                assert!(refused <= 1);
            }
        }
        driver.shutdown().await;
    }
}

/// While a long file holds a session, the walk goes on with the other one; and its files with both.
#[tokio::test(flavor = "multi_thread")]
async fn files_flow_while_the_walk_goes_on() {
    let script = tree(Script::new(Protocol::Ftp), 30).file("/t/00/aa", "long").on(
        "RETR /t/00/aa",
        [
            say("150 Slowly."),
            send("lo"),
            gate(),
            send("ng"),
            end_data(),
            say("226 Done."),
        ],
    );
    let (server, mut driver) = with_sessions(script, 2).await;
    let here = tempfile::tempdir().unwrap();
    let to = here.path().join("t");
    let batch = driver.enqueue(Direction::Download, Kind::Dir, &to, "/t", Policy::Overwrite);
    let walked = driver.wait(|event| match event {
        Event::BatchWalked(walked) if walked == batch => Some(()),
        _ => None,
    });
    walked.await;
    let listed = listed(&server);
    assert_eq!(listed.len(), 61);
    assert!(listed.values().all(|times| *times == 1), "{listed:?}");
    server.open_gate();
    driver.over(batch, |q| panic!("{q:?}")).await;
    let came = crate::harness::engine::tree(&to);
    assert_eq!(came.iter().filter(|(_, content)| content.is_some()).count(), 61);
    assert!(server.sessions() <= 2);
    driver.shutdown().await;
}

/// What ftpane itself has left half-done, in whatever run, is no file of anybody's; by its name it is one.
#[tokio::test(flavor = "multi_thread")]
async fn temporary_files_of_ours_are_left_out_and_that_is_said() {
    let part = String::from_utf8(part_name(b"file", &Origin::default())).unwrap();
    let script = tree(Script::new(Protocol::Ftp), 1).file(&format!("/t/00/{part}"), "half");
    let (server, mut driver) = with_sessions(script, 2).await;
    let here = tempfile::tempdir().unwrap();
    let (down, up) = (here.path().join("down"), here.path().join("up"));
    for (direction, local, path) in [
        (Direction::Download, &down, "/t"),
        (Direction::Upload, &up, "/up"),
    ] {
        std::fs::create_dir_all(up.join("00")).unwrap();
        std::fs::write(up.join("00").join(&part), "half").unwrap();
        std::fs::write(up.join("00/file"), "x").unwrap();
        let ended = driver.transfer(direction, Kind::Dir, local, path).await;
        ended.assert_all_done();
        let said = driver.notices.pop().unwrap();
        assert!(said.starts_with("1 temporary file of ftpane in "), "{said}");
    }
    assert!(down.join("00/file").exists() && !down.join("00").join(&part).exists());
    let up = |name: &str| server.content(&format!("/up/00/{name}"));
    assert_eq!((up("file"), up(&part)), (Some(b"x".to_vec()), None));

    let wanted = here.path().join("wanted");
    let ended = driver
        .transfer(Direction::Download, Kind::File, &wanted, &format!("/t/00/{part}"))
        .await;
    ended.assert_all_done();
    assert_eq!(std::fs::read_to_string(&wanted).unwrap(), "half");
    driver.shutdown().await;
}

/// Each walk gives the only session back when the other one waits for it, but not before it has listed something.
#[tokio::test(flavor = "multi_thread")]
async fn walks_over_one_session_take_turns() {
    let (server, mut driver) = with_sessions(tree(Script::new(Protocol::Ftp), 6), 1).await;
    for n in 1..=3 {
        driver.send(Command::Count {
            places: vec![remote_place("/t")],
            generation: Generation(n),
        });
    }
    for _ in 1..=3 {
        let counted = driver.wait(|event| match event {
            Event::Counted { result, .. } => Some(result.unwrap()),
            _ => None,
        });
        let counted = counted.await;
        assert_eq!((counted.folders, counted.files), (13, 12));
    }
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
}

/// With one session, counting, deleting and copying take turns with their own walks.
#[tokio::test(flavor = "multi_thread")]
async fn one_session_is_enough() {
    let script = tree(Script::new(Protocol::Ftp), 5).on("RMD", say("250 Gone."));
    let (server, mut driver) = with_sessions(script, 1).await;
    let counted = driver.count(vec![remote_place("/t")]).await.unwrap();
    assert_eq!((counted.files, counted.folders, counted.bytes), (10, 11, 10));
    assert!(!counted.incomplete);
    let here = tempfile::tempdir().unwrap();
    let ended = driver
        .transfer(Direction::Download, Kind::Dir, &here.path().join("t"), "/t")
        .await;
    ended.assert_all_done();
    driver
        .act(Command::Delete(vec![remote_place("/t")]))
        .await
        .unwrap();
    assert_eq!(server.files(), Vec::<String>::new());
    let removed: Vec<String> = server
        .heard()
        .into_iter()
        .filter_map(|heard| heard.line.strip_prefix("RMD ").map(str::to_owned))
        .collect();
    assert_eq!(removed.len(), 11);
    for (at, folder) in removed.iter().enumerate() {
        let above = removed[..at]
            .iter()
            .any(|gone| folder.starts_with(&format!("{gone}/")));
        assert!(!above, "{folder} after the folder it is in: {removed:?}");
    }
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
}

fn said(driver: &Driver, words: &str) -> bool {
    let mut remarks = driver
        .dialogue
        .iter()
        .filter(|line| line.speaker == Speaker::Remark);
    remarks.any(|line| line.text.contains(words))
}

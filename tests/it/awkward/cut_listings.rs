//! Listings of which some is missing: cut, refused at their end, limited, or with lines nobody can read.

use ftpane::model::command::{Answer, Command, Generation, Scope};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Event, Question};
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::server::{Patience, Protocol};

use super::listings::{lines, script};
use super::{SHORT, all_at_once, assert_says, connected, connected_to, names};
use crate::harness::binary::{ftpane, output};
use crate::harness::engine::remote_place;
use crate::harness::scripted::{Script, Step, close, cut_data, end_data, hold, reset_data, say, send};

/// What came is shown, and that it is not all is said with it; nothing is deleted on its word.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_breaks_off_is_shown_as_incomplete() {
    let line = "type=file;size=1; a\r\ntype=file;size=1; b\r\n";
    let cut = |protocol, steps: Vec<Step>| (protocol, [vec![say("150 go"), send(line)], steps].concat());
    let cases = [
        (
            cut(
                Protocol::Ftp,
                vec![end_data(), say("426 Connection closed; transfer aborted.")],
            ),
            "426",
        ),
        (cut(Protocol::Ftp, vec![say("426 Timeout.")]), "426 Timeout."),
        (
            cut(Protocol::Ftp, vec![end_data(), say("451 Disk error.")]),
            "451 Disk error.",
        ),
        (
            cut(Protocol::Ftp, vec![end_data(), close()]),
            "closed the connection",
        ),
        (cut(Protocol::Ftp, vec![end_data(), hold()]), "silent for 1"),
        (cut(Protocol::Ftp, vec![hold()]), "silent for 1"),
        (
            cut(
                Protocol::Ftp,
                vec![send("type=file;si"), end_data(), say("426 cut")],
            ),
            "426 cut",
        ),
        (
            cut(Protocol::FtpsExplicit, vec![cut_data(), say("226 all of it")]),
            "properly",
        ),
        // pure-ftpd with LimitRecursion; after LIST it says more
        (
            cut(
                Protocol::Ftp,
                vec![end_data(), say("226 Output truncated to 2 matches")],
            ),
            "226 Output truncated to 2 matches",
        ),
        (
            cut(
                Protocol::Ftp,
                vec![
                    end_data(),
                    say("226-Options: -a -l \r\n226 Output truncated to 2 matches"),
                ],
            ),
            "truncated to 2",
        ),
        (
            cut(Protocol::FtpsExplicit, vec![cut_data(), say("426 cut")]),
            "426 cut",
        ),
    ];
    all_at_once(cases.into_iter().map(|((protocol, steps), words)| async move {
        println!("{protocol:?} {words}");
        let script = Script::new(protocol)
            .file("/d/a", "1")
            .file("/d/b", "2")
            .on("MLSD /d", steps.clone())
            // deleting and counting ask by LIST, for the links: the folder above, and /d
            .on_in("/d", "LIST", steps);
        let (server, mut driver) = connected(script).await;
        let listing = driver.list("/d").await.unwrap();
        assert_eq!(names(&listing), ["a", "b"]);
        let why = listing.incomplete.unwrap();
        assert!(why.contains(words), "{why}");

        driver.send(Command::Delete(vec![remote_place("/d")]));
        let failure = driver
            .wait(|event| match event {
                Event::Failed(failure) => Some(failure),
                Event::Done(_) => panic!("nothing may be done"),
                _ => None,
            })
            .await;
        assert_says(&failure, Class::Other, &["/d", "not complete"]);
        assert_eq!((server.count("DELE"), server.files().len()), (0, 2));
        driver.send(Command::Count {
            places: vec![remote_place("/d")],
            generation: Generation(9),
        });
        let counted = driver
            .wait(|event| match event {
                Event::Counted { result, .. } => Some(result.unwrap()),
                _ => None,
            })
            .await;
        assert!(counted.incomplete);
        driver.shutdown().await;
    }))
    .await;
}

/// The command line says that a listing is not complete, in words and in JSON, and its exit code says
/// it too.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_what_is_missing() {
    let home = tempfile::tempdir().unwrap();
    let cut = |end: &str| {
        vec![
            say("150 go"),
            send("type=file;size=1; f\r\n"),
            end_data(),
            say(end),
        ]
    };
    for (steps, reason) in [
        (
            cut("426 Connection closed; transfer aborted."),
            "426 Connection closed",
        ),
        (cut("551 Something went wrong."), "551 Something went wrong"),
        (cut("226 Output truncated to 1 matches"), "truncated to 1 matches"),
        (
            lines("type=file;size=1; f\r\nnonsense\r\n"),
            "lines could not be read",
        ),
    ] {
        let server = script().on("MLSD /d", steps).start().await;
        for (words, is_json) in [("ls", false), ("ls --json", true), ("get", false)] {
            let mut command = ftpane(home.path());
            command
                .args(words.split(' '))
                .arg(format!("{}/d", server.server().url()));
            if words == "get" {
                command.args(["--retries", "0", "--on-conflict", "overwrite"]);
            }
            let output = output(command).await;
            let stdout = String::from_utf8(output.stdout).unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{words} {stdout}{stderr}");
            assert!(
                stderr.contains("not complete") && stderr.contains(reason),
                "{words} {stderr}"
            );
            assert!(
                stdout.contains('f') || words == "get",
                "what came is printed: {stdout}"
            );
            if is_json {
                let events: Vec<serde_json::Value> = stdout
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect();
                let said = |event: &str| events.iter().any(|line| line["event"] == event);
                assert!(said("incomplete") || said("unreadable"), "{stdout}");
            }
        }
    }
}

/// A name that a listing with gaps does not show is not free: nothing is replaced on its word.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_listing_with_gaps_leaves_out_is_not_replaced() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    for gap in [
        vec![
            say("150 go"),
            send("type=file;size=1; a\r\n"),
            end_data(),
            say("426 cut"),
        ],
        lines("type=file;size=1; a\r\nnonsense\r\n"),
    ] {
        let script = Script::new(Protocol::Ftp)
            .file("/d/f", "precious")
            .file("/d/a", "1");
        let (server, mut driver) = connected(script.on("MLSD /d", gap)).await;
        for policy in [Policy::Ask, Policy::Fail, Policy::Skip, Policy::Rename] {
            let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/d/f", policy);
            let mut asked = 0;
            let ended = driver
                .over(batch, |question| {
                    let Question::Conflict { target, .. } = question else {
                        panic!("{question:?}")
                    };
                    assert_eq!(target.size, Some(8));
                    asked += 1;
                    Answer::Conflict(Policy::Skip, Scope::Once)
                })
                .await;
            assert_eq!(asked, usize::from(policy == Policy::Ask));
            assert!(
                !matches!(ended.states[0].2, JobState::Done { .. }),
                "{policy:?} {ended:?}"
            );
        }
        let rename = Command::Rename {
            from: remote_place("/d/a"),
            to: remote_place("/d/f"),
        };
        assert_says(
            &driver.act(rename).await.unwrap_err(),
            Class::Conflict,
            &["/d/f exists"],
        );
        let make = Command::MakeFile(remote_place("/d/f"));
        assert_says(
            &driver.act(make).await.unwrap_err(),
            Class::Conflict,
            &["/d/f exists"],
        );
        assert_eq!(
            (server.content("/d/f").unwrap(), server.files().len()),
            (b"precious".to_vec(), 2)
        );
        driver.shutdown().await;
    }
}

/// A walk asks again for a folder whose listing failed or broke off.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_asks_again_for_a_listing_that_broke_off() {
    let cases = [
        vec![
            say("150 go"),
            send("type=file;size=1; a\r\n"),
            end_data(),
            say("426 cut"),
        ],
        vec![say("425 not now")],
        vec![say("450 busy")],
    ];
    all_at_once(cases.into_iter().map(|broken| async move {
        let here = tempfile::tempdir().unwrap();
        let server = script().once("MLSD /d", broken).start().await;
        let patience = Patience { retries: 1, ..SHORT };
        let mut driver = connected_to(&server, |server| server, patience).await;
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &here.path().join("d"), "/d")
            .await;
        ended.assert_all_done();
        assert_eq!(crate::harness::engine::tree(here.path()).len(), 3);
        assert!(driver.failures.is_empty(), "{:?}", driver.failures);
        driver.shutdown().await;
    }))
    .await;
}

/// A listing that the server cuts by its own limit, or never closes as TLS demands, is taken as it is, and
/// said to be cut: asking again would be of no use.
#[tokio::test(flavor = "multi_thread")]
async fn a_walk_asks_once_where_the_server_would_do_the_same_again() {
    let cases = [
        (
            Protocol::Ftp,
            end_data(),
            "226 Output truncated to 1 matches",
            "truncated to 1",
        ),
        (
            Protocol::FtpsExplicit,
            cut_data(),
            "226 Done.",
            "did not end the encrypted listing",
        ),
    ];
    for (protocol, end, reply, words) in cases {
        let here = tempfile::tempdir().unwrap();
        let listed = [say("150 go"), send("type=file;size=1; f\r\n"), end, say(reply)];
        let script = Script::new(protocol).file("/d/f", "1").on("MLSD /d", listed);
        let server = script.start().await;
        let patience = Patience { retries: 3, ..SHORT };
        let mut driver = connected_to(&server, |server| server, patience).await;
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &here.path().join("d"), "/d")
            .await;
        ended.assert_all_done();
        assert_eq!(server.count("MLSD"), 1);
        assert_says(
            &driver.failures.pop().unwrap(),
            Class::Other,
            &["/d", "not complete", words],
        );
        driver.shutdown().await;
    }
}

/// With nothing at all received there is nothing to show but the reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_of_which_nothing_came_has_failed() {
    for (steps, class, words) in [
        (
            vec![say("150 go"), reset_data(), say("426 aborted")],
            Class::Unreachable,
            "426 aborted",
        ),
        (
            vec![say("150 go"), end_data(), say("451 Disk error.")],
            Class::Refused,
            "451 Disk error.",
        ),
        (
            vec![say("550 Permission denied.")],
            Class::Refused,
            "refuses permission",
        ),
        (vec![say("450 Try later.")], Class::Refused, "450 Try later."),
    ] {
        let (_server, mut driver) = connected(script().on("MLSD /d", steps)).await;
        assert_says(&driver.list("/d").await.unwrap_err(), class, &["/d", words]);
        assert_eq!(
            names(&driver.list("/").await.unwrap()),
            ["d"],
            "the session goes on"
        );
        driver.shutdown().await;
    }
}

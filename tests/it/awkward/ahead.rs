//! Commands written before the last reply is read: servers that wait for them, and servers that
//! refuse, mix up, lose or hang up over them.

use std::path::Path;

use ftpane::model::server::{Protocol, Server};

use super::*;
use crate::harness::engine::tree;
use crate::harness::scripted::{
    Step, announce, close, drain, end_data, hear, hold, receive, receive_all, say, send, take_blindly, usual,
};

const WAY: &str = "229 Here (|||{port}|)";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in FILES {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

const FILES: [(&str, &str); 4] = [("a", "first"), ("b", "second"), ("c", "third"), ("d", "fourth")];

fn script(protocol: Protocol) -> Script {
    FILES
        .iter()
        .fold(Script::new(protocol), |script, (name, content)| {
            script.file(&format!("/d/{name}"), content)
        })
}

/// One connection, so that the files come one after the other.
async fn alone(script: Script) -> (Scripted, Driver) {
    connected_as(script, |server| Server {
        connections: 1,
        ..server
    })
    .await
}

/// Downloads the folder; every file must be whole.
async fn all_come(driver: &mut Driver) {
    let here = tempfile::tempdir().unwrap();
    let ended = driver
        .transfer(Direction::Download, Kind::Dir, &here.path().join("d"), "/d")
        .await;
    ended.assert_all_done();
    assert!(
        tree(&here.path().join("d")) == tree(folder().path()),
        "they differ"
    );
}

/// Uploads a folder; every file must be whole, and nothing else left.
async fn all_go(server: &Scripted, driver: &mut Driver) {
    let here = folder();
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
        .await;
    ended.assert_all_done();
    for (name, content) in FILES {
        assert_eq!(
            server.content(&format!("/up/{name}")).as_deref(),
            Some(content.as_bytes()),
            "{name}"
        );
    }
    let files = server.files();
    assert!(
        !files.iter().any(|file| file.contains("ftpane-part")),
        "{files:?}"
    );
}

/// The data of a download, the connection for which stands.
fn sent() -> Vec<Step> {
    vec![say("150 Coming."), send("first"), end_data()]
}

fn stored() -> Vec<Step> {
    vec![say("150 Send it."), receive_all(), end_data()]
}

fn then(begin: Vec<Step>, rest: Vec<Step>) -> Vec<Step> {
    [begin, rest].concat()
}

/// These servers say 226 when they have the next command: who waits for it waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_transfer_is_asked_for_at_the_end_of_the_data() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let late = |begin| then(begin, vec![hear(), say("226 Done."), announce(WAY)]);
        let (server, mut driver) = alone(script(protocol).once("RETR /d/a", late(sent()))).await;
        all_come(&mut driver).await;
        assert_eq!(server.sessions(), 1);
        assert!(!remarked(&driver, "asking one by one"));
        driver.shutdown().await;

        let (server, mut driver) = alone(Script::new(protocol).once("STOR", late(stored()))).await;
        all_go(&server, &mut driver).await;
        assert_eq!(server.sessions(), 1);
        driver.shutdown().await;
    }
}

/// Nor is the last file's word waited for: what it is checked by is written at the end of its data. An upload whose
/// word is bad is none the better for a size that is right.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_file_is_checked_at_the_end_of_its_data() {
    let here = folder();
    let (from, to) = (here.path().join("a"), here.path().join("back"));
    for (word, done) in [("226 Done.", true), ("451 No.", false)] {
        let late = then(stored(), vec![hear(), say(word), say("213 5")]);
        let script = Script::new(Protocol::Ftp).features("EPSV MLST SIZE");
        let (server, mut driver) = alone(script.once("STOR", late)).await;
        let state = upload(&mut driver, &from, "/up").await;
        assert_eq!(matches!(state, JobState::Done { .. }), done, "{word} {state:?}");
        let placed = server.content("/up");
        assert_eq!(placed.as_deref(), done.then_some(&b"first"[..]), "{word}");
        assert_eq!(server.count("SIZE"), 1, "{word}");
        assert_eq!(server.sessions(), 1, "{word}");
        driver.shutdown().await;
    }
    // LIST tells no seconds: they are asked for
    let answers = [say("226 Done."), say("213 5"), hear(), say("213 20240102030405")];
    let late = then(sent(), [vec![hear()], answers.to_vec()].concat());
    let script = script(Protocol::Ftp).features("EPSV SIZE MDTM");
    let (server, mut driver) = alone(script.once("RETR", late)).await;
    let state = download(&mut driver, "/d/a", &to).await;
    assert!(matches!(state, JobState::Done { .. }), "{state:?}");
    assert_eq!(std::fs::read(&to).unwrap(), b"first");
    assert_eq!((server.count("MDTM"), server.sessions()), (1, 1));
    driver.shutdown().await;
}

/// Four files each way: no command is sent that the listing has answered, and what is asked of one
/// file goes out together with the next transfer's commands.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_twice() {
    let (server, mut driver) = alone(script(Protocol::Ftp).features("EPSV MLST MDTM SIZE MFMT")).await;
    all_come(&mut driver).await;
    for verb in ["CWD", "SIZE", "MDTM"] {
        assert_eq!(server.count(verb), 0, "{verb}");
    }
    assert_eq!((server.count("TYPE"), server.count("EPSV")), (1, 5));
    all_go(&server, &mut driver).await;
    for verb in ["STOR", "SIZE", "RNFR", "RNTO"] {
        assert_eq!(server.count(verb), 4, "{verb}");
    }
    assert_eq!(server.count("CWD"), 0);
    let lines: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
    let verbs: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    let last = verbs.iter().rposition(|verb| *verb == "STOR").unwrap();
    let begin = verbs.iter().position(|verb| *verb == "STOR").unwrap();
    let between = &verbs[begin..=last];
    // the first file is in its place before the last one begins
    assert!(between.contains(&"RNTO"), "{between:?}");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_cope_is_asked_one_by_one() {
    let cases = [
        // refused while the last transfer is not over; the command behind it then has no way
        (
            vec![
                hear(),
                say("226 Done."),
                say("450 A transfer is in progress."),
                hear(),
                say("425 No data connection."),
            ],
            1,
        ),
        (
            vec![
                hear(),
                say("226 Done."),
                say("500 What?"),
                hear(),
                say("425 Use PORT or PASV first."),
            ],
            1,
        ),
        // the way is known, and the command that was to take it is not
        (
            vec![
                hear(),
                say("226 Done."),
                announce(WAY),
                hear(),
                say("503 Bad sequence."),
            ],
            1,
        ),
        // the replies in another order
        (vec![hear(), announce(WAY), say("226 Done.")], 2),
        (vec![hear(), say("350 And to what?"), say("226 Done.")], 2),
        // what came during the transfer is thrown away
        (vec![hear(), hear(), say("226 Done.")], 2),
        (vec![hear(), say("226 Done."), announce(WAY), hear()], 2),
    ];
    all_at_once(cases.into_iter().map(|(rest, sessions)| async move {
        let steps = then(sent(), rest.clone());
        let (server, mut driver) = alone(script(Protocol::Ftp).once("RETR /d/a", steps)).await;
        all_come(&mut driver).await;
        assert!(remarked(&driver, "asking one by one"), "{rest:?}");
        assert_eq!(server.sessions(), sessions, "{rest:?}");
        driver.shutdown().await;

        let steps = then(stored(), rest.clone());
        let (server, mut driver) = alone(Script::new(Protocol::Ftp).once("STOR", steps)).await;
        all_go(&server, &mut driver).await;
        assert!(remarked(&driver, "asking one by one"), "{rest:?}");
        assert_eq!(server.sessions(), sessions, "{rest:?}");
        driver.shutdown().await;
    }))
    .await;
}

/// Once it has said that it takes the command, a refusal is of the transfer, in whatever words: the data
/// connection was not lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_after_it_was_taken_is_refused() {
    for refusal in ["503 Cannot go on.", "425 Use PORT or PASV first."] {
        // no TLS is spoken on the data connection: the refusal comes before it stands
        let rest = vec![
            hear(),
            say("226 Done."),
            announce(WAY),
            hear(),
            say("150 Coming."),
            say(refusal),
        ];
        let script = script(Protocol::FtpsExplicit).once("RETR /d/a", then(sent(), rest));
        let (_server, mut driver) = alone(script).await;
        let here = tempfile::tempdir().unwrap();
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &here.path().join("d"), "/d")
            .await;
        let failures = ended.failures();
        assert!(
            matches!(&failures[..], [failure] if failure.to_string().contains(refusal)),
            "{failures:?}"
        );
        assert!(!remarked(&driver, "asking one by one"), "{refusal}");
        driver.shutdown().await;
    }
}

/// The data connection stood, and data were on their way, before the refusal came: it is one of the order
/// all the same, and no failure of the file.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_refused_over_its_data_goes_once_more() {
    let rest = vec![
        hear(),
        say("226 Done."),
        announce(WAY),
        hear(),
        drain(),
        end_data(),
        say("503 Bad sequence."),
    ];
    let steps = then(stored(), rest);
    let (server, mut driver) = alone(Script::new(Protocol::Ftp).once("STOR", steps)).await;
    all_go(&server, &mut driver).await;
    assert!(remarked(&driver, "asking one by one"));
    driver.shutdown().await;
}

/// A server that may take a data connection before it reads the command: the first upload of all is asked for step by
/// step, and what would come before its 150 would be lost. Nothing is, and the others come in one piece.
#[tokio::test(flavor = "multi_thread")]
async fn data_do_not_come_before_a_command_that_was_written_behind_them() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let script = Script::new(protocol).on("EPSV", [usual(), take_blindly()]);
        let (server, mut driver) = alone(script).await;
        all_go(&server, &mut driver).await;
        assert!(!remarked(&driver, "asking one by one"), "{protocol:?}");
        assert_eq!((server.sessions(), server.count("STOR")), (1, FILES.len()));
        let heard: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
        assert!(
            heard.iter().any(|line| line == "MKD /up") && server.count("MLSD") == 0,
            "no listing has come before: {heard:?}"
        );
        driver.shutdown().await;
    }
}

/// Behind the command nothing is held back, whether the way was asked for with it or stood by since a listing: this server
/// says 150 when it has everything.
#[tokio::test(flavor = "multi_thread")]
async fn data_do_not_wait_for_the_answer_to_a_command_that_was_written_before_them() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let late = [receive_all(), say("150 Got it."), end_data(), say("226 Have it.")];
        let script = Script::new(protocol).file("/up/a", "old").on("STOR", late);
        let (server, mut driver) = alone(script).await;
        all_go(&server, &mut driver).await;
        assert!(server.count("MLSD") > 0 && server.count("STOR") == FILES.len());
        assert!(!remarked(&driver, "asking one by one"), "{protocol:?}");
        assert_eq!(server.sessions(), 1);
        driver.shutdown().await;
    }
}

/// RNTO is read before RNFR is done with, as by servers that do several things at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_is_overtaken_is_asked_again() {
    let script = Script::new(Protocol::Ftp).once("RNTO", [say("503 RNFR first.")]);
    let (server, mut driver) = alone(script).await;
    all_go(&server, &mut driver).await;
    assert!(remarked(&driver, "asking one by one"));
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
    // and one that is refused for its own sake is refused
    let here = folder();
    let script = Script::new(Protocol::Ftp).on("RNTO /up/b", [say("553 Not that name.")]);
    let (server, mut driver) = alone(script).await;
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
        .await;
    let failures = ended.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_says(
        failures[0],
        Class::Refused,
        &["/up/b in place", "553 Not that name."],
    );
    assert_eq!(server.files(), ["/up/a", "/up/c", "/up/d"]);
    assert!(!remarked(&driver, "asking one by one"));
    driver.shutdown().await;
}

/// RNTO is lost, and the answer to what was written behind it looks like its own: no file is called done for that.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_anothers_ends_no_renaming() {
    let broken = [say("150 go"), receive(1), end_data(), say("451 No.")];
    let script = Script::new(Protocol::Ftp)
        .once("STOR", usual())
        .once("STOR", broken)
        .once("RNFR", [hear(), usual()]);
    let (server, mut driver) = alone(script).await;
    let here = folder();
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
        .await;
    assert_eq!(ended.failures().len(), 1, "{ended:?}");
    let heard = server.heard();
    let renaming = heard.iter().position(|h| h.line.starts_with("RNTO")).unwrap();
    assert!(
        heard[renaming + 1].line.starts_with("DELE"),
        "it is what this is about: {heard:?}"
    );
    for (_, item, state) in &ended.states {
        if matches!(state, JobState::Done { .. }) && item.kind == Kind::File {
            assert!(
                server.content(&item.remote.shown()).is_some(),
                "{item:?}: {:?}",
                server.files()
            );
        }
    }
    assert_eq!(server.files().len(), FILES.len() - 1, "{:?}", server.files());
    driver.shutdown().await;
}

/// 226 for a file that is short, from a server that refuses what is written ahead: its size is asked
/// for again, and found out.
#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_is_refused_is_asked_for_again() {
    let short = then(
        vec![say("150 Send it."), receive(2), drain(), end_data()],
        vec![say("226 Have it.")],
    );
    let script = Script::new(Protocol::Ftp)
        .once("STOR", short)
        .once("SIZE", [say("503 One by one, please.")]);
    let (server, mut driver) = alone(script).await;
    let here = folder();
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
        .await;
    let failures = ended.failures();
    assert_eq!(failures.len(), 1, "{ended:?}");
    assert_says(failures[0], Class::Unreachable, &["the server has 2 of"]);
    assert_eq!(server.files().len(), FILES.len() - 1, "{:?}", server.files());
    driver.shutdown().await;
    // one that never tells is asked twice a file
    let (server, mut driver) = alone(Script::new(Protocol::Ftp).on("SIZE", [say("502 Not here.")])).await;
    all_go(&server, &mut driver).await;
    assert_eq!(server.count("SIZE"), 2 * FILES.len());
    driver.shutdown().await;
}

/// A server that loses RNTO: the size that comes next is not the answer to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_is_lost_is_not_done() {
    let script = Script::new(Protocol::Ftp).once("RNFR", [hear(), usual()]);
    let (server, mut driver) = alone(script).await;
    all_go(&server, &mut driver).await;
    driver.shutdown().await;
}

/// The end of one transfer goes wrong when the next one's commands are on their way.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_end_is_one_files_and_no_others() {
    let cases = [
        (vec![hear(), say("451 Read error."), announce(WAY)], true, 1),
        (vec![hear(), say("426 Broken."), announce(WAY)], true, 1),
        // hung up: the size says that all of it came
        (vec![hear(), close()], false, 2),
        (vec![hear(), say("226 Done."), close()], false, 2),
        (vec![hear(), say("421 Enough."), close()], false, 2),
        (vec![hear(), hold()], false, 2),
    ];
    all_at_once(cases.into_iter().map(|(rest, fails, sessions)| async move {
        let here = tempfile::tempdir().unwrap();
        let steps = then(sent(), rest.clone());
        let (server, mut driver) = alone(script(Protocol::Ftp).once("RETR /d/a", steps)).await;
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &here.path().join("d"), "/d")
            .await;
        assert_eq!(ended.failures().len(), usize::from(fails), "{rest:?} {ended:?}");
        assert_eq!(server.sessions(), sessions, "{rest:?}");
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            whole(&here.path().join("d")),
            names[usize::from(fails)..],
            "{rest:?}"
        );
        driver.shutdown().await;

        let here = folder();
        let steps = then(stored(), rest.clone());
        let (server, mut driver) = alone(Script::new(Protocol::Ftp).once("STOR", steps)).await;
        let ended = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
            .await;
        assert_eq!(ended.failures().len(), usize::from(fails), "{rest:?} {ended:?}");
        assert_eq!(server.sessions(), sessions, "{rest:?}");
        assert_eq!(server.files().len(), FILES.len() - usize::from(fails), "{rest:?}");
        driver.shutdown().await;
    }))
    .await;
}

/// The names of the files that are whole; there must be no others.
fn whole(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for (path, content) in tree(folder) {
        let name = path.display().to_string();
        let file = FILES.iter().find(|(file, _)| *file == name).unwrap();
        assert_eq!(content.as_deref(), Some(file.1.as_bytes()), "{name}");
        names.push(name);
    }
    names
}

/// A file that is not there, in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_leaves_the_others_in_step() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let here = tempfile::tempdir().unwrap();
        let script = script(protocol).on("RETR /d/b", [say("550 Gone meanwhile.")]);
        let (server, mut driver) = alone(script).await;
        let to = here.path().join("d");
        let ended = driver.transfer(Direction::Download, Kind::Dir, &to, "/d").await;
        assert_eq!(ended.failures().len(), 1);
        assert_eq!(whole(&to), ["a", "c", "d"]);
        assert_eq!(server.sessions(), 1);
        driver.shutdown().await;

        let here = folder();
        let (server, mut driver) = alone(Script::new(protocol).once("STOR", [say("553 Not allowed.")])).await;
        let ended = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
            .await;
        assert_eq!(ended.failures().len(), 1);
        assert_eq!(server.files().len(), 3, "{:?}", server.files());
        assert_eq!(server.sessions(), 1);
        driver.shutdown().await;
    }
}

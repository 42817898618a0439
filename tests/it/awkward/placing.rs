//! From the temporary name to the target: servers that do not rename over, refuse temporary names,
//! forbid renaming, keep permissions or not, have links there, or die in between.

use std::path::{Path, PathBuf};

use ftpane::model::command::{Answer, Command, InPlaceAnswer};
use ftpane::model::event::{Event, Question};
use ftpane::model::failure::Class;
use ftpane::model::job::Policy;
use ftpane::model::server::{Protocol, Server};

use super::*;
use crate::harness::scripted::{
    Script, Scripted, Step, close, end_data, hold, obey, receive, receive_all, say,
};

const OVER: &str = "550 Cannot create a file when that file already exists.";
const NO_DOTS: &str = "553 Prohibited file name.";

/// A file here.
pub(super) fn local(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

pub(super) fn script() -> Script {
    Script::new(Protocol::Ftp).file("/target", "old")
}

/// Uploads "new" over /target.
pub(super) async fn replace(script: Script) -> (Scripted, Driver, JobState) {
    let (_folder, here) = local("new");
    let (server, mut driver) = connected(script).await;
    let state = upload(&mut driver, &here, "/target").await;
    (server, driver, state)
}

pub(super) fn content(server: &Scripted, path: &str) -> String {
    String::from_utf8(server.content(path).unwrap_or_default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_renamed_over_the_old_one_is_moved_aside() {
    for refusal in [OVER, "553 File exists.", "450 Not now.", "500 What?"] {
        let (server, driver, state) = replace(script().refuses_over(refusal)).await;
        assert_eq!(done(state), None, "{refusal}");
        assert_eq!(content(&server, "/target"), "new", "{refusal}");
        assert_eq!(server.files(), ["/target"], "nothing else is left");
        assert!(remarked(&driver, "does not rename over"));
        driver.shutdown().await;
    }
}

/// The second file does not try what was refused to the first; one that is new needs no moving.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_once_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "new"] {
        std::fs::write(folder.path().join(name), "new").unwrap();
    }
    let script = Script::new(Protocol::Ftp).refuses_over(OVER);
    let script = ["a", "b", "c"]
        .into_iter()
        .fold(script, |script, name| script.file(&format!("/d/{name}"), "old"))
        .on("MKD", say("550 It exists."));
    let (server, mut driver) = connected_as(script, |server| Server {
        connections: 1,
        ..server
    })
    .await;
    driver
        .transfer(Direction::Upload, Kind::Dir, folder.path(), "/d")
        .await
        .assert_all_done();
    for name in ["a", "b", "c", "new"] {
        assert_eq!(content(&server, &format!("/d/{name}")), "new", "{name}");
    }
    assert_eq!(server.files().len(), 4, "{:?}", server.files());
    let again = driver
        .transfer(Direction::Upload, Kind::Dir, folder.path(), "/d")
        .await;
    again.assert_all_done();
    let heard = server.heard();
    let second = heard
        .iter()
        .rposition(|heard| heard.line.starts_with("MKD"))
        .unwrap();
    let renamed = |target: &str| {
        let line = format!("RNTO {target}");
        heard[second..].iter().filter(|heard| heard.line == line).count()
    };
    for name in ["a", "b", "c"] {
        assert_eq!(renamed(&format!("/d/{name}")), 1, "{name}: not over first");
    }
    driver.shutdown().await;
}

/// Whatever happens while the old one is aside.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_aside_comes_back_or_is_named() {
    let no = || say("550 No.");
    // the new one cannot be put in, and the old one is put back
    let script_ = script().refuses_over(OVER).first(3, "RNTO /target", no());
    let (server, driver, state) = replace(script_).await;
    let failure = failed(state);
    assert_says(
        &failure,
        Class::Refused,
        &["/target in place", "550 No.", "untouched"],
    );
    assert_eq!(content(&server, "/target"), "old");
    assert_eq!(server.files(), ["/target"]);
    driver.shutdown().await;

    // nor can the old one be put back: both are named, and are there
    let (server, driver, state) = replace(script().on("RNTO /target", no())).await;
    let failure = failed(state);
    assert_says(&failure, Class::Refused, &["may be missing", "550 No.", "Look"]);
    let files = server.files();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        assert!(failure.to_string().contains(file), "{file}: {failure}");
    }
    let mut both: Vec<String> = files.iter().map(|file| content(&server, file)).collect();
    both.sort();
    assert_eq!(both, ["new", "old"]);
    driver.shutdown().await;
}

/// The session is lost at each of the renamings, before and after they are done.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_lost_in_between_loses_no_file() {
    let cases: [(Vec<Vec<Step>>, &str); 6] = [
        // moved aside: it comes back
        (vec![vec![usual()], vec![usual()], vec![obey(), close()]], "old"),
        (vec![vec![usual()], vec![usual()], vec![close()]], "old"),
        // put in: it goes on
        (
            vec![vec![usual()], vec![usual()], vec![usual()], vec![obey(), close()]],
            "new",
        ),
        (
            vec![vec![usual()], vec![usual()], vec![usual()], vec![close()]],
            "new",
        ),
        (vec![vec![close()], vec![usual()]], "new"),
        (vec![vec![usual()], vec![close()]], "new"),
    ];
    all_at_once(cases.into_iter().map(|(renamings, left)| async move {
        let shown = format!("{renamings:?}");
        let script = renamings
            .into_iter()
            .fold(script().refuses_over(OVER), |script, steps| {
                script.once("RNTO", steps)
            });
        let (server, driver, state) = replace(script).await;
        assert_eq!(content(&server, "/target"), left, "{shown}: {state:?}");
        assert_eq!(server.files(), ["/target"], "{shown}");
        assert_eq!(
            matches!(state, JobState::Done { .. }),
            left == "new",
            "{shown}: {state:?}"
        );
        driver.shutdown().await;
    }))
    .await;
}

fn usual() -> Step {
    crate::harness::scripted::usual()
}

async fn answering(driver: &mut Driver, from: &Path, to: &str, answer: InPlaceAnswer) -> (JobState, u32) {
    let batch = driver.enqueue(Direction::Upload, Kind::File, from, to, Policy::Overwrite);
    let mut asked = 0;
    let mut ended = driver
        .over(batch, |question| match question {
            Question::InPlace { target, refusal, .. } => {
                assert!(target == to && refusal.reply.is_some(), "{question:?}");
                asked += 1;
                Answer::InPlace(answer)
            }
            other => panic!("{other:?}"),
        })
        .await;
    (ended.states.remove(0).2, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_place_only_after_a_yes() {
    let refusing: [fn() -> Script; 4] = [
        || script().refuses_dot_names(NO_DOTS),
        || script().refuses_dot_names("501 Invalid data set name. Use MVS Dsname conventions."),
        || script().on("RNFR", say("550 Permission denied.")),
        || script().on("RNTO", say("550 Permission denied.")),
    ];
    for script in refusing {
        let (_folder, here) = local("new");
        let (server, mut driver) = connected(script()).await;
        let (state, asked) = answering(&mut driver, &here, "/target", InPlaceAnswer::No).await;
        assert_says(&failed(state), Class::Refused, &["untouched", "--in-place", "5"]);
        assert_eq!((asked, content(&server, "/target").as_str()), (1, "old"));
        // the no counts for this connection
        let (state, asked) = answering(&mut driver, &here, "/target", InPlaceAnswer::No).await;
        assert_says(&failed(state), Class::Refused, &["--in-place"]);
        assert_eq!((asked, server.files()), (0, vec!["/target".to_owned()]));
        driver.shutdown().await;

        let (server, mut driver) = connected(script()).await;
        let (state, asked) = answering(&mut driver, &here, "/target", InPlaceAnswer::Once).await;
        assert!(done(state).unwrap().contains("in place"));
        assert_eq!((asked, content(&server, "/target").as_str()), (1, "new"));
        // and what its folder refuses is not asked of it again
        let before = server.count("STOR");
        let (state, asked) = answering(&mut driver, &here, "/other", InPlaceAnswer::No).await;
        assert!(done(state).unwrap().contains("in place"));
        assert_eq!((asked, server.count("STOR") - before), (0, 1));
        assert_eq!(server.files(), ["/other", "/target"]);
        driver.shutdown().await;
    }
}

/// The other jobs wait for the same answer, and the lane goes on with what takes no question.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_jobs_ask_once() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..100 {
        std::fs::write(folder.path().join(format!("f{n}")), "new").unwrap();
    }
    let script = Script::new(Protocol::Ftp).refuses_dot_names(NO_DOTS);
    let (server, mut driver) = connected(script).await;
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::Dir,
        folder.path(),
        "/d",
        Policy::Overwrite,
    );
    let mut question = None;
    let mut waiting = 0;
    while question.is_none() || waiting < 100 {
        match driver.event().await {
            Event::Question { id, .. } => assert_eq!(question.replace(id), None, "asked twice"),
            Event::JobChanged(_, JobState::Asking) => waiting += 1,
            _ => {}
        }
    }
    // something else is carried meanwhile
    let here = tempfile::tempdir().unwrap();
    let listed = driver.list("/d").await.unwrap();
    assert!(names(&listed).is_empty());
    driver.answer(question.unwrap(), Answer::InPlace(InPlaceAnswer::Remember));
    let mut remembered = Vec::new();
    let mut ended = 0;
    loop {
        match driver.event().await {
            Event::InPlace(name) => remembered.push(name),
            Event::JobChanged(_, JobState::Done { .. }) => ended += 1,
            Event::Question { question, .. } => panic!("{question:?}"),
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    assert_eq!((remembered, ended), (vec!["scripted".to_owned()], 100));
    assert_eq!(server.files().len(), 100);
    drop(here);
    driver.shutdown().await;
}

/// A person takes the only job out that asks: nobody waits for the answer any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_void_when_nobody_waits_for_it() {
    let (_folder, here) = local("new");
    let (_server, mut driver) = connected(script().refuses_dot_names(NO_DOTS)).await;
    let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
    let asked = driver.wait(|event| match event {
        Event::Question { id, .. } => Some(id),
        _ => None,
    });
    let asked = asked.await;
    driver.send(Command::Cancel(ftpane::model::command::Extent::Batch(batch)));
    driver
        .wait(|event| matches!(event, Event::QuestionVoid(id) if id == asked).then_some(()))
        .await;
    // the next job asks anew
    let (_, asked) = answering(&mut driver, &here, "/target", InPlaceAnswer::No).await;
    assert_eq!(asked, 1);
    driver.shutdown().await;
}

fn allowed(server: Server) -> Server {
    Server {
        in_place: true,
        ..server
    }
}

/// What was written in place and broke off is not called untouched, and not deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_place_says_what_may_be_left() {
    let cases: [Vec<Step>; 3] = [
        vec![
            say("150 go"),
            receive(1),
            say("552 Quota exceeded."),
            receive_all(),
            end_data(),
        ],
        vec![say("150 go"), receive(1), end_data(), say("226 Have it all.")],
        vec![say("150 go"), receive(1), close()],
    ];
    for steps in cases {
        let (_folder, here) = local("new");
        let script = script()
            .refuses_dot_names(NO_DOTS)
            .on("STOR /target", steps.clone());
        let (server, mut driver) = connected_as(script, allowed).await;
        let failure = failed(upload(&mut driver, &here, "/target").await);
        assert!(
            failure.to_string().contains("may be partial now"),
            "{steps:?}: {failure}"
        );
        assert!(!failure.to_string().contains("untouched"), "{steps:?}: {failure}");
        assert_eq!(server.count("DELE /target"), 0);
        assert_eq!(server.files(), ["/target"], "{steps:?}");
        driver.shutdown().await;
    }
}

/// A file that the server does not take for what is in it is no reason to ask.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_the_data_is_not_of_the_name() {
    let steps = vec![
        say("150 go"),
        receive_all(),
        end_data(),
        say("550 A virus was found."),
    ];
    let (_folder, here) = local("new");
    let (server, mut driver) = connected(script().on("STOR", steps)).await;
    let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
    let ended = driver.over(batch, |question| panic!("{question:?}")).await;
    assert_says(ended.failures()[0], Class::Refused, &["virus"]);
    assert_eq!(content(&server, "/target"), "old");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_file_keeps_its_permissions() {
    let (server, driver, state) = replace(script().mode("/target", 0o640)).await;
    assert_eq!(done(state), None);
    assert_eq!(content(&server, "/target"), "new");
    assert_eq!(server.mode_of("/target"), Some(0o640));
    let lines: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
    let at = |verb: &str| lines.iter().position(|line| line.starts_with(verb)).unwrap();
    assert!(at("SITE CHMOD 640 /.target.") < at("RNTO"), "{lines:?}");
    driver.shutdown().await;
}

/// Replaces `/target`, whose permissions cannot be set, and `/other` after it; what is noted of the first.
async fn replace_two(refusing: impl FnOnce(Script) -> Script) -> (Scripted, String) {
    let (_folder, here) = local("new");
    let script = script()
        .file("/other", "old")
        .mode("/target", 0o640)
        .mode("/other", 0o600);
    let (server, mut driver) = connected(refusing(script)).await;
    let note = done(upload(&mut driver, &here, "/target").await).unwrap();
    assert!(note.contains("rw-r-----"), "{note}");
    assert_eq!(done(upload(&mut driver, &here, "/other").await), None);
    assert_eq!(content(&server, "/other"), "new");
    driver.shutdown().await;
    (server, note)
}

/// Refused once, it is not tried again, and that is said once.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_chmod_is_asked_once() {
    let (server, _) = replace_two(|script| script.on("SITE", say("500 What?"))).await;
    assert_eq!(server.count("SITE"), 1);
}

/// What is refused for one file says nothing of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_refused_for_one_file_are_asked_for_the_next() {
    let (server, note) = replace_two(|script| script.once("SITE", say("550 Not in this folder."))).await;
    assert!(note.contains("550 Not in this folder."), "{note}");
    assert_eq!((server.count("SITE"), server.mode_of("/other")), (2, Some(0o600)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_stays_and_what_it_leads_to_is_replaced() {
    for policy in [Policy::Overwrite, Policy::Size] {
        let (_folder, here) = local("newer");
        let script = Script::new(Protocol::Ftp)
            .file("/d/real", "old")
            .link("/twice", "once")
            .link("/once", "d/real");
        let (server, mut driver) = connected(script).await;
        let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/twice", policy);
        driver.over(batch, |q| panic!("{q:?}")).await.assert_all_done();
        assert_eq!(content(&server, "/d/real"), "newer");
        assert_eq!(server.files(), ["/d/real"], "the links are links");
        let stored = server
            .heard()
            .into_iter()
            .find(|heard| heard.line.starts_with("STOR"));
        assert!(stored.unwrap().line.starts_with("STOR /d/.real."));
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_nowhere_or_out_is_a_failure() {
    let cases = [
        ("gone", Class::Conflict, "nothing stands there"),
        ("ring", Class::Conflict, "round and round"),
        ("../etc/passwd", Class::Guarded, "is a link to /etc/passwd"),
        ("/etc/passwd", Class::Guarded, "/srv"),
        ("d", Class::Conflict, "folder of that name"),
    ];
    for (to, class, words) in cases {
        let (_folder, here) = local("new");
        let script = Script::new(Protocol::Ftp)
            .file("/etc/passwd", "secret")
            .file("/srv/d/f", "x")
            .link("/srv/ring", "ring")
            .link("/srv/link", to);
        let (server, mut driver) = connected_as(script, |server| Server {
            document_path: "/srv".into(),
            ..server
        })
        .await;
        let failure = failed(upload(&mut driver, &here, "/srv/link").await);
        assert_says(&failure, class, &["/srv/link", words]);
        assert_eq!(server.files(), ["/etc/passwd", "/srv/d/f"], "{to}");
        assert_eq!(content(&server, "/etc/passwd"), "secret");
        driver.shutdown().await;
    }
}

/// A folder that may be written to and not looked into.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_listed_takes_files() {
    let script = script()
        .on("MLSD", say("550 Permission denied."))
        .on("LIST", say("550 Permission denied."));
    let (server, driver, state) = replace(script).await;
    assert_eq!(done(state), None);
    assert_eq!(content(&server, "/target"), "new");
    driver.shutdown().await;
}

/// A name of a run that is over: `run` is none that lives.
fn left(name: &str, installation: u32, mark: &str) -> String {
    format!("/.{name}.{installation:08x}0000000700000001123456789abcdef0.{mark}")
}

fn installation(folder: &Path) -> u32 {
    let text = std::fs::read_to_string(folder.join("installation")).unwrap();
    u32::from_str_radix(text.trim(), 16).unwrap()
}

/// An engine of an installation, and the server it is connected to.
async fn of_installation(state: &Path, script: impl FnOnce(u32) -> Script) -> (Scripted, Driver) {
    let options = || ftpane::engine::Options {
        queue: Some(state.to_path_buf()),
        ..ftpane::engine::Options::default()
    };
    // the first run makes the installation
    Driver::with(options()).shutdown().await;
    let server = script(installation(state)).start().await;
    let mut driver = Driver::with(options());
    driver
        .connect_patiently(server.server(), server.secret(), SHORT)
        .await
        .unwrap();
    (server, driver)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_run_has_left_of_a_target_goes_when_that_is_placed() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, here) = local("new");
    let (server, mut driver) = of_installation(state.path(), |ours| {
        script()
            .file(&left("target", ours, "ftpane-part"), "half")
            .file(&left("other", ours, "ftpane-part"), "half")
            .file(&left("target", !ours, "ftpane-part"), "a stranger's")
    })
    .await;
    assert_eq!(done(upload(&mut driver, &here, "/target").await), None);
    assert_eq!(content(&server, "/target"), "new");
    let ours = installation(state.path());
    let mut expected = [
        left("other", ours, "ftpane-part"),
        left("target", !ours, "ftpane-part"),
        "/target".into(),
    ];
    expected.sort();
    assert_eq!(server.files(), expected);
    driver.shutdown().await;
}

/// An old file that could not be deleted is named, and goes with the next upload that is placed there; not with one that
/// is not, nor a stranger's.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_file_that_was_not_deleted_goes_with_the_next_upload() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, here) = local("new");
    let stranger = |ours: u32| left("target", !ours, "ftpane-old");
    let (server, mut driver) = of_installation(state.path(), |ours| {
        script()
            .refuses_over(OVER)
            .file(&stranger(ours), "a stranger's")
            .once("DELE", say("450 Not now."))
            .once("STOR", usual())
            .once("STOR", say("452 Full."))
    })
    .await;
    let note = done(upload(&mut driver, &here, "/target").await).unwrap_or_default();
    assert!(note.contains("the old file may still be there"), "{note}");
    driver.shutdown().await;
    let mut expected = vec![stranger(installation(state.path())), "/target".into()];
    expected.sort();
    let aside: Vec<_> = server
        .files()
        .into_iter()
        .filter(|file| !expected.contains(file))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    for (is_refused, is_left) in [(true, true), (false, false)] {
        let mut driver = Driver::with(ftpane::engine::Options {
            queue: Some(state.path().to_path_buf()),
            ..ftpane::engine::Options::default()
        });
        driver
            .connect_patiently(server.server(), server.secret(), SHORT)
            .await
            .unwrap();
        let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
        let ended = driver.over(batch, |question| panic!("{question:?}")).await;
        assert_eq!(!ended.failures().is_empty(), is_refused);
        driver.shutdown().await;
        assert_eq!(server.files().contains(&aside[0]), is_left);
    }
    assert_eq!(server.files(), expected);
    assert_eq!(content(&server, "/target"), "new");
}

/// A run that was broken off while the old file was aside: it is put back, and is what stands there.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_file_left_aside_is_put_back() {
    for policy in [Policy::Overwrite, Policy::Skip] {
        let state = tempfile::tempdir().unwrap();
        let (_folder, here) = local("new");
        let (server, mut driver) = of_installation(state.path(), |ours| {
            Script::new(Protocol::Ftp)
                .file(&left("target", ours, "ftpane-old"), "old")
                .file(&left("target", ours, "ftpane-part"), "half")
        })
        .await;
        let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", policy);
        let ended = driver.over(batch, |q| panic!("{q:?}")).await;
        let (_, _, state) = &ended.states[0];
        if policy == Policy::Skip {
            assert!(matches!(state, JobState::Skipped(_)), "{state:?}");
            assert_eq!(content(&server, "/target"), "old");
        } else {
            assert!(matches!(state, JobState::Done { .. }), "{state:?}");
            assert_eq!(content(&server, "/target"), "new");
            assert_eq!(server.files(), ["/target"]);
        }
        assert!(remarked(&driver, "left aside"));
        driver.shutdown().await;
    }
}

/// The file here is gone when its upload is begun anew: what the first beginning has left goes too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_begun_anew_and_cannot_be_leaves_nothing() {
    let (_folder, here) = local("new");
    let gone = here.clone();
    // a server that has lost the command: it is begun anew after a silence
    let lost = [receive_all(), hold()];
    let script = Script::new(Protocol::Ftp).once("STOR", lost);
    let (server, mut driver) = connected(script).await;
    driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
    driver.heard("STOR").await;
    driver.moved(3).await;
    std::fs::remove_file(gone).unwrap();
    let failure = driver
        .wait(|event| match event {
            Event::JobChanged(_, JobState::Failed(failure)) => Some(failure),
            Event::JobChanged(_, JobState::Done { .. }) => panic!("done"),
            _ => None,
        })
        .await;
    assert_says(&failure, Class::Local, &["no such file"]);
    assert!(server.files().is_empty(), "{:?}", server.files());
    driver.shutdown().await;
}

/// `ftpane put` without a terminal: no, with the option named; with the option, yes.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_writes_in_place_only_when_told() {
    let (_folder, here) = local("new");
    let home = tempfile::tempdir().unwrap();
    for (options, code, left, words) in [
        (&[][..], 7, "old", "--in-place"),
        (&["--in-place"], 0, "new", "written in place"),
        (&["--in-place", "--read-only"], 8, "old", "read only"),
    ] {
        let server = script().refuses_dot_names(NO_DOTS).start().await;
        let mut command = crate::harness::binary::ftpane(home.path());
        command.arg("put").args(options).arg(&here);
        command.arg(format!("{}/target", server.server().url()));
        let output = crate::harness::binary::output(command).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{options:?}: {said}");
        assert!(said.contains(words), "{options:?}: {said}");
        assert_eq!(content(&server, "/target"), left, "{options:?}");
        assert_eq!(server.files(), ["/target"]);
    }
    // and where nothing is renamed over, nobody need be told
    let server = script().refuses_over(OVER).start().await;
    let mut command = crate::harness::binary::ftpane(home.path());
    command.arg("put").arg(&here);
    command.arg(format!("{}/target", server.server().url()));
    let output = crate::harness::binary::output(command).await;
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(content(&server, "/target"), "new");
}

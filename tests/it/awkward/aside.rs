//! The old file aside while the new one takes its place: moved and said not to be, not put back at once, by a server
//! that tells no sizes, or where nobody can connect for a while.

use ftpane::model::command::{Command, Extent};
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::Policy;
use ftpane::model::server::Patience;

use super::placing::{content, local, replace, script};
use super::*;
use crate::harness::scripted::{GREETING, Script, Step, close, hold, obey, say, usual};

const OVER: &str = "550 Cannot create a file when that file already exists.";

/// What is done about the first RNTOs, one after the other; the others are as usual.
fn renaming(script: Script, steps: impl IntoIterator<Item = Vec<Step>>) -> Script {
    let script = script.refuses_over(OVER);
    steps
        .into_iter()
        .fold(script, |script, steps| script.once("RNTO", steps))
}

fn sizeless(script: Script) -> Script {
    script
        .features("EPSV MLST MDTM UTF8")
        .on("SIZE", say("500 What?"))
}

/// The renaming over is refused twice, and this is done about the one aside.
fn moving_aside(script: Script, steps: Vec<Step>) -> Script {
    renaming(script, [vec![usual()], vec![usual()], steps])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_moved_and_said_not_to_be_comes_back() {
    for script in [script(), sizeless(script())] {
        let moved = moving_aside(script, vec![obey(), say("552 Quota exceeded.")]);
        let (server, driver, state) = replace(moved).await;
        assert_says(&failed(state), Class::Refused, &["/target in place", "untouched"]);
        assert_eq!(content(&server, "/target"), "old");
        assert_eq!(server.files(), ["/target"]);
        driver.shutdown().await;
    }
}

/// A listing tells what stands there, where no size does.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_lost_over_moving_aside_leaves_no_doubt_where_no_size_is_told() {
    for steps in [vec![close()], vec![obey(), close()]] {
        let (server, driver, state) = replace(moving_aside(sizeless(script()), steps)).await;
        let failure = failed(state);
        assert!(failure.transient, "{failure}");
        assert_says(&failure, Class::Unreachable, &["untouched"]);
        assert_eq!(content(&server, "/target"), "old");
        assert_eq!(server.files(), ["/target"]);
        driver.shutdown().await;
    }
}

/// The new one is refused, and so is the old one: a server may be busy for a moment.
#[tokio::test(flavor = "multi_thread")]
async fn putting_back_is_tried_more_than_once() {
    for line in ["RNTO /target", "RNFR"] {
        // over, in steps, in, back
        let refused = script()
            .refuses_over(OVER)
            .first(3, "RNTO /target", say("450 Busy."));
        let refused = match line {
            "RNFR" => (0..4)
                .fold(refused, |script, _| script.once("RNFR", usual()))
                .first(2, "RNFR", say("450 Busy.")),
            line => refused.first(2, line, say("450 Busy.")),
        };
        let (server, driver, state) = replace(refused).await;
        assert_says(&failed(state), Class::Refused, &["450 Busy.", "untouched"]);
        assert_eq!(content(&server, "/target"), "old", "{line}");
        assert_eq!(server.files(), ["/target"], "{line}");
        driver.shutdown().await;
    }
}

/// The line is cut while the old file is aside, and nobody can connect for a moment: the next try puts it back, and
/// then the new one in its place.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_connect_the_next_try_puts_the_old_one_back() {
    let cases = [
        (true, vec![close()]),
        (true, vec![obey(), close()]),
        (false, vec![close()]),
        (false, vec![obey(), close()]),
    ];
    all_at_once(cases.into_iter().map(|(tells_sizes, put_in)| async move {
        let shown = format!("{tells_sizes} {put_in:?}");
        let script = if tells_sizes { script() } else { sizeless(script()) };
        let cut = renaming(script, [vec![usual()], vec![usual()], vec![usual()], put_in]).in_sessions(
            2..3,
            GREETING,
            close(),
        );
        let (_folder, here) = local("new");
        let server = cut.start().await;
        let mut driver = connected_to(
            &server,
            |server| Server {
                connections: 1,
                ..server
            },
            Patience { retries: 1, ..SHORT },
        )
        .await;
        let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
        let mut met = Vec::new();
        let state = driver
            .wait(|event| match event {
                Event::JobChanged(_, JobState::Retrying(failure)) => {
                    met.push(failure.to_string());
                    None
                }
                Event::JobChanged(_, state @ (JobState::Done { .. } | JobState::Failed(_))) => Some(state),
                _ => None,
            })
            .await;
        driver
            .wait(|event| matches!(event, Event::BatchOver(over) if over == batch).then_some(()))
            .await;
        assert!(matches!(state, JobState::Done { .. }), "{shown}: {state:?}");
        let aside = |text: &String| text.contains("may be missing") && text.contains(".ftpane-old");
        assert!(met.iter().any(aside), "{shown}: {met:?}");
        assert_eq!(content(&server, "/target"), "new", "{shown}");
        assert_eq!(server.files(), ["/target"], "{shown}");
        driver.shutdown().await;
    }))
    .await;
}

/// Who has taken the job out meanwhile is told of no failure, but of that.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_taken_it_out_is_told_what_is_aside() {
    let script = renaming(
        script(),
        [vec![usual()], vec![usual()], vec![usual()], vec![hold()]],
    );
    let server = script.in_sessions(2.., GREETING, close()).start().await;
    let (_folder, here) = local("new");
    let one = |server| Server {
        connections: 1,
        ..server
    };
    let mut driver = connected_to(&server, one, SHORT).await;
    let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
    driver.heard(".ftpane-old").await;
    driver.heard("RNTO /target").await;
    driver.send(Command::Cancel(Extent::Batch(batch)));
    driver
        .wait(|event| matches!(event, Event::JobChanged(_, JobState::Cancelled)).then_some(()))
        .await;
    let aside = server
        .files()
        .into_iter()
        .find(|file| file.ends_with(".ftpane-old"));
    let aside = aside.unwrap();
    let notices = &driver.notices;
    assert!(
        notices.iter().any(|notice| notice.contains(&aside)),
        "{notices:?}"
    );
    driver.shutdown().await;
}

//! Listings that are refused, lie or never end.

use ftpane::model::command::{Command, Generation};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::Direction;
use ftpane::model::server::Protocol;

use super::{assert_says, connected, names, remarked};
use crate::harness::engine::remote_place;
use crate::harness::scripted::{Script, Step, end_data, say, send, send_without_end, usual};

pub(super) fn script() -> Script {
    Script::new(Protocol::Ftp)
        .file("/d/f", "x")
        .file("/d/.hidden", "")
}

pub(super) fn lines(text: &str) -> Vec<Step> {
    vec![say("150 go"), send(text), end_data(), say("226 done")]
}

#[tokio::test(flavor = "multi_thread")]
async fn without_mlsd_there_is_list() {
    for (script, mlsd) in [
        (script().features("EPSV SIZE"), 0),
        (script().on("MLSD", say("500 MLSD not understood")), 1),
        (script().on("MLSD", say("502 Command not implemented")), 1),
        (script().on("MLSD", say("504 Not for you")), 1),
    ] {
        let (server, mut driver) = connected(script).await;
        for _ in 0..2 {
            assert_eq!(names(&driver.list("/d").await.unwrap()), [".hidden", "f"]);
        }
        assert_eq!(server.count("MLSD"), mlsd, "a refusal is remembered");
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn list_with_an_option_is_done_without_where_it_fails() {
    let script = || script().features("EPSV");
    for (script, asked) in [
        (
            script().on("LIST -a", say("550 -a: No such file or directory.")),
            1,
        ),
        (script().on("LIST -a", say("501 Unknown option.")), 1),
        (
            script().on("LIST -a", [say("150 go"), end_data(), say("550 -a not found")]),
            1,
        ),
        (script().on("LIST -a", lines("")), 1),
        (script().on("LIST -a", lines("total 0\r\n")), 1),
        (
            script().on("LIST -a", lines("ls: -a: No such file or directory\r\n")),
            1,
        ),
        (
            script().on("LIST -a", say("450 -a: No such file or directory")),
            1,
        ),
    ] {
        let (server, mut driver) = connected(script).await;
        for _ in 0..2 {
            assert_eq!(names(&driver.list("/d").await.unwrap()), [".hidden", "f"]);
        }
        let heard = server.heard();
        assert_eq!(
            heard.iter().filter(|h| h.line == "LIST -a").count(),
            asked,
            "{heard:?}"
        );
        driver.shutdown().await;
    }
}

/// Four round trips: an empty answer is believed once the option was seen to be understood, by what it shows or
/// by the folder itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_asked_for_once_where_the_option_is_understood() {
    let itself = "drwxr-xr-x 2 0 0 40 Nov 23 10:41 .\r\ndrwxr-xr-x 3 0 0 60 Nov 23 10:41 ..\r\n";
    let script = |all: &str| {
        script()
            .features("EPSV")
            .file("/empty/unseen", "")
            .on_in("/empty", "LIST -a", lines(all))
            .on_in("/empty", "LIST", lines(""))
    };
    for (script, first, asked) in [
        (script(""), "/d", &["LIST -a", "LIST -a"][..]),
        (script(itself), "/empty", &["LIST -a", "LIST -a"]),
        // nothing is known of the option
        (script(""), "/empty", &["LIST -a", "LIST", "LIST -a", "LIST"]),
    ] {
        let (server, mut driver) = connected(script).await;
        driver.list(first).await.unwrap();
        assert!(driver.list("/empty").await.unwrap().entries.is_empty());
        let heard: Vec<_> = server.heard().into_iter().map(|h| h.line).collect();
        let lists: Vec<_> = heard.iter().filter(|line| line.starts_with("LIST")).collect();
        assert_eq!(lists, asked);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_empty_and_a_missing_one_is_missing() {
    for reply in [
        "550 No files found.",
        "450 No files found",
        "550 Directory is empty.",
    ] {
        let (_server, mut driver) = connected(script().features("EPSV").on("LIST", say(reply))).await;
        let listing = driver.list("/d").await.unwrap();
        assert!(listing.entries.is_empty() && listing.is_whole(), "{reply}");
        driver.shutdown().await;
    }
    let (_server, mut driver) = connected(script().features("EPSV")).await;
    let failure = driver.list("/nowhere").await.unwrap_err();
    assert_says(&failure, Class::Refused, &["/nowhere", "no such file or folder"]);
    assert_eq!(driver.list("/d").await.unwrap().entries.len(), 2);
    driver.shutdown().await;
}

/// A folder of which nothing can be listed was refused, and not because of an option.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_listed_does_not_cost_the_option() {
    let script = script()
        .features("EPSV")
        .once("LIST -a", say("450 Busy."))
        .once("LIST", say("450 Busy."));
    let (server, mut driver) = connected(script).await;
    assert_says(
        &driver.list("/d").await.unwrap_err(),
        Class::Refused,
        &["450 Busy."],
    );
    assert_eq!(names(&driver.list("/d").await.unwrap()), [".hidden", "f"]);
    let asked: Vec<_> = server.heard().into_iter().map(|h| h.line).collect();
    let asked: Vec<_> = asked.iter().filter(|line| line.starts_with("LIST")).collect();
    assert_eq!(asked, ["LIST -a", "LIST", "LIST -a"]);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_and_lines_never_become_entries() {
    let text = "type=file; ../../etc/passwd\r\ntype=file; /etc/passwd\r\ntype=file; a/b\r\ntype=file; ..\r\n\
                type=dir; .\r\ntype=cdir; x\r\nnonsense\r\ntype=file; ok\r\ntype=file; \r\ntype=file;size=99999999999999999999999; big\r\n";
    let (_server, mut driver) = connected(script().on("MLSD", lines(text))).await;
    let listing = driver.list("/d").await.unwrap();
    assert_eq!(names(&listing), ["big", "ok"]);
    assert!(
        listing.unreadable_count >= 4 && !listing.is_whole(),
        "{listing:?}"
    );
    driver.shutdown().await;
}

/// One line of 100 MB: it is read past, it is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_hundred_megabytes_is_one_unreadable_line() {
    let piece = vec![b'x'; 1 << 20];
    let mut steps = vec![say("150 go"), send("type=file; first\r\n")];
    steps.extend((0..100).map(|_| send(&piece)));
    steps.extend([send("\r\ntype=file; last\r\n"), end_data(), say("226 done")]);
    let (_server, mut driver) = connected(script().on("MLSD", steps)).await;
    let listing = driver.list("/d").await.unwrap();
    assert_eq!(
        (names(&listing), listing.unreadable_count),
        (vec!["first".into(), "last".into()], 1)
    );
    assert!(listing.unreadable.iter().map(|line| line.len()).sum::<usize>() < 100_000);
    driver.shutdown().await;
}

/// A reply without end is cut off at a bound; the pane gets a sentence and a new session.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_without_end_ends() {
    for endless in [
        Step::RawWithoutEnd(vec![b'2'; 1 << 16]),
        Step::RawWithoutEnd(b"250-more and more and more and more and more\r\n".to_vec()),
        Step::RawWithoutEnd(b"150 and again\r\n".to_vec()),
    ] {
        let (server, mut driver) =
            connected(script().features("EPSV").once("CWD", endless).on("CWD", usual())).await;
        let listing = driver.list("/d").await.unwrap();
        assert_eq!(
            (listing.entries.len(), server.sessions()),
            (2, 2),
            "on a new session"
        );
        driver.shutdown().await;
    }
}

/// A listing without end: lines that say nothing are waited for only so long.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_without_end_can_be_left() {
    let script = script().on(
        "MLSD /d",
        [say("150 go"), send_without_end("\r\n".repeat(30_000))],
    );
    let (server, mut driver) = connected(script).await;
    driver.send(Command::List {
        place: remote_place("/d"),
        generation: Generation(1),
    });
    driver
        .wait(|event| match event {
            Event::Dialogue(line) if line.text.starts_with("150") => Some(()),
            _ => None,
        })
        .await;
    // the pane is not held up by it, and the end of the program neither
    assert_eq!(names(&driver.list("/").await.unwrap()), ["d"]);
    assert_eq!(server.sessions(), 2);
    driver.shutdown().await;
}

/// A server that sends bells and colours instead of words paints nothing on the screen.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_is_escaped() {
    let (_server, mut driver) =
        connected(script().on("MLSD", say("550 \x1b[31mNo\x07 such\u{9b}file"))).await;
    let failure = driver.list("/d").await.unwrap_err();
    assert_says(&failure, Class::Refused, &["\\x1b[31mNo"]);
    assert!(
        driver
            .dialogue
            .iter()
            .all(|line| !line.text.chars().any(char::is_control))
    );
    assert!(!remarked(&driver, "\u{1b}"));
    driver.shutdown().await;
}

/// A folder that holds itself: whoever goes through it comes to an end, and deletes nothing on the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_itself_has_an_end() {
    let ring = "r".repeat(250);
    let script = Script::new(Protocol::Ftp)
        .on("MLSD", lines(&format!("type=dir; {ring}\r\n")))
        .on("CWD", say("250 There."))
        .on("LIST", say("502 No."));
    let (server, mut driver) = connected(script).await;
    let top = remote_place(&format!("/{ring}"));
    let counted = driver.count(vec![top.clone()]).await.unwrap();
    assert!(counted.incomplete && counted.folders > 10, "{counted:?}");
    driver.send(Command::Delete(vec![top]));
    let failure = driver.wait(|event| match event {
        Event::Failed(failure) => Some(failure),
        _ => None,
    });
    assert_says(
        &failure.await,
        Class::Guarded,
        &["longer than any server's", "ring"],
    );
    assert_eq!(server.count("DELE") + server.count("RMD"), 0);

    let here = tempfile::tempdir().unwrap();
    let ended = driver
        .transfer(
            Direction::Download,
            Kind::Dir,
            &here.path().join("d"),
            &format!("/{ring}"),
        )
        .await;
    assert!(ended.states.len() > 10, "{ended:?}");
    driver.shutdown().await;
}

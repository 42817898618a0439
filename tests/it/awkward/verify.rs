//! `--verify` against every dialect of checksum commands, and against servers that refuse, lie or
//! fall silent.

use ftpane::model::command::Answer;
use ftpane::model::entry::Kind;
use ftpane::model::failure::Class;
use ftpane::model::job::{Care, Direction, JobState, Policy};
use ftpane::model::server::{Patience, Protocol, Server};

use super::{SHORT, all_at_once, assert_says, connected_to, done, download, failed, upload};
use crate::harness::binary;
use crate::harness::engine::{Driver, tree};
use crate::harness::scripted::{Script, Scripted, Step, close, end_data, hear, hold, say, send};

/// The content of every file here, and its checksums by sha256sum, sha512sum, sha1sum, md5sum and
/// gzip.
const HELLO: &str = "hello";
const SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const SHA512: &str = "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043";
const SHA1: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
const CRC32: &str = "3610A686";

const CARE: Care = Care {
    verify: true,
    fsync: false,
    new_times: false,
    permissions: false,
};

/// A server with two files that announces these commands, one a line.
fn offers(protocol: Protocol, features: &str) -> Script {
    let lines: String = features.lines().map(|line| format!(" {line}\r\n")).collect();
    Script::new(protocol)
        .on(
            "FEAT",
            say(&format!("211-Features:\r\n EPSV\r\n MLST\r\n{lines}211 End")),
        )
        .file("/a b", HELLO)
        .file("/c", HELLO)
}

/// A driver whose transfers to this server are verified.
async fn verifying(server: &Scripted) -> Driver {
    let verified = |server| Server {
        verify: true,
        ..server
    };
    let mut driver = connected_to(server, verified, SHORT).await;
    driver.care = CARE;
    driver
}

/// A folder with a file to be sent, and one to be replaced.
fn folder() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("new"), HELLO).unwrap();
    std::fs::write(here.path().join("old"), "old").unwrap();
    here
}

/// The lines with this verb, without the temporary name of an upload.
fn asked(server: &Scripted, verb: &str) -> Vec<String> {
    let heard = server.heard().into_iter().map(|heard| heard.line);
    heard
        .filter(|line| line.split(' ').next() == Some(verb))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dialect_is_spoken_both_ways() {
    let hash = |word: &str, hex: &str| format!("213-Computing\r\n213 {word} 0-5 {hex} /some name");
    let cases = [
        (
            "HASH SHA-256*;SHA-1;MD5",
            "HASH",
            hash("SHA-256", SHA256),
            "SHA-256",
            false,
        ),
        ("HASH MD5;CRC32*", "HASH", hash("MD5", MD5), "MD5", false),
        ("HASH SHA-512*", "HASH", format!("213 {SHA512}"), "SHA-512", false),
        ("HASH CRC32*", "HASH", hash("CRC32", CRC32), "CRC32", false),
        // Serv-U, GlobalSCAPE: quoted, since a range of bytes may follow
        (
            "XCRC filename;start;end\nXSHA256 filename;start;end",
            "XSHA256",
            format!("250 {}", SHA256.to_uppercase()),
            "SHA-256",
            true,
        ),
        ("XSHA512", "XSHA512", format!("250 {SHA512}"), "SHA-512", true),
        ("XSHA1\nXMD5", "XSHA1", format!("250 {SHA1}"), "SHA-1", true),
        ("XSHA", "XSHA", format!("250 {SHA1}"), "SHA-1", true),
        ("XMD5", "XMD5", format!("250-Computing\r\n250 {MD5}"), "MD5", true),
        ("XCRC", "XCRC", format!("250 {CRC32}"), "CRC32", true),
        ("MD5", "MD5", format!("251 \"/a b\" {MD5}"), "MD5", false),
        ("MMD5", "MMD5", format!("252 /a b {MD5}"), "MD5", false),
    ];
    all_at_once(
        cases
            .into_iter()
            .map(|(features, verb, reply, word, quoted)| async move {
                for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
                    println!("{features:?} {protocol:?}");
                    let here = folder();
                    let server = offers(protocol, features).on(verb, say(&reply)).start().await;
                    let mut driver = verifying(&server).await;
                    let note = done(download(&mut driver, "/a b", &here.path().join("old")).await);
                    assert_eq!(note, Some(format!("verified by {word}")));
                    assert_eq!(std::fs::read_to_string(here.path().join("old")).unwrap(), HELLO);
                    let note = done(upload(&mut driver, &here.path().join("new"), "/c d").await);
                    assert_eq!(note, Some(format!("verified by {word}")));
                    assert_eq!(server.content("/c d").unwrap(), HELLO.as_bytes());
                    let asked = asked(&server, verb);
                    let name = if quoted { "\"/a b\"" } else { "/a b" };
                    assert_eq!(asked[0], format!("{verb} {name}"));
                    // under its temporary name: before it is put in its place
                    assert!(asked[1].contains(".ftpane-part") && asked.len() == 2, "{asked:?}");
                    assert_eq!(asked[1].contains("\"/"), quoted, "{asked:?}");
                    let told = server.count("OPTS") - usize::from(features.starts_with("HASH MD5"));
                    assert_eq!(
                        told, 0,
                        "HASH is told another algorithm only where that is better"
                    );
                    driver.shutdown().await;
                }
            }),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_where_nobody_wants_it() {
    let here = folder();
    let server = offers(Protocol::Ftp, "HASH SHA-1*;SHA-256\nXMD5").start().await;
    let mut driver = connected_to(&server, |server| server, SHORT).await;
    assert_eq!(
        done(download(&mut driver, "/c", &here.path().join("old")).await),
        None
    );
    assert_eq!(
        done(upload(&mut driver, &here.path().join("new"), "/c").await),
        None
    );
    for verb in ["HASH", "XMD5", "OPTS"] {
        assert_eq!(server.count(verb), 0, "{verb}");
    }
    driver.shutdown().await;
}

/// What the server refuses to select is not taken for selected.
#[tokio::test(flavor = "multi_thread")]
async fn an_algorithm_that_cannot_be_selected_is_not_relied_on() {
    let here = folder();
    let server = offers(Protocol::Ftp, "HASH SHA-1*;SHA-256")
        .on("OPTS", say("501 No."))
        .on("HASH", say(&format!("213 SHA-1 0-5 {SHA1} /c")))
        .start()
        .await;
    let mut driver = verifying(&server).await;
    let note = done(download(&mut driver, "/c", &here.path().join("old")).await);
    assert_eq!(note.as_deref(), Some("verified by SHA-1"));
    driver.shutdown().await;
}

/// HASH may answer for a part of the file, as RANG or the server's own bound has it: that is compared with nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_checksum_of_a_part_is_not_compared() {
    let here = folder();
    let server = offers(Protocol::Ftp, "HASH SHA-1*\nXMD5")
        .on("HASH", say(&format!("213 SHA-1 0-2 {} /c", "0".repeat(40))))
        .on("XMD5", say(&format!("250 {MD5}")))
        .start()
        .await;
    let mut driver = verifying(&server).await;
    let note = done(download(&mut driver, "/c", &here.path().join("old")).await);
    assert_eq!(note.as_deref(), Some("verified by MD5"));
    assert_eq!(server.count("HASH"), 1);
    driver.shutdown().await;
}

/// A checksum that differs is a failure, after one more try from the beginning; the targets are as they
/// were, and nothing is left over.
#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_not_put_in_its_place() {
    let wrong = say(&format!("250 {}", "0".repeat(32)));
    let patient = Patience {
        retries: 3,
        ..Patience::default()
    };
    let here = folder();
    let server = offers(Protocol::Ftp, "XMD5")
        .on("XMD5", wrong.clone())
        .start()
        .await;
    let mut driver = connected_to(&server, |server| server, patient).await;
    driver.care = CARE;
    let failure = failed(download(&mut driver, "/c", &here.path().join("old")).await);
    let words = &[
        "Could not download /c",
        "the server's MD5 is 0000",
        &format!("here it is {MD5}"),
        "untouched",
    ];
    assert_says(&failure, Class::Conflict, words);
    let failure = failed(upload(&mut driver, &here.path().join("new"), "/a b").await);
    assert_says(
        &failure,
        Class::Conflict,
        &["Could not upload to /a b", "the server's MD5 is 0000"],
    );
    assert_eq!(
        (server.count("RETR"), server.count("STOR")),
        (2, 2),
        "once more, and no more"
    );
    assert_eq!(server.files(), ["/a b", "/c"]);
    assert_eq!(tree(here.path())[1], ("old".into(), Some(b"old".to_vec())));
    assert_eq!(tree(here.path()).len(), 2);
    assert_eq!(server.count("RNTO"), 0);
    driver.shutdown().await;

    // wrong once: the second try is right, and says so
    let server = offers(Protocol::Ftp, "XMD5")
        .once("XMD5", wrong)
        .on("XMD5", say(&format!("250 {MD5}")))
        .start()
        .await;
    let mut driver = connected_to(&server, |server| server, patient).await;
    driver.care = CARE;
    let note = done(upload(&mut driver, &here.path().join("new"), "/a b").await);
    assert_eq!(note.as_deref(), Some("verified by MD5"));
    assert_eq!(server.count("STOR"), 2);
    driver.shutdown().await;
}

/// What really differs: bytes that were changed on the way, the size being right.
#[tokio::test(flavor = "multi_thread")]
async fn content_that_changed_on_the_way_is_found() {
    let here = folder();
    let spoilt = vec![say("150 go"), send("hellO"), end_data(), say("226 done")];
    let server = offers(Protocol::FtpsExplicit, "XSHA1")
        .on("RETR", spoilt)
        .on("XSHA1", say(&format!("250 {SHA1}")))
        .start()
        .await;
    let mut driver = verifying(&server).await;
    let failure = failed(download(&mut driver, "/c", &here.path().join("old")).await);
    assert_says(
        &failure,
        Class::Conflict,
        &[&format!("the server's SHA-1 is {SHA1}")],
    );
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leads_to_the_next_way_and_at_last_to_the_size() {
    let here = folder();
    // refused for good: the next file does not ask again
    let server = offers(Protocol::Ftp, "XSHA256\nXSHA1\nXMD5")
        .on("XSHA256", say("502 Not implemented."))
        .on("XSHA1", say("250 not a checksum"))
        .on("XMD5", say(&format!("250 {MD5}")))
        .start()
        .await;
    let mut driver = verifying(&server).await;
    for _ in 0..2 {
        let note = done(download(&mut driver, "/c", &here.path().join("old")).await);
        assert_eq!(note.as_deref(), Some("verified by MD5"));
    }
    let note = done(upload(&mut driver, &here.path().join("new"), "/c").await);
    assert_eq!(note.as_deref(), Some("verified by MD5"));
    let asked = ["XSHA256", "XSHA1", "XMD5"].map(|verb| server.count(verb));
    assert_eq!(asked, [1, 1, 3], "what works is stayed with");
    driver.shutdown().await;

    for (features, reply, wanted) in [
        (
            "XSHA1\nXMD5",
            "550 Too large.",
            "the server gives no checksum (XMD5: 550 Too large.); compared by size",
        ),
        (
            "SIZE",
            "500 What?",
            "the server offers no checksum; compared by size",
        ),
    ] {
        let server = offers(Protocol::Ftp, features)
            .on("XSHA1", say(reply))
            .on("XMD5", say(reply))
            .start()
            .await;
        let mut driver = verifying(&server).await;
        let note = done(download(&mut driver, "/c", &here.path().join("old")).await);
        assert_eq!(note.as_deref(), Some(wanted));
        let note = done(upload(&mut driver, &here.path().join("new"), "/c").await);
        assert_eq!(note.as_deref(), Some(wanted));
        driver.shutdown().await;
    }
    // neither: nothing is claimed
    let server = offers(Protocol::Ftp, "XMD5")
        .on("XMD5", say("550 No."))
        .on("SIZE", say("500 What?"))
        .start()
        .await;
    let mut driver = verifying(&server).await;
    let note = done(upload(&mut driver, &here.path().join("new"), "/c").await).unwrap();
    assert!(
        note.contains("its word is the only proof") && note.ends_with("(XMD5: 550 No.)"),
        "{note}"
    );
    driver.shutdown().await;
}

/// A server that falls silent over the question, or ends the connection, is asked once more and then
/// no longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_without_an_answer_does_not_lose_the_file() {
    let cases = [vec![hold()], vec![close()]];
    all_at_once(cases.into_iter().map(|steps: Vec<Step>| async move {
        let here = folder();
        let server = offers(Protocol::Ftp, "XMD5").on("XMD5", steps).start().await;
        let mut driver = verifying(&server).await;
        let wanted = "the server gives no checksum (XMD5: no answer came); compared by size";
        let note = done(upload(&mut driver, &here.path().join("new"), "/c").await);
        assert_eq!(note.as_deref(), Some(wanted));
        assert_eq!(server.content("/c").unwrap(), HELLO.as_bytes());
        let note = done(download(&mut driver, "/c", &here.path().join("old")).await);
        assert_eq!(note.as_deref(), Some(wanted));
        assert_eq!(server.count("STOR"), 1, "nothing was sent twice");
        driver.shutdown().await;
    }))
    .await;
}

/// The question rides with that for the size and with what follows: it is written before the size is
/// answered.
#[tokio::test(flavor = "multi_thread")]
async fn the_question_costs_no_wait_of_its_own() {
    let here = tempfile::tempdir().unwrap();
    for name in ["1", "2", "3"] {
        std::fs::write(here.path().join(name), HELLO).unwrap();
    }
    // nothing is answered to SIZE before the next command is there
    let both = say(&format!("213 5\r\n250 {MD5}"));
    let server = offers(Protocol::Ftp, "XMD5")
        .on("SIZE", [hear(), both])
        .start()
        .await;
    let mut driver = verifying(&server).await;
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/all")
        .await;
    let notes = ended
        .states
        .into_iter()
        .filter(|(_, item, _)| item.kind == Kind::File);
    for (_, item, state) in notes {
        assert_eq!(done(state).as_deref(), Some("verified by MD5"), "{item:?}");
    }
    driver.shutdown().await;
}

/// A person who takes the job out while the server computes does not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_taken_out_while_the_server_computes() {
    let here = folder();
    let patient = Patience::default();
    let server = offers(Protocol::Ftp, "XMD5").on("XMD5", hold()).start().await;
    let mut driver = connected_to(&server, |server| server, patient).await;
    driver.care = CARE;
    let local = here.path().join("new");
    let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/new", Policy::Overwrite);
    driver.heard("XMD5").await;
    driver.send(ftpane::model::command::Command::Cancel(
        ftpane::model::command::Extent::Batch(batch),
    ));
    let ended = driver.over(batch, |_| Answer::Dismissed).await;
    assert!(
        ended
            .states
            .iter()
            .all(|(.., state)| *state == JobState::Cancelled),
        "{ended:?}"
    );
    assert_eq!(server.files(), ["/a b", "/c"]);
    driver.shutdown().await;
}

/// The program itself: what it says, and its exit codes.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_verifies() {
    let here = folder();
    let run = async |server: &Scripted, words: &str| {
        let words = words.replace("URL", &server.server().url());
        let mut command = binary::ftpane(here.path());
        command.args(words.split(' '));
        let output = binary::output(command).await;
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let server = offers(Protocol::Ftp, "HASH SHA-1*;SHA-256")
        .on("HASH", say(&format!("213 SHA-256 0-5 {SHA256} x")))
        .start()
        .await;
    let (code, said) = run(&server, "get --verify --read-only --fsync --to d URL/c").await;
    assert!(
        code == Some(0) && said.contains("d/c: verified by SHA-256"),
        "{said}"
    );
    let (code, said) = run(&server, "put --verify new URL/c").await;
    assert!(
        code == Some(0) && said.contains("/c: verified by SHA-256"),
        "{said}"
    );
    assert_eq!(asked(&server, "OPTS")[0], "OPTS HASH SHA-256");
    let server = offers(Protocol::Ftp, "XCRC")
        .on("XCRC", say("250 00000000"))
        .start()
        .await;
    for words in ["get --verify --to d URL/c", "put --verify new URL/c"] {
        let (code, said) = run(&server, words).await;
        assert!(
            code == Some(9) && said.contains("the server's CRC32 is 00000000"),
            "{said}"
        );
    }
    assert_eq!(server.content("/c").unwrap(), HELLO.as_bytes());
    let server = Script::new(Protocol::Ftp).file("/c", HELLO).start().await;
    let (code, said) = run(&server, "get --verify --to d URL/c").await;
    assert!(
        code == Some(0) && said.contains("the server offers no checksum; compared by size"),
        "{said}"
    );
}

//! What is written in one piece before any transfer, at the login and on the way into a folder, and servers that do
//! not cope with that.

use ftpane::model::failure::Class;
use ftpane::model::server::{Protocol, Server};

use super::{
    SHORT, all_at_once, assert_says, connected, connected_as, connected_to, names, refused, remarked,
};
use crate::harness::scripted::{Script, Step, announce, close, hear, hold, obey, say, usual};

const WAY: &str = "229 Here (|||{port}|)";

fn script() -> Script {
    Script::new(Protocol::Ftp).file("/d/f", "x")
}

/// Knows LIST only, so that a folder is gone into.
fn by_lines() -> Script {
    script().features("EPSV MDTM SIZE UTF8")
}

/// The server answers when it has heard all: who waits for each answer waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn options_type_and_folder_are_asked_at_once() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let late = [
            hear(),
            hear(),
            say("200 UTF-8 it is."),
            say("200 Binary it is."),
            say("257 \"/\""),
        ];
        let script = Script::new(protocol).file("/d/f", "x").on("OPTS UTF8", late);
        let (server, mut driver) = connected(script).await;
        assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
        assert_eq!(server.sessions(), 1);
        assert!(!remarked(&driver, "asking one by one"));
        driver.shutdown().await;
    }
}

/// Whatever a server makes of several commands in one piece, it lets one in who asks one by one, and is asked so from
/// then on.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_cope_at_the_login_is_asked_one_by_one() {
    let cases: [(&[Step], u32); 7] = [
        // all that came with the first is lost, or what came with the second
        (&[Step::Deaf, say("200 UTF-8.")], 2),
        (&[hear(), Step::Deaf, say("200 UTF-8."), say("200 Binary.")], 2),
        // it hangs up, at once or behind the first answer
        (&[close()], 2),
        (&[say("200 UTF-8."), close()], 2),
        (&[say("200 UTF-8."), hear(), hold()], 2),
        // answers in another order
        (
            &[
                hear(),
                hear(),
                say("257 \"/\""),
                say("200 UTF-8."),
                say("200 Binary."),
            ],
            2,
        ),
        // refuses what comes too soon
        (
            &[
                hear(),
                hear(),
                say("200 UTF-8."),
                say("503 Not so fast."),
                say("450 Not now."),
            ],
            1,
        ),
    ];
    all_at_once(cases.into_iter().map(|(steps, sessions)| async move {
        let script = by_lines().once("OPTS UTF8", steps.to_vec());
        let (server, mut driver) = connected_as(script, |server| Server {
            document_path: "~".into(),
            ..server
        })
        .await;
        assert!(remarked(&driver, "asking one by one"), "{steps:?}");
        assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"], "{steps:?}");
        assert_eq!(server.sessions(), sessions, "{steps:?}");
        driver.shutdown().await;
    }))
    .await;
}

/// One that is refused for its own sake stays refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_is_refused_is_a_refusal() {
    let (server, failure) = refused(script().on("TYPE", say("504 Text only."))).await;
    assert_says(&failure, Class::Refused, &["504 Text only."]);
    assert_eq!(server.sessions(), 1);
}

/// Again the server answers when it has heard both.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_into_a_folder_and_its_data_connection_are_asked_at_once() {
    let late = [obey(), hear(), say("250 In."), announce(WAY)];
    let (server, mut driver) = connected(by_lines().on("CWD /d", late)).await;
    assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
}

/// A server without EPSV is asked for it once, and listed by PASV; a folder that cannot be gone into is refused with the
/// server's words; what is lost or disordered is asked again one by one.
#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_a_way_that_is_refused() {
    let (server, mut driver) = connected(by_lines().on("EPSV", say("500 What?"))).await;
    for _ in 0..2 {
        assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
    }
    assert_eq!((server.count("EPSV"), server.count("PASV")), (1, 2));
    assert!(!remarked(&driver, "asking one by one"));
    driver.shutdown().await;

    let script = by_lines().on("CWD /no", say("550 Not for you."));
    let (server, mut driver) = connected(script).await;
    let failure = driver.list("/no").await.unwrap_err();
    assert_says(&failure, Class::Refused, &["550 Not for you."]);
    assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;

    let cases: [&[Step]; 3] = [
        &[Step::Deaf, usual()],
        &[hear(), announce(WAY), say("250 In.")],
        &[close()],
    ];
    all_at_once(cases.into_iter().map(|steps| async move {
        let script = by_lines().once("CWD /d", steps.to_vec());
        let server = script.start().await;
        let mut driver = connected_to(&server, |server| server, SHORT).await;
        assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"], "{steps:?}");
        assert_eq!(server.sessions(), 2, "{steps:?}");
        driver.shutdown().await;
    }))
    .await;
}

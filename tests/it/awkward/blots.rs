//! Servers that repeat the password.

use ftpane::model::command::Command;
use ftpane::model::event::Speaker;
use ftpane::model::server::{Protocol, Server};

use super::{connected_as, names};
use crate::harness::engine::remote_place;
use crate::harness::scripted::{PASSWORD, Script, raw, say};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_repeated_is_blotted_and_data_is_not() {
    let folder = format!("/{PASSWORD}");
    let script = Script::new(Protocol::Ftp)
        .file(&format!("{folder}/f"), "1234")
        .on(
            "PASS",
            raw(format!("230-You are in with {PASSWORD}.\r\n230 {PASSWORD}\r\n").as_bytes()),
        )
        .on("MKD", say(&format!("550 Not a folder called {PASSWORD}.")));
    // a folder may be called like the password, and is reached all the same
    let (_server, mut driver) = connected_as(script, |server| Server {
        document_path: folder.clone(),
        ..server
    })
    .await;
    assert_eq!(names(&driver.list(&folder).await.unwrap()), ["f"]);
    let made = Command::MakeFolder(remote_place(&format!("{folder}/new")));
    let failure = driver.act(made).await.unwrap_err();
    assert_eq!(failure.reply.as_deref(), Some("550 Not a folder called ***."));
    let said: Vec<_> = driver
        .dialogue
        .iter()
        .filter(|line| line.speaker == Speaker::Server)
        .map(|line| line.text.as_str())
        .collect();
    assert!(
        said.contains(&"230-You are in with ***.") && said.contains(&"230 ***"),
        "{said:?}"
    );
    assert!(!said.iter().any(|line| line.contains(PASSWORD)), "{said:?}");
    driver.shutdown().await;
}

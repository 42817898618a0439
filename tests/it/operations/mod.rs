//! What acts on files without transferring them: permissions, copies on the server, checksums, and
//! commands as a person writes them.

mod checksums;
mod copying;
mod deleting;
mod permissions;
mod raw;

use ftpane::model::failure::{Class, Failure};
use ftpane::model::server::{Patience, Protocol, Server};

use crate::harness::engine::Driver;
use crate::harness::scripted::{Script, Scripted};

/// A well-behaved server that tells permissions, with a tree.
fn script() -> Script {
    Script::new(Protocol::Ftp)
        .features("EPSV MLST MDTM SIZE REST SITE UTF8")
        .file("/a/f", "content")
        .file("/a/b/g", "g")
        .link("/a/l", "/a/f")
        .mode("/a/f", 0o640)
        .mode("/a/b/g", 0o600)
        .mode("/a/b", 0o700)
        .mode("/a", 0o755)
}

async fn connected(script: Script) -> (Scripted, Driver) {
    connected_as(script, |server| server).await
}

async fn connected_as(script: Script, settings: impl FnOnce(Server) -> Server) -> (Scripted, Driver) {
    let server = script.start().await;
    let mut driver = Driver::new();
    let patience = Patience {
        retries: 0,
        ..Patience::default()
    };
    driver
        .connect_patiently(settings(server.server()), server.secret(), patience)
        .await
        .unwrap();
    (server, driver)
}

#[track_caller]
fn assert_says(failure: &Failure, class: Class, words: &[&str]) {
    let text = failure.to_string();
    assert_eq!(failure.class, class, "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

/// The lines with this beginning that the server has heard.
fn heard(server: &Scripted, beginning: &str) -> Vec<String> {
    let lines = server.heard().into_iter().map(|heard| heard.line);
    lines.filter(|line| line.starts_with(beginning)).collect()
}

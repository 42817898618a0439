//! A server's last word that comes before it can have all.

use ftpane::model::job::Policy;
use ftpane::model::server::Protocol;

use super::*;
use crate::harness::scripted::{announce_narrow, end_data, gate, open_data, receive_all, say};

/// Without SIZE its word is all there is. Tickets of TLS lie unread then: a socket that is closed over them resets the
/// connection, and what is still on its way is lost.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_arrives_whole_though_the_word_comes_before_its_end() {
    const SIZE: usize = 300_000;
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("f");
    std::fs::write(&here, vec![7u8; SIZE]).unwrap();
    let early = [
        say("150 Go."),
        open_data(),
        say("226 Have it."),
        gate(),
        receive_all(),
        end_data(),
    ];
    let script = Script::new(Protocol::FtpsExplicit)
        .features("EPSV MLST")
        .on("SIZE", say("500 What?"))
        .on("EPSV", announce_narrow("229 Here (|||{port}|)"))
        .once("STOR", early);
    let (server, mut driver) = connected(script).await;
    let batch = driver.enqueue(Direction::Upload, Kind::File, &here, "/target", Policy::Overwrite);
    driver.heard("226 Have it.").await;
    server.open_gate();
    let ended = driver.over(batch, |question| panic!("{question:?}")).await;
    ended.assert_all_done();
    assert_eq!(server.content("/target").map(|content| content.len()), Some(SIZE));
    driver.shutdown().await;
}

//! Checksums for who wants to see them, of both sides by one algorithm.

use ftpane::model::checksum::Algorithm;
use ftpane::model::command::{Command, Generation, Place};
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};

use super::{assert_says, connected, heard, script};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{close, say, usual};

/// Of `content`, by md5sum and sha256sum.
const MD5: &str = "9a0364b9e99bb480dd25e1f0284c8555";
const SHA256: &str = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";

/// Each place as it was told: its algorithm and checksum, or why there is none.
async fn sums(
    driver: &mut Driver,
    places: Vec<Place>,
    algorithm: Option<Algorithm>,
) -> Vec<(Place, Result<String, Failure>)> {
    let mut left = places.len();
    driver.send(Command::Checksum {
        places,
        algorithm,
        generation: Generation(77),
    });
    let mut told = Vec::new();
    while left > 0 {
        let one = driver.wait(|event| match event {
            Event::Checksummed { place, result, .. } => Some((place, result)),
            _ => None,
        });
        let (place, result) = one.await;
        told.push((place, result.map(|sum| format!("{} {sum}", sum.algorithm.word()))));
        left -= 1;
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn files_here_are_summed_as_the_server_does() {
    let script = script()
        .features("EPSV MLST SIZE XMD5 XSHA256")
        .on("XSHA256", say("500 What?"))
        .on("XMD5 /a/f", say(&format!("250 {MD5}")))
        .on("XMD5", say("550 No such file."));
    let (server, mut driver) = connected(script).await;
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("f"), "content").unwrap();
    let local = Place::Local(here.path().join("f"));
    let both = vec![local.clone(), remote_place("/a/f"), remote_place("/gone")];
    let told = sums(&mut driver, both, None).await;
    assert_eq!(told[0].1, Ok(format!("MD5 {MD5}")));
    let (place, refused) = &told[1];
    assert_eq!(*place, remote_place("/gone"));
    assert_says(
        refused.as_ref().unwrap_err(),
        Class::Refused,
        &["/gone", "550 No such file."],
    );
    assert_eq!(told[2], (local.clone(), Ok(format!("MD5 {MD5}"))));
    assert_eq!(
        heard(&server, "XSHA256").len(),
        1,
        "what is unknown is asked once"
    );
    // alone, by the best there is
    assert_eq!(
        sums(&mut driver, vec![local.clone()], None).await[0].1,
        Ok(format!("SHA-256 {SHA256}"))
    );
    let gone = Place::Local(here.path().join("gone"));
    for place in [gone, Place::Local(here.path().to_path_buf())] {
        let told = sums(&mut driver, vec![place], Some(Algorithm::Crc32)).await;
        assert_says(told[0].1.as_ref().unwrap_err(), Class::Local, &["No checksum of"]);
    }
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_said() {
    let (_server, mut driver) = connected(script()).await;
    let told = sums(&mut driver, vec![remote_place("/a/f")], None).await;
    assert_says(
        told[0].1.as_ref().unwrap_err(),
        Class::Refused,
        &["offers no checksum"],
    );
    driver.shutdown().await;
    let (server, mut driver) = connected(script().features("EPSV MLST XCRC XMD5")).await;
    let told = sums(&mut driver, vec![remote_place("/a/f")], Some(Algorithm::Sha512)).await;
    let words = ["offers no SHA-512", "It offers MD5, CRC32"];
    assert_says(told[0].1.as_ref().unwrap_err(), Class::Refused, &words);
    assert_eq!(server.count("XMD5") + server.count("XCRC"), 0);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_session_is_made_again() {
    let script = script()
        .features("EPSV MLST SIZE XCRC")
        .once("XCRC", [close()])
        .on("XCRC", [say("150 Working."), say("250 0DEADBEE")]);
    let (server, mut driver) = connected(script.on("SIZE", usual())).await;
    let told = sums(&mut driver, vec![remote_place("/a/f")], None).await;
    assert_eq!(told[0].1, Ok("CRC32 0deadbee".into()));
    assert_eq!(server.sessions(), 2);
    driver.shutdown().await;
}

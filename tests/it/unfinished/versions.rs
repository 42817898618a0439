//! Programs of several versions share a folder of runs.

use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::job::{Direction, Policy};
use ftpane::plan::journal::VERSION;

use super::{Site, look};
use crate::harness::left;

/// A log of a version that is not known here: nothing of it is offered, taken up, cleared away or changed.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_version_has_left_is_said_and_stays() {
    let site = Site::new().await;
    let file = left::file(&site.here.path().join("a"), "/a");
    let how = (Direction::Download, Policy::Overwrite);
    let rest = site.leave(7, how, std::slice::from_ref(&file), Vec::new());
    let path = site.queue.path().join("00000007.journal");
    let text = std::fs::read_to_string(&path).unwrap();
    let known = format!("\"version\":{VERSION}");
    let newer = text.replacen(&known, &format!("\"version\":{}", VERSION + 1), 1);
    assert_ne!(newer, text);
    std::fs::write(&path, &newer).unwrap();
    let mut driver = site.driver(None).await;
    driver.send(Command::LookForUnfinished);
    let said = driver
        .wait(|event| match event {
            Event::Notice(said) => Some(said),
            _ => None,
        })
        .await;
    assert!(
        said.contains("Run 00000007 of") && said.contains("later"),
        "{said}"
    );
    assert_eq!(look(&mut driver).await, []);
    // neither by asking for the same, nor by dropping it
    std::fs::write(site.there.path().join("a"), "a").unwrap();
    let ended = driver
        .transfer(Direction::Download, Kind::File, &file.local, "/a")
        .await;
    ended.assert_all_done();
    driver.send(Command::DropUnfinished(vec![rest]));
    driver
        .wait(|event| matches!(event, Event::Dropped(_)).then_some(()))
        .await;
    driver.shutdown().await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
}

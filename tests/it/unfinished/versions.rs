//! Programs of several versions share a folder of runs.

use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::job::{Direction, Policy};
use ftpane::model::part_name::{Origin, part_name};
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
    // nor is what it has half-done beside the target taken up or cleared away
    let installation = std::fs::read_to_string(site.queue.path().join("installation")).unwrap();
    let origin = Origin {
        installation: u32::from_str_radix(installation.trim(), 16).unwrap(),
        run: 7,
        ..Origin::default()
    };
    let part = String::from_utf8(part_name(b"a", &origin)).unwrap();
    let part = site.here.path().join(part);
    std::fs::write(&part, "half").unwrap();
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
    let dropped = driver.wait(|event| match event {
        Event::Dropped(dropped) => Some(dropped),
        _ => None,
    });
    let refused = dropped.await.unwrap_err().to_string();
    assert!(
        refused.contains("run 00000007 is of") && refused.contains("later"),
        "{refused}"
    );
    driver.shutdown().await;
    assert_eq!(std::fs::read(&part).unwrap(), b"half");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
}

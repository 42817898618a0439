//! The machine goes down over a run.

use ftpane::model::entry::Kind;
use ftpane::model::job::{Direction, JobState, Policy};

use super::{Site, look, take_up};
use crate::harness::engine::noise;

/// What a run that came to its end has kept is on the disk, and goes on; of what one had that the machine went
/// down over, nobody knows how much the disk has, and it comes whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_the_disk_may_not_have_is_not_continued() {
    for went_down in [false, true] {
        let site = Site::new().await;
        let content = noise(3_000_000);
        std::fs::write(site.there.path().join("big"), &content).unwrap();
        let here = site.here.path().join("d");
        let mut driver = site.driver(Some(400_000)).await;
        driver.enqueue(Direction::Download, Kind::Dir, &here, "/", Policy::Overwrite);
        driver.moved(300_000).await;
        driver.shutdown().await;
        let log = &site.logs()[0];
        let path = site.queue.path().join(log);
        let text = std::fs::read_to_string(&path).unwrap();
        if went_down {
            // as it would stand there: another start of the machine, and no end
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            assert!(lines.pop().unwrap().starts_with("\"closed\""));
            let mut run: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
            run["run"]["boot"] = "another".into();
            lines[0] = run.to_string();
            std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        }
        let mut driver = site.driver(None).await;
        let rest = look(&mut driver).await[0].id;
        let ended = take_up(&mut driver, rest).await;
        let before = ended.iter().find_map(|(item, state)| match state {
            JobState::Done { before, .. } if item.kind == Kind::File => Some(*before),
            _ => None,
        });
        assert_eq!(before.unwrap() == 0, went_down, "{ended:?}");
        driver.shutdown().await;
        assert!(std::fs::read(here.join("big")).unwrap() == content);
        assert_eq!(std::fs::read_dir(&here).unwrap().count(), 1);
    }
}

/// A log of which nothing can be made any more is kept, and it is said where; a torn end is nothing to speak
/// of.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_read_is_kept() {
    for (flipped, kept) in [(true, true), (false, false)] {
        let site = Site::new().await;
        let path = site.queue.path().join("00000007.journal");
        let rest = site.leave(7, (Direction::Upload, Policy::Overwrite), &[], Vec::new());
        let text = std::fs::read_to_string(&path).unwrap();
        let damaged = match flipped {
            true => text.replacen(
                "\"connection\":1,\"direction\"",
                "\"connection\":3,\"direction\"",
                1,
            ),
            false => text.lines().next().unwrap().to_owned() + "\n{\"server\":{\"conn",
        };
        assert_ne!(damaged, text);
        std::fs::write(&path, &damaged).unwrap();
        let mut driver = site.driver(None).await;
        assert_eq!(look(&mut driver).await, [], "{rest}");
        let says = |said: &&String| said.contains("00000007.damaged");
        assert_eq!(driver.notices.iter().filter(says).count(), usize::from(kept));
        driver.shutdown().await;
        let aside = site.queue.path().join("00000007.damaged");
        assert!(!path.exists());
        assert_eq!(aside.exists(), kept);
        if kept {
            assert_eq!(std::fs::read_to_string(&aside).unwrap(), damaged);
        }
    }
}

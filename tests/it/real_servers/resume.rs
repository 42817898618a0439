//! Transfers that are cut and go on, on each real server in both directions.

use std::collections::BTreeSet;

use ftpane::engine::Options;
use ftpane::model::entry::Kind;
use ftpane::model::job::{Direction, Policy};
use ftpane::model::part_name::is_part_name;
use ftpane::model::server::ConnectionMode;

use super::{ALONE, Ground, demo_secret, ways};
use crate::harness::engine::{Driver, noise, tree};
use crate::harness::lab::Lab;

const SIZE: usize = 12_000_000;

/// One run is stopped in the middle, the next one goes on: with REST, from where the first one was.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn a_stopped_transfer_goes_on_in_another_run_on_every_server() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let only = std::env::var("LAB_ONLY").unwrap_or_default();
    let mut seen = BTreeSet::new();
    for (n, server) in ways(&lab).into_iter().enumerate() {
        let way = format!("{} {:?} {:?}", server.name, server.protocol, server.tls_max);
        if server.mode != ConnectionMode::Passive || !way.contains(&only) || !seen.insert(way.clone()) {
            continue;
        }
        for direction in [Direction::Upload, Direction::Download] {
            let what = format!("{way} {direction:?}");
            println!("{what}");
            let ground = Ground::new(&lab, &format!("resume{n}"));
            let (here, queue) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let (source, target) = match direction {
                Direction::Upload => (here.path(), ground.path.as_path()),
                Direction::Download => (ground.path.as_path(), here.path()),
            };
            std::fs::write(source.join("f"), noise(SIZE)).unwrap();
            let run = |limit_rate| {
                let options = Options {
                    queue: Some(queue.path().to_path_buf()),
                    limit_rate,
                    ..Options::default()
                };
                let server = server.clone();
                async move {
                    let mut driver = Driver::with(options);
                    driver.connect(server, demo_secret()).await.unwrap();
                    driver
                }
            };
            // slow, so that it is stopped in the middle
            let mut driver = run(Some(4_000_000)).await;
            driver.enqueue(direction, Kind::Dir, here.path(), &ground.name, Policy::Overwrite);
            driver.moved(SIZE as u64 / 3).await;
            driver.shutdown().await;
            let left = tree(target);
            let part = left
                .iter()
                .find(|(path, _)| is_part_name(path.as_os_str().as_encoded_bytes()));
            let length = part.and_then(|(_, content)| content.as_ref()).map_or(0, Vec::len);
            assert!(
                (SIZE / 4..SIZE).contains(&length),
                "{what}: {length} bytes are kept"
            );

            let mut driver = run(None).await;
            let batch = driver.enqueue(direction, Kind::Dir, here.path(), &ground.name, Policy::Resume);
            let ended = driver
                .over(batch, |question| panic!("nothing to ask: {question:?}"))
                .await;
            ended.assert_all_done();
            let found = tree(target);
            assert_eq!(found.len(), 1, "{what}: nothing else is left");
            assert!(
                found[0].1.as_deref() == Some(&noise(SIZE)),
                "{what}: the content is another"
            );
            let dialogue = driver.shutdown().await;
            let rests: Vec<_> = dialogue
                .iter()
                .filter(|line| line.text.starts_with("REST "))
                .map(|line| line.text.clone())
                .collect();
            // the end of what an upload goes on behind is read back first, where there is no checksum
            let hashes = dialogue.iter().any(|line| line.text.contains("verified by"));
            let reads_back = direction == Direction::Upload && !hashes;
            assert_eq!(rests.len(), 1 + usize::from(reads_back), "{what}: {rests:?}");
            let offset: usize = rests[rests.len() - 1]["REST ".len()..].parse().unwrap();
            assert!(offset > SIZE / 5, "{what}: {offset}");
        }
    }
}

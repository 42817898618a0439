//! NOOP beside transfers: each of the four answers it in another way.

use ftpane::model::job::JobState;
use tokio::task::JoinSet;

use super::*;
use crate::harness::lab::SLOW;

/// Six seconds at the account's 2 MiB a second; more than the buffers on the way hold.
const SIZE: usize = 12 << 20;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn signs_of_life_beside_transfers_leave_every_server_in_step() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let mut runs = JoinSet::new();
    let passive = |server: &Server| server.mode == ConnectionMode::Passive;
    for (n, server) in ways(&lab).into_iter().filter(passive).enumerate() {
        let ground = Ground::new(&lab, &format!("alive{n}"));
        runs.spawn(both_ways(server, ground));
    }
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
}

async fn both_ways(server: Server, ground: Ground) {
    let way = format!("{} {:?} {:?}", server.name, server.protocol, server.tls_max);
    let here = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..SIZE).map(|n| (n % 251) as u8).collect();
    std::fs::write(here.path().join("up"), &content).unwrap();
    std::fs::write(ground.path.join("down"), &content).unwrap();
    let mut driver = Driver::new();
    let server = Server {
        user: SLOW.0.into(),
        keep_alive: 1,
        connections: 1,
        ..server
    };
    driver.connect(server, Secret::new(SLOW.1)).await.unwrap();
    for (direction, name) in [(Direction::Download, "down"), (Direction::Upload, "up")] {
        let path = format!("{}/{name}", ground.name);
        let local = here.path().join(name);
        let ended = driver.transfer(direction, Kind::File, &local, &path).await;
        let (_, _, state) = &ended.states[0];
        assert!(matches!(state, JobState::Done { .. }), "{way}: {state:?}");
        assert_eq!(std::fs::read(&local).unwrap(), content, "{way}");
        assert_eq!(std::fs::read(ground.path.join(name)).unwrap(), content, "{way}");
        let listing = driver.list(&ground.name).await.unwrap();
        assert!(!listing.entries.is_empty(), "{way}");
    }
    let said = |words: &str| {
        driver
            .dialogue
            .iter()
            .filter(|line| line.text.contains(words))
            .count()
    };
    assert!(said("NOOP") > 0, "{way}");
    // one session all the way: pure-ftpd refuses the first NOOP and gets no second
    assert!(driver.dialogue.iter().all(|line| line.session == 1), "{way}");
    let refuses = way.starts_with("pureftpd");
    assert_eq!(said("gets none any more"), usize::from(refuses), "{way}");
    driver.shutdown().await;
}

//! `--verify`: ProFTPD's mod_digest where it is loaded, and servers without any checksum.

use ftpane::model::job::{Care, JobState};

use super::*;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn transfers_are_verified_by_what_each_server_offers() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let passive = |server: &Server| server.mode == ConnectionMode::Passive;
    for (n, server) in ways(&lab).into_iter().filter(passive).enumerate() {
        let way = format!("{} {:?} {:?}", server.name, server.protocol, server.tls_max);
        let ground = Ground::new(&lab, &format!("verified{n}"));
        let here = tempfile::tempdir().unwrap();
        // blanks, what looks like a range of bytes, and a file that is read in several pieces
        for (name, length) in [("a b 0 5", 5), ("empty", 0), ("plain", 1 << 20)] {
            std::fs::write(here.path().join(name), vec![b'v'; length]).unwrap();
        }
        let mut driver = Driver::new();
        let server = Server {
            verify: true,
            ..server
        };
        driver.connect(server, Secret::new(DEMO.1)).await.unwrap();
        driver.care = Care {
            verify: true,
            fsync: true,
            new_times: false,
            permissions: false,
        };
        let (up, down) = (format!("{}/up", ground.name), here.path().join("down"));
        let sent = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), &up)
            .await;
        let got = driver.transfer(Direction::Download, Kind::Dir, &down, &up).await;
        let offers = driver.dialogue.iter().any(|line| line.text.contains("SHA-256"));
        let wanted = match offers {
            true => "verified by SHA-256",
            false => "the server offers no checksum; compared by size",
        };
        let mut files = 0;
        for (_, item, state) in sent.states.into_iter().chain(got.states) {
            if item.kind == Kind::File {
                let JobState::Done { note, .. } = state else {
                    panic!("{way}: {item:?} {state:?}");
                };
                assert_eq!(note.as_deref(), Some(wanted), "{way}: {item:?}");
                files += 1;
            }
        }
        assert_eq!(files, 6, "{way}");
        // nothing is proved yet when these files go, and three of them go at once: pyftpdlib loses what comes too early
        assert!(!driver.remarked("one by one"), "{way}");
        std::fs::remove_dir_all(&down).unwrap();
        driver.shutdown().await;
    }
}

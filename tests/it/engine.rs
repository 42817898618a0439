//! The engine against the embedded server, which has a disk to look at afterwards.

use std::path::Path;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::model::command::{Answer, CertificateAnswer, Command, Extent, Place, Scope};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Counted, Event, Question};
use ftpane::model::failure::Class;
use ftpane::model::job::{BatchId, BatchRequest, Care, Direction, Item, JobState, Policy};
use ftpane::model::secret::Secret;
use ftpane::model::server::{Patience, Protocol, Server};

use crate::harness::engine::{CONNECTION, Driver, assert_same_tree, make_tree, remote, remote_place, tree};
use crate::harness::port::ClosedPort;

const TEST: &str = "the embedded server starts";

async fn empty_demo(protocol: Protocol, folder: &Path) -> Demo {
    let options = DemoOptions {
        protocol,
        folder: Some(folder.to_path_buf()),
        ..DemoOptions::default()
    };
    Demo::start_with(options).await.expect(TEST)
}

/// A driver connected to an empty embedded server.
async fn connected(folder: &Path) -> (Demo, Driver) {
    let demo = empty_demo(Protocol::FtpsExplicit, folder).await;
    let mut driver = Driver::new();
    driver.connect(demo.server(), demo.secret()).await.unwrap();
    (demo, driver)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_goes_up_and_comes_down_the_same_over_every_protocol() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let (here, there, back) = (
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
        );
        make_tree(here.path());
        let demo = empty_demo(protocol, there.path()).await;
        let mut driver = Driver::new();
        let root = driver.connect(demo.server(), demo.secret()).await.unwrap();
        assert_eq!(root.as_bytes(), b"/");

        driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
            .await
            .assert_all_done();
        assert_same_tree(&there.path().join("up"), here.path(), &format!("{protocol:?} up"));
        let copy = back.path().join("copy");
        driver
            .transfer(Direction::Download, Kind::Dir, &copy, "/up")
            .await
            .assert_all_done();
        assert_same_tree(&copy, here.path(), &format!("{protocol:?} down"));

        if protocol.is_tls() {
            let tls = driver.facts.clone().and_then(|f| f.tls).unwrap();
            assert_eq!(
                tls.data_resumed,
                Some(tls.data_handshakes),
                "{protocol:?}: {tls:?}"
            );
            assert!(tls.data_handshakes > 25);
        }
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_on_the_server_are_done_on_its_disk() {
    let there = tempfile::tempdir().unwrap();
    let (_demo, mut driver) = connected(there.path()).await;
    driver
        .act(Command::MakeFolder(remote_place("/new folder")))
        .await
        .unwrap();
    assert!(there.path().join("new folder").is_dir());
    let again = driver
        .act(Command::MakeFolder(remote_place("/new folder")))
        .await
        .unwrap_err();
    assert_eq!(again.class, Class::Refused);

    driver
        .act(Command::MakeFile(remote_place("/new folder/a")))
        .await
        .unwrap();
    assert_eq!(std::fs::read(there.path().join("new folder/a")).unwrap(), b"");
    let taken = driver
        .act(Command::MakeFile(remote_place("/new folder/a")))
        .await
        .unwrap_err();
    assert_eq!(taken.class, Class::Conflict);

    std::fs::write(there.path().join("b"), "precious").unwrap();
    let rename = |from, to| Command::Rename {
        from: remote_place(from),
        to: remote_place(to),
    };
    let taken = driver.act(rename("/new folder/a", "/b")).await.unwrap_err();
    assert_eq!(taken.class, Class::Conflict, "renaming never replaces silently");
    assert_eq!(std::fs::read(there.path().join("b")).unwrap(), b"precious");
    driver.act(rename("/new folder/a", "/c")).await.unwrap();
    assert!(there.path().join("c").exists() && !there.path().join("new folder/a").exists());

    make_tree(&there.path().join("tree"));
    let counted = driver
        .count(vec![remote_place("/tree"), remote_place("/b")])
        .await
        .unwrap();
    assert_eq!(
        (counted.files, counted.folders, counted.incomplete),
        (27, 5, false),
        "{counted:?}"
    );
    driver
        .act(Command::Delete(vec![remote_place("/tree"), remote_place("/b")]))
        .await
        .unwrap();
    assert!(!there.path().join("tree").exists() && !there.path().join("b").exists());
    assert!(there.path().join("c").exists(), "nothing else is touched");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_on_this_machine() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_demo, mut driver) = connected(there.path()).await;
    let place = |name: &str| Place::Local(here.path().join(name));
    driver.act(Command::MakeFolder(place("d"))).await.unwrap();
    driver.act(Command::MakeFile(place("d/f"))).await.unwrap();
    std::fs::write(here.path().join("kept"), "x").unwrap();
    let taken = driver
        .act(Command::Rename {
            from: place("d/f"),
            to: place("kept"),
        })
        .await
        .unwrap_err();
    assert_eq!(taken.class, Class::Conflict);
    let listing = driver.list_place(place("d")).await.unwrap();
    assert_eq!(listing.entries.len(), 1);
    driver.act(Command::Delete(vec![place("d")])).await.unwrap();
    assert!(!here.path().join("d").exists() && here.path().join("kept").exists());
    let gone = driver.list_place(place("d")).await.unwrap_err();
    assert_eq!(gone.class, Class::Local);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_asked_about_and_decided_both_ways() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_demo, mut driver) = connected(there.path()).await;
    for direction in [Direction::Upload, Direction::Download] {
        let (source, target) = match direction {
            Direction::Upload => (here.path(), there.path()),
            Direction::Download => (there.path(), here.path()),
        };
        for name in ["a", "b", "c"] {
            std::fs::create_dir_all(source.join("d")).unwrap();
            std::fs::create_dir_all(target.join("d")).unwrap();
            std::fs::write(source.join("d").join(name), format!("new {name}")).unwrap();
            std::fs::write(target.join("d").join(name), "old").unwrap();
        }
        let local = here.path().join("d");
        let read = |name: &str| std::fs::read_to_string(target.join("d").join(name)).unwrap();

        let batch = driver.enqueue(direction, Kind::Dir, &local, "/d", Policy::Ask);
        let mut asked = 0;
        let ended = driver
            .over(batch, |question| {
                asked += 1;
                let Question::Conflict { target, .. } = question else {
                    panic!("{question:?}")
                };
                assert_eq!(target.size, Some(3));
                Answer::Conflict(Policy::Skip, Scope::Batch)
            })
            .await;
        assert!(asked >= 1);
        let skipped = ended
            .states
            .iter()
            .filter(|(.., state)| matches!(state, JobState::Skipped(_)))
            .count();
        assert_eq!(
            (skipped, read("a").as_str()),
            (3, "old"),
            "{direction:?} {ended:?}"
        );

        let batch = driver.enqueue(direction, Kind::Dir, &local, "/d", Policy::Fail);
        let ended = driver.over(batch, |question| panic!("{question:?}")).await;
        assert_eq!(ended.failures().len(), 3);
        assert!(ended.failures().iter().all(|f| f.class == Class::Conflict));

        let batch = driver.enqueue(direction, Kind::Dir, &local, "/d", Policy::Rename);
        driver
            .over(batch, |question| panic!("{question:?}"))
            .await
            .assert_all_done();
        assert_eq!((read("a").as_str(), read("a (1)").as_str()), ("old", "new a"));

        driver.transfer(direction, Kind::Dir, &local, "/d").await;
        assert_eq!((read("a").as_str(), read("c").as_str()), ("new a", "new c"));
        std::fs::remove_dir_all(here.path().join("d")).unwrap();
        std::fs::remove_dir_all(there.path().join("d")).unwrap();
    }
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_and_a_folder_in_the_way_fail_alone() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_demo, mut driver) = connected(there.path()).await;
    let ended = driver
        .transfer(
            Direction::Download,
            Kind::File,
            &here.path().join("x"),
            "/missing",
        )
        .await;
    let failure = ended.failures()[0].clone();
    assert_eq!(failure.class, Class::Refused, "{failure}");
    assert!(failure.reply.is_some_and(|r| r.starts_with("550")));
    assert!(tree(here.path()).is_empty(), "nothing is left behind");

    std::fs::create_dir(here.path().join("x")).unwrap();
    std::fs::write(there.path().join("x"), "x").unwrap();
    let ended = driver
        .transfer(Direction::Download, Kind::File, &here.path().join("x"), "/x")
        .await;
    assert_eq!(ended.failures()[0].class, Class::Conflict);
    assert!(driver.list("/").await.is_ok(), "the session goes on");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_upload_leaves_nothing_on_the_server() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(here.path().join("big"), vec![7u8; 64 << 20]).unwrap();
    std::fs::write(there.path().join("big"), "old").unwrap();
    let (_demo, mut driver) = connected(there.path()).await;
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::File,
        &here.path().join("big"),
        "/big",
        Policy::Overwrite,
    );
    driver
        .wait(|event| match event {
            Event::Dialogue(line) if line.text.starts_with("STOR") => Some(()),
            _ => None,
        })
        .await;
    driver.send(Command::Cancel(Extent::Batch(batch)));
    driver
        .wait(|event| (event == Event::BatchOver(batch)).then_some(()))
        .await;
    assert_eq!(tree(there.path()), [("big".into(), Some(b"old".to_vec()))]);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_certificate_is_asked_about_before_anything_secret_is_sent() {
    let there = tempfile::tempdir().unwrap();
    let demo = empty_demo(Protocol::FtpsExplicit, there.path()).await;
    let unpinned = Server {
        pin: None,
        ..demo.server()
    };
    for (answer, accepted) in [
        (CertificateAnswer::Refuse, false),
        (CertificateAnswer::Once, true),
        (CertificateAnswer::Pin, true),
    ] {
        let mut driver = Driver::new();
        driver.send(Command::Connect {
            connection: CONNECTION,
            server: Box::new(unpinned.clone()),
            secret: Some(demo.secret()),
            patience: Patience::default(),
        });
        let (id, shown) = driver
            .wait(|event| match event {
                Event::Question {
                    id,
                    question:
                        Question::Certificate {
                            certificate,
                            pinned: None,
                            ..
                        },
                } => Some((id, certificate)),
                _ => None,
            })
            .await;
        assert_eq!(shown.pin, demo.pin());
        assert!(!shown.doubts.is_empty() && shown.not_after.is_some());
        assert!(
            !driver.dialogue.iter().any(|line| line.text.starts_with("USER")),
            "nothing is sent yet"
        );
        driver.answer(id, Answer::Certificate(answer));
        let mut pinned = None;
        let result = driver
            .wait(|event| match event {
                Event::Pinned(_, pin) => {
                    pinned = Some(pin);
                    None
                }
                Event::Connected { .. } => Some(Ok(())),
                Event::ConnectionFailed(_, failure) => Some(Err(failure)),
                _ => None,
            })
            .await;
        assert_eq!(result.is_ok(), accepted, "{result:?}");
        assert_eq!(pinned, (answer == CertificateAnswer::Pin).then(|| demo.pin()));
        if accepted {
            driver.list("/").await.unwrap();
        } else {
            assert_eq!(result.unwrap_err().class, Class::Tls);
        }
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once_for_each_lane_and_not_for_each_file() {
    const FILES: usize = 200;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = empty_demo(Protocol::FtpsExplicit, there.path()).await;
    let server = demo.server();
    let lanes = usize::from(server.connections);
    let mut driver = Driver::new();
    driver.connect(server, Secret::new("wrong")).await.unwrap_err();
    let item = |n: usize| Item {
        local: here.path().join(n.to_string()),
        remote: remote(&format!("/{n}")),
        kind: Kind::File,
        size: None,
        modified: None,
        permissions: None,
    };
    let batch = BatchId(1);
    driver.send(Command::Enqueue(BatchRequest {
        id: batch,
        connection: CONNECTION,
        direction: Direction::Download,
        items: (0..FILES).map(item).collect(),
        policy: Policy::Ask,
        care: Care::default(),
    }));
    let (mut begun, mut failed) = (0, 0);
    loop {
        match driver.event().await {
            Event::JobChanged(_, JobState::Running) => begun += 1,
            Event::JobChanged(_, JobState::Failed(failure)) => {
                assert_eq!(failure.class, Class::Login, "{failure}");
                failed += 1;
            }
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    assert_eq!(failed, FILES, "each is told about");
    assert!((1..=lanes).contains(&begun), "{begun} of {lanes} lanes");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_what_why_and_what_to_do() {
    let there = tempfile::tempdir().unwrap();
    let demo = empty_demo(Protocol::FtpsExplicit, there.path()).await;
    let secret = demo.secret();
    let closed = ClosedPort::new();
    let other = ftpane::model::certificate::Pin([9; 32]);
    let plain = empty_demo(Protocol::Ftp, there.path()).await;
    let base = demo.server();
    for (server, secret, class, says) in [
        (
            Server { ..base.clone() },
            Secret::new("wrong"),
            Class::Login,
            "password",
        ),
        (
            Server {
                port: Some(closed.number),
                ..base.clone()
            },
            secret.clone(),
            Class::Unreachable,
            "listens",
        ),
        (
            Server {
                host: "no.such.invalid".into(),
                ..base.clone()
            },
            secret.clone(),
            Class::Unreachable,
            "name",
        ),
        (
            Server {
                pin: Some(other),
                ..base.clone()
            },
            secret.clone(),
            Class::Tls,
            "another certificate",
        ),
        (
            Server {
                protocol: Protocol::FtpsExplicit,
                pin: None,
                ..plain.server()
            },
            plain.secret(),
            Class::Tls,
            "does not offer TLS",
        ),
        (
            Server {
                document_path: "/not/there".into(),
                ..base.clone()
            },
            secret.clone(),
            Class::Refused,
            "no such",
        ),
    ] {
        let mut driver = Driver::new();
        let failure = driver.connect(server, secret).await.unwrap_err();
        assert_eq!(failure.class, class, "{failure}");
        assert!(failure.to_string().contains(says), "{failure}");
        let said: String = driver
            .shutdown()
            .await
            .iter()
            .map(|line| line.text.clone() + "\n")
            .collect();
        assert!(
            !said.contains("wrong") && !said.contains(demo.secret().reveal()),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_on_this_machine_needs_no_server() {
    let here = tempfile::tempdir().unwrap();
    make_tree(here.path());
    let mut driver = Driver::new();
    let counted = driver
        .count(vec![Place::Local(here.path().to_path_buf())])
        .await
        .unwrap();
    assert_eq!(
        counted,
        Counted {
            files: 26,
            folders: 5,
            bytes: counted.bytes,
            incomplete: false,
            cut: None
        }
    );
    driver.shutdown().await;
}

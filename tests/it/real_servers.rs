//! Against vsftpd, ProFTPD, pure-ftpd and pyftpdlib; ignored by default, see [`crate::harness::lab`].

mod alive;
mod doctor;
mod names;
mod operations;
mod order;
mod resume;
mod soak;
mod verified;
mod walks;

use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ftpane::model::clock::ClockOffset;
use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::Direction;
use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, Protocol, Server, TlsBackend, TlsVersion};
use ftpane::model::stamp::{Precision, Stamp};
use openssl::ssl::{SslConnector, SslMethod};

use crate::harness::engine::{Driver, assert_same_tree, make_tree, remote_place, tree};
use crate::harness::lab::{DEMO, Lab, LabServer, LabTls, LoggedResumption, READER};

#[test]
#[ignore = "needs the servers of tests/lab"]
fn every_server_greets_with_the_certificate_of_the_lab() {
    let lab = Lab::running();
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_ca_file(&lab.ca).unwrap();
    let connector = connector.build();
    assert!(!lab.servers().is_empty());
    for server in lab.servers() {
        let plain = TcpStream::connect(server.address).unwrap();
        plain.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut greeting = [0; 3];
        if server.tls == LabTls::Implicit {
            let mut tls = connector.connect("localhost", plain).unwrap();
            tls.read_exact(&mut greeting).unwrap();
        } else {
            (&plain).read_exact(&mut greeting).unwrap();
        }
        assert_eq!(&greeting, b"220", "{}", server.name);
    }
}

/// The servers are common to all tests, and some count what a server's log says: one at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A folder of its own in the servers' home, gone at the end.
struct Ground {
    name: String,
    path: PathBuf,
}

impl Ground {
    fn new(lab: &Lab, name: &str) -> Self {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
        let name = format!("it-{name}-{}", std::process::id());
        let path = lab.home.join(&name);
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        let home = std::fs::metadata(&lab.home).unwrap();
        chown(&path, Some(home.uid()), Some(home.gid())).unwrap();
        Self {
            name: format!("/{name}"),
            path,
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn server_of(lab: &Lab, lab_server: &LabServer, protocol: Protocol) -> Server {
    Server {
        name: lab_server.name.clone(),
        protocol,
        host: "127.0.0.1".into(),
        port: Some(lab_server.address.port()),
        user: DEMO.0.into(),
        ca_file: protocol.is_tls().then(|| lab.ca.clone()),
        ..Server::default()
    }
}

/// Every way each server can be spoken to.
fn ways(lab: &Lab) -> Vec<Server> {
    let mut ways = Vec::new();
    for server in lab.servers() {
        let protocols: &[Protocol] = match server.tls {
            LabTls::None => &[Protocol::Ftp],
            LabTls::Optional => &[Protocol::Ftp, Protocol::FtpsExplicit],
            LabTls::Required => &[Protocol::FtpsExplicit],
            LabTls::Implicit => &[Protocol::FtpsImplicit],
        };
        for protocol in protocols {
            let versions: &[TlsVersion] = if protocol.is_tls() {
                &[TlsVersion::V1_2, TlsVersion::V1_3]
            } else {
                &[TlsVersion::V1_3]
            };
            for version in versions {
                for mode in [ConnectionMode::Passive, ConnectionMode::Active] {
                    let base = server_of(lab, server, *protocol);
                    // pyftpdlib 2.2 loses track of active data connections when several sessions
                    // make them at once (Python's own ftplib stalls on it in the same way)
                    let alone = server.name.starts_with("pyftpd") && mode == ConnectionMode::Active;
                    let connections = if alone { 1 } else { base.connections };
                    ways.push(Server {
                        tls_min: (*version).min(TlsVersion::V1_2),
                        tls_max: *version,
                        mode,
                        connections,
                        ..base
                    });
                }
            }
        }
    }
    ways
}

/// vsftpd and ProFTPD refuse data connections that do not resume, by default.
fn demands_resumption(name: &str) -> bool {
    name.starts_with("vsftpd") || name.starts_with("proftpd")
}

fn demo_secret() -> Secret {
    Secret::new(DEMO.1)
}

/// When each file of a tree was changed, in Unix seconds.
fn times(root: &Path) -> Vec<(PathBuf, u64)> {
    let files = tree(root).into_iter().filter(|(_, content)| content.is_some());
    let changed = |path: &Path| std::fs::metadata(root.join(path)).unwrap().modified().unwrap();
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    files
        .map(|(path, _)| (path.clone(), seconds(changed(&path))))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn a_tree_goes_up_and_comes_down_the_same_in_every_way() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let only = std::env::var("LAB_ONLY").unwrap_or_default();
    for (n, server) in ways(&lab).into_iter().enumerate() {
        if !format!("{} {:?} {:?}", server.name, server.protocol, server.mode).contains(&only) {
            continue;
        }
        let way = format!(
            "{} {:?} {:?} {:?}",
            server.name, server.protocol, server.tls_max, server.mode
        );
        let began = std::time::Instant::now();
        let ground = Ground::new(&lab, &format!("tree{n}"));
        let (here, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        make_tree(here.path());
        // of long ago: not the time at which it is written
        for (path, _) in times(here.path()) {
            let file = std::fs::File::options().append(true).open(here.path().join(path));
            let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_001);
            file.unwrap().set_modified(long_ago).unwrap();
        }
        let mut driver = Driver::new();
        let (tls, demands) = (server.protocol.is_tls(), demands_resumption(&server.name));
        driver
            .connect(server, demo_secret())
            .await
            .unwrap_or_else(|e| panic!("{way}: {e}"));

        let up = format!("{}/up", ground.name);
        let ended = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), &up)
            .await;
        assert_eq!(ended.failures(), Vec::<&Failure>::new(), "{way}");
        assert_same_tree(&ground.path.join("up"), here.path(), &way);
        assert_eq!(times(&ground.path.join("up")), times(here.path()), "{way}");
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &back.path().join("copy"), &up)
            .await;
        assert_eq!(ended.failures(), Vec::<&Failure>::new(), "{way}");
        assert_same_tree(&back.path().join("copy"), here.path(), &way);

        let facts = driver.facts.clone().unwrap();
        match facts.tls {
            None => assert!(!tls, "{way}: not encrypted"),
            // pure-ftpd and pyftpdlib give no tickets in every version, and demand none
            Some(_) if !demands => {}
            Some(tls) => assert_eq!(tls.data_resumed, Some(tls.data_handshakes), "{way}: {tls:?}"),
        }
        driver
            .act(Command::Delete(vec![remote_place(&up)]))
            .await
            .unwrap();
        assert!(!ground.path.join("up").exists(), "{way}");
        driver.shutdown().await;
        println!("{way}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn twenty_uploads_in_a_row_are_all_resumed_and_the_servers_log_agrees() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for name in ["vsftpd-tls", "vsftpd-implicit", "proftpd", "proftpd-implicit"] {
        let lab_server = lab.server(name);
        let protocol = if lab_server.tls == LabTls::Implicit {
            Protocol::FtpsImplicit
        } else {
            Protocol::FtpsExplicit
        };
        for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
            let ground = Ground::new(&lab, &format!("twenty-{name}-{version:?}"));
            let here = tempfile::tempdir().unwrap();
            std::fs::write(here.path().join("f"), vec![b'x'; 70_000]).unwrap();
            let from = lab_server.log_length();
            let server = Server {
                connections: 1,
                tls_max: version,
                ..server_of(&lab, lab_server, protocol)
            };
            let mut driver = Driver::new();
            driver.connect(server, demo_secret()).await.unwrap();
            for n in 0..20 {
                let target = format!("{}/f{n}", ground.name);
                let ended = driver
                    .transfer(Direction::Upload, Kind::File, &here.path().join("f"), &target)
                    .await;
                ended.assert_all_done();
                assert_eq!(
                    std::fs::metadata(ground.path.join(format!("f{n}")))
                        .unwrap()
                        .len(),
                    70_000
                );
            }
            let tls = driver.facts.clone().and_then(|f| f.tls).unwrap();
            // and the listings of the folder, one for each upload
            assert!(tls.data_handshakes >= 40, "{name} {version:?}: {tls:?}");
            assert_eq!(tls.data_resumed, Some(tls.data_handshakes), "{name} {version:?}");
            driver.shutdown().await;
            assert_eq!(
                lab_server.logged_resumption(from),
                LoggedResumption {
                    resumed: tls.data_handshakes,
                    fresh: 0
                },
                "{name} {version:?}: what the server says"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn refusals_of_real_servers_are_understood() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for lab_server in lab.servers() {
        let protocol = match lab_server.tls {
            LabTls::None => Protocol::Ftp,
            LabTls::Implicit => Protocol::FtpsImplicit,
            LabTls::Optional | LabTls::Required => Protocol::FtpsExplicit,
        };
        let base = server_of(&lab, lab_server, protocol);
        let name = &lab_server.name;
        let fails = async |server: Server, secret: &str| {
            let mut driver = Driver::new();
            let failure = driver.connect(server, Secret::new(secret)).await.unwrap_err();
            driver.shutdown().await;
            failure
        };
        let failure = fails(base.clone(), "wrong password").await;
        assert_eq!(failure.class, Class::Login, "{name}: {failure}");
        if protocol.is_tls() {
            let failure = fails(
                Server {
                    ca_file: None,
                    ..base.clone()
                },
                "demo",
            )
            .await;
            assert_eq!(failure.class, Class::Tls, "{name}: {failure}");
            assert!(failure.to_string().contains("signed by"), "{name}: {failure}");
        }
        if lab_server.tls == LabTls::None {
            let failure = fails(
                Server {
                    protocol: Protocol::FtpsExplicit,
                    ..base.clone()
                },
                "demo",
            )
            .await;
            assert_eq!(failure.class, Class::Tls, "{name}: {failure}");
            let failure = fails(
                Server {
                    protocol: Protocol::FtpsImplicit,
                    ..base.clone()
                },
                "demo",
            )
            .await;
            assert_eq!(failure.class, Class::Tls, "{name}: {failure}");
        }
        if lab_server.tls == LabTls::Required {
            let failure = fails(
                Server {
                    protocol: Protocol::Ftp,
                    ..base.clone()
                },
                "demo",
            )
            .await;
            assert_eq!(failure.class, Class::Login, "{name}: {failure}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn the_system_backend_works_where_resumption_is_not_demanded_and_says_so_where_it_is() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for (name, works) in [
        ("pureftpd", true),
        ("pyftpd", true),
        ("vsftpd-tls", false),
        ("proftpd", false),
    ] {
        let base = server_of(&lab, lab.server(name), Protocol::FtpsExplicit);
        let mut driver = Driver::new();
        let server = Server {
            tls_backend: TlsBackend::System,
            ..base
        };
        driver
            .connect(server.clone(), demo_secret())
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        match driver.list("/").await {
            Ok(_) => assert!(works, "{name} does not demand it any more?"),
            Err(failure) => {
                assert!(!works, "{name}: {failure}");
                assert_eq!(failure.class, Class::Tls, "{name}: {failure}");
                assert!(
                    failure.to_string().contains("OpenSSL backend"),
                    "{name}: {failure}"
                );
            }
        }
        driver.shutdown().await;
        // without the authority the certificate is shown all the same
        let mut driver = Driver::new();
        let failure = driver
            .connect(
                Server {
                    ca_file: None,
                    ..server
                },
                demo_secret(),
            )
            .await
            .unwrap_err();
        assert!(failure.to_string().contains("sha256:"), "{name}: {failure}");
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn a_reader_is_refused_by_the_server_and_nothing_is_left() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for name in ["vsftpd", "proftpd", "pureftpd", "pyftpd"] {
        let ground = Ground::new(&lab, &format!("reader-{name}"));
        std::fs::write(ground.path.join("old"), "old").unwrap();
        std::fs::set_permissions(&ground.path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let here = tempfile::tempdir().unwrap();
        std::fs::write(here.path().join("f"), "new").unwrap();
        let server = Server {
            user: READER.0.into(),
            ..server_of(&lab, lab.server(name), Protocol::Ftp)
        };
        let mut driver = Driver::new();
        driver.connect(server, Secret::new(READER.1)).await.unwrap();
        let target = format!("{}/old", ground.name);
        let ended = driver
            .transfer(Direction::Upload, Kind::File, &here.path().join("f"), &target)
            .await;
        assert_eq!(
            ended.failures().first().map(|f| f.class),
            Some(Class::Refused),
            "{name}: {ended:?}"
        );
        assert_eq!(
            tree(&ground.path),
            [("old".into(), Some(b"old".to_vec()))],
            "{name}"
        );
        driver.shutdown().await;
    }
}

/// vsftpd has no MLSD, and tells GMT unless told otherwise.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn the_clock_of_a_server_with_list_only_is_measured() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let ground = Ground::new(&lab, "clock");
    // recent enough for a time of day in LIST
    let written = SystemTime::now() - Duration::from_secs(40 * 86_400 + 17);
    let file = std::fs::File::create(ground.path.join("f")).unwrap();
    file.set_modified(written).unwrap();
    let since = written.duration_since(std::time::UNIX_EPOCH).unwrap();
    let written = Stamp::exact(i64::try_from(since.as_secs()).unwrap());
    for (name, protocol) in [("vsftpd", Protocol::Ftp), ("vsftpd-tls", Protocol::FtpsExplicit)] {
        let mut driver = Driver::new();
        let server = server_of(&lab, lab.server(name), protocol);
        driver.connect(server, demo_secret()).await.unwrap();
        let listing = driver.list(&ground.name).await.unwrap();
        let stamp = listing.entries[0].modified.unwrap();
        assert_eq!(stamp.precision, Precision::Minute, "{name}");
        assert!(stamp.agrees_with(&written), "{name}: {stamp:?} {written:?}");
        assert!(!listing.wall_clock, "{name}");
        let measured = driver.facts.clone().unwrap().clock_offset;
        assert_eq!(measured, ClockOffset::from_minutes(0), "{name}");
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn deleting_a_tree_deletes_its_links_and_not_what_they_lead_to() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for name in ["vsftpd", "proftpd", "pureftpd", "pyftpd"] {
        let ground = Ground::new(&lab, &format!("links-{name}"));
        let outside = ground.path.join("precious");
        let inside = ground.path.join("tree");
        for folder in [&outside, &inside] {
            std::fs::create_dir(folder).unwrap();
            std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        }
        std::fs::write(outside.join("data"), "keep").unwrap();
        std::os::unix::fs::symlink("../precious", inside.join("link")).unwrap();
        std::os::unix::fs::symlink("../precious/data", inside.join("link-to-file")).unwrap();
        let mut driver = Driver::new();
        driver
            .connect(server_of(&lab, lab.server(name), Protocol::Ftp), demo_secret())
            .await
            .unwrap();
        driver
            .act(Command::Delete(vec![remote_place(&format!(
                "{}/tree",
                ground.name
            ))]))
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!inside.exists(), "{name}");
        assert_eq!(std::fs::read(outside.join("data")).unwrap(), b"keep", "{name}");
        driver.shutdown().await;
    }
}

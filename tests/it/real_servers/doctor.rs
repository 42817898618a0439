//! The doctor's look at real servers: at the lab's, which are well, and at some whose settings are bent.

use std::path::{Path, PathBuf};
use std::process::Command;

use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, PassiveAddress, Patience, Protocol, Server};

use super::{ALONE, demo_secret, server_of, ways};
use crate::doctor::{Visit, flags};
use crate::harness::lab::{Lab, READER};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn every_server_of_the_lab_is_well_in_every_way() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for server in ways(&lab) {
        println!(
            "{} {:?} {:?} {:?}",
            server.name, server.protocol, server.tls_max, server.mode
        );
        // the lab's greets without its name
        let is_known = server.name != "pyftpd" && server.name != "pyftpd-implicit";
        let visit = Visit::to(server, demo_secret(), Patience::default(), true).await;
        visit.finds(&["ok"]);
        assert!(visit.steps.iter().all(|step| step.ok), "{:?}", visit.steps);
        assert_eq!(visit.diagnosis.firewall.passive_setting.is_some(), is_known);
    }
}

/// Who may only read: some tell it in MLST, all refuse to store.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn who_may_only_read_is_told_so() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    for name in ["vsftpd", "proftpd", "pureftpd", "pyftpd"] {
        let server = Server {
            user: READER.0.into(),
            ..server_of(&lab, lab.server(name), Protocol::Ftp)
        };
        println!("{name}");
        let visit = Visit::to(server, Secret::new(READER.1), Patience::default(), true).await;
        let says = &visit.finds(&["(server-read-only)"]).says;
        assert!(!says.is_empty());
    }
}

/// Servers of this test's own, on ports below those that systems give away; they stop when dropped.
struct Bent {
    state: PathBuf,
    cache: PathBuf,
}

impl Bent {
    fn start(lab: &Lab, state: &Path, settings: &[(&str, &str)]) -> Self {
        let this = Self {
            state: state.to_path_buf(),
            cache: lab.cache(),
        };
        for server in ["vsftpd", "proftpd"] {
            let started = this.tell("start", server).envs(settings.iter().copied()).status();
            assert!(started.unwrap().success());
        }
        this
    }

    fn tell(&self, what: &str, server: &str) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/servers"));
        command
            .args([what, server])
            .env("LAB_BASE", "8200")
            .env("LAB_CACHE", &self.cache)
            .env("LAB_STATE", &self.state);
        command
    }
}

impl Drop for Bent {
    fn drop(&mut self) {
        for server in ["vsftpd", "proftpd"] {
            let _ = self.tell("stop", server).status();
        }
    }
}

/// vsftpd's `pasv_address` and ProFTPD's `MasqueradeAddress`, at an address of this machine where their
/// ports do not answer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn an_address_that_was_set_wrong_is_named_with_the_setting() {
    use std::os::unix::fs::PermissionsExt as _;
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let here = tempfile::tempdir().unwrap();
    // the server's account goes in too
    std::fs::set_permissions(here.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let _bent = Bent::start(
        &lab,
        &here.path().join("lab"),
        &[
            ("LAB_VSFTPD", "pasv_address=127.0.0.9\nport_enable=YES"),
            ("LAB_PROFTPD", "MasqueradeAddress 127.0.0.9"),
        ],
    );
    for (port, setting) in [(8221, "pasv_address="), (8231, "MasqueradeAddress")] {
        let saved = Server {
            host: "127.0.0.1".into(),
            port: Some(port),
            protocol: Protocol::Ftp,
            user: "demo".into(),
            ..Server::default()
        };
        // EPSV knows no address, and works
        let visit = Visit::to(saved.clone(), demo_secret(), Patience::default(), false).await;
        let verdict = visit.finds(&["(pasv-private-address)"]);
        let text = verdict.text();
        assert!(text.contains("127.0.0.9") && text.contains(setting), "{text}");
        let followed = Server {
            passive_address: PassiveAddress::Server,
            mode: ConnectionMode::Passive,
            ..saved
        };
        let visit = Visit::to(followed, demo_secret(), Patience::default(), false).await;
        let verdict = visit.finds(&["(pasv-private-address)"]);
        assert!(flags(verdict).is_empty(), "EPSV is what is used");
    }
}

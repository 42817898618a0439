//! TLS as the command line sees it: weak servers and the warning, client certificates, and what
//! OpenSSL's own file of settings can and cannot change.

use std::path::Path;
use std::process::Output;

use ftpane::model::server::Protocol;
use openssl::dh::Dh;
use openssl::ssl::{SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use tempfile::TempDir;

use crate::command_line::bare;
use crate::harness::scripted::{Certified, Face, PASSWORD, Script, Scripted, Wish};

async fn serving(face: Face) -> Scripted {
    let script = Script::new(Protocol::FtpsExplicit).face(face).file("/f", "x");
    script.start().await
}

/// Lists the server's root with these options.
fn ls(server: &Scripted, home: &Path, options: &[&str], settings: Option<&Path>) -> (i32, String) {
    let saved = server.server();
    let mut command = bare(home);
    command.env("FTPANE_PASSWORD", PASSWORD).arg("ls").args(options);
    if let Some(settings) = settings {
        command.env("OPENSSL_CONF", settings);
    }
    let pin = saved.pin.unwrap().to_string();
    let output = command.args(["--pin", &pin]).arg(saved.url()).output().unwrap();
    said(&output)
}

fn said(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), text)
}

/// A file of settings as distributions and administrators write them.
fn settings(home: &TempDir, name: &str, oldest: &str, more: &str) -> std::path::PathBuf {
    let path = home.path().join(name);
    let text = format!(
        "openssl_conf = start\n[start]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n[all]\nMinProtocol = {oldest}\n{more}\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_servers_need_an_option_get_a_warning_and_care_for_no_file_of_settings() {
    let home = tempfile::tempdir().unwrap();
    let strict = settings(
        &home,
        "strict.cnf",
        "TLSv1.2",
        "CipherString = DEFAULT@SECLEVEL=2\nSignatureAlgorithms = RSA+SHA256:ECDSA+SHA256\nProtocol = -TLSv1, -TLSv1.1",
    );
    let lax = settings(
        &home,
        "lax.cnf",
        "TLSv1",
        "CipherString = ALL@SECLEVEL=0\nOptions = UnsafeLegacyRenegotiation",
    );
    let old = serving(Face::openssl(&Certified::usual(), |builder| {
        builder.set_max_proto_version(Some(SslVersion::TLS1)).unwrap();
    }));
    let small = Certified::new(Wish {
        bits: 1024,
        ..Wish::default()
    });
    let small = serving(Face::openssl(&small, |_| {}));
    let dh = serving(Face::openssl(&Certified::usual(), |builder| {
        builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        let ciphers = "DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0";
        builder.set_cipher_list(ciphers).unwrap();
        builder.set_tmp_dh(&Dh::get_1024_160().unwrap()).unwrap();
    }));
    let (old, small, dh) = (old.await, small.await, dh.await);
    for settings in [None, Some(strict.as_path()), Some(lax.as_path())] {
        for (server, option, words) in [
            (&old, &["--tls-min", "1.0"][..], "weakly encrypted (TLS 1.0)"),
            (&small, &["--weak-tls"], "weakly encrypted (RSA 1024 bits)"),
            (
                &dh,
                &["--weak-tls"],
                "weakly encrypted (Diffie-Hellman 1024 bits)",
            ),
        ] {
            let before = server.heard().len();
            let (code, text) = ls(server, home.path(), &[], settings);
            assert_eq!(code, 5, "{settings:?}: {text}");
            assert!(text.contains(option[0]), "{settings:?}: {text}");
            for heard in &server.heard()[before..] {
                assert_eq!(heard.line, "AUTH TLS");
            }
            let (code, text) = ls(server, home.path(), option, settings);
            assert_eq!(code, 0, "{settings:?}: {text}");
            assert!(text.contains("warning") && text.contains(words), "{text}");
        }
    }
    let good = serving(Face::usual()).await;
    let (code, text) = ls(&good, home.path(), &[], None);
    assert_eq!((code, text.as_str()), (0, ""));
    let (code, text) = ls(&good, home.path(), &["--weak-tls"], None);
    assert!(code == 0 && text.contains("was not needed"), "{text}");
    let (code, text) = ls(
        &good,
        home.path(),
        &["--weak-tls", "--tls-backend", "system"],
        None,
    );
    assert!(code == 2 && text.contains("only OpenSSL"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_comes_by_option_or_from_the_servers_file() {
    let home = tempfile::tempdir().unwrap();
    let me = Certified::usual();
    let trusted = me.chain[0].clone();
    let server = serving(Face::openssl(&Certified::usual(), move |builder| {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(trusted.clone()).unwrap();
        builder.set_cert_store(store.build());
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }))
    .await;
    let (certificate, key) = me.pem();
    std::fs::write(home.path().join("me.pem"), certificate).unwrap();
    std::fs::write(home.path().join("me.key"), key).unwrap();
    let with = ["--client-cert", "me.pem", "--client-key", "me.key"];
    for backend in ["openssl", "system"] {
        let backend = ["--tls-backend", backend];
        for (options, code, words) in [
            (&[][..], 5, "client certificate"),
            (&with, 0, ""),
            (&with[..2], 2, "--client-key"),
            (&with[2..], 2, "--client-cert"),
            (&["--client-cert", "nowhere.pem"], 2, "No such file"),
        ] {
            let (ended, text) = ls(&server, home.path(), &[options, &backend].concat(), None);
            assert_eq!(ended, code, "{options:?}: {text}");
            assert!(text.contains(words), "{options:?}: {text}");
        }
    }

    let saved = server.server();
    let entry = format!(
        "[[server]]\nname = \"web\"\nprotocol = \"ftps-explicit\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"me\"\npin = \"{}\"\n",
        saved.port(),
        saved.pin.unwrap(),
    );
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    let file = home.path().join("config/servers.toml");
    let ls = || {
        let mut command = bare(home.path());
        command.env("FTPANE_PASSWORD", PASSWORD);
        said(&command.args(["ls", "web:"]).output().unwrap())
    };
    let key = "client-key = \"me.key\"\n";
    std::fs::write(&file, format!("{entry}client-certificate = \"me.pem\"\n{key}")).unwrap();
    assert_eq!(ls(), (0, String::new()));
    std::fs::write(&file, format!("{entry}{key}")).unwrap();
    let (code, text) = ls();
    assert!(code != 0 && text.contains("client-key"), "{code} {text}");
}

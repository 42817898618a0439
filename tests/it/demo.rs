//! The embedded server, met with a client of a few lines of its own: what it serves must not
//! depend on how ftpane's client sees it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use ftpane::demo::{Demo, DemoOptions, USER};
use ftpane::model::certificate::Pin;
use ftpane::model::server::{Protocol, TlsVersion};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, HandshakeKind, SignatureScheme, StreamOwned,
};

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// Accepts the certificate with this pin and no other.
#[derive(Debug)]
struct Pinned(Pin);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seen = ring::digest::digest(&ring::digest::SHA256, certificate);
        if seen.as_ref() == self.0.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::General("another certificate than the pinned one".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn client_config(pin: Pin) -> Arc<ClientConfig> {
    Arc::new(
        ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned(pin)))
            .with_no_client_auth(),
    )
}

fn encrypt(config: &Arc<ClientConfig>, mut stream: TcpStream) -> Encrypted {
    let mut connection =
        ClientConnection::new(Arc::clone(config), ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).unwrap();
    }
    StreamOwned::new(connection, stream)
}

/// A control connection.
struct Control<S>(BufReader<S>);

impl<S: Read + Write> Control<S> {
    fn greeted(stream: S) -> Self {
        let mut control = Self(BufReader::new(stream));
        assert!(control.reply().starts_with("220"));
        control
    }

    fn reply(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "closed after '{all}'");
            all.push_str(&line);
            if line.as_bytes().get(3) == Some(&b' ') && line.as_bytes()[..3].iter().all(u8::is_ascii_digit) {
                return all;
            }
        }
    }

    fn say(&mut self, command: &str, code: &str) -> String {
        let stream = self.0.get_mut();
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        stream.flush().unwrap();
        let reply = self.reply();
        assert!(reply.starts_with(code), "{command} was answered with {reply}");
        reply
    }

    fn login(&mut self, demo: &Demo) {
        self.say(&format!("USER {USER}"), "331");
        self.say(&format!("PASS {}", demo.secret().reveal()), "230");
    }

    /// A data connection by EPSV.
    fn data(&mut self) -> TcpStream {
        let reply = self.say("EPSV", "229");
        let port = reply.split('|').nth(3).unwrap().parse::<u16>().unwrap();
        TcpStream::connect(("127.0.0.1", port)).unwrap()
    }
}

fn dial(demo: &Demo) -> TcpStream {
    let server = demo.server();
    TcpStream::connect((server.host.as_str(), server.port())).unwrap()
}

fn encrypted_login(demo: &Demo) -> (Control<Encrypted>, Arc<ClientConfig>) {
    let config = client_config(demo.pin());
    let mut control = match demo.server().protocol {
        Protocol::FtpsImplicit => Control::greeted(encrypt(&config, dial(demo))),
        _ => {
            let mut plain = Control::greeted(dial(demo));
            plain.say("AUTH TLS", "234");
            Control(BufReader::new(encrypt(&config, plain.0.into_inner())))
        }
    };
    control.say("PBSZ 0", "200");
    control.say("PROT P", "200");
    control.login(demo);
    (control, config)
}

/// Sends a command that is answered over an encrypted data connection; its bytes and whether
/// the connection resumed the control connection's session.
fn fetch(control: &mut Control<Encrypted>, config: &Arc<ClientConfig>, command: &str) -> (Vec<u8>, bool) {
    let data = control.data();
    control.say(command, "150");
    let mut data = encrypt(config, data);
    let resumed = data.conn.handshake_kind() == Some(HandshakeKind::Resumed);
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).unwrap();
    let end = control.reply();
    assert!(end.starts_with("226"), "{command} ended with {end}");
    (bytes, resumed)
}

async fn blocking(test: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(test).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_the_sample_tree_over_every_kind_of_tls() {
    for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
            let options = DemoOptions {
                protocol,
                tls_version: Some(version),
                ..DemoOptions::default()
            };
            let demo = Demo::start_with(options).await.unwrap();
            blocking(move || {
                let (mut control, config) = encrypted_login(&demo);
                for _ in 0..3 {
                    let (listing, resumed) = fetch(&mut control, &config, "MLSD /docs/2026/reports");
                    let listing = String::from_utf8(listing).unwrap();
                    assert!(resumed, "{protocol:?} {version:?}");
                    assert_eq!(listing.lines().count(), 2, "{listing}");
                }
                let (bytes, _) = fetch(&mut control, &config, "RETR /Grüße aus Köln.txt");
                assert_eq!(bytes, "Umlauts in UTF-8.\n".as_bytes());
                let (big, _) = fetch(&mut control, &config, "RETR /big.bin");
                assert_eq!(big.len(), 64 * 1024 * 1024);
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_there_is_no_login() {
    let demo = Demo::start().await.unwrap();
    blocking(move || {
        Control::greeted(dial(&demo)).say(&format!("USER {USER}"), "534");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused() {
    let demo = Demo::start_with(DemoOptions {
        protocol: Protocol::Ftp,
        ..DemoOptions::default()
    })
    .await
    .unwrap();
    blocking(move || {
        let mut control = Control::greeted(dial(&demo));
        control.say(&format!("USER {USER}"), "331");
        control.say("PASS wrong", "530");
        control.login(&demo);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_folder_is_served_in_clear_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "content").unwrap();
    let demo = Demo::start_with(DemoOptions {
        protocol: Protocol::Ftp,
        folder: Some(folder.path().to_owned()),
        ..DemoOptions::default()
    })
    .await
    .unwrap();
    assert!(demo.server().pin.is_none());
    blocking(move || {
        let mut control = Control::greeted(dial(&demo));
        control.login(&demo);
        let mut data = control.data();
        control.say("RETR /a", "150");
        let mut text = String::new();
        data.read_to_string(&mut text).unwrap();
        assert_eq!(text, "content");
        assert!(control.reply().starts_with("226"));
        let mut data = control.data();
        control.say("STOR /b", "150");
        data.write_all(b"sent").unwrap();
        drop(data);
        assert!(control.reply().starts_with("226"));
    })
    .await;
    assert_eq!(std::fs::read(folder.path().join("b")).unwrap(), b"sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_share_nothing_and_leave_nothing() {
    let (one, two) = (Demo::start().await.unwrap(), Demo::start().await.unwrap());
    assert_ne!(one.pin(), two.pin());
    assert_ne!(one.secret(), two.secret());
    assert_ne!(one.server().port(), two.server().port());
    let folders: Vec<PathBuf> = [&one, &two].map(|d| d.folder().to_owned()).into();
    assert_ne!(folders[0], folders[1]);
    drop((one, two));
    assert!(folders.iter().all(|f| !f.exists()));
}

#[tokio::test]
async fn the_password_is_nowhere_but_in_the_url() {
    let demo = Demo::start().await.unwrap();
    let secret = demo.secret();
    assert!(demo.url().contains(secret.reveal()));
    assert!(!format!("{demo:?} {:?}", demo.server()).contains(secret.reveal()));
}

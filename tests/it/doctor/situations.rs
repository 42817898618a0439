//! For every verdict there is a situation that leads to it, and to nothing else.

use std::net::SocketAddr;

use ftpane::model::diagnosis::{Code, Level};
use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, PassiveAddress, Patience, Protocol, Server, TlsBackend};
use openssl::ssl::{SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use tokio::net::{TcpSocket, TcpStream};

use super::{SHORT, Visit, visit_as, visited};
use crate::harness::port::ClosedPort;
use crate::harness::scripted::*;

const EPSV: &str = "229 Here (|||{port}|)";
const PASV: &str = "227 Here (127,0,0,1,{p1},{p2})";

/// What scripts are told: the code, how much it weighs, and how the program ends.
const CONTRACT: &[(&str, Level, u8)] = &[
    ("ok", Level::Ok, 0),
    ("dns-failed", Level::Failure, 3),
    ("connect-refused", Level::Failure, 3),
    ("connect-timeout", Level::Failure, 3),
    ("proxy-failed", Level::Failure, 3),
    ("not-ftp", Level::Failure, 3),
    ("server-is-implicit", Level::Failure, 3),
    ("server-is-explicit", Level::Failure, 5),
    ("auth-refused", Level::Failure, 5),
    ("prot-refused", Level::Failure, 5),
    ("cert-unknown", Level::Failure, 5),
    ("cert-expired", Level::Failure, 5),
    ("cert-name", Level::Failure, 5),
    ("cert-changed", Level::Failure, 5),
    ("client-certificate", Level::Failure, 5),
    ("tls-too-old", Level::Failure, 5),
    ("login-refused", Level::Failure, 4),
    ("too-many-connections", Level::Failure, 3),
    ("connection-lost", Level::Failure, 3),
    ("epsv-unsupported", Level::Note, 0),
    ("pasv-private-address", Level::Failure, 6),
    ("pasv-other-host", Level::Note, 0),
    ("passive-filtered", Level::Failure, 6),
    ("passive-refused", Level::Failure, 6),
    ("data-tls-reuse", Level::Failure, 5),
    ("data-tls-stalled", Level::Failure, 5),
    ("active-nobody-came", Level::Failure, 6),
    ("active-stranger-came", Level::Failure, 6),
    ("list-refused", Level::Failure, 7),
    ("list-unreadable", Level::Failure, 1),
    ("clock-offset", Level::Note, 0),
    ("path-missing", Level::Failure, 7),
    ("server-read-only", Level::Note, 0),
    ("server-full", Level::Note, 0),
];

fn plain() -> Script {
    Script::new(Protocol::Ftp).file("/f", "x")
}

fn tls() -> Script {
    Script::new(Protocol::FtpsExplicit).file("/f", "x")
}

async fn found(script: Script) -> Visit {
    visited(script, SHORT).await.1
}

async fn found_as(script: Script, settings: impl FnOnce(Server) -> Server) -> Visit {
    visit_as(&script.start().await, settings, SHORT).await
}

async fn found_at(address: SocketAddr) -> Visit {
    let server = Server {
        protocol: Protocol::Ftp,
        host: address.ip().to_string(),
        port: Some(address.port()),
        ..Server::default()
    };
    Visit::to(server, Secret::new(PASSWORD), SHORT, false).await
}

/// Shows a certificate signed by an authority that the client trusts, but for this.
async fn certified(wish: Wish<'_>) -> Visit {
    let here = tempfile::tempdir().unwrap();
    let root = Certified::authority();
    let ca = here.path().join("ca.pem");
    std::fs::write(&ca, root.pem().0).unwrap();
    let certificate = Certified::new(Wish {
        signer: Some(&root),
        ..wish
    });
    let script = tls().face(Face::openssl(&certificate, |_| {}));
    found_as(script, |server| Server {
        pin: None,
        ca_file: Some(ca),
        ..server
    })
    .await
}

fn active(server: Server) -> Server {
    Server {
        mode: ConnectionMode::Active,
        ..server
    }
}

fn listing(line: &str) -> Script {
    let steps = [say("150 go"), send(line), end_data(), say("226 done")];
    plain().features("EPSV MDTM").on("LIST", steps)
}

/// The situation of a code. There is no arm for all others: a new code is one of these, or no test of this
/// program is compiled.
async fn situation(code: Code) -> Visit {
    match code {
        Code::Ok => visited(tls(), Patience::default()).await.1,
        Code::DnsFailed => {
            let nowhere = |server| Server {
                host: "no-such-host.invalid".into(),
                ..server
            };
            found_as(plain(), nowhere).await
        }
        Code::ConnectRefused => {
            let closed = ClosedPort::new();
            found_at(([127, 0, 0, 1], closed.number).into()).await
        }
        Code::ConnectTimeout => {
            // a full queue of waiting connections: the system drops what else comes
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let listener = socket.listen(0).unwrap();
            let address = listener.local_addr().unwrap();
            let _waiting = TcpStream::connect(address).await.unwrap();
            found_at(address).await
        }
        Code::ProxyFailed => {
            let closed = ClosedPort::new();
            let proxied = |server| Server {
                proxy: format!("socks5://127.0.0.1:{}", closed.number).parse().ok(),
                ..server
            };
            found_as(plain(), proxied).await
        }
        Code::NotFtp => found(plain().on(GREETING, say("SSH-2.0-OpenSSH_9.6"))).await,
        Code::ServerIsImplicit => {
            let clear = |server| Server {
                protocol: Protocol::Ftp,
                ..server
            };
            found_as(Script::new(Protocol::FtpsImplicit).file("/f", "x"), clear).await
        }
        Code::ServerIsExplicit => {
            let implicit = |server| Server {
                protocol: Protocol::FtpsImplicit,
                ..server
            };
            found_as(tls(), implicit).await
        }
        Code::AuthRefused => found(tls().on("AUTH", say("502 No TLS here."))).await,
        Code::ProtRefused => found(tls().on("PROT", say("536 Not that level."))).await,
        Code::CertUnknown => {
            let unpinned = |server| Server { pin: None, ..server };
            found_as(tls(), unpinned).await
        }
        Code::CertExpired => {
            let valid = (-30, -2);
            certified(Wish {
                valid,
                ..Wish::default()
            })
            .await
        }
        Code::CertName => {
            let address = "192.0.2.1";
            certified(Wish {
                address,
                ..Wish::default()
            })
            .await
        }
        Code::CertChanged => {
            let other = |server| Server {
                pin: Some(Certified::usual().pin()),
                ..server
            };
            found_as(tls(), other).await
        }
        Code::ClientCertificate => {
            let face = Face::openssl(&Certified::usual(), |builder| {
                builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
                let nobody = X509StoreBuilder::new().unwrap().build();
                builder.set_verify_cert_store(nobody).unwrap();
            });
            found(tls().face(face)).await
        }
        Code::TlsTooOld => {
            let face = Face::openssl(&Certified::usual(), |builder| {
                builder.set_max_proto_version(Some(SslVersion::TLS1)).unwrap();
            });
            found(tls().face(face)).await
        }
        Code::LoginRefused => found(plain().on("PASS", say("530 Login incorrect."))).await,
        Code::TooManyConnections => {
            let full = vec![say("421 Too many connections from your address."), close()];
            found(plain().in_sessions(3.., GREETING, full)).await
        }
        Code::ConnectionLost => found(plain().on("FEAT", close())).await,
        Code::EpsvUnsupported => found(plain().on("EPSV", say("500 EPSV not understood"))).await,
        Code::PasvPrivateAddress => {
            // on Linux the whole of 127/8 is this machine: the port answers at 127.0.0.1 only
            let script = plain()
                .on("EPSV", announce_closed(EPSV))
                .on("PASV", announce("227 Here (127,0,0,9,{p1},{p2})"));
            let followed = |server| Server {
                passive_address: PassiveAddress::Server,
                ..server
            };
            found_as(script, followed).await
        }
        Code::PasvOtherHost => found(plain().on("PASV", announce("227 Here (203,0,113,9,{p1},{p2})"))).await,
        Code::PassiveFiltered => {
            found(
                plain()
                    .on("EPSV", announce_dropped(EPSV))
                    .on("PASV", announce_dropped(PASV)),
            )
            .await
        }
        Code::PassiveRefused => {
            found(
                plain()
                    .on("EPSV", announce_closed(EPSV))
                    .on("PASV", announce_closed(PASV)),
            )
            .await
        }
        Code::DataTlsReuse => {
            let script = tls().unresumed([say("522 SSL connection failed: session reuse required"), close()]);
            let system = |server| Server {
                tls_backend: TlsBackend::System,
                ..server
            };
            found_as(script, system).await
        }
        Code::DataTlsStalled => found(tls().on("MLSD", [say("150 Coming."), hold()])).await,
        Code::ActiveNobodyCame => found_as(plain().on("MLSD", [say("150 Coming."), hold()]), active).await,
        Code::ActiveStrangerCame => {
            found_as(
                plain().on("MLSD", [say("150 Coming."), stranger(), hold()]),
                active,
            )
            .await
        }
        Code::ListRefused => found(plain().on("MLSD", say("550 Permission denied."))).await,
        Code::ListUnreadable => found(listing("what is this\r\n")).await,
        Code::ClockOffset => found(listing("-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n")).await,
        Code::PathMissing => {
            let elsewhere = |server| Server {
                document_path: "/nowhere".into(),
                ..server
            };
            found_as(plain(), elsewhere).await
        }
        Code::ServerReadOnly => {
            let perm = say("250-Here\r\n type=dir;perm=el; /\r\n250 End");
            found(plain().on("MLST", perm)).await
        }
        Code::ServerFull => {
            let server = plain().on("STOR", say("552 Quota exceeded.")).start().await;
            Visit::to(server.server(), server.secret(), SHORT, true).await
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_has_its_situation_its_level_and_its_exit_code() {
    let words: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    let promised: Vec<&str> = CONTRACT.iter().map(|(word, ..)| *word).collect();
    assert_eq!(words, promised);
    for (code, (word, level, exit)) in Code::ALL.iter().zip(CONTRACT) {
        let visit = situation(*code).await;
        let verdicts: Vec<_> = visit.diagnosis.verdicts.iter().collect();
        let first = verdicts.first().unwrap();
        assert_eq!(
            (first.code, first.level),
            (*code, *level),
            "{word}: {verdicts:#?}"
        );
        let others: Vec<&str> = verdicts[1..].iter().map(|verdict| verdict.code.word()).collect();
        assert!(others.is_empty(), "{word}: {others:?}");
        assert_eq!(visit.diagnosis.exit_code(), *exit, "{word}");
        visit.assert_made_for_people();
    }
}

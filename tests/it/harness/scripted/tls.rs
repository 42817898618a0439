//! How a scripted server speaks TLS: by rustls, or by OpenSSL where it has to be old, weak or
//! curious about the client's certificate. Sessions can be resumed, each by the data connections of
//! its own control connection alone, as servers that look closely demand it.

use std::fmt;
use std::sync::Arc;

use ftpane::model::certificate::Pin;
use ftpane::model::server::TlsVersion;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslContext, SslContextBuilder, SslMethod, SslVersion};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ServerSessionMemoryCache;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

/// A self-signed certificate for 127.0.0.1, made now, and its fingerprint.
pub(in crate::harness) fn make() -> (Arc<ServerConfig>, Pin) {
    made(&[&TLS12, &TLS13])
}

fn made(versions: &[&'static SupportedProtocolVersion]) -> (Arc<ServerConfig>, Pin) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let der = made.cert.der().clone();
    let pin = Pin(openssl::sha::sha256(&der));
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der], key)
        .unwrap();
    config.session_storage = ServerSessionMemoryCache::new(256);
    config.ticketer = Ticketer::new().unwrap();
    (Arc::new(config), pin)
}

/// How a server shows itself.
#[derive(Clone)]
pub(crate) struct Face {
    make: Arc<dyn Fn() -> Acceptor + Send + Sync>,
    pub(super) pin: Pin,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Face").field(&self.pin).finish()
    }
}

/// What shakes hands for the connections of one session.
#[derive(Clone)]
pub(super) enum Acceptor {
    Rustls(TlsAcceptor),
    Openssl(SslContext),
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acceptor")
    }
}

impl Face {
    /// Self-signed, TLS 1.2 and 1.3.
    pub(crate) fn usual() -> Self {
        Self::rustls(make())
    }

    /// Self-signed, this version alone; 1.2 or 1.3.
    pub(crate) fn speaking(version: TlsVersion) -> Self {
        Self::rustls(match version {
            TlsVersion::V1_2 => made(&[&TLS12]),
            TlsVersion::V1_3 => made(&[&TLS13]),
            TlsVersion::V1_0 | TlsVersion::V1_1 => panic!("rustls has never spoken it"),
        })
    }

    fn rustls((config, pin): (Arc<ServerConfig>, Pin)) -> Self {
        let make = move || {
            let mut own = (*config).clone();
            own.session_storage = ServerSessionMemoryCache::new(256);
            own.ticketer = Ticketer::new().unwrap();
            Acceptor::Rustls(TlsAcceptor::from(Arc::new(own)))
        };
        Self {
            make: Arc::new(make),
            pin,
        }
    }

    /// By OpenSSL, which lets everything pass unless `set` says otherwise.
    pub(crate) fn openssl(
        certified: &Certified,
        set: impl Fn(&mut SslContextBuilder) + Send + Sync + 'static,
    ) -> Self {
        let (chain, key) = (certified.chain.clone(), certified.key.clone());
        let make = move || {
            let mut builder = SslContextBuilder::new(SslMethod::tls_server()).unwrap();
            builder.set_security_level(0);
            builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
            builder.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
            builder.set_session_id_context(b"scripted").unwrap();
            builder.set_certificate(&chain[0]).unwrap();
            for signer in &chain[1..] {
                builder.add_extra_chain_cert(signer.clone()).unwrap();
            }
            builder.set_private_key(&key).unwrap();
            set(&mut builder);
            Acceptor::Openssl(builder.build())
        };
        Self {
            make: Arc::new(make),
            pin: certified.pin(),
        }
    }

    /// For one session: tickets of any other are worth nothing to it.
    pub(super) fn acceptor(&self) -> Acceptor {
        (self.make)()
    }
}

/// A certificate with those that signed it, and its key.
#[derive(Debug, Clone)]
pub(crate) struct Certified {
    pub(crate) chain: Vec<X509>,
    pub(crate) key: PKey<Private>,
}

/// What a certificate is to be; the usual is a good one for 127.0.0.1.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) bits: u32,
    pub(crate) sha1: bool,
    pub(crate) address: &'a str,
    /// Days from now.
    pub(crate) valid: (i64, i64),
    /// May sign others.
    pub(crate) authority: bool,
    pub(crate) signer: Option<&'a Certified>,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            bits: 2048,
            sha1: false,
            address: "127.0.0.1",
            valid: (-1, 100),
            authority: false,
            signer: None,
        }
    }
}

impl Certified {
    pub(crate) fn new(wish: Wish<'_>) -> Self {
        static SERIAL: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let serial = SERIAL.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let key = PKey::from_rsa(Rsa::generate(wish.bits).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        let called = format!("scripted {serial}");
        name.append_entry_by_nid(Nid::COMMONNAME, &called).unwrap();
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let number = Asn1Integer::from_bn(&BigNum::from_u32(serial).unwrap()).unwrap();
        builder.set_serial_number(&number).unwrap();
        builder.set_subject_name(&name).unwrap();
        let issuer = wish
            .signer
            .map_or(&*name, |signer| signer.chain[0].subject_name());
        builder.set_issuer_name(issuer).unwrap();
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let day = |days: i64| Asn1Time::from_unix(i64::try_from(now).unwrap() + days * 86_400).unwrap();
        builder.set_not_before(&day(wish.valid.0)).unwrap();
        builder.set_not_after(&day(wish.valid.1)).unwrap();
        builder.set_pubkey(&key).unwrap();
        if wish.authority {
            let extension = BasicConstraints::new().critical().ca().build().unwrap();
            builder.append_extension(extension).unwrap();
        } else {
            let context = builder.x509v3_context(None, None);
            let names = SubjectAlternativeName::new()
                .ip(wish.address)
                .build(&context)
                .unwrap();
            builder.append_extension(names).unwrap();
        }
        let digest = if wish.sha1 {
            MessageDigest::sha1()
        } else {
            MessageDigest::sha256()
        };
        let signing = wish.signer.map_or(&key, |signer| &signer.key);
        builder.sign(signing, digest).unwrap();
        let mut chain = vec![builder.build()];
        if let Some(signer) = wish.signer {
            // the root is what the client must know by itself
            let above = signer
                .chain
                .iter()
                .filter(|cert| cert.subject_name_hash() != cert.issuer_name_hash());
            chain.extend(above.cloned());
        }
        Self { chain, key }
    }

    /// Good, for 127.0.0.1, signed by itself.
    pub(crate) fn usual() -> Self {
        Self::new(Wish::default())
    }

    /// An authority.
    pub(crate) fn authority() -> Self {
        Self::new(Wish {
            authority: true,
            ..Wish::default()
        })
    }

    pub(crate) fn pin(&self) -> Pin {
        Pin(openssl::sha::sha256(&self.chain[0].to_der().unwrap()))
    }

    /// Certificates, and the key, as PEM.
    pub(crate) fn pem(&self) -> (Vec<u8>, Vec<u8>) {
        let certificates = self
            .chain
            .iter()
            .flat_map(|cert| cert.to_pem().unwrap())
            .collect();
        (certificates, self.key.private_key_to_pem_pkcs8().unwrap())
    }
}

//! Whose signatures OpenSSL takes: the authorities of this machine, and those of a server's own file.

use std::path::{Path, PathBuf};

use openssl::error::ErrorStack;
use openssl::ssl::SslFiletype;
use openssl::x509::X509;
use openssl::x509::store::{X509Lookup, X509Store, X509StoreBuilder};

use super::{TlsError, read_authorities};

/// The system's authorities, found by openssl-probe (a vendored OpenSSL does not know where they
/// are), and those of `further`.
pub(super) fn load(further: Option<&Path>) -> Result<X509Store, TlsError> {
    let found = openssl_probe::probe();
    let pem = found.cert_file.and_then(|file| std::fs::read(file).ok());
    // who names a file means no others
    let folders = match std::env::var_os("SSL_CERT_FILE") {
        Some(_) => Vec::new(),
        None => found.cert_dir,
    };
    let further = further.map(read_authorities).transpose()?.unwrap_or_default();
    store(pem, &folders, further)
        .map_err(|e| TlsError::Settings(format!("the certificate store cannot be read: {e}")))
}

/// A missing or broken system store leaves fewer authorities to trust, never more.
fn store(pem: Option<Vec<u8>>, folders: &[PathBuf], further: Vec<X509>) -> Result<X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    let hashed = |pem: &Vec<u8>| folders.iter().find(|folder| is_hashed(folder, pem));
    let folder = pem.as_ref().and_then(hashed).and_then(|folder| folder.to_str());
    if let Some(folder) = folder {
        // one certificate is parsed, the one that is asked for, and not more than a hundred
        let lookup = store.add_lookup(X509Lookup::hash_dir())?;
        lookup.add_dir(folder, SslFiletype::PEM)?;
    } else if let Some(list) = pem.and_then(|pem| X509::stack_from_pem(&pem).ok()) {
        for cert in list {
            let _ = store.add_cert(cert);
        }
    } else {
        let _ = store.set_default_paths();
    }
    for cert in further {
        store.add_cert(cert)?;
    }
    Ok(store.build())
}

/// Whether a folder holds the certificates of a file, each under the hash of its subject
/// (openssl-rehash(1)): as many of them, at least, as the system's own tools make it.
fn is_hashed(folder: &Path, pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let is_hash = |name: &[u8]| {
        matches!(name.split_at_checked(8), Some((hash, [b'.', digit]))
            if hash.iter().all(u8::is_ascii_hexdigit) && digit.is_ascii_digit())
    };
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name());
    let hashed = names.filter(|name| is_hash(name.as_encoded_bytes())).count();
    let lines = pem.split(|b| *b == b'\n');
    let listed = lines.filter(|line| line.trim_ascii_end() == BEGIN).count();
    hashed > 0 && hashed >= listed
}

#[cfg(test)]
mod tests {
    use openssl::stack::Stack;
    use openssl::x509::X509StoreContext;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    /// An authority of this name.
    fn authority(name: &str) -> X509 {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        X509::from_der(made.der()).unwrap()
    }

    fn trusts(store: &X509Store, cert: &X509) -> bool {
        let mut context = X509StoreContext::new().unwrap();
        let none = Stack::new().unwrap();
        context.init(store, cert, &none, |c| c.verify_cert()).unwrap()
    }

    #[test]
    fn a_folder_of_hashes_stands_for_a_file_that_has_no_more() {
        let [one, other, further] = ["one", "other", "further"].map(authority);
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_path_buf()];
        let listed = |certs: &[&X509]| Some(certs.iter().flat_map(|c| c.to_pem().unwrap()).collect());
        let known = |pem, folders: &[PathBuf]| {
            let store = store(pem, folders, vec![further.clone()]).unwrap();
            [&one, &other, &further].map(|cert| trusts(&store, cert))
        };
        assert_eq!(
            known(listed(&[&other]), &folders),
            [false, true, true],
            "it is empty"
        );
        let name = format!("{:08x}.0", one.subject_name_hash());
        std::fs::write(folder.path().join(name), one.to_pem().unwrap()).unwrap();
        assert_eq!(known(listed(&[&other]), &folders), [true, false, true]);
        assert_eq!(known(listed(&[&other]), &[]), [false, true, true]);
        assert_eq!(
            known(listed(&[&one, &other]), &folders),
            [true, true, true],
            "the file has more"
        );
        assert_eq!(known(Some(b"no certificates".into()), &[]), [false, false, true]);
    }
}

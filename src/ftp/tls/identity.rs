//! Our own certificate, for servers that let in only those who show one.

use std::path::Path;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use zeroize::Zeroizing;

use super::TlsError;

/// A certificate with its chain, and its key.
#[derive(Debug)]
pub(super) struct Identity {
    /// Ours first, then those that signed it.
    pub(super) chain: Vec<X509>,
    pub(super) key: PKey<Private>,
}

impl Identity {
    /// Reads both from PEM files; without a file of its own the key stands in the certificate's.
    pub(super) fn read(certificate: &Path, key: Option<&Path>) -> Result<Self, TlsError> {
        let pem = read("client certificate", certificate)?;
        let chain = X509::stack_from_pem(&pem).unwrap_or_default();
        let Some(own) = chain.first() else {
            return Err(unusable(
                "client certificate",
                certificate,
                "it holds no PEM certificate; `openssl pkcs12 -in FILE -nodes` makes PEM of a .p12 or .pfx file",
            ));
        };
        let (pem, file) = match key {
            Some(file) => (read("client key", file)?, file),
            None => (pem, certificate),
        };
        let bad = |why: &str| unusable("client key", file, why);
        if is_encrypted(&pem) {
            return Err(bad(
                "it is encrypted; `openssl pkey -in FILE -out PLAIN` takes the passphrase off (keep PLAIN to yourself: chmod 600)",
            ));
        }
        // asked for a passphrase all the same, the empty one is the answer: nobody sits at OpenSSL's prompt
        let key = PKey::private_key_from_pem_callback(&pem, |_| Ok(0)).map_err(|_: ErrorStack| {
            bad(match key {
                Some(_) => "it holds no PEM private key",
                None => "it holds no PEM private key beside the certificate; name the key's own file (--client-key)",
            })
        })?;
        let belongs = own.public_key().is_ok_and(|public| public.public_eq(&key));
        if !belongs {
            return Err(bad("it does not belong to the client certificate"));
        }
        Ok(Self { chain, key })
    }
}

/// PKCS#8 says it in its label, the older forms in a header (RFC 1421 §4.6.1.1).
fn is_encrypted(pem: &[u8]) -> bool {
    let holds = |words: &[u8]| pem.windows(words.len()).any(|part| part == words);
    holds(b"BEGIN ENCRYPTED PRIVATE KEY") || holds(b"Proc-Type: 4,ENCRYPTED")
}

fn read(what: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Zeroizing::new(bytes)),
        Err(error) => Err(unusable(what, file, &error.to_string())),
    }
}

fn unusable(what: &str, file: &Path, why: &str) -> TlsError {
    TlsError::Settings(format!("the {what} '{}' cannot be used: {why}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::rsa::Rsa;
    use openssl::symm::Cipher;

    fn says(certificate: &Path, key: Option<&Path>) -> String {
        match Identity::read(certificate, key) {
            Err(TlsError::Settings(says)) => says,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_with_certificate_or_key_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let made = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
        let (pem, own) = (made.cert.pem(), made.signing_key.serialize_pem());
        let both = write("both.pem", format!("{own}{pem}").as_bytes());
        let certificate = write("c.pem", pem.as_bytes());
        let key = write("k.pem", own.as_bytes());
        assert_eq!(Identity::read(&both, None).unwrap().chain.len(), 1);
        assert_eq!(Identity::read(&certificate, Some(&key)).unwrap().chain.len(), 1);

        assert!(says(&folder.path().join("none"), None).contains("No such file"));
        assert!(says(&key, None).contains("no PEM certificate"));
        assert!(says(&certificate, None).contains("--client-key"));
        assert!(says(&certificate, Some(&certificate)).contains("no PEM private key"));
        let other = Rsa::generate(2048).unwrap();
        let stranger = write("s.pem", &other.private_key_to_pem().unwrap());
        assert!(says(&certificate, Some(&stranger)).contains("does not belong"));
        let sealed = other.private_key_to_pem_passphrase(Cipher::aes_128_cbc(), b"secret");
        let sealed = write("old.pem", &sealed.unwrap());
        assert!(says(&certificate, Some(&sealed)).contains("encrypted"));
        let pkey = PKey::from_rsa(other).unwrap();
        let sealed = pkey.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"secret");
        let sealed = write("new.pem", &sealed.unwrap());
        assert!(says(&certificate, Some(&sealed)).contains("encrypted"));
    }
}

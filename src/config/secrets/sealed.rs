//! The bytes of the secret store: scrypt makes a key of the passphrase, AES-256-GCM seals the
//! entries and vouches for the header.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `FTPANE-S` |
//! | 1 | version, 1 |
//! | 1, 1, 1 | scrypt: log2 N, r, p (RFC 7914) |
//! | 16 | scrypt: salt |
//! | 12 | AES-GCM: nonce |
//! | 16 | SHA-256 of the above, cut: damage is told from a wrong passphrase |
//! | 16 | the second part of scrypt's output: tells whether the passphrase is right |
//! | .. | the entries, encrypted; all of the above is authenticated with them |
//! | 16 | AES-GCM: tag |
//!
//! An entry is a name and a secret, each behind its length in two bytes, low byte first.

use std::collections::BTreeMap;

use openssl::error::ErrorStack;
use openssl::memcmp;
use openssl::pkcs5::scrypt;
use openssl::rand::rand_bytes;
use openssl::sha::sha256;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use crate::model::secret::Secret;

const MAGIC: &[u8; 8] = b"FTPANE-S";
const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 12;
const CHECK: usize = 16;
const TAG: usize = 16;
/// All before the checksum.
const SUMMED: usize = MAGIC.len() + 4 + SALT + NONCE;
const HEADER: usize = SUMMED + 2 * CHECK;
const KEY: usize = 32;

/// The most memory a file may make us take, bytes; and the most passes over it.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
const MOST_PASSES: u8 = 8;

/// Names and their secrets.
pub(super) type Entries = BTreeMap<String, Secret>;

/// How much work it is to try a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    log_n: u8,
    r: u8,
    p: u8,
}

impl Cost {
    /// 64 MiB, about a third of a second: as hard as OWASP's first choice of 128 MiB and one pass,
    /// for machines that have not so much to spare.
    pub(super) const USUAL: Self = Self {
        log_n: 16,
        r: 8,
        p: 2,
    };

    /// Whether a file may ask for it: neither trivial nor an attack on this machine.
    fn is_bearable(self) -> bool {
        (14..=20).contains(&self.log_n)
            && (1..=32).contains(&self.r)
            && (1..=MOST_PASSES).contains(&self.p)
            && self.memory() <= MOST_MEMORY
    }

    fn memory(self) -> u64 {
        (128 * u64::from(self.r)) << self.log_n
    }
}

/// Why bytes cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SealError {
    /// They do not begin as a store does.
    NotOurs,
    /// A form that this program does not know.
    Version(u8),
    /// They are not what was written.
    Damaged,
    /// It is another passphrase.
    WrongPassphrase,
    /// A name or a secret is longer than 65535 bytes.
    TooLong,
    /// OpenSSL cannot, for want of memory for instance.
    OpenSsl(String),
}

impl From<ErrorStack> for SealError {
    fn from(error: ErrorStack) -> Self {
        Self::OpenSsl(error.to_string())
    }
}

/// A header that was looked at, and what it was the header of.
#[derive(Debug)]
pub(super) struct Sealed<'a> {
    cost: Cost,
    header: &'a [u8; HEADER],
    encrypted: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Sealed<'a> {
    /// Looks at all that can be seen without the passphrase.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, SealError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(SealError::NotOurs)?;
        match rest.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(SealError::Version(other)),
            None => return Err(SealError::Damaged),
        }
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(SealError::Damaged)?;
        let (encrypted, tag) = rest.split_last_chunk::<TAG>().ok_or(SealError::Damaged)?;
        let [_, _, _, _, _, _, _, _, _, log_n, r, p, ..] = *header;
        let cost = Cost { log_n, r, p };
        if sha256(&header[..SUMMED])[..CHECK] != header[SUMMED..SUMMED + CHECK] || !cost.is_bearable() {
            return Err(SealError::Damaged);
        }
        Ok(Self {
            cost,
            header,
            encrypted,
            tag,
        })
    }

    /// The entries.
    pub(super) fn open(&self, passphrase: &Secret) -> Result<Entries, SealError> {
        let salt = &self.header[SUMMED - NONCE - SALT..SUMMED - NONCE];
        let nonce = &self.header[SUMMED - NONCE..SUMMED];
        let derived = derive(passphrase, salt, self.cost)?;
        let (key, check) = derived.split_at(KEY);
        if !memcmp::eq(check, &self.header[SUMMED + CHECK..]) {
            return Err(SealError::WrongPassphrase);
        }
        let cipher = Cipher::aes_256_gcm();
        let plain = decrypt_aead(cipher, key, Some(nonce), self.header, self.encrypted, self.tag)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Damaged)?;
        entries(&plain).ok_or(SealError::Damaged)
    }
}

/// Seals the entries, with a salt and a nonce of their own.
pub(super) fn seal(entries: &Entries, passphrase: &Secret, cost: Cost) -> Result<Vec<u8>, SealError> {
    let plain = plain(entries)?;
    let mut random = [0; SALT + NONCE];
    rand_bytes(&mut random)?;
    let (salt, nonce) = random.split_at(SALT);
    let derived = derive(passphrase, salt, cost)?;
    let (key, check) = derived.split_at(KEY);
    let mut out = [MAGIC, &[VERSION, cost.log_n, cost.r, cost.p][..], salt, nonce].concat();
    out.extend_from_slice(&sha256(&out)[..CHECK]);
    out.extend_from_slice(check);
    let mut tag = [0; TAG];
    let encrypted = encrypt_aead(Cipher::aes_256_gcm(), key, Some(nonce), &out, &plain, &mut tag)?;
    out.extend_from_slice(&encrypted);
    out.extend_from_slice(&tag);
    Ok(out)
}

fn derive(passphrase: &Secret, salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; KEY + CHECK]>, SealError> {
    let mut out = Zeroizing::new([0; KEY + CHECK]);
    scrypt(
        passphrase.reveal().as_bytes(),
        salt,
        1 << cost.log_n,
        cost.r.into(),
        cost.p.into(),
        // what OpenSSL counts besides is a few kilobytes
        cost.memory() + 1024 * 1024,
        &mut *out,
    )?;
    Ok(out)
}

fn plain(entries: &Entries) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let texts = || {
        entries
            .iter()
            .flat_map(|(name, secret)| [name.as_str(), secret.reveal()])
    };
    // as large as it will be: what is moved in growing leaves copies behind
    let mut out = Zeroizing::new(Vec::with_capacity(texts().map(|text| text.len() + 2).sum()));
    for text in texts() {
        let len = u16::try_from(text.len()).map_err(|_| SealError::TooLong)?;
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    Ok(out)
}

fn entries(mut plain: &[u8]) -> Option<Entries> {
    fn take<'a>(plain: &mut &'a [u8]) -> Option<&'a str> {
        let (len, rest) = plain.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*len).into())?;
        *plain = rest;
        std::str::from_utf8(text).ok()
    }
    let mut out = Entries::new();
    while !plain.is_empty() {
        let name = take(&mut plain)?.to_owned();
        out.insert(name, Secret::new(take(&mut plain)?));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least a file may have: quick.
    const QUICK: Cost = Cost {
        log_n: 14,
        r: 1,
        p: 1,
    };

    fn sample() -> Entries {
        let entry = |name: &str, secret: &str| (name.to_owned(), Secret::new(secret));
        [
            entry("web", "s3cret"),
            entry("b\u{fc}ro", ""),
            entry("", "empty name"),
        ]
        .into()
    }

    fn open(bytes: &[u8], passphrase: &str) -> Result<Entries, SealError> {
        Sealed::read(bytes)?.open(&Secret::new(passphrase))
    }

    #[test]
    fn what_was_sealed_opens_with_its_passphrase_only() {
        let bytes = seal(&sample(), &Secret::new("right"), QUICK).unwrap();
        assert_eq!(open(&bytes, "right"), Ok(sample()));
        assert_eq!(open(&bytes, "wrong"), Err(SealError::WrongPassphrase));
        assert_eq!(open(&bytes, ""), Err(SealError::WrongPassphrase));
        assert!(!bytes.windows(6).any(|w| w == b"s3cret"));
        let empty = seal(&Entries::new(), &Secret::new("right"), QUICK).unwrap();
        assert_eq!(open(&empty, "right"), Ok(Entries::new()));
    }

    #[test]
    fn nothing_is_sealed_the_same_way_twice() {
        let passphrase = Secret::new("right");
        let one = seal(&sample(), &passphrase, QUICK).unwrap();
        let two = seal(&sample(), &passphrase, QUICK).unwrap();
        let random = SUMMED - NONCE - SALT;
        assert_ne!(one[random..random + SALT], two[random..random + SALT], "salt");
        assert_ne!(one[random + SALT..SUMMED], two[random + SALT..SUMMED], "nonce");
        assert_ne!(one[HEADER..], two[HEADER..]);
    }

    #[test]
    fn no_flipped_bit_and_no_cut_opens() {
        let bytes = seal(&sample(), &Secret::new("right"), QUICK).unwrap();
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            let error = open(&bent, "right").unwrap_err();
            let want = match at {
                0..8 => SealError::NotOurs,
                8 => SealError::Version(VERSION ^ 1),
                // the check itself cannot be told from a wrong passphrase
                _ if (SUMMED + CHECK..HEADER).contains(&at) => SealError::WrongPassphrase,
                _ => SealError::Damaged,
            };
            assert_eq!(error, want, "byte {at}");
        }
        for len in 0..bytes.len() {
            assert!(open(&bytes[..len], "right").is_err(), "cut to {len}");
        }
        assert!(open(&[&bytes[..], b"more"].concat(), "right").is_err());
    }

    #[test]
    fn a_header_cannot_ask_for_the_machine() {
        let bytes = seal(&sample(), &Secret::new("right"), QUICK).unwrap();
        for (log_n, r, p) in [
            (63, 8, 1),
            (20, 32, 1),
            (255, 255, 255),
            (14, 8, 200),
            (0, 1, 1),
            (16, 0, 1),
        ] {
            let mut hostile = bytes.clone();
            hostile[9..12].copy_from_slice(&[log_n, r, p]);
            let sum = sha256(&hostile[..SUMMED]);
            hostile[SUMMED..SUMMED + CHECK].copy_from_slice(&sum[..CHECK]);
            assert_eq!(
                Sealed::read(&hostile).unwrap_err(),
                SealError::Damaged,
                "{log_n} {r} {p}"
            );
        }
        assert!(Cost::USUAL.is_bearable() && QUICK.is_bearable());
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let long = [("web".to_owned(), Secret::new("x".repeat(65_536)))].into();
        assert_eq!(
            seal(&long, &Secret::new("p"), QUICK).unwrap_err(),
            SealError::TooLong
        );
    }
}

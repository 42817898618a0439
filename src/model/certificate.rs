//! A server's certificate, as it is shown to the person who must judge it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::stamp::Stamp;

/// SHA-256 of a certificate in DER form: what is pinned. Written `sha256:` and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin(pub [u8; 32]);

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no certificate pin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a certificate pin is 'sha256:' and 64 hexadecimal digits (colons between them are fine)")]
pub struct PinError;

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let text = text.trim();
        let digits: Vec<u8> = text
            .strip_prefix("sha256:")
            .or_else(|| text.strip_prefix("SHA256:"))
            .ok_or(PinError)?
            .bytes()
            .filter(|b| *b != b':')
            .map(|b| {
                char::from(b)
                    .to_digit(16)
                    .and_then(|d| u8::try_from(d).ok())
                    .ok_or(PinError)
            })
            .collect::<Result<_, _>>()?;
        let mut out = [0u8; 32];
        if digits.len() != 64 {
            return Err(PinError);
        }
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (pair[0] << 4) | pair[1];
        }
        Ok(Self(out))
    }
}

impl TryFrom<String> for Pin {
    type Error = PinError;

    fn try_from(text: String) -> Result<Self, PinError> {
        text.parse()
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.to_string()
    }
}

/// What is the matter with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody this machine trusts has signed it.
    Unknown,
    /// It signs itself.
    SelfSigned,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It belongs to another host name.
    WrongName,
    /// Another certificate is pinned for this server.
    Changed,
    /// Something else that the verification found.
    Other,
}

/// A certificate that could not simply be trusted; every text is escaped for a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The host names and addresses it is made out to.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Option<Stamp>,
    /// Valid until.
    pub not_after: Option<Stamp>,
    /// `RSA 2048 bits`, `EC 256 bits`.
    pub key: String,
    /// Its fingerprint.
    pub pin: Pin,
    /// Why it is doubted; empty when it was verified.
    pub doubts: Vec<Doubt>,
    /// The verification's own sentence, where there is one.
    pub reason: String,
}

/// How the live connection's certificate was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Signed by an authority this machine trusts, for this name, in its time.
    Verified,
    /// It is the one pinned for this server.
    Pinned,
    /// A person accepted it for this run.
    Once,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_read_what_they_write() {
        let pin = Pin([0xab; 32]);
        assert_eq!(pin.to_string().parse::<Pin>().unwrap(), pin);
        let with_colons = format!("sha256:{}", ["AB"; 32].join(":"));
        assert_eq!(with_colons.parse::<Pin>().unwrap(), pin);
        for bad in [
            "",
            "sha256:",
            "sha256:zz",
            &"ab".repeat(32),
            &format!("sha256:{}", "a".repeat(63)),
        ] {
            assert!(bad.parse::<Pin>().is_err(), "{bad}");
        }
    }
}

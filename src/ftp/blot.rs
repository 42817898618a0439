//! Secrets are kept out of all that is said of a session: the argument of the commands that carry
//! one, and the same text wherever the server repeats it.

use zeroize::Zeroizing;

/// Shorter ones are no secrets, and blotting them would tear up every line and tell what they are.
const SHORTEST: usize = 4;
const BLOT: &[u8] = b"***";

/// Whether the argument of this line's command is a secret (RFC 959 §4.1.1).
pub(super) fn holds_secret(line: &[u8]) -> bool {
    let verb = line.split(|b| *b == b' ').next().unwrap_or_default();
    verb.eq_ignore_ascii_case(b"PASS") || verb.eq_ignore_ascii_case(b"ACCT")
}

/// A line of ours for others' eyes.
pub(super) fn without_secret(line: &[u8]) -> Vec<u8> {
    let verb = line.split(|b| *b == b' ').next().unwrap_or_default();
    if holds_secret(verb) {
        [verb, b" ", BLOT].concat()
    } else {
        line.to_vec()
    }
}

/// The secrets that a session has sent.
#[derive(Default)]
pub(super) struct Secrets(Vec<Zeroizing<Vec<u8>>>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    /// Takes note of the secret in a line that is sent.
    pub(super) fn learn(&mut self, line: &[u8]) {
        let Some(space) = line.iter().position(|b| *b == b' ') else {
            return;
        };
        let (verb, secret) = (&line[..space], &line[space + 1..]);
        if holds_secret(verb) && secret.len() >= SHORTEST {
            self.0.push(Zeroizing::new(secret.to_vec()));
        }
    }

    /// A received line with the secrets in it blotted; `None` when there is none in it. A reply's
    /// code is never taken for a part of one.
    pub(super) fn blot(&self, line: &[u8]) -> Option<Vec<u8>> {
        let occurs = |secret: &Zeroizing<Vec<u8>>| line.windows(secret.len()).any(|part| part == &secret[..]);
        if !self.0.iter().any(occurs) {
            return None;
        }
        let code = line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit);
        let from = if code { 3 } else { 0 };
        let mut out = line[..from].to_vec();
        let mut rest = &line[from..];
        let mut found = false;
        while let Some(first) = rest.first() {
            // the longest: one may begin with another
            let secret = self
                .0
                .iter()
                .filter(|s| rest.starts_with(s))
                .map(|s| s.len())
                .max();
            match secret {
                Some(len) => {
                    out.extend_from_slice(BLOT);
                    rest = &rest[len..];
                    found = true;
                }
                None => {
                    out.push(*first);
                    rest = &rest[1..];
                }
            }
        }
        found.then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blotted(secrets: &[&str], line: &str) -> Option<String> {
        let mut known = Secrets::default();
        for secret in secrets {
            known.learn(format!("PASS {secret}").as_bytes());
        }
        known
            .blot(line.as_bytes())
            .map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn what_the_server_repeats_is_blotted() {
        for (line, want) in [
            (
                "530 PASS swordfish refused, swordfish!\r\n",
                "530 PASS *** refused, ***!\r\n",
            ),
            ("swordfish", "***"),
            ("  swordfishfish\r\n", "  ***fish\r\n"),
        ] {
            assert_eq!(blotted(&["swordfish"], line).as_deref(), Some(want));
        }
        assert_eq!(blotted(&["swordfish"], "230 swordfis\r\n"), None);
        assert_eq!(
            blotted(&["abcd", "abcde"], "500 abcdef").as_deref(),
            Some("500 ***f")
        );
    }

    #[test]
    fn short_ones_and_codes_are_left_alone() {
        assert_eq!(blotted(&["a", "abc"], "230 abc a"), None);
        assert_eq!(blotted(&["530 "], "530 no"), None);
        assert_eq!(blotted(&["5301"], "530 no, 5301").as_deref(), Some("530 no, ***"));
        let mut known = Secrets::default();
        known.learn(b"USER someone");
        known.learn(b"acct account-7");
        assert_eq!(known.blot(b"331 someone"), None);
        assert_eq!(known.blot(b"530 account-7").as_deref(), Some(&b"530 ***"[..]));
        assert!(!format!("{known:?}").contains("account"));
    }
}

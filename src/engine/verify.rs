//! Whether what has arrived is what was there: what the server says of a file's content, compared
//! with what has flowed.
//!
//! Content is hashed as it is read from the disk or written to it, on the threads that do that, so
//! nothing is read twice here. Which algorithm a server really answers is known only when it has
//! answered once: until then all that it offers are computed, one from then on.

use std::collections::VecDeque;

use crate::ftp::digest::{Algorithm, Way};
use crate::ftp::exchange::Rider;
use crate::ftp::sums::{Hashing, Sums};
use crate::model::job::VERIFIED;
use crate::model::path::RemotePath;

/// What is asked of the server about one file, and what it has told.
pub(super) struct Verification {
    /// The ways that are left; the first is asked now.
    ways: VecDeque<Way>,
    told: Option<(Algorithm, Vec<u8>)>,
    /// What the server said when it gave no checksum.
    refused: Option<String>,
}

impl Verification {
    /// Begins to verify a file, which the server will be asked for under this path, by the ways it
    /// offers.
    pub(super) fn begin(ways: Vec<Way>, path: &RemotePath) -> (Self, Hashing) {
        let mut hashing = Hashing::default();
        let ways = ways.into_iter();
        let ways = ways.filter(|way| way.line(path).is_some() && hashing.add(way.algorithm));
        let verification = Self {
            ways: ways.collect(),
            told: None,
            refused: None,
        };
        (verification, hashing)
    }

    /// What is to be asked about the file now; `None` when nothing is left to be asked.
    pub(super) fn rider(&self, path: &RemotePath, size: u64) -> Option<Rider> {
        Rider::digest(*self.ways.front()?, path, size)
    }

    /// Whether nothing is left to be asked.
    pub(super) fn is_over(&self) -> bool {
        self.ways.is_empty()
    }

    /// Whether the server has told a checksum.
    pub(super) fn has_told(&self) -> bool {
        self.told.is_some()
    }

    /// Takes in an answer; after one without a checksum the next way is asked.
    pub(super) fn answered(&mut self, answer: Result<Vec<u8>, String>) {
        let Some(way) = self.ways.pop_front() else {
            return;
        };
        match answer {
            Ok(digest) => {
                self.told = Some((way.algorithm, digest));
                self.ways.clear();
            }
            Err(said) => self.refused = Some(format!("{}: {said}", way.verb())),
        }
    }

    /// The server does not answer this way: the next is asked.
    pub(super) fn unanswered(&mut self) {
        self.answered(Err("no answer came".into()));
    }

    /// Compares; what is to be said of a file that is the same, or why it is not. `sized`: whether its
    /// size was compared.
    pub(super) fn judge(self, ours: &Sums, sized: bool) -> Result<String, String> {
        let by_size = if sized { "; compared by size" } else { "" };
        match (self.told, self.refused) {
            (Some((algorithm, theirs)), _) => {
                let ours = ours.of(algorithm).unwrap_or_default();
                let word = algorithm.word();
                if theirs == ours {
                    return Ok(format!("{VERIFIED}{word}"));
                }
                let (theirs, ours) = (hex(&theirs), hex(ours));
                Err(format!(
                    "the content is not the same: the server's {word} is {theirs}, here it is {ours}"
                ))
            }
            (None, Some(said)) => Ok(format!("the server gives no checksum ({said}){by_size}")),
            (None, None) => Ok(format!("the server offers no checksum{by_size}")),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ftp::digest::offered;

    fn path() -> RemotePath {
        RemotePath::parse(b"/a b").unwrap()
    }

    fn begin(offers: &str) -> (Verification, Hashing) {
        Verification::begin(offered(offers), &path())
    }

    fn sums(mut hashing: Hashing) -> Sums {
        // in pieces, as it comes
        hashing.update(b"hel");
        hashing.update(b"");
        hashing.update(b"lo");
        hashing.finish()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn one_sum_for_each_algorithm_that_can_be_asked_for() {
        let (verification, hashing) = begin("XSHA1 XSHA XMD5 MD5 MMD5");
        assert_eq!((verification.ways.len(), hashing.len()), (5, 2));
        let (verification, hashing) = Verification::begin(
            offered("XMD5 XCRC MMD5"),
            &RemotePath::parse(b"/a \"b\", c").unwrap(),
        );
        assert!(verification.is_over() && hashing.len() == 0, "no way to write it");
    }

    #[test]
    fn what_is_said_of_a_file() {
        let right = bytes("5d41402abc4b2a76b9719d911017c592");
        let wrong = vec![0; 16];
        let no = || Err("550 No.".to_owned());
        for (offers, answers, wanted) in [
            ("XMD5", vec![Ok(right.clone())], Ok("verified by MD5")),
            ("XSHA1 XMD5", vec![no(), Ok(right.clone())], Ok("verified by MD5")),
            (
                "XMD5",
                vec![Ok(wrong)],
                Err(
                    "the server's MD5 is 00000000000000000000000000000000, here it is 5d41402abc4b2a76b9719d911017c592",
                ),
            ),
            (
                "XMD5",
                vec![no()],
                Ok("the server gives no checksum (XMD5: 550 No.); compared by size"),
            ),
            ("", vec![], Ok("the server offers no checksum; compared by size")),
        ] {
            let (mut verification, hashing) = begin(offers);
            for answer in answers {
                assert!(verification.rider(&path(), 5).is_some());
                verification.answered(answer);
            }
            assert!(verification.is_over() && verification.rider(&path(), 5).is_none());
            match (verification.judge(&sums(hashing), true), wanted) {
                (Ok(note), Ok(wanted)) => assert_eq!(note, wanted),
                (Err(why), Err(wanted)) => assert!(why.contains(wanted), "{why}"),
                other => panic!("{other:?}"),
            }
        }
        let (mut verification, hashing) = begin("XMD5");
        verification.unanswered();
        assert_eq!(
            verification.judge(&sums(hashing), false),
            Ok("the server gives no checksum (XMD5: no answer came)".into())
        );
    }
}

//! Checksums of files by the server: which commands there are for it, how each wants its name
//! written, and what is read out of its answer.
//!
//! None of them is in an RFC. HASH is draft-bryan-ftp-hash, MD5 and MMD5 are
//! draft-twine-ftpmd5; the X commands are what servers agree on (Serv-U, GlobalSCAPE, Gene6, Titan,
//! ProFTPD's mod_digest, whose behaviour was looked at). The first takes all that follows the blank
//! for the name, as any other command does; the X commands take a range of bytes behind the name, so
//! that one with blanks stands in quotes.

use std::time::Duration;

use super::features::Features;
use super::reply::Reply;
use super::session::{Session, line};
pub(crate) use crate::model::checksum::Algorithm;
use crate::model::path::RemotePath;

/// A command that asks for a file's checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    verb: &'static str,
    pub(crate) algorithm: Algorithm,
}

const fn way(verb: &'static str, algorithm: Algorithm) -> Way {
    Way { verb, algorithm }
}

const HASH: &str = "HASH";

/// Those whose algorithm is in their name, as FEAT tells them.
const WAYS: [Way; 8] = [
    way("XSHA256", Algorithm::Sha256),
    way("XSHA512", Algorithm::Sha512),
    way("XSHA1", Algorithm::Sha1),
    way("XSHA", Algorithm::Sha1),
    way("XMD5", Algorithm::Md5),
    way("MD5", Algorithm::Md5),
    way("MMD5", Algorithm::Md5),
    way("XCRC", Algorithm::Crc32),
];

/// The algorithms HASH knows on this server, and whether each is the one selected: the parameters of
/// the feature, `SHA-256*;SHA-1;MD5`.
fn hash_algorithms(features: &Features) -> impl Iterator<Item = (Algorithm, bool)> {
    let words = features.parameters(HASH).flat_map(|list| list.split(';'));
    words.filter_map(|word| {
        let word = word.trim();
        let name = word.strip_suffix('*').unwrap_or(word);
        Some((Algorithm::named(name)?, word.ends_with('*')))
    })
}

/// The algorithm that HASH answers with before it is told another.
pub(super) fn selected(features: &Features) -> Option<Algorithm> {
    hash_algorithms(features)
        .find(|(_, selected)| *selected)
        .map(|(algorithm, _)| algorithm)
}

/// The one it is to be told, where that is not selected already.
pub(super) fn to_select(features: &Features) -> Option<Algorithm> {
    let best = hash_algorithms(features).map(|(algorithm, _)| algorithm).min()?;
    Some(best).filter(|best| selected(features) != Some(*best))
}

/// All ways of a server, the one to be preferred first; `selected` is what HASH answers with.
pub(super) fn ways(features: &Features, selected: Option<Algorithm>) -> Vec<Way> {
    let hash = selected.map(|algorithm| way(HASH, algorithm));
    let others = WAYS.into_iter().filter(|way| features.has(way.verb));
    let mut ways: Vec<Way> = hash.into_iter().chain(others).collect();
    ways.sort_by_key(|way| way.algorithm);
    ways
}

impl Way {
    /// The command's name.
    pub(crate) fn verb(self) -> &'static str {
        self.verb
    }

    /// The command; `None` where this name cannot be written in it.
    pub(crate) fn line(self, path: &RemotePath) -> Option<Vec<u8>> {
        let bytes = path.as_bytes();
        let has = |byte: u8| bytes.contains(&byte);
        if !self.verb.starts_with('X') {
            // MMD5 takes several names with commas between them
            return (self.verb != "MMD5" || !has(b',')).then(|| line(self.verb, path));
        }
        if !bytes.iter().any(u8::is_ascii_whitespace) && !bytes.starts_with(b"\"") {
            return Some(line(self.verb, path));
        }
        // nobody says how a quote within quotes is written; ProFTPD refuses it in any form
        (!has(b'"')).then(|| [self.verb.as_bytes(), b" \"", bytes, b"\""].concat())
    }

    /// The checksum in a reply; `None` where it does not have the form. A name may look like a
    /// checksum, so each stands at its place: for HASH `SHA-256 0-49 HEX name` (or HEX alone, as
    /// the draft had it first), for MD5 and MMD5 `name HEX`, for the others `HEX`. Lines before the last
    /// say that it is being computed. `size` is the file's, 0 where it is not known: that of a part of it (`RANG`, or a
    /// bound of the server's) is none of the file.
    pub(crate) fn digest(self, reply: &Reply, size: u64) -> Option<Vec<u8>> {
        if !reply.is_positive() {
            return None;
        }
        let text = reply.text().trim_ascii();
        let mut words = text
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let word = match self.verb {
            HASH => {
                let first = words.next()?;
                if let Some(alone) = self.bytes(first) {
                    return words.next().is_none().then_some(alone);
                }
                let algorithm = std::str::from_utf8(first).ok().and_then(Algorithm::named);
                let is_whole = spans(words.next()?, size);
                words
                    .next()
                    .filter(|_| algorithm == Some(self.algorithm) && is_whole)
            }
            "MD5" | "MMD5" => words.next_back(),
            _ => words.next().filter(|_| words.next().is_none()),
        };
        self.bytes(word?)
    }

    /// Hexadecimal digits, exactly as many as the algorithm has.
    fn bytes(self, word: &[u8]) -> Option<Vec<u8>> {
        if word.len() != 2 * self.algorithm.length() {
            return None;
        }
        let digit = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        let pairs = word.chunks_exact(2);
        pairs
            .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
            .collect()
    }
}

/// Whether a range in an answer to HASH is all of a file of this size. Its end is the last byte or the one behind
/// it, as the server likes; of a file that has grown meanwhile it is further on.
fn spans(range: &[u8], size: u64) -> bool {
    let range = std::str::from_utf8(range).ok();
    let end = range.and_then(|range| range.strip_prefix("0-"));
    end.is_some_and(|end| {
        end.parse()
            .map_or(size == 0, |end: u64| end.saturating_add(1) >= size)
    })
}

/// What the answers of a server have shown of its ways.
#[derive(Debug, Clone, Default)]
pub(super) struct Proofs {
    /// This one has given a checksum.
    works: Option<Way>,
    /// These it announces and does not know.
    unknown: Vec<Way>,
}

/// How slowly a server may read a file for its checksum, in bytes a second: an old disk that others
/// use as well.
const SLOWEST: u64 = 4 << 20;

/// Nobody waits longer, whatever size a server makes up.
const LONGEST: u64 = 24 * 3600;

/// How much longer than for another answer is waited for the checksum of a file of this size.
pub(super) fn patience(size: u64) -> Duration {
    Duration::from_secs((size / SLOWEST).min(LONGEST))
}

impl Session {
    /// The ways to ask this server for a checksum: the one that is known to work, or all that may, the
    /// one to be preferred first.
    pub(crate) fn digest_ways(&self) -> Vec<Way> {
        let proofs = self.connection().learned().digests.clone();
        match proofs.works {
            Some(way) => vec![way],
            None => {
                let mut ways = ways(self.features(), self.hash());
                ways.retain(|way| !proofs.unknown.contains(way));
                ways
            }
        }
    }

    /// Reads the answer to a question for the checksum of a file of this size, and remembers what it shows of the
    /// way. The server's words where there is none in it.
    pub(super) fn digest_in(&self, way: Way, reply: &Reply, size: u64) -> Result<Vec<u8>, String> {
        let digest = way.digest(reply, size);
        let mut learned = self.connection().learned();
        match (&digest, reply.code) {
            (Some(_), _) => learned.digests.works = Some(way),
            // about the command, not about this file (RFC 959 §4.2.1)
            (None, 500 | 502 | 504) => {
                learned.digests.works.take_if(|works| *works == way);
                learned.digests.unknown.push(way);
            }
            (None, _) => {}
        }
        digest.ok_or_else(|| reply.shown())
    }
}

/// The ways of a server that announces these features, a word each.
#[cfg(test)]
pub(crate) fn offered(words: &str) -> Vec<Way> {
    let lines = words.replace(' ', "\r\n ");
    let reply = Reply::parse(format!("211-a\r\n {lines}\r\n211 b").as_bytes());
    reply.map_or_else(|_| Vec::new(), |reply| ways(&Features::parse(&reply), None))
}

#[cfg(test)]
mod tests;

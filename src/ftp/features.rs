//! What a server says it can do: its reply to FEAT (RFC 2389 §3.2).

use std::sync::Arc;

use super::reply::Reply;

/// How many features are kept; more than any server has.
const MOST: usize = 256;
/// How many bytes of a feature line are kept.
const LONGEST: usize = 1024;
/// The facts of MLSD that are of use and that some servers tell only when asked (pyftpdlib).
const FACTS: [&str; 7] = [
    "unix.mode",
    "unix.ownername",
    "unix.groupname",
    "unix.owner",
    "unix.group",
    "unix.uid",
    "unix.gid",
];

/// One line of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// The first word, in capitals: `AUTH`, `MLST`, `UTF8`.
    pub name: String,
    /// What follows it, as received; empty for most.
    pub parameters: String,
}

/// A fact that MLSD can give (RFC 3659 §7.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlstFact {
    /// The name, in small letters: `modify`, `unix.mode`.
    pub name: String,
    /// Whether the server sends it without being asked by `OPTS MLST`.
    pub selected: bool,
}

/// The features of a server, in the order received; a name may come more than once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features {
    all: Vec<Feature>,
    names: Arc<[String]>,
}

impl Features {
    /// Reads a reply to FEAT. Lines may be indented or not; what is no feature line (a name of
    /// letters, digits and `-._`) is left out. A server that refused FEAT, or answered in one
    /// line, has none.
    pub fn parse(reply: &Reply) -> Self {
        let middle = match reply.lines.as_slice() {
            [_, middle @ .., _] if reply.code == 211 => middle,
            _ => &[],
        };
        let all: Vec<Feature> = middle
            .iter()
            .filter_map(|l| Feature::parse(l))
            .take(MOST)
            .collect();
        let names = all.iter().map(|feature| feature.name.clone()).collect();
        Self { all, names }
    }

    /// The names alone.
    pub fn names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }

    /// Every feature, in the order received.
    pub fn iter(&self) -> impl Iterator<Item = &Feature> {
        self.all.iter()
    }

    /// The parameters of each feature of this name; `name` in capitals.
    pub fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all
            .iter()
            .filter(move |f| f.name == name)
            .map(|f| f.parameters.as_str())
    }

    /// Whether a feature of this name (in capitals) is there: `EPSV`, `EPRT`, `MFMT`, `SIZE`,
    /// `MDTM`, `TVFS`, `PRET`, `CLNT`, `LANG`, `HASH`, `XCRC` and the like.
    pub fn has(&self, name: &str) -> bool {
        self.parameters(name).next().is_some()
    }

    /// Whether `AUTH` names this mechanism: `TLS`, `SSL`. They come on a line each, or as
    /// `TLS;SSL;` (RFC 4217 §6).
    pub fn has_auth(&self, mechanism: &str) -> bool {
        self.parameters("AUTH").any(|list| has_word(list, mechanism))
    }

    /// Whether names are UTF-8 (RFC 2640 §3.2; `UTF-8` is a common misspelling).
    pub fn has_utf8(&self) -> bool {
        self.has("UTF8") || self.has("UTF-8")
    }

    /// Whether MLSD can be asked for: `MLST` announces both commands (RFC 3659 §7.8).
    pub fn has_mlsd(&self) -> bool {
        self.has("MLST") || self.has("MLSD")
    }

    /// Whether a transfer can start in the middle in stream mode (RFC 3659 §5.1).
    pub fn has_rest_stream(&self) -> bool {
        self.parameters("REST").any(|list| has_word(list, "STREAM"))
    }

    /// Whether `SITE` announces this verb: `CHMOD`, `UTIME`, `SYMLINK`.
    pub fn has_site(&self, verb: &str) -> bool {
        self.parameters("SITE").any(|list| has_word(list, verb))
    }

    /// The facts of MLSD; an asterisk marks the selected ones (RFC 3659 §7.8).
    pub fn mlst_facts(&self) -> Vec<MlstFact> {
        let facts = self.parameters("MLST").flat_map(|list| list.split(';'));
        facts
            .map(str::trim)
            .filter(|fact| !fact.trim_end_matches('*').is_empty())
            .map(|fact| MlstFact {
                name: fact.trim_end_matches('*').to_ascii_lowercase(),
                selected: fact.ends_with('*'),
            })
            .collect()
    }

    /// What `OPTS MLST` is to be told (RFC 3659 §7.9), where the server knows facts of use that it does not
    /// send by itself: these, and those that it sends.
    pub fn facts_to_select(&self) -> Option<String> {
        let known = self.mlst_facts();
        let is_wanted = |fact: &&MlstFact| fact.selected || FACTS.contains(&fact.name.as_str());
        let wanted: Vec<&MlstFact> = known.iter().filter(is_wanted).collect();
        if wanted.iter().all(|fact| fact.selected) {
            return None;
        }
        Some(wanted.iter().map(|fact| format!("{};", fact.name)).collect())
    }
}

impl Feature {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let line = &line[..line.len().min(LONGEST)];
        let end = line
            .iter()
            .position(|b| b.is_ascii_whitespace())
            .unwrap_or(line.len());
        let (name, parameters) = line.split_at(end);
        if name.is_empty()
            || !name
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b))
        {
            return None;
        }
        Some(Self {
            name: String::from_utf8_lossy(name).to_ascii_uppercase(),
            parameters: String::from_utf8_lossy(parameters.trim_ascii()).into_owned(),
        })
    }
}

/// Whether a list with blanks, commas or semicolons between its words holds this one.
fn has_word(list: &str, word: &str) -> bool {
    list.split([' ', ';', ',', '|'])
        .any(|w| w.trim_end_matches('*').eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn features(body: &str) -> Features {
        Features::parse(&Reply::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn a_usual_server() {
        let f = features(
            "211-Features:\r\n AUTH TLS\r\n AUTH SSL\r\n EPRT\r\n EPSV\r\n LANG en-US*\r\n MDTM\r\n MFMT\r\n \
             MLST modify*;perm*;size*;type*;unique*;UNIX.group;\r\n PBSZ\r\n PROT\r\n REST STREAM\r\n \
             SITE SYMLINK\r\n SITE UTIME\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End\r\n",
        );
        for name in [
            "EPRT", "EPSV", "LANG", "MDTM", "MFMT", "PBSZ", "PROT", "SIZE", "TVFS",
        ] {
            assert!(f.has(name), "{name}");
        }
        assert!(!f.has("HASH") && !f.has("End") && !f.has("END") && !f.has("FEATURES:"));
        assert!(f.has_auth("TLS") && f.has_auth("ssl") && !f.has_auth("TLS-P"));
        assert!(f.has_utf8() && f.has_mlsd() && f.has_rest_stream());
        assert!(f.has_site("UTIME") && f.has_site("symlink") && !f.has_site("CHMOD"));
        assert_eq!(f.parameters("AUTH").collect::<Vec<_>>(), ["TLS", "SSL"]);
        let facts = f.mlst_facts();
        assert_eq!(facts.len(), 6);
        assert_eq!((facts[0].name.as_str(), facts[0].selected), ("modify", true));
        assert_eq!((facts[5].name.as_str(), facts[5].selected), ("unix.group", false));
        let all = f.facts_to_select();
        assert_eq!(all.as_deref(), Some("modify;perm;size;type;unique;unix.group;"));
        for told in [
            "type*;size*;modify*;unix.mode*;",
            "type*;size*;modify*;x.hash;",
            "",
        ] {
            let f = features(&format!("211-a\r\n MLST {told}\r\n211 b"));
            assert_eq!(f.facts_to_select(), None, "{told}");
        }
    }

    #[test]
    fn forms_that_are_met() {
        let f = features(
            "211-x\nauth TLS;TLS-C;SSL;\nutf-8\n211-mlst Type*;\n\tRest stream\nHASH SHA-256*;MD5\nXCRC f\n211 x",
        );
        assert!(f.has_auth("SSL") && f.has_auth("TLS-C") && f.has_utf8() && f.has_rest_stream());
        assert!(f.has("XCRC"));
        assert_eq!(f.parameters("HASH").collect::<Vec<_>>(), ["SHA-256*;MD5"]);
        assert_eq!(
            f.mlst_facts(),
            [MlstFact {
                name: "type".into(),
                selected: true
            }]
        );
    }

    #[test]
    fn none() {
        for body in [
            "211 no features",
            "500 what?",
            "211-a\r\n211 b",
            "502-no\r\n EPSV\r\n502 no",
        ] {
            assert_eq!(features(body), Features::default(), "{body}");
        }
        assert!(
            features("211-a\r\n\r\n :*?\r\n MLST\r\n211 b")
                .mlst_facts()
                .is_empty()
        );
    }

    #[test]
    fn hostile_sizes_are_cut() {
        let long = "Y".repeat(100_000);
        let f = features(&format!("211-a\r\n X {long}\r\n{}211 b", " Z\r\n".repeat(10_000)));
        assert_eq!(f.iter().count(), MOST);
        assert!(f.iter().all(|f| f.name.len() + f.parameters.len() <= LONGEST));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..20)) {
            let f = Features::parse(&Reply { code: 211, lines, asked: Vec::new() });
            let _ = (f.mlst_facts(), f.has_auth("TLS"));
            prop_assert!(f.iter().all(|f| !f.name.is_empty()));
        }
    }
}

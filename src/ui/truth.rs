//! The truth line: what is true of a connection, in as many words as there is room for.

use super::text::width;
use crate::model::certificate::Trust;
use crate::model::facts::{Facts, TlsFacts};
use crate::model::listing::Dialect;
use crate::model::size::count;

/// How soon a certificate must end for that to be worth a word.
const SOON: i64 = 30;
const BETWEEN: &str = " · ";

/// How much a part is missed where it gives way, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// What a person must not overlook.
    Warning,
    Protocol,
    Encryption,
    Trust,
    Data,
    Resumed,
    Proxy,
    Clock,
    Charset,
    Command,
    Dialect,
    Days,
}

/// A part of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    text: String,
    /// The same where it is narrow; empty where there is no shorter way to say it.
    short: &'static str,
    weight: Weight,
}

impl Part {
    fn new(weight: Weight, text: impl Into<String>, short: &'static str) -> Self {
        Self {
            text: text.into(),
            short,
            weight,
        }
    }

    fn shortest(&self) -> &str {
        match self.short {
            "" => &self.text,
            short => short,
        }
    }

    /// Whether it is to be seen by its colour, too.
    pub(super) fn warns(&self) -> bool {
        self.weight == Weight::Warning
    }
}

/// The parts that fit into so many columns, in the order they are read, each with its words. The ones that
/// weigh most come first to their place, in few words, and nothing lighter takes the place of one that does
/// not fit; then they come to more words, in the same order. How long the certificate is good yet goes last:
/// as long as that is long, any other word is worth more.
pub(super) fn fitting(facts: &Facts, columns: usize) -> Vec<(Part, String)> {
    let parts = parts(facts);
    let mut by_weight: Vec<usize> = (0..parts.len()).collect();
    by_weight.sort_by_key(|place| parts[*place].weight);
    let mut said: Vec<Option<&str>> = vec![None; parts.len()];
    let mut room = columns + width(BETWEEN);
    let mut lightest = Weight::Dialect;
    let days = by_weight.pop_if(|place| parts[*place].weight == Weight::Days);
    for place in &by_weight {
        let (part, short) = (&parts[*place], parts[*place].shortest());
        match room.checked_sub(width(short) + width(BETWEEN)) {
            Some(rest) if part.weight <= lightest => {
                room = rest;
                said[*place] = Some(short);
            }
            _ => lightest = lightest.min(part.weight),
        }
    }
    let whole = by_weight.iter().all(|place| said[*place].is_some());
    for place in by_weight {
        let (text, now) = (parts[place].text.as_str(), said[place]);
        let more = now.map(|now| width(text).saturating_sub(width(now)));
        if let Some(rest) = more.and_then(|more| room.checked_sub(more)) {
            room = rest;
            said[place] = Some(text);
        }
    }
    if let Some(place) = days.filter(|_| whole) {
        let text = parts[place].text.as_str();
        said[place] = Some(text).filter(|text| width(text) + width(BETWEEN) <= room);
    }
    let words: Vec<Option<String>> = said.into_iter().map(|text| text.map(str::to_owned)).collect();
    let both = parts.into_iter().zip(words);
    both.filter_map(|(part, words)| Some((part, words?))).collect()
}

/// The whole line, in the order it is read.
fn parts(facts: &Facts) -> Vec<Part> {
    let protocol = facts.protocol.words();
    let mut out = vec![match facts.tls {
        Some(_) => Part::new(Weight::Protocol, protocol, "FTPS"),
        None => Part::new(Weight::Warning, protocol, "not encrypted"),
    }];
    if facts.read_only {
        out.push(Part::new(Weight::Warning, "read only", ""));
    }
    if let Some(proxy) = facts.proxy {
        out.push(Part::new(
            Weight::Proxy,
            format!("through {}", proxy.words()),
            "proxy",
        ));
    }
    if let Some(tls) = &facts.tls {
        encryption(tls, &mut out);
    }
    if let Some(data) = facts.data {
        out.push(Part::new(Weight::Command, data.word(), ""));
    }
    if facts.dialect != Dialect::Unknown {
        out.push(Part::new(Weight::Dialect, facts.dialect.word(), ""));
    }
    if let Some(offset) = facts.clock_offset.filter(|offset| offset.minutes() != 0) {
        out.push(Part::new(Weight::Clock, format!("clock {offset}"), ""));
    }
    out.push(match (facts.charset.is_utf8(), facts.utf8) {
        (false, _) => Part::new(Weight::Charset, facts.charset.to_string(), ""),
        (true, true) => Part::new(Weight::Dialect, "UTF-8", ""),
        (true, false) => Part::new(Weight::Dialect, "UTF-8 assumed", "UTF-8?"),
    });
    out
}

fn encryption(tls: &TlsFacts, out: &mut Vec<Part>) {
    out.push(match tls.weak.is_empty() {
        true => Part::new(Weight::Encryption, tls.version.clone(), ""),
        false => Part::new(Weight::Warning, tls.strength(), "weak TLS"),
    });
    out.push(Part::new(Weight::Data, "data encrypted", ""));
    let all = tls.data_handshakes;
    if let Some(n) = tls.data_resumed.filter(|_| all > 0) {
        out.push(Part::new(Weight::Resumed, format!("resumed {n}/{all}"), ""));
    }
    let (trust, short) = match tls.trust {
        Trust::Verified => ("certificate verified", "verified"),
        Trust::Pinned => ("certificate pinned", "pinned"),
        Trust::Once => ("certificate accepted once", "accepted once"),
    };
    out.push(Part::new(Weight::Trust, trust, short));
    out.extend(match tls.days_left {
        Some(..0) => Some(Part::new(Weight::Warning, "expired", "")),
        Some(days @ ..=SOON) => {
            let left = count(days.unsigned_abs(), "day left", "days left");
            Some(Part::new(Weight::Warning, left, ""))
        }
        Some(days) => {
            let left = count(days.unsigned_abs(), "day left", "days left");
            Some(Part::new(Weight::Days, left, ""))
        }
        None => None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::charset::Charset;
    use crate::model::clock::ClockOffset;
    use crate::model::facts::{DataCommand, Sessions};
    use crate::model::server::Protocol;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn tls() -> TlsFacts {
        TlsFacts {
            version: "TLS 1.3".into(),
            cipher: String::new(),
            weak: Vec::new(),
            trust: Trust::Pinned,
            certificate: None,
            days_left: Some(300),
            data_handshakes: 7,
            data_resumed: Some(7),
        }
    }

    fn facts(tls: Option<TlsFacts>, read_only: bool) -> Facts {
        Facts {
            protocol: match tls {
                Some(_) => Protocol::FtpsExplicit,
                None => Protocol::Ftp,
            },
            proxy: None,
            tls,
            data: Some(DataCommand::Epsv),
            dialect: Dialect::Mlsd,
            clock_offset: None,
            charset: Charset::default(),
            utf8: true,
            read_only,
            greeting: String::new(),
            features: Arc::default(),
            sessions: Sessions::default(),
        }
    }

    fn line(facts: &Facts, columns: usize) -> String {
        let words: Vec<String> = fitting(facts, columns)
            .into_iter()
            .map(|(_, words)| words)
            .collect();
        words.join(BETWEEN)
    }

    #[test]
    fn what_weighs_most_is_said_where_it_is_narrow() {
        let whole = facts(Some(tls()), false);
        for (columns, says) in [
            (
                200,
                "FTPS explicit · TLS 1.3 · data encrypted · resumed 7/7 · certificate pinned · 300 days left · EPSV · MLSD · UTF-8",
            ),
            (
                74,
                "FTPS · TLS 1.3 · data encrypted · resumed 7/7 · pinned · EPSV · MLSD",
            ),
            (34, "FTPS explicit · TLS 1.3 · pinned"),
            (14, "FTPS · TLS 1.3"),
            (4, "FTPS"),
            (3, ""),
        ] {
            assert_eq!(line(&whole, columns), says, "{columns}");
        }
        let bad = facts(
            Some(TlsFacts {
                weak: vec!["TLS 1.0".into(), "RSA 1024 bits".into()],
                version: "TLS 1.0".into(),
                days_left: Some(-3),
                ..tls()
            }),
            true,
        );
        assert_eq!(line(&bad, 37), "FTPS · read only · weak TLS · expired");
        assert_eq!(line(&facts(None, true), 30), "FTP, not encrypted · read only");
        assert_eq!(line(&facts(None, true), 25), "not encrypted · read only");
    }

    #[test]
    fn a_clock_is_worth_a_word_where_it_is_not_that_of_utc() {
        let with = |minutes| {
            let facts = Facts {
                clock_offset: ClockOffset::from_minutes(minutes),
                ..facts(Some(tls()), false)
            };
            line(&facts, 200)
        };
        assert!(with(120).contains(" · clock +2:00 · "));
        assert!(!with(0).contains("clock"));
    }

    proptest! {
        #[test]
        fn it_fits_and_warnings_go_last(
            columns in 0usize..140, encrypted: bool, read_only: bool, days in -9i64..99, weak: bool
        ) {
            let tls = encrypted.then(|| TlsFacts {
                days_left: Some(days),
                weak: weak.then(|| "TLS 1.3".to_owned()).into_iter().collect(),
                ..tls()
            });
            let facts = facts(tls, read_only);
            prop_assert!(width(&line(&facts, columns)) <= columns);
            let said = fitting(&facts, columns);
            let warnings = parts(&facts).iter().filter(|part| part.warns()).count();
            let warned = said.iter().filter(|(part, _)| part.warns()).count();
            // nothing else is said unless all of them are
            prop_assert!(warned == warnings || said.len() == warned);
        }
    }
}

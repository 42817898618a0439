//! The page of a connection: all that is true of it, in words.

use super::Page;
use crate::app::connect::Session;
use crate::app::server_title;
use crate::config::theme::Role;
use crate::model::certificate::{Certificate, Trust};
use crate::model::facts::{DataCommand, Facts, Sessions, TlsFacts};
use crate::model::listing::Dialect;
use crate::model::path::RemotePath;
use crate::model::server::{Depth, Server};
use crate::model::size::count;
use crate::model::text::escape_str;

/// So many of the server's features are named.
const FEATURES: usize = 40;

impl Page<'_> {
    /// What is true of the connection; `root` is its document path.
    pub(super) fn connection(&mut self, session: &Session, root: Option<&RemotePath>) {
        let (server, facts) = (&session.server, &session.facts);
        self.pair("server", &server_title(server), Role::Title);
        let at = format!("{}, as {}", server.address(), server.login());
        self.pair("at", &escape_str(&at), Role::Text);
        let through = facts.proxy.map(|proxy| format!(", through {}", proxy.words()));
        let protocol = format!("{}{}", facts.protocol.words(), through.unwrap_or_default());
        match &facts.tls {
            None => {
                self.pair("protocol", &protocol, Role::Warning);
                self.pair(
                    "encryption",
                    "none: password, names and files can be read and changed on the way",
                    Role::Warning,
                );
            }
            Some(tls) => {
                self.pair("protocol", &protocol, Role::Text);
                self.tls(tls);
            }
        }
        self.gap();
        self.ways(facts);
        self.gap();
        if facts.read_only {
            let text = "read only: nothing that could change the server is sent";
            self.pair("changes", text, Role::Warning);
        }
        self.pair("open", &open(server, root), Role::Text);
        let limit = facts.sessions.refused > 0;
        let role = if limit { Role::Warning } else { Role::Text };
        self.pair("connections", &sessions(facts.sessions), role);
        self.pair(
            "software",
            session.software().unwrap_or("not recognised"),
            Role::Text,
        );
        self.pair("greeting", &facts.greeting, Role::Reply);
        self.pair("features", &features(&facts.features), Role::Text);
    }

    fn tls(&mut self, tls: &TlsFacts) {
        let cipher = if tls.cipher.is_empty() { "" } else { ", " };
        let role = match tls.weak.is_empty() {
            true => Role::Text,
            false => Role::Warning,
        };
        let text = format!("{}{cipher}{}", tls.strength(), tls.cipher);
        self.pair("encryption", &text, role);
        let data = match (tls.data_handshakes, tls.data_resumed) {
            (0, _) => "encrypted; there was no data connection yet".to_owned(),
            (all, Some(n)) => format!("encrypted; {n} of {all} connections resumed the TLS session"),
            (_, None) => "encrypted; this TLS library does not tell whether sessions are resumed".to_owned(),
        };
        self.pair("data", &data, Role::Text);
        let (trust, role) = match tls.trust {
            Trust::Verified => (
                "verified: signed for this host by whom this machine trusts",
                Role::Text,
            ),
            Trust::Pinned => ("the one that is pinned for this server", Role::Text),
            Trust::Once => ("accepted by you for this run", Role::Warning),
        };
        let (left, role) = match tls.days_left {
            Some(days @ ..0) => (format!("; it ended {} ago", days_of(days)), Role::Warning),
            Some(days) => (format!("; {} left", days_of(days)), role),
            None => (String::new(), role),
        };
        self.pair("certificate", &format!("{trust}{left}"), role);
        if let Some(certificate) = &tls.certificate {
            self.shown_certificate(certificate);
            self.fingerprint("SHA-256", &certificate.pin);
        }
    }

    /// What a certificate says of itself.
    pub(super) fn shown_certificate(&mut self, certificate: &Certificate) {
        self.pair("subject", &certificate.subject, Role::Text);
        self.pair("issuer", &certificate.issuer, Role::Text);
        self.pair("names", &certificate.names.join(", "), Role::Text);
        let valid = format!(
            "{} to {}",
            self.moment(certificate.not_before),
            self.moment(certificate.not_after)
        );
        self.pair("valid", &valid, Role::Text);
        self.pair("key", &certificate.key, Role::Text);
    }

    /// How data and names come.
    fn ways(&mut self, facts: &Facts) {
        let data = match facts.data {
            None => "no data connection yet".to_owned(),
            Some(data @ (DataCommand::Epsv | DataCommand::Pasv)) => {
                format!("{}: passive, data connections are made from here", data.word())
            }
            Some(data) => format!(
                "{}: active, the server makes data connections to here",
                data.word()
            ),
        };
        self.pair("mode", &data, Role::Text);
        let listings = match facts.dialect {
            Dialect::Mlsd => "MLSD: exact times, to the second",
            dialect => dialect.word(),
        };
        self.pair("listings", listings, Role::Text);
        let clock = match (facts.clock_offset, facts.dialect) {
            (Some(offset), _) if offset.minutes() != 0 => {
                format!("listings tell times of a clock {}", offset.words())
            }
            (Some(_), _) | (None, Dialect::Mlsd) => "listings tell UTC".to_owned(),
            (None, _) => "its distance from UTC is not known".to_owned(),
        };
        self.pair("clock", &clock, Role::Text);
        let names = match (facts.charset.is_utf8(), facts.utf8) {
            (false, _) => format!("{}, as its entry says", facts.charset),
            (true, true) => "UTF-8, as the server says".to_owned(),
            (true, false) => "UTF-8, assumed: the server does not say".to_owned(),
        };
        self.pair("names", &names, Role::Text);
    }
}

fn days_of(days: i64) -> String {
    count(days.unsigned_abs(), "day", "days")
}

/// Which part of the server is open.
fn open(server: &Server, root: Option<&RemotePath>) -> String {
    let root = match root {
        Some(root) if !root.is_root() => root.shown(),
        _ => "the whole server".to_owned(),
    };
    match server.depth() {
        Depth::Unlimited => format!("{root}, with all folders below"),
        Depth::Levels(0) => format!("{root}, without the folders below"),
        Depth::Levels(levels) => {
            let levels = count(u64::from(levels), "level", "levels");
            format!("{root}, with {levels} of folders below")
        }
    }
}

fn sessions(sessions: Sessions) -> String {
    let Sessions { open, most, refused } = sessions;
    let limit = match refused {
        0 => String::new(),
        _ => format!(
            "; the server allows no more than {}",
            most.saturating_sub(refused)
        ),
    };
    format!("{open} of at most {most}{limit}")
}

fn features(all: &[String]) -> String {
    let named: Vec<&str> = all.iter().take(FEATURES).map(String::as_str).collect();
    match all.len().saturating_sub(named.len()) {
        0 if named.is_empty() => "it names none (FEAT)".to_owned(),
        0 => named.join(" "),
        more => format!("{} and {more} more", named.join(" ")),
    }
}

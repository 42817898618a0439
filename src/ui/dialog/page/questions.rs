//! What the engine's questions say: a target that exists, a folder that takes no temporary names, a
//! certificate.

use ratatui::text::{Line, Span};

use super::Page;
use crate::config::theme::Role;
use crate::model::certificate::{Certificate, Doubt, Pin};
use crate::model::command::Scope;
use crate::model::event::{RISK, Side};
use crate::model::failure::Failure;
use crate::model::job::Direction;
use crate::model::size::bytes;
use crate::model::text::escape_str;
use crate::ui::when;

impl Page<'_> {
    pub(super) fn conflict(&mut self, direction: Direction, source: &Side, target: &Side) {
        let (from, to) = match direction {
            Direction::Download => ("on the server", "here"),
            Direction::Upload => ("here", "on the server"),
        };
        self.path("from", &source.shown);
        self.path("to", &target.shown);
        self.gap();
        let newer = |a: &Side, b: &Side| match (a.modified, b.modified) {
            (Some(a), Some(b)) if a.agrees_with(&b) => "",
            (Some(a), Some(b)) if a.seconds > b.seconds => "newer",
            _ => "",
        };
        let larger = |a: &Side, b: &Side| match (a.size, b.size) {
            (Some(a), Some(b)) if a > b => "larger",
            _ => "",
        };
        for (label, side, other) in [(from, source, target), (to, target, source)] {
            let size = side.size.map_or("size unknown".to_owned(), bytes);
            let time = side
                .modified
                .map_or("time unknown".to_owned(), |m| when::full(&m, self.zone));
            let marks: Vec<&str> = [newer(side, other), larger(side, other)]
                .into_iter()
                .filter(|w| !w.is_empty())
                .collect();
            let marks = marks.join(", ");
            if self.columns < 64 {
                let label = label.trim_start_matches("on the ");
                self.pair(label, &format!("{size} {marks}"), Role::Text);
                self.pair("", &time, Role::Text);
                continue;
            }
            self.lines.push(Line::from(vec![
                Span::styled(format!("{label:<14}"), self.theme.style(Role::Muted)),
                Span::styled(format!("{size:>12}  {time:<19}"), self.theme.style(Role::Text)),
                Span::styled(format!("  {marks}"), self.theme.style(Role::Good)),
            ]));
        }
        self.gap();
    }

    /// How far the answer to a conflict reaches; `toggle` is the key that changes it.
    pub(super) fn reach(&mut self, direction: Direction, scope: Scope, server: Option<&str>, toggle: &str) {
        let sign = |on: bool| if on { "[x]" } else { "[ ]" };
        let batch = sign(scope == Scope::Batch);
        self.say(
            &format!("{batch} for every further conflict of this batch ({toggle})"),
            Role::Text,
        );
        if let Some(server) = server {
            let way = match direction {
                Direction::Download => "downloads from",
                Direction::Upload => "uploads to",
            };
            let always = sign(scope == Scope::Always);
            self.say(
                &format!("{always} always, for {way} {}", escape_str(server)),
                Role::Text,
            );
        }
    }

    pub(super) fn in_place(&mut self, server: &str, target: &str, refusal: &Failure) {
        self.path("to", target);
        let text = format!(
            "{} does not let a file there be written under a temporary name and renamed: {}.",
            escape_str(server),
            refusal.why
        );
        self.say(&text, Role::Warning);
        if let Some(reply) = &refusal.reply {
            self.say(&format!("The server said: {reply}"), Role::Reply);
        }
        self.gap();
        self.say(RISK, Role::Text);
        self.say(
            "The answer counts for every folder of this server that refuses; the others are written safely.",
            Role::Muted,
        );
    }

    pub(super) fn certificate(
        &mut self,
        server: &str,
        certificate: &Certificate,
        pinned: Option<&Pin>,
        edit: &str,
    ) {
        let doubts: Vec<&str> = certificate.doubts.iter().map(|d| doubt_words(*d)).collect();
        let mut text = format!(
            "The certificate of {} cannot be trusted by itself",
            escape_str(server)
        );
        if doubts.is_empty() {
            text.push('.');
        } else {
            text.push_str(&format!(": {}.", doubts.join("; ")));
        }
        self.say(&text, Role::Warning);
        if !certificate.reason.is_empty() {
            self.say(&certificate.reason, Role::Muted);
        }
        self.gap();
        self.shown_certificate(certificate);
        match pinned {
            None => {
                self.fingerprint("SHA-256", &certificate.pin);
                self.gap();
                self.say(
                    "Compare the fingerprint with one you got another way, from the server's administrator.",
                    Role::Muted,
                );
            }
            Some(pinned) => {
                self.fingerprint("pinned", pinned);
                self.fingerprint("shown now", &certificate.pin);
                self.gap();
                let text = format!(
                    "It is refused. If the administrator says that the certificate was renewed, take the old pin out \
                     of the server's settings ({edit} in the list of servers) and connect again."
                );
                self.say(&text, Role::Text);
            }
        }
    }

    /// The 32 bytes in groups of two, in as many lines as needed; the same byte of two
    /// fingerprints stands in the same column.
    pub(super) fn fingerprint(&mut self, label: &str, pin: &Pin) {
        let groups: Vec<String> = pin
            .0
            .chunks(2)
            .map(|c| c.iter().map(|b| format!("{b:02x}")).collect())
            .collect();
        self.pair(label, &groups.join(" "), Role::Title);
    }
}

fn doubt_words(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Unknown => "nobody this machine trusts has signed it",
        Doubt::SelfSigned => "it signs itself",
        Doubt::Expired => "its time is over",
        Doubt::NotYetValid => "its time has not begun",
        Doubt::WrongName => "it belongs to another host name",
        Doubt::Changed => "another one is pinned for this server",
        Doubt::Other => "the verification found something else",
    }
}

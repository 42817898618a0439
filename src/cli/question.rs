//! The engine's questions, put to a person on the terminal.

use crate::model::certificate::{Certificate, Doubt, Pin};
use crate::model::command::Scope;
use crate::model::event::{RISK, Side};
use crate::model::failure::Failure;
use crate::model::job::{Direction, Policy};
use crate::model::size;
use crate::model::stamp::Stamp;
use crate::model::text::escape_str;

/// A certificate, and why it is not trusted, for a person to judge.
pub(super) fn certificate(server: &str, shown: &Certificate, pinned: Option<Pin>) -> String {
    let moment = |s: Option<Stamp>| s.and_then(|s| s.rfc3339()).unwrap_or_else(|| "unknown".into());
    let mut lines = vec![
        format!("The certificate of {server} is not trusted: {}", doubts(shown)),
        format!("  subject      {}", shown.subject),
        format!("  issuer       {}", shown.issuer),
        format!("  names        {}", shown.names.join(", ")),
        format!(
            "  valid        {} to {}",
            moment(shown.not_before),
            moment(shown.not_after)
        ),
        format!("  key          {}", shown.key),
        format!("  fingerprint  {}", shown.pin),
    ];
    if let Some(pinned) = pinned {
        lines.push(format!("  expected     {pinned}"));
    }
    lines.join("\n")
}

/// What a folder refuses, and what may be lost where it is written to all the same.
pub(super) fn in_place(server: &str, target: &str, refusal: &Failure) -> String {
    let reply = refusal
        .reply
        .as_deref()
        .map_or(String::new(), |reply| format!(" (the server said: {reply})"));
    format!(
        "{server} does not take {target} under a temporary name: {}{reply}.\n{RISK}",
        refusal.why
    )
}

fn doubts(shown: &Certificate) -> String {
    if !shown.reason.is_empty() {
        return shown.reason.clone();
    }
    let words: Vec<&str> = shown
        .doubts
        .iter()
        .map(|doubt| match doubt {
            Doubt::Unknown => "nobody this machine trusts has signed it",
            Doubt::SelfSigned => "it has signed itself",
            Doubt::Expired => "its time is over",
            Doubt::NotYetValid => "its time has not begun",
            Doubt::WrongName => "it belongs to another host",
            Doubt::Changed => "it is not the one expected",
            Doubt::Other => "the verification failed",
        })
        .collect();
    words.join(", ")
}

/// A conflict and the letters that answer it.
pub(super) fn conflict(direction: Direction, source: &Side, target: &Side, can_resume: bool) -> String {
    let verb = match direction {
        Direction::Download => "download",
        Direction::Upload => "upload",
    };
    let side = |side: &Side| {
        let bytes = side.size.map_or("size unknown".to_owned(), size::bytes);
        let time = side
            .modified
            .and_then(|m| m.rfc3339())
            .unwrap_or_else(|| "time unknown".into());
        format!("{}  {bytes}  {time}", side.shown)
    };
    let resume = if can_resume { ", r resume" } else { "" };
    format!(
        "The target of this {verb} exists:\n  source  {}\n  target  {}\n\
         o overwrite, n if newer, s if sizes differ{resume}, k keep both (rename), i skip; a capital letter for all\n",
        side(source),
        side(target)
    )
}

/// What else can be said where the server is a saved one.
pub(super) fn always(direction: Direction, name: &str) -> String {
    let way = match direction {
        Direction::Download => "downloads from",
        Direction::Upload => "uploads to",
    };
    format!(
        "a capital letter and ! (such as O!) for all {way} {} from now on\n",
        escape_str(name)
    )
}

/// The answer to a conflict; `None` when it is none.
pub(super) fn conflict_answer(text: &str, can_resume: bool) -> Option<(Policy, Scope)> {
    let mut letters = text.trim().chars();
    let letter = letters.next()?;
    let scope = match letters.as_str() {
        "" if letter.is_ascii_uppercase() => Scope::Batch,
        "" => Scope::Once,
        "!" if letter.is_ascii_uppercase() => Scope::Always,
        _ => return None,
    };
    let policy = match letter.to_ascii_lowercase() {
        'o' => Policy::Overwrite,
        'n' => Policy::Newer,
        's' => Policy::Size,
        'r' if can_resume || scope != Scope::Once => Policy::Resume,
        'k' => Policy::Rename,
        'i' => Policy::Skip,
        _ => return None,
    };
    Some((policy, scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(
            conflict_answer("o\n", false),
            Some((Policy::Overwrite, Scope::Once))
        );
        assert_eq!(conflict_answer(" I ", false), Some((Policy::Skip, Scope::Batch)));
        assert_eq!(conflict_answer("r", false), None);
        assert_eq!(conflict_answer("r", true), Some((Policy::Resume, Scope::Once)));
        assert_eq!(
            conflict_answer("O!\n", true),
            Some((Policy::Overwrite, Scope::Always))
        );
        for bad in ["", "yes", "x", "\n", "!", "o!", "O!!", "X!"] {
            assert_eq!(conflict_answer(bad, true), None, "{bad:?}");
        }
    }

    #[test]
    fn a_certificate_shows_both_fingerprints() {
        let shown = Certificate {
            subject: "CN=a".into(),
            issuer: "CN=b".into(),
            names: vec!["a".into()],
            not_before: None,
            not_after: Some(Stamp::exact(0)),
            key: "EC 256 bits".into(),
            pin: Pin([1; 32]),
            doubts: vec![Doubt::Changed],
            reason: String::new(),
        };
        let text = certificate("h", &shown, Some(Pin([2; 32])));
        assert!(text.contains(&Pin([1; 32]).to_string()) && text.contains(&Pin([2; 32]).to_string()));
        assert!(text.contains("not the one expected") && text.contains("1970-01-01"));
    }
}

//! What a server's refusal means, in plain words: a [`table`] from where it came, to which command and
//! with which code, to a sentence and what to do. The server's own words stand beside it.

mod table;
mod words;

use super::error::Stage;
use super::reply::Reply;
use crate::model::failure::{Class, Failure};
use table::ROWS;
pub(super) use words::{
    demands_resumption, says_forbidden, says_full, says_limit, says_tls, says_too_long, wants_encryption,
};

/// One line of the table.
struct Row {
    /// Where; empty: anywhere.
    stages: &'static [Stage],
    /// To which commands; empty: to any.
    verbs: &'static [&'static str],
    /// Codes, and first digits of codes; empty: all.
    codes: &'static [u16],
    /// What the words of the reply must say besides.
    says: fn(&str, &Reply) -> bool,
    class: Class,
    /// The sentence.
    why: &'static str,
    /// What can be done; empty where nobody can tell.
    hint: &'static str,
}

impl Row {
    fn fits(&self, stage: Stage, verb: &str, reply: &Reply) -> bool {
        let code = reply.code;
        (self.stages.is_empty() || self.stages.contains(&stage))
            && (self.verbs.is_empty() || self.verbs.contains(&verb))
            && (self.codes.is_empty() || self.codes.contains(&code) || self.codes.contains(&(code / 100)))
            && (self.says)(verb, reply)
    }
}

/// The failure that an unexpected reply to `verb` is.
pub(super) fn refused(what: String, stage: Stage, verb: &str, reply: &Reply) -> Failure {
    let verb = verb.to_ascii_uppercase();
    let row = ROWS.iter().find(|row| row.fits(stage, &verb, reply));
    let (class, why, hint) = row.map_or((Class::Refused, "the server refused it", ""), |row| {
        (row.class, row.why, row.hint)
    });
    let mut failure = Failure::new(class, what, why).reply(reply.shown().as_bytes());
    failure.full = says_full(&verb, reply);
    if hint.is_empty() {
        failure
    } else {
        failure.hint(hint)
    }
}

#[cfg(test)]
mod tests;

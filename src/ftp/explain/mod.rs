//! What a server's refusal means, in plain words: a [`table`] from where it came, to which command and
//! with which code, to a sentence and what to do. The server's own words stand beside it.

mod repeated;
mod table;
mod words;

use super::error::Stage;
use super::reply::Reply;
use crate::model::failure::{Class, Failure};
use table::ROWS;
pub(super) use words::{
    demands_resumption, says_forbidden, says_full, says_in_use, says_limit, says_missing, says_tls,
    says_too_long, wants_encryption,
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
    /// What can be done.
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
    let mut failure = match row {
        Some(row) => Failure::new(row.class, what, row.why).hint(row.hint),
        // the last row fits all
        None => Failure::new(Class::Refused, what, "the server refused it"),
    };
    failure.full = says_full(&verb, reply);
    failure.reply(reply.shown().as_bytes())
}

#[cfg(test)]
mod tests;

//! What went wrong, in the words a person gets: what happened, why, and what to do.

use std::fmt;

use serde::Serialize;

use super::text::escape;

/// The class of a failure; each has one exit code of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The request itself makes no sense.
    Usage,
    /// The server could not be reached, or the connection was lost or went silent.
    Unreachable,
    /// The server refused the login.
    Login,
    /// TLS could not be had, or the certificate was refused.
    Tls,
    /// No data connection could be made.
    Data,
    /// The server has no such file, or refused permission.
    Refused,
    /// Refused here: the server is read only, or the path lies outside document path or depth.
    Guarded,
    /// A conflict or a failed verification; nothing was overwritten.
    Conflict,
    /// The local disk: full, read only, permission, name.
    Local,
    /// A person, or the end of the program, stopped it.
    Cancelled,
    /// Anything else.
    Other,
}

impl Class {
    /// The exit code of the command line when one target ends this way.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Other => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Login => 4,
            Self::Tls => 5,
            Self::Data => 6,
            Self::Refused => 7,
            Self::Guarded => 8,
            Self::Conflict => 9,
            Self::Local => 10,
            Self::Cancelled => 130,
        }
    }
}

/// A failure as it is shown: `what: why`, the server's own words, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its class.
    pub class: Class,
    /// What did not happen: `Could not list /pub`.
    pub what: String,
    /// Why, in plain words.
    pub why: String,
    /// What the person can do about it, if something is known.
    pub hint: Option<String>,
    /// The server's reply, escaped, as it came: `550 No such file.`
    pub reply: Option<String>,
    /// Whether trying again later may help (4xx replies, broken lines).
    pub transient: bool,
    /// Whether what was written to is full, disk or quota: then so it is for everything else that
    /// goes there.
    pub full: bool,
}

impl Failure {
    /// A final failure without reply or hint.
    pub fn new(class: Class, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            class,
            what: what.into(),
            why: why.into(),
            hint: None,
            reply: None,
            transient: false,
            full: false,
        }
    }

    /// Adds what the person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the server's reply; what is not plain text in it is escaped here.
    #[must_use]
    pub fn reply(mut self, reply: &[u8]) -> Self {
        self.reply = Some(escape(reply.trim_ascii_end()));
        self
    }

    /// Says that trying again may help.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    /// Says that what was written to is full.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.full = true;
        self
    }

    /// Puts what was attempted in front: a failure deep below learns its occasion above.
    #[must_use]
    pub fn while_trying(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        if let Some(reply) = &self.reply {
            write!(f, " (the server said: {reply})")?;
        }
        if let Some(hint) = &self.hint {
            // a question ends its sentence itself
            let end = if self.reply.is_none() && self.why.ends_with('?') {
                ""
            } else {
                "."
            };
            write!(f, "{end} {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

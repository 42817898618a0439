//! `~/.netrc`: logins that other programs share.
//!
//! The form is the one ftp(1) documents: `machine NAME` or `default`, followed by `login`,
//! `password` and `account` in any order; a value in double quotes may hold spaces, with `\` as
//! the escape; `macdef NAME` runs to the next empty line and is passed over.
//! A comment begins with `#` where a keyword could stand. The first entry that fits counts, so
//! `default` comes last.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::text::system_says;

/// A longer file is no list of logins.
const LARGEST: u64 = 1024 * 1024;

/// A login found for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user, if the entry names one.
    pub user: Option<String>,
    /// The password, if the entry has one.
    pub password: Option<Secret>,
}

/// The file: `$NETRC`, else `~/.netrc`.
pub fn path() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("NETRC").filter(|p| !p.is_empty()) {
        return Some(path.into());
    }
    let home = std::env::var_os("HOME").filter(|h| !h.is_empty())?;
    Some(PathBuf::from(home).join(".netrc"))
}

/// The login for this host, and user where one is given; `None` where the file has none, or is not
/// there. `NETRC` may name a pipe.
///
/// # Errors
///
/// A file that cannot be read, or is none of logins.
pub fn look_up(host: &str, user: Option<&str>) -> Result<Option<Login>, Failure> {
    let Some(path) = path() else {
        return Ok(None);
    };
    let failed = |why: String| Failure::new(Class::Local, format!("{} cannot be used", path.display()), why);
    let mut bytes = Zeroizing::new(Vec::new());
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e.to_string())),
    };
    // as large as the file, so that growing leaves no copies behind
    let len = file.metadata().map_or(0, |m| m.len().min(LARGEST));
    bytes.reserve(usize::try_from(len).unwrap_or(0) + 1);
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| failed(system_says(&e)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed("it is larger than 1 MiB".into()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| failed("it is not UTF-8".into()))?;
    Ok(find(text, host, user))
}

/// What is to be said where other users can read the file: ftp(1) and curl warn of that too.
pub fn warning() -> Option<String> {
    let path = path().filter(|path| is_open_to_others(path))?;
    Some(format!(
        "{} can be read by other users; chmod 600 keeps it to yourself",
        path.display()
    ))
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.mode() & 0o077 != 0)
}

/// Nothing is known of permissions here.
#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// An entry of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The host; `None` is `default`.
    pub host: Option<String>,
    /// The login there.
    pub login: Login,
    /// The account that some servers ask for besides.
    pub account: Option<String>,
    /// Whether macros stand behind it, of which nothing is read.
    pub macros: bool,
}

/// The first entry for this host (compared without case) and, where `user` is given, this user
/// or none; `default` fits every host.
pub fn find(text: &str, host: &str, user: Option<&str>) -> Option<Login> {
    let wanted = |login: &Login| match (user, login.user.as_deref()) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    };
    let fits = |name: &Option<String>| name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(host));
    let mut entries = entries(text).into_iter();
    entries
        .find(|entry| fits(&entry.host) && wanted(&entry.login))
        .map(|entry| entry.login)
}

/// Every entry, in the order of the file.
pub fn entries(text: &str) -> Vec<Entry> {
    let mut tokens = Tokens { rest: text };
    let mut out: Vec<Entry> = Vec::new();
    while let Some(word) = tokens.keyword() {
        match word.as_str() {
            "machine" | "default" => {
                let host = match word.as_str() {
                    "default" => None,
                    _ => Some(tokens.next().unwrap_or_default()),
                };
                let login = Login {
                    user: None,
                    password: None,
                };
                out.push(Entry {
                    host,
                    login,
                    account: None,
                    macros: false,
                });
            }
            "login" => {
                let value = tokens.next();
                if let Some(entry) = out.last_mut() {
                    entry.login.user = value;
                }
            }
            "password" => {
                let value = tokens.next().map(Secret::new);
                if let Some(entry) = out.last_mut() {
                    entry.login.password = value;
                }
            }
            "account" => {
                let value = tokens.next();
                if let Some(entry) = out.last_mut() {
                    entry.account = value;
                }
            }
            "macdef" => {
                tokens.skip_macro();
                if let Some(entry) = out.last_mut() {
                    entry.macros = true;
                }
            }
            _ => {}
        }
    }
    out
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Tokens<'_> {
    fn keyword(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return self.next();
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn next(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        let mut chars = self.rest.char_indices();
        if self.rest.starts_with('"') {
            chars.next();
            let mut out = String::new();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        self.rest = &self.rest[at + 1..];
                        return Some(out);
                    }
                    '\\' => out.extend(chars.next().map(|(_, c)| c)),
                    c => out.push(c),
                }
            }
            self.rest = "";
            return Some(out);
        }
        let end = chars
            .find(|(_, c)| c.is_whitespace())
            .map_or(self.rest.len(), |(at, _)| at);
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn skip_macro(&mut self) {
        let blank = self.rest.find("\n\n").map(|at| at + 2);
        let blank_dos = self.rest.find("\r\n\r\n").map(|at| at + 4);
        let end = match (blank, blank_dos) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).unwrap_or(self.rest.len()),
        };
        self.rest = &self.rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# machine commented.example login no password no
machine one.example login anna password s3cret
machine two.example
  login \"bert b\"
  password \"with \\\"quotes\\\" and # spaces\"
macdef init
machine trap.example login no password no

machine One.Example login carl password other account x
machine nobody.example
machine hash.example login #1 password #not-a-comment
default login guest password mail@example
";

    fn login(host: &str, user: Option<&str>) -> (Option<String>, Option<String>) {
        find(FILE, host, user).map_or((None, None), |l| {
            (l.user, l.password.map(|p| p.reveal().to_owned()))
        })
    }

    #[test]
    fn entries() {
        let some = |u: &str, p: &str| (Some(u.to_owned()), Some(p.to_owned()));
        assert_eq!(login("ONE.example", None), some("anna", "s3cret"));
        assert_eq!(login("one.example", Some("carl")), some("carl", "other"));
        assert_eq!(
            login("two.example", None),
            some("bert b", "with \"quotes\" and # spaces")
        );
        assert_eq!(login("nobody.example", None), (None, None));
        assert_eq!(login("hash.example", None), some("#1", "#not-a-comment"));
        for elsewhere in ["commented.example", "trap.example", "x"] {
            assert_eq!(
                login(elsewhere, None),
                some("guest", "mail@example"),
                "{elsewhere}"
            );
        }
        assert_eq!(login("x", Some("anna")), (None, None));
    }

    #[test]
    fn broken_files_do_no_harm() {
        for text in [
            "",
            "machine",
            "machine h login",
            "login x",
            "machine h password \"open",
            "macdef x",
        ] {
            let _ = find(text, "h", None);
        }
        assert_eq!(find("machine h", "other", None), None);
    }
}

//! Servers that other programs have saved, read from their files.
//!
//! Each format has a reader of its own: text in, servers, passwords and remarks out. Nothing is
//! saved here. What cannot be carried is said, server by server; a password that is found is a
//! [`Secret`], and whoever saves the server keeps it in the store or leaves it out.

mod filezilla;
mod ini;
mod lftp;
mod ncftp;
mod netrc;
mod own;
mod places;
mod rclone;
mod recognition;
mod settled;
mod termscp;
mod winscp;

use std::path::Path;

use zeroize::Zeroizing;

use super::mistake::Mistake;
use super::store;
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::text::system_says;

pub use places::{Looked, look, places};
pub use settled::settle;

/// More servers than this are not read from one file.
const MOST: usize = 10_000;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// FileZilla's `sitemanager.xml`.
    FileZilla,
    /// `WinSCP.ini`.
    WinScp,
    /// lftp's bookmarks, with the settings of its `rc` that concern servers.
    Lftp,
    /// termscp's `bookmarks.toml`.
    Termscp,
    /// `rclone.conf`.
    Rclone,
    /// NcFTP's bookmarks.
    Ncftp,
    /// `~/.netrc`.
    Netrc,
    /// What `ftpane servers export` has written.
    Own,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 8] = [
        Self::FileZilla,
        Self::WinScp,
        Self::Lftp,
        Self::Termscp,
        Self::Rclone,
        Self::Ncftp,
        Self::Netrc,
        Self::Own,
    ];

    /// What it is called on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::FileZilla => "filezilla",
            Self::WinScp => "winscp",
            Self::Lftp => "lftp",
            Self::Termscp => "termscp",
            Self::Rclone => "rclone",
            Self::Ncftp => "ncftp",
            Self::Netrc => "netrc",
            Self::Own => "ftpane",
        }
    }

    /// The program's name as it writes it itself.
    pub fn title(self) -> &'static str {
        match self {
            Self::FileZilla => "FileZilla",
            Self::WinScp => "WinSCP",
            Self::Lftp => "lftp",
            Self::Termscp => "termscp",
            Self::Rclone => "rclone",
            Self::Ncftp => "NcFTP",
            Self::Netrc => ".netrc",
            Self::Own => "ftpane",
        }
    }
}

/// A server that can be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its settings. Its password comes from the store only where there is a secret.
    pub server: Server,
    /// Its password, where the file has one.
    pub secret: Option<Secret>,
    /// What is different here from what the file says, a sentence each.
    pub remarks: Vec<String>,
}

impl Taken {
    /// Without a password and without remarks.
    fn new(server: Server) -> Self {
        Self {
            server,
            secret: None,
            remarks: Vec::new(),
        }
    }

    /// Takes a password in, to be kept in the store; an empty one is none.
    fn keep(&mut self, password: &str) {
        if !password.is_empty() {
            self.secret = Some(Secret::new(password));
            self.server.password = PasswordSource::Store;
        }
    }

    /// Leaves the password out; it is asked for then.
    pub fn without_secret(&mut self) {
        if self.secret.take().is_some() {
            self.server.password = PasswordSource::Ask;
        }
    }

    fn remark(&mut self, says: impl Into<String>) {
        self.remarks.push(says.into());
    }

    /// The folder where the other program begins, which is the document path here.
    fn begin_in(&mut self, path: &str) {
        let path = path.trim();
        let path = match path.len() {
            0 | 1 => path,
            _ => path.trim_end_matches('/'),
        };
        if path.is_empty() || path == "/" {
            return;
        }
        if !path.starts_with(['/', '~']) {
            self.server.document_path = format!("~/{path}");
        } else {
            path.clone_into(&mut self.server.document_path);
        }
        let says = format!(
            "its folder {} becomes the document path, above which nothing is open",
            self.server.document_path
        );
        self.remark(says);
    }
}

/// A server, or something else, that cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What the file calls it.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// What can be saved.
    pub taken: Vec<Taken>,
    /// What cannot.
    pub left: Vec<Left>,
    /// What is to be said of the file as a whole.
    pub remarks: Vec<String>,
}

impl Found {
    fn leave(&mut self, name: impl Into<String>, why: impl Into<String>) {
        self.left.push(Left {
            name: name.into(),
            why: why.into(),
        });
    }

    /// How many passwords there are.
    pub fn secrets(&self) -> usize {
        self.taken.iter().filter(|taken| taken.secret.is_some()).count()
    }

    /// Puts what another file holds behind.
    pub fn append(&mut self, other: Self) {
        self.taken.extend(other.taken);
        self.left.extend(other.left);
        self.remarks.extend(other.remarks);
    }
}

/// Reads the text of a file; `file` is its name for the error.
///
/// # Errors
///
/// A text that has not the form at all. What is wrong with one server only is said in [`Found`].
pub fn read(format: Format, text: &str, file: &str) -> Result<Found, Mistake> {
    // a mark of the byte order, which Windows puts in front
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = match format {
        Format::FileZilla => filezilla::read(text, file)?,
        Format::WinScp => winscp::read(text, file)?,
        Format::Lftp => lftp::read(text, text),
        Format::Termscp => termscp::read(text, file)?,
        Format::Rclone => rclone::read(text, file)?,
        Format::Ncftp => ncftp::read(text, file)?,
        Format::Netrc => netrc::read(text, false),
        Format::Own => own::read(text, file)?,
    };
    if found.taken.len() + found.left.len() > MOST {
        return Err(Mistake::at(
            text,
            file,
            0,
            format!("it holds more than {MOST} servers"),
        ));
    }
    Ok(found)
}

/// Reads a file.
///
/// # Errors
///
/// One that is not there, cannot be read, or has not the form.
pub fn load(format: Format, path: &Path) -> Result<Found, Failure> {
    read_as(format, &text_at(path)?, path)
}

/// Reads a file whose format is told by what is in it, or else by its name.
///
/// # Errors
///
/// As [`load`], and a file of none of the formats.
pub fn load_any(path: &Path) -> Result<(Format, Found), Failure> {
    let text = text_at(path)?;
    let format = recognition::recognise(&text, path).ok_or_else(|| {
        let words = Format::ALL.map(Format::word).join(", ");
        failed(
            path,
            Class::Usage,
            "neither what is in it nor its name tells whose file it is",
        )
        .hint(format!(
            "Say it: ftpane servers import FORMAT FILE, with one of {words}"
        ))
    })?;
    read_as(format, &text, path).map(|found| (format, found))
}

fn failed(path: &Path, class: Class, why: impl Into<String>) -> Failure {
    Failure::new(class, format!("{} cannot be imported", path.display()), why)
}

fn text_at(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = match store::read_bytes(path) {
        Ok(Some(bytes)) => Zeroizing::new(bytes),
        Ok(None) => {
            return Err(failed(path, Class::Local, "there is no such file")
                .hint("Check the path; without one, it is read from where that program keeps it."));
        }
        Err(e) => return Err(failed(path, Class::Local, system_says(&e))),
    };
    text_of(&bytes).ok_or_else(|| failed(path, Class::Local, "it is neither UTF-8 nor UTF-16"))
}

fn read_as(format: Format, text: &str, path: &Path) -> Result<Found, Failure> {
    match format {
        // the settings are those of this machine's lftp, as its bookmarks are
        Format::Lftp if places::is_usual(format, path) => {
            return Ok(lftp::read(text, &places::lftp_settings()));
        }
        Format::Netrc if places::is_usual(format, path) => return Ok(netrc::read(text, true)),
        _ => {}
    }
    read(format, text, &path.display().to_string()).map_err(|mistake| {
        let hint = match format {
            Format::Own => "'ftpane servers export' writes such files".to_owned(),
            _ => format!("It was read as a file of {}", format.title()),
        };
        failed(path, Class::Usage, mistake.to_string()).hint(hint)
    })
}

/// The text of a file: UTF-8, or UTF-16 with a mark of the byte order, as some editors of Windows write.
fn text_of(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Some(Zeroizing::new(std::str::from_utf8(bytes).ok()?.to_owned())),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    // as long as it can become, so that growing leaves no copies behind
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for c in char::decode_utf16(units) {
        text.push(c.ok()?);
    }
    rest.is_empty().then_some(text)
}

/// The first so many characters of what a file says, on one line.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(500).collect()
}

/// Seconds, ports and the like, of a file that may hold anything.
fn number<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    text?.trim().parse().ok()
}

#[cfg(test)]
mod tests;

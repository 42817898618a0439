//! From what was written to a server and a path on it.

use std::ffi::OsStr;

use super::arguments::Connection;
use crate::config::paths::Paths;
use crate::config::servers::{Servers, ServersError};
use crate::local::names::bytes_of;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::target::{Target, blot};
use crate::model::text::escape;
use crate::plan::landing;

/// A place on a server, before the server was asked anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// As it was written, for messages; a password in it is blotted.
    pub(super) written: String,
    /// The server with the options of the command line.
    pub(super) server: Server,
    /// Whether it is a saved one.
    pub(super) saved: bool,
    /// The path as it was written, relative to the document path.
    pub(super) path: Vec<u8>,
    /// The password of a URL.
    pub(super) secret: Option<Secret>,
}

impl Place {
    /// Reads a target. The saved servers are looked at only where one is named.
    pub(super) fn read(text: &OsStr, connection: &Connection) -> Result<Self, Failure> {
        let bytes = bytes_of(text);
        let (written, server, saved, path, secret) = match target(&bytes)? {
            Target::Url(url) => {
                let mut server = url.server();
                let mut path = url.path.clone();
                // in a URL /~/x begins in the folder the login lands in
                if path == b"/~" || path.starts_with(b"/~/") {
                    server.document_path = "~".into();
                    path.drain(..2);
                }
                let written = format!("{}{}", server.url(), escape(&url.path));
                (written, server, false, path, url.password)
            }
            Target::Saved { server, path } => {
                let found = saved_server(&server)?;
                (escape(&bytes), found, true, path, None)
            }
            Target::Local(_) => {
                return Err(usage(&bytes, "it names no server").hint(
                    "Write SERVER:PATH with a saved server's name, or a URL such as ftpes://host/path",
                ));
            }
        };
        let mut place = Self {
            written,
            server,
            saved,
            path,
            secret,
        };
        connection
            .apply(&mut place.server)
            .map_err(|why| usage(&bytes, why))?;
        Ok(place)
    }

    /// The path on the server, once its document path is known.
    pub(super) fn remote(&self, root: &RemotePath) -> Result<RemotePath, Failure> {
        landing::below(root, &self.path).map_err(|e| {
            let class = match e {
                landing::BelowError::Above(_) => Class::Guarded,
                landing::BelowError::Path(_) => Class::Usage,
            };
            Failure::new(class, format!("{} is not reached", self.written), e.to_string())
        })
    }

    /// Whether the path was written as a folder's.
    pub(super) fn ends_in_slash(&self) -> bool {
        self.path.is_empty() || self.path.ends_with(b"/")
    }
}

fn usage(written: &[u8], why: impl Into<String>) -> Failure {
    Failure::new(Class::Usage, blotted(written), why)
}

/// The text for a message, without the password of a URL.
pub(super) fn blotted(written: &[u8]) -> String {
    blot(&escape(written))
}

fn target(bytes: &[u8]) -> Result<Target, Failure> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Target::parse(text).map_err(|e| usage(bytes, e.to_string()));
    }
    // the bytes of a path may be any, those of a name and of a URL are UTF-8
    let colon = bytes.iter().position(|b| *b == b':').unwrap_or(0);
    match std::str::from_utf8(&bytes[..colon]) {
        Ok(name) if !name.is_empty() && !name.contains('/') && !bytes[colon..].starts_with(b"://") => {
            Ok(Target::Saved {
                server: name.to_owned(),
                path: bytes[colon + 1..].to_vec(),
            })
        }
        _ => Err(usage(
            bytes,
            "a URL is UTF-8; other bytes of a path are written as %FF",
        )),
    }
}

fn saved_server(name: &str) -> Result<Server, Failure> {
    let servers = Servers::load(Paths::find()?.servers())?;
    if let Some(server) = servers.find(name) {
        return Ok(server.clone());
    }
    let failure = Failure::from(ServersError::Unknown(crate::model::text::escape_str(name)));
    Err(match servers.nearest(name) {
        Some(near) => failure.hint(format!("Perhaps you mean '{near}'")),
        None => failure.hint(format!(
            "A path of this machine that looks like one is written ./{}:...",
            crate::model::text::escape_str(name)
        )),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::arguments::Arguments;

    fn connection(options: &str) -> Connection {
        let line = format!("ftpane {options}");
        Arguments::try_parse_from(line.split_whitespace())
            .unwrap()
            .connection
    }

    fn place(text: &str, options: &str) -> Result<Place, Failure> {
        Place::read(OsStr::new(text), &connection(options))
    }

    #[test]
    fn urls() {
        let root = RemotePath::parse(b"/home/me").unwrap();
        let url = place("ftpes://me:pw@h:2121/a%20b/", "").unwrap();
        assert_eq!(url.written, "ftpes://me@h:2121/a b/");
        assert_eq!(url.secret, Some(Secret::new("pw")));
        assert_eq!(url.remote(&RemotePath::root()).unwrap().as_bytes(), b"/a b");
        assert!(url.ends_in_slash());
        let home = place("ftp://h/~/x", "").unwrap();
        assert_eq!(home.server.document_path, "~");
        assert_eq!(home.remote(&root).unwrap().as_bytes(), b"/home/me/x");
        let rooted = place("ftp://h/../x", "--root /srv").unwrap();
        assert_eq!(rooted.server.document_path, "/srv");
        assert_eq!(rooted.remote(&root).unwrap_err().class, Class::Guarded);
    }

    #[test]
    fn what_names_no_server_says_so_without_a_password() {
        for (text, class) in [
            ("plain", Class::Usage),
            ("./web:x", Class::Usage),
            ("http://me:s3cret@h/", Class::Usage),
            ("ftp://me:s3cret@h:0/", Class::Usage),
            ("ftp://me:s3cret/x@h/", Class::Usage),
            ("ftp://me:x/s3cret@h/", Class::Usage),
            ("ftp://me:x@s3cret/y@h/%", Class::Usage),
        ] {
            let failure = place(text, "").unwrap_err();
            assert_eq!(failure.class, class);
            assert!(!failure.to_string().contains("s3cret"), "{failure}");
        }
    }
}

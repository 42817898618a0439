//! From what was written to a server and a path on it.

use std::ffi::OsStr;

use super::connection::Connection;
use crate::config::paths::Paths;
use crate::config::servers::{Servers, ServersError};
use crate::local::names::bytes_of;
use crate::model::charset::Charset;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::target::{Target, Url, blot, quote_encoded};
use crate::model::text::{escape, escape_str};
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
    /// The path as it was written, as it is given back in a target.
    pub(super) source: Vec<u8>,
    /// The path, relative to the document path; to the server's root where [`Place::whole`].
    pub(super) path: Vec<u8>,
    /// [`Place::path`] as it is read where patterns are: what a URL has percent-encoded stands behind a
    /// backslash.
    pub(super) pattern: Vec<u8>,
    /// A path from the server's root, and a document path that only the login makes known.
    pub(super) whole: bool,
    /// The password of a URL.
    pub(super) secret: Option<Secret>,
}

impl Place {
    /// Reads a target. The saved servers are looked at only where one is named.
    pub(super) fn read(text: &OsStr, connection: &Connection) -> Result<Self, Failure> {
        Self::read_among(&mut Saved::default(), text, connection)
    }

    /// The same, with the saved servers read once for many targets.
    pub(super) fn read_among(
        saved: &mut Saved,
        text: &OsStr,
        connection: &Connection,
    ) -> Result<Self, Failure> {
        let bytes = bytes_of(text);
        let mut place = match target(&bytes)? {
            Target::Url(mut url) => {
                let charset = connection.charset.unwrap_or_default();
                url.path = typed(url.path, charset);
                let mut place = Self::of_url(url, connection.root.as_deref())?;
                let quoted = quote_encoded(&String::from_utf8_lossy(&bytes));
                if let Ok(Target::Url(mut url)) = Target::parse(&quoted) {
                    url.path = typed(url.path, charset);
                    place.pattern = Self::of_url(url, connection.root.as_deref())?.path;
                }
                place
            }
            Target::Saved { server, path } => {
                let server = saved.server(&server)?;
                let path = typed(path, connection.charset.unwrap_or(server.charset));
                Self {
                    written: escape(&bytes),
                    server,
                    saved: true,
                    source: path.clone(),
                    pattern: path.clone(),
                    path,
                    whole: false,
                    secret: None,
                }
            }
            Target::Local(_) => {
                let name = String::from_utf8_lossy(&bytes);
                if saved.server(&name).is_ok() {
                    let written = escape(&bytes);
                    return Err(
                        usage(&bytes, "a saved server is written with a colon behind its name")
                            .hint(format!("Write {written}: or {written}:/PATH")),
                    );
                }
                return Err(usage(&bytes, "it names no server").hint(
                    "Write SERVER:PATH with a saved server's name, or a URL such as ftpes://host/path",
                ));
            }
        };
        connection
            .apply(&mut place.server)
            .map_err(|why| usage(&bytes, why))?;
        Ok(place)
    }

    /// Another path on the same server: written as the path of a target of it, or as a whole one.
    pub(super) fn beside(&self, text: &OsStr, connection: &Connection) -> Result<Self, Failure> {
        let bytes = bytes_of(text);
        let is_whole = match target(&bytes) {
            Ok(Target::Url(_)) => true,
            Ok(Target::Saved { server, .. }) => Saved::default().server(&server).is_ok(),
            _ => false,
        };
        let other = if is_whole {
            Self::read(text, connection)?
        } else if self.saved {
            let path = typed(bytes.to_vec(), connection.charset.unwrap_or(self.server.charset));
            Self {
                written: escape(&bytes),
                source: path.clone(),
                pattern: path.clone(),
                path,
                ..self.clone()
            }
        } else {
            let from_home = self.source == b"/~" || self.source.starts_with(b"/~/");
            let root = match (bytes.starts_with(b"/"), from_home) {
                (true, _) => &b""[..],
                (false, true) => b"/~/",
                (false, false) => b"/",
            };
            let url = Url {
                protocol: self.server.protocol,
                user: self.server.user.clone(),
                password: self.secret.clone(),
                host: self.server.host.clone(),
                port: self.server.port,
                path: typed([root, &bytes].concat(), connection.charset.unwrap_or_default()),
            };
            let mut other = Self::of_url(url, connection.root.as_deref())?;
            connection
                .apply(&mut other.server)
                .map_err(|why| usage(&bytes, why))?;
            other
        };
        match other.server == self.server && other.whole == self.whole {
            true => Ok(other),
            false => {
                let why = format!(
                    "it is not on the same server as {}, or begins elsewhere there",
                    self.written
                );
                Err(usage(&bytes, why).hint("From one server to another: get, then put."))
            }
        }
    }

    /// The path of a URL begins at the server's root, or with `/~` where the login lands. A
    /// document path beside it (`root`) only bounds it.
    fn of_url(url: Url, root: Option<&str>) -> Result<Self, Failure> {
        let mut server = url.server();
        let written = format!("{}{}", server.url(), escape(&url.path));
        let home = (url.path == b"/~" || url.path.starts_with(b"/~/")).then(|| &url.path[2..]);
        let mut whole = false;
        let path = match (home, root.map(|root| (root, root.strip_prefix('~')))) {
            (None, None) => url.path.clone(),
            (Some(path), None) => {
                server.document_path = "~".into();
                path.to_vec()
            }
            // no path at all: the document path
            (_, Some(_)) if url.path.is_empty() => Vec::new(),
            (None, Some((root, None))) | (Some(_), Some((_, Some(root)))) => {
                let root = RemotePath::root()
                    .resolve(root.trim_start_matches('/').as_bytes())
                    .map_err(|e| Failure::new(Class::Usage, "--root", e.to_string()))?;
                let path = home.unwrap_or(&url.path);
                let names = inside(&root, path, &written)?.below(&root).unwrap_or_default();
                let mut below = RemotePath::root();
                for name in &names {
                    below = below.join(name);
                }
                let mut below = below.as_bytes().to_vec();
                if path.ends_with(b"/") && !names.is_empty() {
                    below.push(b'/');
                }
                below
            }
            (None, Some((_, Some(_)))) => {
                whole = true;
                url.path.clone()
            }
            (Some(_), Some((root, None))) => {
                let why = "where the login lands is not known with a --root that does not begin with '~'";
                return Err(Failure::new(
                    Class::Usage,
                    format!("{written} with --root {root}"),
                    why,
                ));
            }
        };
        Ok(Self {
            written,
            server,
            saved: false,
            source: url.path,
            pattern: path.clone(),
            path,
            whole,
            secret: url.password,
        })
    }

    /// The path on the server, once its document path is known.
    pub(super) fn remote(&self, root: &RemotePath) -> Result<RemotePath, Failure> {
        if self.whole {
            return inside(root, &self.path, &self.written);
        }
        landing::below(root, &self.path).map_err(|e| unreached(&self.written, &e))
    }

    /// Whether its path may stand for others than itself.
    pub(super) fn may_be_pattern(&self) -> bool {
        self.pattern.iter().any(|byte| b"*?[\\".contains(byte))
    }

    /// The place of this path on the same server; `base` is what paths are relative to here. It ends in a
    /// slash where this one does.
    pub(super) fn at(&self, base: &RemotePath, path: &RemotePath) -> Self {
        let names = path.below(base).unwrap_or_default();
        let below = names
            .iter()
            .fold(RemotePath::root(), |path, name| path.join(name));
        let slash: &[u8] = if self.path.ends_with(b"/") { b"/" } else { b"" };
        let below = [below.as_bytes(), slash].concat();
        let (written, source) = match self.saved {
            true => (format!("{}:{}", self.server.name, escape(&below)), below.clone()),
            false => {
                let whole = [path.as_bytes(), slash].concat();
                (format!("{}{}", self.server.url(), escape(&whole)), whole)
            }
        };
        Self {
            written,
            source,
            pattern: below.clone(),
            path: below,
            ..self.clone()
        }
    }

    /// Whether the path was written as a folder's.
    pub(super) fn ends_in_slash(&self) -> bool {
        self.path.is_empty() || self.path.ends_with(b"/")
    }
}

/// A path as a person or a script wrote it: text, or else the server's own bytes.
fn typed(path: Vec<u8>, charset: Charset) -> Vec<u8> {
    match std::str::from_utf8(&path) {
        Ok(_) => path,
        Err(_) => charset.from_server(&path).into_owned(),
    }
}

/// A path from the server's root, if it is below `root`.
fn inside(root: &RemotePath, path: &[u8], written: &str) -> Result<RemotePath, Failure> {
    let whole = landing::below(&RemotePath::root(), path).map_err(|e| unreached(written, &e))?;
    if whole.below(root).is_none() {
        return Err(unreached(written, &landing::BelowError::Above(root.shown())));
    }
    Ok(whole)
}

fn unreached(written: &str, error: &landing::BelowError) -> Failure {
    let class = match error {
        landing::BelowError::Above(_) => Class::Guarded,
        landing::BelowError::Path(_) => Class::Usage,
    };
    let failure = Failure::new(class, format!("{written} is not reached"), error.to_string());
    match class {
        Class::Guarded => failure.hint("Name a path below it, or another document path (--root)."),
        _ => failure,
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

/// The saved server of this name as it is now, if there is one.
pub(super) fn look_up(name: &str) -> Result<Option<Server>, Failure> {
    Ok(Servers::load(Paths::find()?.servers())?.find(name).cloned())
}

/// The saved servers, once one is named.
#[derive(Debug, Default)]
pub(super) struct Saved(Option<Servers>);

impl Saved {
    fn server(&mut self, name: &str) -> Result<Server, Failure> {
        let servers = match self.0.take() {
            Some(servers) => servers,
            None => Servers::load(Paths::find()?.servers())?,
        };
        let servers = self.0.insert(servers);
        if let Some(server) = servers.find(name) {
            return Ok(server.clone());
        }
        let failure = Failure::from(ServersError::Unknown(escape_str(name)));
        Err(match servers.nearest(name) {
            Some(near) => failure.hint(format!("Did you mean '{near}'?")),
            None => failure.hint(format!(
                "A path of this machine that looks like one is written ./{}:...",
                escape_str(name)
            )),
        })
    }
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
        let above = place("ftp://h/../x", "").unwrap();
        assert_eq!(above.remote(&root).unwrap_err().class, Class::Guarded);
    }

    #[test]
    fn a_document_path_bounds_a_url() {
        for (text, options, root, want) in [
            ("ftp://h/srv/a/x", "--root /srv/a", "/srv/a", Ok("/srv/a/x")),
            ("ftp://h/srv/a/", "--root /srv/a", "/srv/a", Ok("/srv/a")),
            ("ftp://h", "--root /srv/a", "/srv/a", Ok("/srv/a")),
            ("ftp://h/x", "--root /", "/", Ok("/x")),
            ("ftp://h/srv/ab", "--root /srv/a", "/srv/a", Err(Class::Guarded)),
            ("ftp://h/", "--root /srv/a", "/srv/a", Err(Class::Guarded)),
            (
                "ftp://h/srv/a/../b",
                "--root /srv/a",
                "/srv/a",
                Err(Class::Guarded),
            ),
            ("ftp://h/~/x", "--root /srv", "/srv", Err(Class::Usage)),
            (
                "ftp://h/~/pub/x",
                "--root ~/pub",
                "/home/me/pub",
                Ok("/home/me/pub/x"),
            ),
            ("ftp://h/~/x", "--root ~/pub", "/home/me/pub", Err(Class::Guarded)),
            ("ftp://h/home/me/x", "--root ~", "/home/me", Ok("/home/me/x")),
            ("ftp://h/home/x", "--root ~", "/home/me", Err(Class::Guarded)),
        ] {
            let root = RemotePath::parse(root.as_bytes()).unwrap();
            let remote = place(text, options).and_then(|place| place.remote(&root));
            let found = remote.map(|path| path.shown()).map_err(|failure| failure.class);
            assert_eq!(found, want.map(str::to_owned), "{text} {options}");
        }
        let file = place("ftp://h/srv/x", "--root /srv").unwrap();
        assert_eq!((&*file.source, &*file.path), (&b"/srv/x"[..], &b"/x"[..]));
        assert!(!file.ends_in_slash());
        assert!(place("ftp://h/srv/x/", "--root /srv").unwrap().ends_in_slash());
    }

    #[test]
    fn a_proxy_and_commands_after_login() {
        let url = place(
            "ftp://h/",
            "--proxy socks5://me@p --after-login NOOP --after-login STAT",
        )
        .unwrap();
        assert_eq!(url.server.proxy.unwrap().to_string(), "socks5://me@p:1080");
        assert_eq!(url.server.after_login, ["NOOP", "STAT"]);
        let failure = place("ftp://h/", "--proxy socks5://p --mode active").unwrap_err();
        assert_eq!(failure.class, Class::Usage);
        assert!(failure.why.contains("active mode"), "{failure}");
        for bad in [
            "--proxy ftp://p",
            "--proxy socks5://me:s3cret@p",
            "--after-login QUIT",
        ] {
            let line = format!("ftpane {bad}");
            let said = Arguments::try_parse_from(line.split_whitespace())
                .unwrap_err()
                .to_string();
            let option = bad.split(' ').next().unwrap();
            assert!(said.contains(option), "{said}");
        }
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

//! What a person writes to name a place: `SERVER:PATH`, an `ftp://` URL, or a local path.

use super::charset::Charset;
use super::path::PathError;
use super::secret::Secret;
use super::server::{Protocol, Server};

/// A place as written, before any server file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `NAME:PATH`: a saved server.
    Saved {
        /// The server's name.
        server: String,
        /// The path as written, bytes; relative to the document path.
        path: Vec<u8>,
    },
    /// A URL.
    Url(Url),
    /// Anything else: a path on this machine.
    Local(String),
}

/// A parsed `ftp://`, `ftpes://` or `ftps://` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// From the scheme: `ftp` plain, `ftpes` explicit TLS, `ftps` implicit TLS.
    pub protocol: Protocol,
    /// Percent-decoded; empty for anonymous.
    pub user: String,
    /// Percent-decoded; a password in a URL is seen by others and is warned about.
    pub password: Option<Secret>,
    /// Host name, IPv4 or IPv6 address without brackets.
    pub host: String,
    /// The port, if one was written.
    pub port: Option<u16>,
    /// Percent-decoded bytes, beginning with `/`, or empty. `/~/x` is relative to the login folder.
    pub path: Vec<u8>,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Another scheme than the three.
    #[error(
        "'{0}://' is not spoken here; use ftp:// (plain), ftpes:// (explicit TLS) or ftps:// (implicit TLS)"
    )]
    Scheme(String),
    /// No host.
    #[error("the URL names no host")]
    NoHost,
    /// The port is no number from 1 to 65535. It is not repeated, and neither is the host below: a
    /// password with a bare `/` or `@` ends up in their places.
    #[error("its port is no number from 1 to 65535; a '/' in a password is written %2F, a '@' %40")]
    Port,
    /// `[` without `]`, or what is in them is no IPv6 address.
    #[error("what stands in place of the host is no IPv6 address in brackets, as in ftp://[::1]:21/")]
    Brackets,
    /// `%` not followed by two hexadecimal digits.
    #[error("'%' must be followed by two hexadecimal digits; a '%' itself is written %25")]
    Percent,
    /// A line break or the like in the user.
    #[error("the user of a URL holds no control characters")]
    User,
    /// User or password is not UTF-8 after decoding.
    #[error("user and password of a URL must be UTF-8")]
    NotText,
    /// A space or control character in the host.
    #[error("its host name has a space or a control character in it")]
    Host,
    /// The path cannot be sent.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Target {
    /// Reads what was written. `./x` is always local; `x:y` is a saved server's path when no
    /// slash stands before the colon.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if let Some((scheme, rest)) = split_scheme(text) {
            return Ok(Self::Url(Url::after_scheme(scheme, rest)?));
        }
        if let Some((server, path)) = text.split_once(':')
            && !server.is_empty()
            && !server.contains('/')
        {
            return Ok(Self::Saved {
                server: server.to_owned(),
                path: path.as_bytes().to_vec(),
            });
        }
        Ok(Self::Local(text.to_owned()))
    }
}

/// What stands before and behind the `://` of a URL; `None` where no scheme stands before it (RFC 3986,
/// 3.1): that may be part of a password.
pub fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let is_of_scheme = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    text.split_once("://")
        .filter(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(is_of_scheme))
}

impl Url {
    /// Reads a whole URL.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let (scheme, rest) = split_scheme(text.trim()).ok_or(TargetError::NoHost)?;
        Self::after_scheme(scheme, rest)
    }

    fn after_scheme(scheme: &str, rest: &str) -> Result<Self, TargetError> {
        let protocol = match scheme.to_ascii_lowercase().as_str() {
            "ftp" => Protocol::Ftp,
            "ftpes" => Protocol::FtpsExplicit,
            "ftps" => Protocol::FtpsImplicit,
            other => return Err(TargetError::Scheme(other.to_owned())),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (login, address) = match authority.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, authority),
        };
        let (user, password) = match login.map(|l| l.split_once(':').map_or((l, None), |(u, p)| (u, Some(p))))
        {
            None => (String::new(), None),
            Some((user, password)) => (
                decode_text(user)?,
                password.map(|p| decode_text(p).map(Secret::new)).transpose()?,
            ),
        };
        if user.chars().any(char::is_control) {
            return Err(TargetError::User);
        }
        let (host, port) = split_address(address)?;
        let path = decode(path)?;
        if path.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(PathError::ControlByte.into());
        }
        Ok(Self {
            protocol,
            user,
            password,
            host,
            port,
            path,
        })
    }

    /// The path as a server's document path: empty for the root, beginning with `~` where it is
    /// relative to the login folder. `None` where it is no text in this character set.
    pub fn document_path(&self, charset: Charset) -> Option<String> {
        let path = String::from_utf8(charset.from_server(&self.path).into_owned()).ok()?;
        let path = match path.strip_prefix("/~") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("~{rest}"),
            _ => path,
        };
        Some(path.strip_suffix('/').unwrap_or(&path).to_owned())
    }

    /// A server made of the URL, without name and path.
    pub fn server(&self) -> Server {
        Server {
            protocol: self.protocol,
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            ..Server::default()
        }
    }
}

/// An IPv6 address without its brackets, perhaps with a port behind it.
fn is_bare_ipv6(address: &str) -> bool {
    address.matches(':').count() > 1
        && address
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'))
}

/// `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
pub(super) fn split_address(address: &str) -> Result<(String, Option<u16>), TargetError> {
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(TargetError::Brackets)?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(TargetError::Brackets);
        }
        match after {
            "" => (host, None),
            after => (host, Some(after.strip_prefix(':').ok_or(TargetError::Brackets)?)),
        }
    } else if is_bare_ipv6(address) {
        return Err(TargetError::Brackets);
    } else {
        match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    if host.is_empty() {
        return Err(TargetError::NoHost);
    }
    if host.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(TargetError::Host);
    }
    let port = match port {
        None | Some("") => None,
        Some(text) => match text.parse::<u16>() {
            Ok(0) | Err(_) => return Err(TargetError::Port),
            Ok(port) => Some(port),
        },
    };
    Ok((host.to_owned(), port))
}

/// Percent-decodes a text (RFC 3986 §2.1).
///
/// # Errors
///
/// `%` without two hexadecimal digits behind it, and bytes that are not UTF-8.
pub fn decode_text(text: &str) -> Result<String, TargetError> {
    String::from_utf8(decode(text)?).map_err(|_| TargetError::NotText)
}

/// Percent-decodes (RFC 3986 §2.1) to bytes.
fn decode(text: &str) -> Result<Vec<u8>, TargetError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || {
            bytes
                .next()
                .and_then(|b| char::from(b).to_digit(16))
                .ok_or(TargetError::Percent)
        };
        let value = digit()? * 16 + digit()?;
        out.push(u8::try_from(value).map_err(|_| TargetError::Percent)?);
    }
    Ok(out)
}

/// A line of text without the password of a URL in it: all from the first `:` after `://` to the
/// last `@` is blotted, whatever a parser would take it for. A password may have a bare `/` or
/// `@` in it; rather a path is blotted with it than half of a password shown.
///
/// ```
/// let shown = ftpane::model::target::blot("ftp://me:sec/ret@host/x");
/// assert_eq!(shown, "ftp://me:***@host/x");
/// ```
pub fn blot(line: &str) -> String {
    let blotted = line.split_once("://").and_then(|(scheme, rest)| {
        let (shown, secret) = rest.split_once(':')?;
        let (_, after) = secret.rsplit_once('@')?;
        Some(format!("{scheme}://{shown}:***@{after}"))
    });
    blotted.unwrap_or_else(|| line.to_owned())
}

/// A URL in which what is percent-encoded and would mean something in a pattern has a backslash before
/// it: decoded, it still stands for itself.
pub fn quote_encoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        let (before, encoded) = rest.split_at(at);
        out.push_str(before);
        let digits = encoded.get(1..3).unwrap_or_default().to_ascii_uppercase();
        // * ? [ \
        if matches!(digits.as_str(), "2A" | "3F" | "5B" | "5C") {
            out.push_str("%5C");
        }
        out.push('%');
        rest = &encoded[1..];
    }
    out + rest
}

/// Percent-encodes path bytes for a URL; `/` stays.
pub fn encode_path(path: &[u8]) -> String {
    encode(path, b"/-._~!$&'()*+,;=:@")
}

/// Percent-encodes a user name for a URL.
pub(super) fn encode_user(user: &str) -> String {
    encode(user.as_bytes(), b"-._~!$&'()*+,;=")
}

fn encode(bytes: &[u8], plain: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let url = Url::parse("ftpes://me%40work:p%3Aw@[::1]:2121/~/a%20b/%ff").unwrap();
        assert_eq!(url.protocol, Protocol::FtpsExplicit);
        assert_eq!(url.user, "me@work");
        assert_eq!(url.password, Some(Secret::new("p:w")));
        assert_eq!((url.host.as_str(), url.port), ("::1", Some(2121)));
        assert_eq!(url.path, b"/~/a b/\xff");
        assert_eq!(url.server().url(), "ftpes://me%40work@[::1]:2121");
        let url = Url::parse("ftp://host").unwrap();
        assert_eq!(
            (url.user.as_str(), url.password, url.path.as_slice()),
            ("", None, &b""[..])
        );
    }

    #[test]
    fn bad_urls() {
        for (text, want) in [
            ("sftp://x/", TargetError::Scheme("sftp".into())),
            ("ftp:///x", TargetError::NoHost),
            ("ftp://h:0/", TargetError::Port),
            ("ftp://h:99999/", TargetError::Port),
            ("ftp://[::1/", TargetError::Brackets),
            ("ftp://me@::1:21/", TargetError::Brackets),
            ("ftp://2001:db8::1/", TargetError::Brackets),
            ("ftp://h/%zz", TargetError::Percent),
            ("ftp://h/%2", TargetError::Percent),
            ("ftp://h/a%0d%0aDELE", TargetError::Path(PathError::ControlByte)),
            ("ftp://a b/", TargetError::Host),
            ("ftp://a%0d%0aDELE@h/", TargetError::User),
        ] {
            assert_eq!(Url::parse(text), Err(want), "{text}");
        }
    }

    #[test]
    fn targets() {
        assert_eq!(
            Target::parse("web:/a").unwrap(),
            Target::Saved {
                server: "web".into(),
                path: b"/a".to_vec()
            }
        );
        assert_eq!(
            Target::parse("./web:/a").unwrap(),
            Target::Local("./web:/a".into())
        );
        assert_eq!(Target::parse("plain").unwrap(), Target::Local("plain".into()));
        assert!(matches!(Target::parse("ftp://h/x").unwrap(), Target::Url(_)));
        assert!(Target::parse("http://h/x").is_err());
    }

    #[test]
    fn errors_repeat_nothing_of_the_authority() {
        for text in [
            "ftp://me:zq/ret@h/",
            "ftp://me:p@[zq/ret@h/",
            "ftp://me:p@z q/ret@h/",
            "ftp://me:p@[::1]zq/ret@h/",
            "ftp://me:%zq@h/",
            "http://me:zq@h/",
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(!error.contains('z'), "{error}");
        }
    }

    #[test]
    fn blotting() {
        for (text, want) in [
            ("ftp://me:sec@h:21/x", "ftp://me:***@h:21/x"),
            ("ftp://me:s/e@c:r@h/x", "ftp://me:***@h/x"),
            ("'ftp://:sec@h' is one", "'ftp://:***@h' is one"),
            ("ftp://me@h/x", "ftp://me@h/x"),
            ("ftp://h:21/x", "ftp://h:21/x"),
            ("web:a@b", "web:a@b"),
        ] {
            assert_eq!(blot(text), want);
        }
    }

    #[test]
    fn what_is_encoded_means_nothing_in_a_pattern() {
        for (url, path) in [
            ("ftp://h/a*%2a%2A?%5Bx]", "/a*\\*\\*?\\[x]"),
            ("ftp://h/%41%5c", "/A\\\\"),
            ("ftp://h/100%25*", "/100%*"),
        ] {
            let url = Url::parse(&quote_encoded(url)).unwrap();
            assert_eq!(String::from_utf8(url.path).unwrap(), path);
        }
        assert_eq!(quote_encoded("%"), "%");
    }

    #[test]
    fn encoding_is_undone_by_decoding() {
        let path = b"/a b/%41/\xff\xe9?#";
        assert_eq!(decode(&encode_path(path)).unwrap(), path);
    }
}

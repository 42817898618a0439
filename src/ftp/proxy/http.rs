//! HTTP's CONNECT (RFC 9110 §9.3.6) with Basic credentials (RFC 7617).

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::{Destination, Passage, ProxyError};
use crate::model::text::escape;

/// The longest head of an answer that is read; real ones have a few hundred bytes.
const LONGEST: usize = 16 * 1024;
/// The longest part of an answer that is shown.
const SHOWN: usize = 200;

pub(super) async fn lead(
    stream: &mut TcpStream,
    passage: &Passage,
    to: &Destination,
) -> Result<(), ProxyError> {
    stream.write_all(request(passage, to)?.as_bytes()).await?;
    let head = head(stream).await?;
    let status = head.split(|b| *b == b'\n').next().unwrap_or_default();
    let Some(code) = code(status) else {
        return Err(ProxyError::Garbage(shown(&head)));
    };
    match code {
        200..=299 => Ok(()),
        407 if passage.proxy.user.is_empty() => Err(ProxyError::WantsUser),
        407 if passage.secret.is_none() => Err(ProxyError::WantsPassword),
        // tinyproxy says 401 to a wrong password
        401 | 407 if passage.secret.is_some() => Err(ProxyError::Unauthorized),
        _ => {
            let words = status.split(|b| *b == b' ').skip(1).collect::<Vec<_>>();
            let words = words.join(&b' ');
            Err(ProxyError::Refused(
                to.to_string(),
                escape(&shown(words.trim_ascii())),
            ))
        }
    }
}

fn request(passage: &Passage, to: &Destination) -> Result<Zeroizing<String>, ProxyError> {
    let to = to.to_string();
    // a host of the servers file is judged there, one from a URL only for spaces
    if to.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(ProxyError::Unsendable("the host name cannot be sent"));
    }
    let mut out = Zeroizing::new(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n"));
    if let Some(secret) = &passage.secret {
        let login = Zeroizing::new(format!("{}:{}", passage.proxy.user, secret.reveal()));
        let coded = Zeroizing::new(STANDARD.encode(login.as_bytes()));
        out.push_str("Proxy-Authorization: Basic ");
        out.push_str(&coded);
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
    Ok(out)
}

/// The head of the answer, its empty line included. Nothing behind it is taken: those are the
/// server's bytes already.
async fn head(stream: &mut TcpStream) -> Result<Vec<u8>, ProxyError> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        let mut chunk = [0u8; 1024];
        let n = stream.peek(&mut chunk).await?;
        if n == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        head.extend_from_slice(&chunk[..n]);
        let from = before.saturating_sub(3);
        let end = end(&head[from..]).map(|at| from + at);
        head.truncate(end.unwrap_or(head.len()));
        stream.read_exact(&mut chunk[..head.len() - before]).await?;
        if end.is_some() {
            return Ok(head);
        }
        // what does not begin as an answer has no end to wait for
        let begins = head.len().min(5);
        if head.len() > LONGEST || head[..begins] != b"HTTP/"[..begins] {
            return Err(ProxyError::Garbage(shown(&head)));
        }
    }
}

/// Where the empty line ends.
fn end(head: &[u8]) -> Option<usize> {
    let after = |end: &[u8]| {
        head.windows(end.len())
            .position(|w| w == end)
            .map(|at| at + end.len())
    };
    match (after(b"\r\n\r\n"), after(b"\n\n")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The three digits of a status line (RFC 9112 §4).
fn code(line: &[u8]) -> Option<u16> {
    let mut words = line.split(|b| b.is_ascii_whitespace());
    let version = words.next()?;
    let code = words.next()?;
    if !version.starts_with(b"HTTP/") || code.len() != 3 || !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(code).ok()?.parse().ok()
}

fn shown(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(SHOWN)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;

    #[test]
    fn requests() {
        let mut passage = Passage {
            proxy: "http://Aladdin@p:1".parse().unwrap(),
            secret: None,
        };
        let text = request(&passage, &Destination::new("2001:db8::1", 21)).unwrap();
        assert_eq!(
            *text,
            "CONNECT [2001:db8::1]:21 HTTP/1.1\r\nHost: [2001:db8::1]:21\r\n\r\n"
        );
        // the example of RFC 7617 §2
        passage.secret = Some(Secret::new("open sesame"));
        let text = request(&passage, &Destination::new("h", 21)).unwrap();
        assert!(text.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"));
        assert!(request(&passage, &Destination::new("h\r\nX: y", 21)).is_err());
    }

    #[test]
    fn status_lines() {
        assert_eq!(code(b"HTTP/1.1 200 OK\r"), Some(200));
        assert_eq!(code(b"HTTP/1.0 407\r"), Some(407));
        for bad in [
            &b"220 FTP"[..],
            b"HTTP/1.1 2000 x",
            b"HTTP/1.1",
            b"",
            b"HTTP/1.1 +20",
        ] {
            assert_eq!(code(bad), None, "{}", escape(bad));
        }
    }
}

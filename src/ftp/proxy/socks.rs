//! SOCKS version 5 (RFC 1928) with user and password (RFC 1929).

use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::{Destination, Passage, ProxyError};

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
/// Kinds of addresses (RFC 1928 §5).
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

pub(super) async fn lead(
    stream: &mut TcpStream,
    passage: &Passage,
    to: &Destination,
) -> Result<(), ProxyError> {
    let request = request(to)?;
    let offer: &[u8] = if passage.proxy.user.is_empty() {
        &[VERSION, 1, NO_LOGIN]
    } else {
        &[VERSION, 2, NO_LOGIN, PASSWORD]
    };
    stream.write_all(offer).await?;
    let [version, method] = read(stream).await?;
    if version != VERSION {
        return Err(ProxyError::Garbage(vec![version, method]));
    }
    match method {
        NO_LOGIN => {}
        PASSWORD if !passage.proxy.user.is_empty() => log_in(stream, passage).await?,
        NO_METHOD if passage.proxy.user.is_empty() => return Err(ProxyError::WantsUser),
        NO_METHOD => {
            return Err(ProxyError::Refused(
                to.to_string(),
                "it takes none of the ways to log in that are known here".into(),
            ));
        }
        _ => return Err(ProxyError::Garbage(vec![version, method])),
    }
    stream.write_all(&request).await?;
    let [version, code] = read(stream).await?;
    if version != VERSION {
        return Err(ProxyError::Garbage(vec![version, code]));
    }
    if code != 0 {
        return Err(ProxyError::Refused(to.to_string(), meaning(code)));
    }
    // the address it connects from (RFC 1928 §6): of no use here, and often all zeros
    let [reserved, kind] = read(stream).await?;
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(read::<1>(stream).await?[0]),
        _ => return Err(ProxyError::Garbage(vec![version, code, reserved, kind])),
    };
    let mut bound = [0u8; 255 + 2];
    stream.read_exact(&mut bound[..length + 2]).await?;
    Ok(())
}

/// RFC 1929 §2.
async fn log_in(stream: &mut TcpStream, passage: &Passage) -> Result<(), ProxyError> {
    let secret = passage.secret.as_ref().ok_or(ProxyError::WantsPassword)?;
    let (user, password) = (passage.proxy.user.as_bytes(), secret.reveal().as_bytes());
    let length = |bytes: &[u8]| u8::try_from(bytes.len());
    let (Ok(users), Ok(passwords)) = (length(user), length(password)) else {
        return Err(ProxyError::Unsendable(
            "its password is longer than the 255 bytes that SOCKS5 can send",
        ));
    };
    let line = [&[1, users], user, &[passwords], password].concat();
    stream.write_all(&Zeroizing::new(line)).await?;
    // some answer with the version of SOCKS, not with that of the login
    match read(stream).await? {
        [1 | VERSION, 0] => Ok(()),
        [1 | VERSION, _] => Err(ProxyError::Unauthorized),
        other => Err(ProxyError::Garbage(other.to_vec())),
    }
}

/// RFC 1928 §4. A name goes as it is: the proxy looks it up.
fn request(to: &Destination) -> Result<Vec<u8>, ProxyError> {
    let mut out = vec![VERSION, CONNECT, 0];
    let port = match to {
        Destination::Address(address) => {
            match address.ip().to_canonical() {
                IpAddr::V4(ip) => {
                    out.push(IPV4);
                    out.extend(ip.octets());
                }
                IpAddr::V6(ip) => {
                    out.push(IPV6);
                    out.extend(ip.octets());
                }
            }
            address.port()
        }
        Destination::Name(name, port) => {
            let length = u8::try_from(name.len()).map_err(|_| {
                ProxyError::Unsendable("the host name is longer than the 255 bytes that SOCKS5 can send")
            })?;
            out.extend([NAME, length]);
            out.extend(name.as_bytes());
            *port
        }
    };
    out.extend(port.to_be_bytes());
    Ok(out)
}

async fn read<const N: usize>(stream: &mut TcpStream) -> Result<[u8; N], ProxyError> {
    let mut bytes = [0u8; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// What a code means (RFC 1928 §6).
fn meaning(code: u8) -> String {
    match code {
        1 => "general failure",
        2 => "its rules do not allow it",
        3 => "network unreachable",
        4 => "host unreachable, or its name unknown",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "it does not know the command",
        8 => "it does not know this kind of address",
        _ => return format!("code {code}"),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let bytes = |host: &str| request(&Destination::new(host, 0x1234)).unwrap();
        assert_eq!(bytes("1.2.3.4"), [5, 1, 0, 1, 1, 2, 3, 4, 0x12, 0x34]);
        assert_eq!(bytes("::ffff:1.2.3.4"), bytes("1.2.3.4"));
        assert_eq!(bytes("ab"), [5, 1, 0, 3, 2, b'a', b'b', 0x12, 0x34]);
        let six = bytes("2001:db8::1");
        assert_eq!((six[3], six.len(), six[4], six[19]), (4, 22, 0x20, 1));
        assert!(request(&Destination::new(&"x".repeat(256), 21)).is_err());
    }
}

//! What servers say by the way: when they end idle sessions, and which address they see us at.

use std::net::IpAddr;

/// After how many seconds of quiet the server ends a session, where a line of the greeting or of the
/// reply to STAT says so: `You will be disconnected after 15 minutes of inactivity.` (Pure-FTPd),
/// `Session timeout in seconds is 300` (vsftpd).
pub fn idle_seconds(text: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let line = line.to_ascii_lowercase();
        let about = ["inactivity", "idle", "timeout", "time out", "timed out"];
        if !about.iter().any(|word| line.contains(word)) {
            return None;
        }
        let words: Vec<&str> = line
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let in_seconds = line.contains("in seconds");
        let mut numbers = words.iter().enumerate().filter_map(|(at, word)| {
            let number: u64 = word.parse().ok()?;
            let unit = match words.get(at + 1).copied().unwrap_or_default() {
                unit if unit.starts_with("min") => 60,
                unit if unit.starts_with("sec") || unit == "s" => 1,
                unit if unit.starts_with("hour") => 3600,
                _ if in_seconds => 1,
                _ => return None,
            };
            number.checked_mul(unit)
        });
        numbers.next().filter(|seconds| *seconds > 0)
    })
}

/// The address at which the server sees this end, where its reply to STAT says so: `Connected to
/// ::ffff:192.0.2.7` (vsftpd), `Connected from 192.0.2.7` and `Connected from name (192.0.2.7)`
/// (ProFTPD and others). Not the server's own address.
pub fn own_address(status: &str, server: Option<IpAddr>) -> Option<IpAddr> {
    let line = status.lines().find_map(|line| {
        let at = line.to_ascii_lowercase();
        let at = at.find("connected from").or_else(|| at.find("connected to"))?;
        line.get(at..)
    })?;
    line.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, ':' | '.')))
        .filter_map(|word| word.trim_matches('.').parse::<IpAddr>().ok())
        .map(|ip| ip.to_canonical())
        .find(|ip| Some(*ip) != server && !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_times() {
        for (text, seconds) in [
            (
                "You will be disconnected after 15 minutes of inactivity.",
                Some(900),
            ),
            ("Hello\n     Session timeout in seconds is 300\nbye", Some(300)),
            ("Idle timeout: 120 seconds", Some(120)),
            ("No session bandwidth limit", None),
            ("Idle users are not welcome", None),
            ("timeout 99999999999999999999 seconds", None),
            ("You are user number 1 of 50 allowed.", None),
        ] {
            assert_eq!(idle_seconds(text), seconds, "{text}");
        }
    }

    #[test]
    fn addresses() {
        let server = "203.0.113.9".parse().ok();
        for (text, ip) in [
            ("Connected to ::ffff:192.0.2.7", Some("192.0.2.7")),
            ("Connected from host (192.0.2.7)", Some("192.0.2.7")),
            ("Connected to 203.0.113.9", None),
            ("Connected to server.example.", None),
            ("Version 192.0.2.7", None),
            ("Connected from 2001:db8::1", Some("2001:db8::1")),
        ] {
            let wanted: Option<IpAddr> = ip.map(|ip| ip.parse().unwrap());
            assert_eq!(own_address(text, server), wanted, "{text}");
        }
    }
}

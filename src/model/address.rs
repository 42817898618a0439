//! Which IP addresses are seen from where.

use std::net::IpAddr;

/// Whether an address is of a private network, of this machine, of a provider's NAT or of a link, and so
/// not one that is seen from anywhere (RFC 1918, RFC 6598, RFC 4193).
pub fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_broadcast()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses() {
        for (ip, private) in [
            ("8.8.8.8", false),
            ("100.63.0.1", false),
            ("172.32.0.1", false),
            ("100.64.0.1", true),
            ("100.127.255.1", true),
            ("172.31.0.1", true),
            ("10.1.2.3", true),
            ("192.168.0.1", true),
            ("127.0.0.1", true),
            ("169.254.1.1", true),
            ("0.0.0.0", true),
            ("255.255.255.255", true),
            ("::ffff:10.1.2.3", true),
            ("2001:db8::1", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("::1", true),
        ] {
            assert_eq!(is_private(ip.parse().unwrap()), private, "{ip}");
        }
    }
}

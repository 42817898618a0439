//! Replies to EPSV and PASV: a port is never 0, and stands in the text.
#![no_main]

use ftpane::ftp::reply::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    if text.contains(&b'\n') {
        return;
    }
    let reply = |code: &[u8]| Reply::parse(&[code, b" ", text].concat());
    let holds = |number: String| {
        let number = number.as_bytes();
        assert!(text.windows(number.len()).any(|digits| digits == number));
    };
    if let Some(port) = reply(b"229").ok().and_then(|reply| reply.epsv_port()) {
        assert_ne!(port, 0);
        holds(port.to_string());
    }
    if let Some(address) = reply(b"227").ok().and_then(|reply| reply.pasv_address()) {
        assert_ne!(address.port(), 0);
        for octet in address.ip().octets() {
            holds(octet.to_string());
        }
    }
    // other codes name no port, whatever they say
    for code in [b"200", b"500"] {
        let other = reply(code).ok();
        assert!(other.is_none_or(|reply| reply.epsv_port().is_none() && reply.pasv_address().is_none()));
    }
});

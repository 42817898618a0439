//! The gate: what it lets out is one line, and on a read-only server begins with a verb in capitals
//! or small letters that changes nothing.
#![no_main]

use ftpane::ftp::guard::admit;
use libfuzzer_sys::fuzz_target;

/// A few that must never pass; the whole list is the tests'.
const CHANGING: [&[u8]; 10] = [
    b"STOR", b"APPE", b"DELE", b"RMD", b"MKD", b"RNFR", b"RNTO", b"SITE", b"MFMT", b"STOU",
];

fuzz_target!(|line: &[u8]| {
    if admit(line, true).is_ok() {
        assert!(admit(line, false).is_ok());
        let verb: Vec<u8> = line.iter().copied().take_while(u8::is_ascii_alphanumeric).collect();
        let verb = verb.to_ascii_uppercase();
        assert!(!verb.is_empty() && !CHANGING.contains(&verb.as_slice()));
    }
    if admit(line, false).is_ok() {
        assert!(!line.iter().any(|b| b"\0\r\n".contains(b)));
    }
});

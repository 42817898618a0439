use super::*;
use proptest::prelude::*;

fn features(lines: &str) -> Features {
    let body = format!("211-Features:\r\n{lines}\r\n211 End");
    Features::parse(&Reply::parse(body.as_bytes()).unwrap())
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

const SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const SHA1: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

#[test]
fn what_servers_offer() {
    let offered = |lines: &str| {
        let features = features(lines);
        let ways = ways(&features, selected(&features));
        let verbs: Vec<_> = ways.iter().map(|way| way.verb()).collect();
        (to_select(&features), verbs.join(" "))
    };
    // ProFTPD 1.3.8 with mod_digest
    assert_eq!(
        offered(
            " HASH CRC32;MD5;SHA-1*;SHA-256;SHA-512;\r\n MD5\r\n XCRC\r\n XMD5\r\n XSHA\r\n XSHA1\r\n XSHA256\r\n XSHA512"
        ),
        (
            Some(Algorithm::Sha256),
            "XSHA256 XSHA512 HASH XSHA1 XSHA XMD5 MD5 XCRC".into()
        )
    );
    // Serv-U, GlobalSCAPE
    assert_eq!(
        offered(" XCRC filename;start;end\r\n XMD5 filename;start;end\r\n XSHA1 filename;start;end"),
        (None, "XSHA1 XMD5 XCRC".into())
    );
    assert_eq!(
        offered(" HASH SHA-256*;SHA-1;MD5"),
        (None, "HASH".into()),
        "nothing to be told"
    );
    assert_eq!(
        offered(" hash sha-1; md5*"),
        (Some(Algorithm::Sha1), "HASH".into())
    );
    assert_eq!(offered(" HASH WHIRLPOOL*"), (None, String::new()));
    assert_eq!(offered(" HASH"), (None, String::new()));
    assert_eq!(offered(" MMD5\r\n SIZE"), (None, "MMD5".into()));
    assert_eq!(offered(" SIZE"), (None, String::new()));
    let chosen = ways(
        &features(" HASH SHA-1*;SHA-256\r\n XMD5"),
        Some(Algorithm::Sha256),
    );
    assert_eq!(chosen[0], way("HASH", Algorithm::Sha256), "as it was told");
}

#[test]
fn names_are_written_as_each_command_takes_them() {
    for (verb, name, wanted) in [
        ("HASH", "/a b", Some("HASH /a b")),
        ("HASH", "/say \"x\"", Some("HASH /say \"x\"")),
        ("MD5", "/a, b", Some("MD5 /a, b")),
        ("MMD5", "/a b", Some("MMD5 /a b")),
        ("MMD5", "/a, b", None),
        ("XSHA256", "/a", Some("XSHA256 /a")),
        ("XSHA256", "/a b", Some("XSHA256 \"/a b\"")),
        // else it would be a range of bytes
        ("XCRC", "/a 0 5", Some("XCRC \"/a 0 5\"")),
        ("XMD5", "/q\"q", Some("XMD5 /q\"q")),
        ("XMD5", "/q \"q", None),
        ("XMD5", "/tab\there", Some("XMD5 \"/tab\there\"")),
    ] {
        let line = way(verb, Algorithm::Md5).line(&path(name));
        let line = line.map(|line| String::from_utf8(line).unwrap());
        assert_eq!(line.as_deref(), wanted, "{verb} {name}");
    }
}

#[test]
fn checksums_stand_at_their_places() {
    use Algorithm::{Crc32, Md5, Sha1, Sha256};
    let upper = SHA256.to_ascii_uppercase();
    for (verb, algorithm, reply, wanted) in [
        // ProFTPD with mod_digest, as it came
        (
            "HASH",
            Sha256,
            format!("213-Computing SHA-256 digest\r\n213 SHA-256 0-5 {SHA256} /v/a b"),
            Some(SHA256),
        ),
        (
            "HASH",
            Sha1,
            format!("213-Computing SHA-1 digest\r\n213 SHA-1 0-5 {SHA1} /v"),
            Some(SHA1),
        ),
        (
            "XSHA256",
            Sha256,
            format!("250-Computing SHA256 digest\r\n250 {upper}"),
            Some(SHA256),
        ),
        (
            "MD5",
            Md5,
            format!("251-Computing MD5 digest\r\n251 /v/a b {MD5}"),
            Some(MD5),
        ),
        ("XCRC", Crc32, "250 3610A686".into(), Some("3610a686")),
        // others
        ("MD5", Md5, format!("251 \"/v/a b\" {MD5}"), Some(MD5)),
        ("MMD5", Md5, format!("252 /v/a {MD5}"), Some(MD5)),
        ("HASH", Sha256, format!("213 {SHA256}"), Some(SHA256)),
        (
            "HASH",
            Sha256,
            format!("213 sha-256 0-5 {SHA256} /v"),
            Some(SHA256),
        ),
        // a name that looks like one
        ("MD5", Md5, format!("251 {} {MD5}", "0".repeat(32)), Some(MD5)),
        (
            "HASH",
            Md5,
            format!("213 MD5 0-5 {MD5} {}", "0".repeat(32)),
            Some(MD5),
        ),
        // no answers
        ("HASH", Sha256, format!("213 SHA-1 0-5 {SHA256} /v"), None),
        ("HASH", Sha256, format!("213 SHA-256 3-5 {SHA256} /v"), None),
        ("HASH", Sha256, format!("213 SHA-256 0-5 {SHA1} /v"), None),
        ("HASH", Sha256, format!("213 {SHA256} /v"), None),
        ("HASH", Sha256, "213 SHA-256".into(), None),
        ("XSHA1", Sha1, format!("250 {MD5}"), None),
        ("XSHA1", Sha1, format!("250 {SHA1} and more"), None),
        ("XSHA1", Sha1, format!("250 {SHA1}{SHA1}"), None),
        ("XSHA1", Sha1, format!("550 {SHA1}"), None),
        ("XCRC", Crc32, "250 610A686".into(), None),
        ("XCRC", Crc32, "250 3610A68G".into(), None),
        ("XCRC", Crc32, "250 +610A686".into(), None),
        ("XCRC", Crc32, "250".into(), None),
        ("XMD5", Md5, "250 \u{fc}".into(), None),
        ("MD5", Md5, "251 ".into(), None),
    ] {
        let read = way(verb, algorithm).digest(&Reply::parse(reply.as_bytes()).unwrap(), 0);
        let read = read.map(|bytes| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>());
        assert_eq!(read.as_deref(), wanted, "{verb} {reply}");
    }
}

#[test]
fn a_checksum_of_a_part_is_none_of_the_file() {
    for (range, size, is_its) in [
        ("0-49", 50, true),
        ("0-50", 50, true),
        ("0-60", 50, true),
        ("0-48", 50, false),
        ("0-25", 50, false),
        ("0-", 50, false),
        ("0-x", 50, false),
        ("1-49", 50, false),
        ("0-0", 0, true),
        ("0--1", 0, true),
        ("0-7", 0, true),
    ] {
        let reply = Reply::parse(format!("213 SHA-1 {range} {SHA1} /v").as_bytes()).unwrap();
        let read = way("HASH", Algorithm::Sha1).digest(&reply, size);
        assert_eq!(read.is_some(), is_its, "{range} of {size}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..200), at in 0..8_usize) {
        let reply = Reply { code: 213, lines: vec![text], asked: Vec::new() };
        for way in [WAYS[at], way(HASH, WAYS[at].algorithm)] {
            let read = way.digest(&reply, 0);
            prop_assert!(read.is_none_or(|bytes| bytes.len() == way.algorithm.length()));
        }
    }
}

#[test]
fn a_checksum_is_waited_for_by_its_files_size_and_not_for_ever() {
    assert_eq!(patience(8 << 20).as_secs(), 2);
    assert_eq!(patience(u64::MAX).as_secs(), 24 * 3600);
}

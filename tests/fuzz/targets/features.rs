//! Features: any lines between the first and the last of a reply to FEAT.
#![no_main]

use ftpane::ftp::features::Features;
use ftpane::ftp::reply::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|middle: &[u8]| {
    let body = [b"211-Features:\r\n", middle, b"\r\n211 End\r\n"].concat();
    let Ok(reply) = Reply::parse(&body) else {
        return;
    };
    let features = Features::parse(&reply);
    let mut held = 0;
    for feature in features.iter() {
        assert!(!feature.name.is_empty() && feature.name.is_ascii());
        assert!(features.has(&feature.name));
        held += feature.name.len();
    }
    assert!(held <= middle.len());
    for fact in features.mlst_facts() {
        assert!(!fact.name.is_empty());
    }
    let _ = (
        features.has_auth("TLS"),
        features.has_utf8(),
        features.has_mlsd(),
        features.has_rest_stream(),
        features.has_site("CHMOD"),
    );
});

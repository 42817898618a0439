//! Replies: what is read out of them, and what of them comes to a screen.
#![no_main]

use ftpane::ftp::reply::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(reply) = Reply::parse(body) else {
        return;
    };
    assert!((100..700).contains(&reply.code));
    assert!(reply.lines.iter().map(Vec::len).sum::<usize>() <= body.len());
    assert!(!reply.shown().chars().any(char::is_control));
    let _ = (reply.text(), reply.size());
    if let Some(path) = reply.quoted_path() {
        assert!(!path.is_empty() && !path.iter().any(|b| b"\0\r\n".contains(b)));
    }
    if let Some(moment) = reply.modified() {
        assert!(moment.rfc3339().is_some());
    }
});

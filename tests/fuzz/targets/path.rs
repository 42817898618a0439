//! Paths: always normal, never above the root, and a fence is not climbed.
#![no_main]

use ftpane::model::path::{Name, RemotePath};
use ftpane::model::server::Depth;
use ftpane::plan::fence::Fence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], Option<u8>)| {
    let (one, two, depth) = input;
    let Ok(base) = RemotePath::parse(one) else {
        assert!(one.iter().any(|b| b"\0\r\n".contains(b)));
        return;
    };
    assert_normal(&base);
    assert_eq!(RemotePath::parse(base.as_bytes()).as_ref(), Ok(&base));
    if let Ok(name) = Name::new(two) {
        let below = base.join(&name);
        assert_normal(&below);
        assert_eq!((below.parent(), below.name()), (Some(base.clone()), Some(name)));
        assert_eq!(below.depth_below(&base), Some(1));
    }
    let Ok(path) = base.resolve(two) else {
        return;
    };
    assert_normal(&path);
    let depth = depth.map_or(Depth::Unlimited, |levels| Depth::Levels(levels.into()));
    let fence = Fence::new(base.clone(), depth);
    if fence.may_enter(&path).is_ok() {
        let level = path.depth_below(&base).expect("it is open, and not below the root");
        assert!(fence.levels().is_none_or(|levels| level <= levels as usize));
        assert!(path == base || fence.may_touch(&path).is_ok());
    }
    if fence.may_touch(&path).is_ok() {
        assert!(path != base && path.depth_below(&base).is_some());
    }
});

fn assert_normal(path: &RemotePath) {
    let bytes = path.as_bytes();
    assert!(bytes.starts_with(b"/") && (bytes.len() == 1 || !bytes.ends_with(b"/")));
    assert!(!bytes.iter().any(|b| b"\0\r\n".contains(b)));
    let names = bytes[1..].split(|b| *b == b'/');
    assert!(path.is_root() || names.clone().all(|name| Name::new(name).is_ok()));
}

//! Listings in any pieces: the same whatever the pieces, bounded, and names that are names.
#![no_main]

use ftpane::ftp::list::{Bounds, Command, Parser};
use ftpane::model::listing::Listing;
use ftpane::model::path::Name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, bool, u8, u32, &[u8])| {
    let (mlsd, cut, piece, now, bytes) = input;
    let command = if mlsd { Command::Mlsd } else { Command::List };
    let bounds = Bounds {
        line: 512,
        entries: 64,
    };
    let read = |piece: usize| {
        let mut parser = Parser::new(command, i64::from(now), bounds);
        bytes.chunks(piece).for_each(|piece| parser.feed(piece));
        parser.finish(cut.then(|| "cut".to_owned()))
    };
    let whole = read(bytes.len().max(1));
    assert_eq!(whole, read(usize::from(piece).max(1)));
    check(&whole, bytes.len());
});

fn check(listing: &Listing, sent: usize) {
    assert!(listing.entries.len() <= 64);
    let mut held = 0;
    for entry in &listing.entries {
        let name = entry.name.as_bytes();
        assert_eq!(Name::new(name).as_ref(), Ok(&entry.name));
        assert!(entry.modified.is_none_or(|moment| moment.rfc3339().is_some()));
        held += name.len() + entry.target.as_ref().map_or(0, |target| target.len());
    }
    held += listing.unreadable.iter().map(|line| line.len()).sum::<usize>();
    // z/VM's names get a dot
    assert!(held <= sent + listing.entries.len());
}

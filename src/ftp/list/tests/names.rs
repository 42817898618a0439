//! Names that are none, and names in other character sets.

use super::*;

#[test]
fn names_that_lead_elsewhere_are_refused_by_name() {
    for (command, line, name, why) in [
        (
            Command::Mlsd,
            &b"type=file; ../up"[..],
            "../up",
            "a '/', which would lead",
        ),
        (
            Command::Mlsd,
            b"type=dir; /abs",
            "/abs",
            "a '/', which would lead",
        ),
        (Command::Mlsd, b"type=file; a\0b", "a\\x00b", "a NUL byte"),
        (Command::Mlsd, b"type=file; a\rb", "a\\x0db", "a line break"),
        (
            Command::List,
            b"-rw-r--r-- 1 a b 1 Feb 10 23:00 ../up",
            "../up",
            "a '/'",
        ),
    ] {
        let listing = parse(command, &[line, b"\r\n"]);
        assert_eq!((listing.entries.len(), listing.unreadable_count), (0, 1));
        assert!(!listing.is_whole());
        let (shown, said) = &listing.refused[0];
        assert_eq!(shown, name);
        assert!(said.to_string().contains(why), "{said}");
    }
    let drives = parse(
        Command::Mlsd,
        &[b"type=file; C:x\r\ntype=file; C:\\y\r\ntype=file; ...\r\n"],
    );
    assert!(
        drives.is_whole(),
        "harmless here, and local/names.rs refuses them where they are not"
    );
    let mut many = Parser::new(Command::Mlsd, NOW, Bounds::default());
    for _ in 0..300 {
        many.feed(b"type=file; a/b\r\n");
    }
    let many = many.finish(None);
    assert_eq!(
        (many.unreadable_count, many.refused.len()),
        (300, Listing::KEPT_UNREADABLE)
    );
}

#[test]
fn names_are_read_in_the_servers_character_set() {
    let read = |set: &str, command, text: &[u8]| {
        let mut parser = Parser::new(command, NOW, Bounds::default()).in_charset(set.parse().unwrap());
        parser.feed(text);
        let listing = parser.finish(None);
        let entry = listing.entries.into_iter().next();
        entry.map(|entry| shown_entry(&entry)).unwrap_or_default()
    };
    for (set, command, text, want) in [
        (
            "latin1",
            Command::Mlsd,
            &b"type=file; caf\xe9\r\n"[..],
            "file 'café' - -",
        ),
        (
            "windows-1251",
            Command::Mlsd,
            b"type=OS.unix=slink:/\xff\xff; \xff\r\n",
            "link 'я' - - -> '/яя'",
        ),
        // the size of a link counts the server's bytes: 3 for the target
        (
            "latin1",
            Command::List,
            b"lrwxrwxrwx 1 a b 3 Feb 10 2020 \xe9 -> \xe9 -> \xe9\xe9\xe9\r\n",
            "link 'é -> é' 3 2020-02-10 0777 -> 'ééé'",
        ),
        (
            "Shift_JIS",
            Command::Mlsd,
            b"type=file; \x95\x5c|\x81\r\n",
            "file '表|\\x81' - -",
        ),
    ] {
        assert_eq!(read(set, command, text), want);
    }
}

//! What is done with single files: the pager and the dialogs round it.

use ftpane::app::dialog::{Choice, Dialog, Subject};
use ftpane::app::effect::Effect;
use ftpane::app::errand::{Asks, ErrandId};
use ftpane::model::checksum::{Algorithm, Checksum};
use ftpane::model::command::{Command, Place};
use ftpane::model::event::{Event, RawReply, Side};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{ConnectionId, Policy};

use super::pictures;
use crate::harness::bench::{Bench, file, path};

const TEXT: &str = "\
127.0.0.1 - - [03/Mar/2026:09:30:00 +0100] \"GET / HTTP/1.1\" 200 18220 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"
10.0.0.7 - - [03/Mar/2026:09:30:02 +0100] \"GET /favicon.ico HTTP/1.1\" 404 153 \"-\" \"\x1b[31mred\x1b[0m\"

\ttabs, Gr\u{fc}\u{df}e, 日本語, and \u{202e}tricks
ERROR: the disk is full
last line of the log
";

fn bench_on(content: &[u8]) -> Bench {
    let mut bench = Bench::connected();
    let effects = bench.press("down down down f3");
    bench.serve(effects, content);
    bench
}

#[test]
fn pager_text() {
    let mut bench = bench_on(TEXT.as_bytes());
    pictures("pager", &mut bench);
    bench.press("w");
    pictures("pager-lines-whole", &mut bench);
}

#[test]
fn pager_search() {
    let mut bench = bench_on(TEXT.as_bytes());
    bench.press("/");
    bench.type_in("error");
    pictures("pager-search", &mut bench);
    bench.press("enter");
    pictures("pager-found", &mut bench);
    bench.press("f5");
    pictures("pager-go-to", &mut bench);
}

#[test]
fn pager_searching() {
    let mut bench = bench_on(&TEXT.repeat(5_000).into_bytes());
    bench.press("/");
    bench.type_in("nowhere");
    bench.press("enter");
    pictures("pager-searching", &mut bench);
}

#[test]
fn pager_hex() {
    let mut file = vec![0x7f];
    file.extend_from_slice(b"ELF\x02\x01\x01\x00\x00");
    file.extend(0..=255);
    pictures("pager-hex", &mut bench_on(&file));
}

#[test]
fn pager_without_content() {
    let mut bench = Bench::connected();
    bench.press("down down down f3");
    pictures("pager-loading", &mut bench);
    pictures("pager-empty", &mut bench_on(b""));
}

#[test]
fn pager_failed() {
    let mut bench = Bench::connected();
    let effects = bench.press("down down down f3");
    let generation = match &effects[..] {
        [Effect::Engine(Command::Read(reading))] => reading.generation,
        other => panic!("{other:?}"),
    };
    bench.say(Event::Piece {
        generation,
        bytes: b"<!doctype html>\n<html>\n".to_vec(),
    });
    let failure = Failure::new(
        Class::Unreachable,
        "Could not read /srv/www/index.html",
        "the server was silent for 30 seconds",
    )
    .transient();
    bench.say(Event::ReadOver {
        generation,
        result: Err(failure),
    });
    pictures("pager-failed", &mut bench);
}

#[test]
fn permissions() {
    let mut bench = Bench::connected();
    bench.press("space space p down");
    pictures("permissions", &mut bench);
}

#[test]
fn properties() {
    let mut bench = Bench::connected();
    bench.press("down down i");
    pictures("properties-link", &mut bench);
    bench.press("esc end i");
    let generation = match &bench.press("s")[..] {
        [Effect::Engine(Command::Checksum { generation, .. })] => *generation,
        other => panic!("{other:?}"),
    };
    bench.say(Event::Checksummed {
        place: Place::Remote(ConnectionId(1), path("/srv/www/release-10.tar")),
        generation,
        result: Ok(Checksum {
            algorithm: Algorithm::Sha256,
            bytes: (0..32).collect(),
        }),
    });
    pictures("properties", &mut bench);
}

#[test]
fn raw() {
    let mut bench = Bench::connected();
    bench.press("!");
    pictures("raw", &mut bench);
    bench.type_in("SITE HELP");
    let generation = match &bench.press("enter")[..] {
        [Effect::Engine(Command::Raw { generation, .. })] => *generation,
        other => panic!("{other:?}"),
    };
    let lines = vec![
        b"The following are known:".to_vec(),
        b" CHMOD UTIME".to_vec(),
        b"Done.".to_vec(),
    ];
    bench.say(Event::RawAnswered {
        generation,
        result: Ok(RawReply { code: 214, lines }),
    });
    pictures("raw-answered", &mut bench);
}

#[test]
fn copies_and_new_files() {
    let mut bench = Bench::connected();
    bench.press("end c");
    pictures("duplicate", &mut bench);
    bench.press("esc N");
    pictures("new-file", &mut bench);
    bench.press("esc f4");
    pictures("edit-large", &mut bench);
}

#[test]
fn a_file_that_was_changed_meanwhile() {
    let known = |size, day| Side {
        shown: "/srv/www/index.html".into(),
        size: Some(size),
        modified: file("index.html", size, day).modified,
    };
    let changed = |now, failure| {
        let asks = Asks::Changed {
            id: ErrandId(1),
            copy: "/home/me/.local/state/ftpane/edited/Xk3dQ1/index.html".into(),
            fetched: known(18_220, 11),
            now,
            failure,
        };
        let choices = [
            Choice::Leave,
            Choice::Decide(Policy::Overwrite),
            Choice::Decide(Policy::Rename),
        ];
        let mut bench = Bench::connected();
        let subject = Subject::Errand(Box::new(asks));
        bench.app.dialogs.push_back(Dialog::new(subject, choices));
        bench
    };
    pictures("edit-changed", &mut changed(Some(known(18_961, 22)), None));
    pictures("edit-deleted", &mut changed(None, None));
    let failure = Failure::new(
        Class::Unreachable,
        "The folder cannot be listed",
        "the connection was lost",
    );
    pictures("edit-untold", &mut changed(None, Some(Box::new(failure))));
}

//! A folder of a hundred thousand entries, and one of a million, under somebody's fingers. Run it by
//!
//! `cargo test --release --test it -- --ignored --nocapture --test-threads 1 interface_speed`
//!
//! Processor time is what counts: what else the machine does is not in it.

use std::time::Duration;

use ftpane::app::effect::Effect;
use ftpane::ftp::list::{Bounds, Parser};
use ftpane::model::command::{Command, Generation, Place};
use ftpane::model::event::Event;
use ftpane::model::listing::Listing;

use crate::harness::bench::Bench;
use crate::listing_speed::memory;

/// A frame at sixty a second.
const FRAME: Duration = Duration::from_millis(16);
const MOST_MEMORY: u64 = 250 << 20;

/// What somebody does: the keys before, and the keys each of which is timed with the frame it leads to.
const DEEDS: &[(&str, &str, &[&str])] = &[
    ("a line down", "home", &["down"]),
    ("a page down", "home", &["pagedown"]),
    ("to the end and back", "home", &["end", "home"]),
    ("sort by size", "home", &["s s"]),
    ("sort by time", "home", &["s t"]),
    ("sort by kind", "home", &["s e"]),
    ("sort by mode", "home", &["s p"]),
    ("sort by name", "home", &["s n"]),
    ("hidden names", "home", &["."]),
    (
        "a filter typed",
        "home /",
        &["7", "3", "1", "backspace", "backspace", "backspace"],
    ),
    ("type-ahead, the last one", "esc home f", &["z", "down", "up"]),
    ("mark all", "esc", &["a"]),
    ("a line down among marks", "home", &["down"]),
    ("invert", "home", &["*"]),
];

/// Processor time of this thread so far, as Linux counts it.
fn spent() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(spent.expect("only Linux tells a thread's time"))
}

/// How long the work takes.
fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = spent();
    let done = work();
    (done, spent() - before)
}

/// How long each of the keys takes with its frame, on average: the kernel counts in ticks of some
/// milliseconds, so many of them are taken together.
fn average(bench: &mut Bench, keys: &[&str]) -> Duration {
    const ENOUGH: Duration = Duration::from_millis(400);
    const ROUNDS: u32 = 100;
    let (mut done, begun) = (0, spent());
    while done < ROUNDS && spent() - begun < ENOUGH {
        keys.iter().for_each(|key| drawn_after(bench, key));
        done += 1;
    }
    (spent() - begun) / done / u32::try_from(keys.len()).unwrap_or(u32::MAX)
}

fn drawn_after(bench: &mut Bench, keys: &str) {
    bench.press(keys);
    bench.buffer();
}

/// A line of MLSD, in an order that is not that of the names.
fn line(number: usize, of: usize) -> String {
    let at = (number * 7_919) % of;
    let kind = ["html", "css", "js"][at % 3];
    let size = at * 31 % 977;
    match at {
        0 => "modify=20260102030405;type=file;size=1;UNIX.mode=0600; zzz\r\n".to_owned(),
        _ if at.is_multiple_of(50) => {
            format!("modify=20250102030405;type=dir;UNIX.mode=0755; folder-{at:07}\r\n")
        }
        _ => format!(
            "modify=202601{:02}030405;type=file;size={size};UNIX.mode=0{:03o}; some-file-{at:07}.{kind}\r\n",
            1 + at % 28,
            0o600 + at % 0o100,
        ),
    }
}

/// A listing as it comes from a server.
fn listed(entries: usize) -> Listing {
    let mut parser = Parser::new(ftpane::ftp::list::Command::Mlsd, 1_790_000_000, Bounds::default());
    for first in (0..entries).step_by(1_000) {
        let lines: String = (first..first + 1_000)
            .map(|number| line(number, entries))
            .collect();
        parser.feed(lines.as_bytes());
    }
    let listing = parser.finish(None);
    assert_eq!((listing.entries.len(), listing.unreadable_count), (entries, 0));
    listing
}

/// The panes with such a folder in the right one; how long it took to take it in, and the first frame of it.
fn with_entries(entries: usize) -> (Bench, Duration) {
    let mut bench = Bench::connected();
    bench.at_size((120, 40));
    let (place, generation) = asked(&mut bench);
    let listing = std::sync::Arc::new(listed(entries));
    let ((), taken) = time(|| {
        bench.say(Event::Listed {
            place,
            generation,
            result: Ok(listing),
        });
        bench.buffer();
    });
    assert_eq!(bench.app.remote.shown.len(), entries);
    (bench, taken)
}

fn asked(bench: &mut Bench) -> (Place, Generation) {
    match bench.press("ctrl-r").into_iter().next() {
        Some(Effect::Engine(Command::List { place, generation })) => (place, generation),
        other => panic!("no listing is asked for: {other:?}"),
    }
}

/// Does everything, prints how long each takes, and gives the worst.
fn worst(bench: &mut Bench) -> (&'static str, Duration) {
    let mut worst = ("nothing", Duration::ZERO);
    for (what, before, keys) in DEEDS {
        drawn_after(bench, before);
        let average = average(bench, keys);
        println!("  {what}: {average:.2?}");
        if average > worst.1 {
            worst = (what, average);
        }
    }
    worst
}

#[test]
#[ignore = "a benchmark: it says something of a release build only"]
fn a_hundred_thousand_entries_are_smooth() {
    if cfg!(debug_assertions) {
        panic!("run it with --release");
    }
    let (mut bench, taken) = with_entries(100_000);
    println!("100,000 entries: taken in, sorted by name and drawn in {taken:.1?} of processor time");
    let (what, longest) = worst(&mut bench);
    assert!(longest < FRAME, "{what} takes {longest:?}");
}

#[test]
#[ignore = "a benchmark: it says something of a release build only"]
fn a_million_entries_are_usable() {
    if cfg!(debug_assertions) {
        panic!("run it with --release");
    }
    let (mut bench, taken) = with_entries(1_000_000);
    println!("1,000,000 entries: taken in, sorted by name and drawn in {taken:.1?} of processor time");
    let (what, longest) = worst(&mut bench);
    let (now, most) = memory();
    println!("  the longest: {what}, {longest:.1?}");
    println!(
        "  the whole process: {} MiB, at most {} MiB",
        now >> 20,
        most >> 20
    );
    assert!(now <= MOST_MEMORY, "{now} bytes");
}

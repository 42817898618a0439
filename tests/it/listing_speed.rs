//! A folder of a million entries: how long its listing takes to read and sort, and how much memory.
//!
//! `cargo test --release --test it -- --ignored --nocapture listing_speed`

use std::time::{Duration, Instant};

use ftpane::ftp::list::{Bounds, Command, Parser};

const ENTRIES: usize = 1_000_000;
const LONGEST: Duration = Duration::from_millis(1500);
const MOST_MEMORY: u64 = 250 * 1024 * 1024;

#[test]
#[ignore = "says something of a release build only"]
fn a_million_entries_are_read_and_sorted() {
    if cfg!(debug_assertions) {
        panic!("run it with --release");
    }
    // kept to the end: memory that the first gave back would hide what the second takes
    let mut kept = Vec::new();
    for command in [Command::Mlsd, Command::List] {
        let before = resident();
        let mut parser = Parser::new(command, 1_790_000_000, Bounds::default());
        let mut spent = Duration::ZERO;
        for start in (0..ENTRIES).step_by(1000) {
            let chunk: String = (start..start + 1000)
                .map(|number| line(command, number))
                .collect();
            let begun = Instant::now();
            parser.feed(chunk.as_bytes());
            spent += begun.elapsed();
        }
        let begun = Instant::now();
        let mut listing = parser.finish(None);
        let read = spent + begun.elapsed();
        listing.entries.sort_by(|a, b| a.name.cmp(&b.name));
        spent += begun.elapsed();
        let memory = resident().saturating_sub(before);
        println!(
            "{command:?}: {:.0} lines per second read, {:.0} read and sorted ({spent:?}); {} bytes held per entry ({} MiB)",
            ENTRIES as f64 / read.as_secs_f64(),
            ENTRIES as f64 / spent.as_secs_f64(),
            memory / ENTRIES as u64,
            memory / 1024 / 1024,
        );
        assert_eq!((listing.entries.len(), listing.unreadable_count), (ENTRIES, 0));
        assert!(spent <= LONGEST, "{command:?} took {spent:?}");
        assert!(memory <= MOST_MEMORY, "{command:?} took {memory} bytes");
        kept.push(listing);
    }
}

/// In an order that is not that of the names.
fn line(command: Command, number: usize) -> String {
    let name = (number * 7919) % ENTRIES;
    match command {
        Command::Mlsd => format!(
            "modify=20260102030405;perm=adfrw;size={number};type=file;unique=FE00U55E229;UNIX.mode=0644; file-{name:07}.txt\r\n"
        ),
        Command::List => {
            format!("-rw-r--r--   1 demo     users    {number:8} Mar 17 11:07 file-{name:07}.txt\r\n")
        }
    }
}

fn resident() -> u64 {
    memory().0
}

/// Bytes of memory held now, and at most, as Linux counts them; 0 elsewhere.
pub(crate) fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let told = |what| {
        let line = status.lines().find_map(|line| line.strip_prefix(what))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib * 1024)
    };
    (told("VmRSS:").unwrap_or(0), told("VmHWM:").unwrap_or(0))
}

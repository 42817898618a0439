use proptest::prelude::*;

use super::*;

const SIZE: u64 = 300;
const SMALL: u64 = 4;

fn range(from: u64, to: u64) -> Range {
    Range { from, to }
}

/// A file of which nothing has come.
fn begun() -> Division {
    Division::new(SIZE, vec![range(0, SIZE)], SMALL)
}

#[derive(Debug, Clone)]
enum Deed {
    Take,
    /// One of the readers, by number, brings so much.
    Bring(usize, u64),
    Leave(usize),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        2 => Just(Deed::Take),
        6 => (0..8usize, 1..40u64).prop_map(|(who, bytes)| Deed::Bring(who, bytes)),
        1 => (0..8usize).prop_map(Deed::Leave),
    ];
    proptest::collection::vec(deed, 0..120)
}

/// Readers, each with how far it is.
struct Play {
    division: Division,
    readers: Vec<(Reader, u64)>,
    /// How often each byte was written.
    written: Vec<u32>,
}

impl Play {
    fn take(&mut self) -> bool {
        let Some((reader, range)) = self.division.take() else {
            return false;
        };
        assert!(range.from < range.to && range.to <= SIZE);
        self.readers.push((reader, range.from));
        true
    }

    /// A reader brings bytes, up to its end by now; one that is there leaves.
    fn bring(&mut self, who: usize, bytes: u64) {
        let (reader, at) = self.readers[who];
        let end = self.division.end(reader).unwrap();
        let to = (at + bytes).min(end);
        for byte in at..to {
            self.written[usize::try_from(byte).unwrap()] += 1;
        }
        self.division.arrived(reader, to);
        self.readers[who].1 = to;
        if to == end {
            self.leave(who);
        }
    }

    fn leave(&mut self, who: usize) {
        let (reader, _) = self.readers.remove(who);
        self.division.leave(reader);
    }

    fn check(&self) {
        let mut missing = vec![true; self.written.len()];
        missing
            .iter_mut()
            .zip(&self.written)
            .for_each(|(missing, n)| *missing = *n == 0);
        let told = self.division.missing();
        for (byte, missing) in missing.iter().enumerate() {
            let byte = byte as u64;
            let is_told = told.iter().any(|range| (range.from..range.to).contains(&byte));
            assert_eq!(is_told, *missing, "byte {byte}");
            assert_eq!(self.division.knows(range(byte, byte + 1)), !missing);
        }
        assert_eq!(self.division.is_whole(), self.written.iter().all(|n| *n > 0));
        let known = read_map(SIZE, &map(SIZE, &told)).unwrap();
        assert_eq!(known, told);
    }
}

proptest! {
    #[test]
    fn every_byte_comes_once_whoever_takes_and_leaves(deeds in deeds()) {
        let mut play = Play { division: begun(), readers: Vec::new(), written: vec![0; SIZE as usize] };
        for deed in deeds {
            match deed {
                Deed::Take => drop(play.take()),
                Deed::Bring(who, bytes) if who < play.readers.len() => play.bring(who, bytes),
                Deed::Leave(who) if who < play.readers.len() => play.leave(who),
                _ => {}
            }
            play.check();
        }
        // one reader by itself brings what is left
        while let Some(who) = play.readers.len().checked_sub(1) {
            play.leave(who);
        }
        while play.take() {
            while !play.readers.is_empty() {
                play.bring(0, 7);
            }
        }
        play.check();
        assert!(play.division.is_whole());
        assert!(play.written.iter().all(|n| *n == 1), "no byte twice: {:?}", play.written);
    }

    #[test]
    fn what_is_no_map_is_none(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..72usize) {
        assert_eq!(read_map(SIZE, &bytes), None);
        bytes.splice(0..0, map(SIZE, &[range(5, 9), range(20, 300)]));
        assert_eq!(read_map(SIZE, &bytes), Some(vec![range(5, 9), range(20, 300)]));
        assert_eq!(read_map(SIZE + 1, &bytes), None);
        bytes[at % 64] ^= 1;
        assert_eq!(read_map(SIZE, &bytes), None);
    }
}

#[test]
fn the_largest_is_divided_in_its_middle_and_none_too_short() {
    let mut division = begun();
    let (first, all) = division.take().unwrap();
    assert_eq!(all, range(0, 300));
    division.arrived(first, 100);
    let (second, half) = division.take().unwrap();
    assert_eq!((half, division.end(first)), (range(200, 300), Some(200)));
    // untouched, it falls back to the one before
    division.leave(second);
    assert_eq!(division.end(first), Some(300));
    let (third, _) = division.take().unwrap();
    division.arrived(third, 250);
    division.leave(third);
    assert_eq!(division.missing(), [range(100, 200), range(250, 300)]);
    division.arrived(first, 195);
    assert_eq!(division.take().unwrap().1, range(250, 300));
    division.arrived(Reader(3), 296);
    assert_eq!(division.take(), None);
}

#[test]
fn what_is_known_before_a_place() {
    let division = Division::new(
        1 << 20,
        vec![range(50_000, 60_000), range(100_000, 1 << 20)],
        PIECE,
    );
    assert_eq!(division.known_before(50_000), OVERLAP);
    assert_eq!(division.known_before(60_000), 0);
    assert_eq!(division.known_before(60_010), 10);
    assert!(division.knows(range(60_000, 100_000)) && !division.knows(range(59_999, 60_001)));
}

#[test]
fn a_map_with_ranges_that_cannot_be_is_none() {
    for wrong in [
        vec![range(5, 5)],
        vec![range(9, 5)],
        vec![range(0, 301)],
        vec![range(10, 20), range(15, 30)],
        vec![range(50, 60), range(10, 20)],
    ] {
        assert_eq!(read_map(SIZE, &map(SIZE, &wrong)), None, "{wrong:?}");
    }
    assert_eq!(read_map(SIZE, &map(SIZE, &[])), Some(Vec::new()));
}

/// What is advised, with when, where so many bytes come a millisecond alone and with help.
fn trial(alone: u64, together: u64) -> Vec<(u64, Advice)> {
    let mut trial = Trial::default();
    let (mut moved, mut asked) = (0, None);
    let mut advised = Vec::new();
    for now in (0..4000).step_by(10) {
        // the login of who helps takes a while
        let helped = asked.is_some_and(|asked| now > asked + 300);
        moved += 10 * if helped { together } else { alone };
        let advice = trial.advise(Duration::from_millis(now), moved, helped);
        if advice != Advice::Wait {
            asked = asked.or(Some(now));
            advised.push((now, advice));
        }
    }
    advised
}

#[test]
fn more_help_only_where_help_has_helped() {
    for (alone, together, helps) in [
        (2000, 4000, true),
        (2000, 2700, true),
        (2000, 2500, false),
        (2000, 2000, false),
        (2000, 1000, false),
        (0, 2000, true),
        (0, 0, false),
    ] {
        let advised = trial(alone, together);
        assert_eq!(advised[0], (40, Advice::Help), "{alone} {together}");
        if helps {
            let all: Vec<u64> = advised[1..].iter().map(|(at, _)| *at).collect();
            assert_eq!(all, [850, 1850, 2850, 3850], "{alone} {together}");
        } else {
            assert_eq!(advised[1..], [(850, Advice::Leave)], "{alone} {together}");
        }
    }
    let mut known = Trial::known_to_help();
    assert_eq!(known.advise(Duration::ZERO, 0, false), Advice::Help);
}

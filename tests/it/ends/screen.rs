//! The same at a screen: while files go both ways the program is told to end by keys, by a signal, or by a keyboard
//! that is gone.

use std::time::Instant;

use ftpane::app::Start;
use ftpane::app::msg::Msg;
use ftpane::engine::{self, Options};
use ftpane::model::server::{Protocol, Server};
use ftpane::term::Input;

use super::{AT_ONCE_OVER, TOPS, TREE, Threads, each_ends, make, with_trees};
use crate::harness::bench::start;
use crate::harness::dice::Dice;
use crate::harness::scripted::Script;
use crate::harness::seat::{Seat, SmallWorld};

/// How many runs there are if nobody says otherwise.
const RUNS: u64 = 24;

#[test]
fn whatever_is_under_way_the_interface_ends() {
    each_ends(RUNS, |seed, _| {
        let mut dice = Dice::new(seed);
        let threads = dice.one_of(&[Threads::Own, Threads::One, Threads::Two]);
        threads.runtime().block_on(run(seed, dice))
    });
}

async fn run(seed: u64, mut dice: Dice) -> bool {
    let here = tempfile::tempdir().unwrap();
    make(&here.path().join("own"));
    let server = with_trees(Script::new(Protocol::Ftp)).start().await;
    let saved = Server {
        connections: dice.one_of(&[1, 2, 3, 4]),
        ..server.server()
    };
    let start = Start {
        connect: Some((saved, Some(server.secret()))),
        folder: here.path().to_path_buf(),
        size: (120, 40),
        ..start(Vec::new())
    };
    let mut seat = Seat::take(
        start,
        engine::start(Options {
            browsing: true,
            ..Options::default()
        }),
        SmallWorld::default(),
    );
    seat.see("gone").await;
    seat.see("own").await;
    let before = seat.events();
    for key in "a f5 enter tab a f5 enter".split(' ') {
        seat.give(Input::Msg(Msg::Key(key.parse().unwrap())));
    }
    // fewer than come until all has been moved
    let moment = dice.below(1000);
    seat.settle(|idle| idle.events >= before + moment).await;
    let moved = server.count("RETR") + server.count("STOR");
    let began = Instant::now();
    let (code, wanted) = match dice.below(3) {
        0 => {
            // asked whether it is to end, one says so once more
            for _ in 0..2 {
                seat.give_if_there(Input::Msg(Msg::Key("ctrl-c".parse().unwrap())));
            }
            (seat.leave().await, 0)
        }
        1 => {
            seat.give(Input::End(143));
            (seat.leave().await, 143)
        }
        _ => (seat.hang_up().await, 129),
    };
    let took = began.elapsed();
    println!("seed {seed}: {code} after {moment} events, in {took:?}; {moved} transfers");
    assert_eq!(code, wanted);
    assert!(took < AT_ONCE_OVER, "the end took {took:?}");
    moved < (TOPS.len() + 1) * TREE.len()
}

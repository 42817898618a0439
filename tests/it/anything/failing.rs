//! Random keys before a real engine and a server at which things go wrong at random.

use std::path::{Component, Path};

use ftpane::app::Start;
use ftpane::app::msg::Msg;
use ftpane::engine::{self, Engine, Options};
use ftpane::model::command::{Command, Place};
use ftpane::model::key::Key;
use ftpane::model::server::{Patience, Protocol};
use ftpane::term::Input;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::mpsc;

use crate::harness::bench::start;
use crate::harness::dice::{Dice, seeds};
use crate::harness::engine::make_tree;
use crate::harness::scripted::{Script, Temper};
use crate::harness::seat::{Seat, SmallWorld};

const RUNS: u64 = 24;
const KEYS: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn no_keys_break_it_before_a_server_that_fails() {
    let runs = stream::iter(seeds(RUNS)).map(run).buffer_unordered(8);
    let mishaps: Vec<usize> = runs.collect().await;
    let met = mishaps.iter().filter(|n| **n > 0).count();
    assert!(met * 2 > mishaps.len(), "hardly anything went wrong: {mishaps:?}");
}

/// Presses keys, and ends; gives how much went wrong on the server meanwhile.
async fn run(seed: u64) -> usize {
    let place = tempfile::tempdir().unwrap();
    let here = place.path().join("here");
    std::fs::create_dir(&here).unwrap();
    make_tree(&here);
    let temper = Temper {
        seed,
        stores: seed.is_multiple_of(2),
        moves_aside: false,
        mishaps: 12,
        tells_sizes: true,
        lies: false,
        plan: None,
    };
    let server = Script::new(Protocol::Ftp)
        .file("/a.txt", "a")
        .file("/b/c.txt", "c")
        .temper(temper)
        .start()
        .await;
    let entry = server.server();
    let start = Start {
        servers: vec![entry.clone()],
        connect: Some((entry, Some(server.secret()))),
        folder: here.clone(),
        patience: Patience {
            connect: std::time::Duration::from_secs(1),
            silence: std::time::Duration::from_secs(1),
            ..Patience::default()
        },
        ..start(Vec::new())
    };
    let world = SmallWorld::default();
    world.servers.lock().unwrap().clone_from(&start.servers);
    let mut seat = Seat::take(start, held_in(place.path().to_owned()), world);
    // on a busy machine it may be silent for that long though nothing goes wrong yet
    while !seat.see_one_of(&["a.txt", "[Try again]"]).await.contains("a.txt") {
        seat.press("enter").await;
    }
    server.offend();
    let mut dice = Dice::new(seed);
    let bound = super::staying();
    let usual: Vec<Key> = ["enter", "esc", "tab", "space", "down", "f5", "ctrl-r", "y", "o"]
        .map(|key| key.parse().unwrap())
        .into();
    let mut over = false;
    for pressed in 0..KEYS {
        let key = match dice.below(2) {
            0 => dice.one_of(&bound),
            _ => dice.one_of(&usual),
        };
        seat.give_if_there(Input::Msg(Msg::Key(key)));
        if pressed % 3 == 0 {
            over = seat.settle(|_| true).await.over;
        }
        if over {
            break;
        }
    }
    let mishaps = server.calm().all.len();
    if !seat.settle(|_| true).await.over {
        let screen = seat.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen}");
        for _ in 0..2 {
            seat.give_if_there(Input::Msg(Msg::Key(Key::ctrl('c'))));
        }
    }
    assert_eq!(seat.leave().await, 0, "seed {seed}");
    mishaps
}

/// An engine that touches nothing of this machine but what is in a folder: random keys delete, too.
fn held_in(place: std::path::PathBuf) -> Engine {
    let real = engine::start(Options {
        browsing: true,
        ..Options::default()
    });
    let (commands, mut wishes) = mpsc::unbounded_channel();
    let to_engine = real.commands.clone();
    tokio::spawn(async move {
        while let Some(command) = wishes.recv().await {
            if stays(&command, &place) {
                // it may have ended
                let _ = to_engine.send(command);
            }
        }
    });
    Engine { commands, ..real }
}

/// Whether a command stays in a folder, as far as it is about this machine's files.
fn stays(command: &Command, place: &Path) -> bool {
    let within =
        |path: &Path| path.starts_with(place) && !path.components().any(|part| part == Component::ParentDir);
    let fine = |at: &Place| match at {
        Place::Local(path) => within(path),
        Place::Remote(..) => true,
    };
    match command {
        Command::MakeFolder(at) | Command::MakeFile(at) => fine(at),
        Command::Rename { from, to } | Command::Copy { from, to } => fine(from) && fine(to),
        Command::Delete(places) | Command::Count { places, .. } | Command::Checksum { places, .. } => {
            places.iter().all(fine)
        }
        Command::SetPermissions(permit) => permit.places.iter().all(fine),
        Command::Read(reading) => fine(&reading.place),
        Command::ExploreHere(wanted) => within(&wanted.folder),
        Command::Enqueue(request) => request.items.iter().all(|item| within(&item.local)),
        Command::TakeUp { .. } | Command::DropUnfinished(_) => false,
        _ => true,
    }
}

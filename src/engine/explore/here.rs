//! The walk through folders of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::engine::browse::list_local;
use crate::engine::listener::Listener;
use crate::engine::unbroken;
use crate::local::names::join;
use crate::model::command::{Generation, LocalExploration, Place};
use crate::model::entry::Kind;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::listing::Listing;

/// So many folders wait to be listed at most.
const WAITING: usize = 1_000_000;

/// Tells the listing of each folder below the first, no further ahead than `turns` come. Links are not followed.
pub(in crate::engine) async fn explore_here(
    wanted: LocalExploration,
    turns: Arc<Semaphore>,
    listener: Listener,
) {
    let generation = wanted.generation;
    let result = unbroken(walk(wanted, &turns, &listener)).await;
    listener.tell(Event::Explored { generation, result });
}

async fn walk(wanted: LocalExploration, turns: &Semaphore, listener: &Listener) -> Result<(), Failure> {
    let mut line = Line::default();
    line.add(&wanted.folder, &wanted.listing, 1, wanted.levels);
    while let Some((folder, level)) = line.waiting.pop() {
        // closed only when the engine is gone
        if let Ok(turn) = turns.acquire().await {
            turn.forget();
        }
        let result = list_local(folder.clone()).await.map(Arc::new);
        if let Ok(listing) = &result {
            line.add(&folder, listing, level + 1, wanted.levels);
        }
        tell(listener, folder, wanted.generation, result);
    }
    match line.left_out {
        0 => Ok(()),
        n => Err(Failure::new(
            Class::Other,
            "Not everything was walked",
            format!("more folders wait than a walk keeps in mind; {n} were left out"),
        )
        .hint("Begin again further down.")),
    }
}

fn tell(listener: &Listener, folder: PathBuf, generation: Generation, result: Result<Arc<Listing>, Failure>) {
    listener.tell(Event::Listed {
        place: Place::Local(folder),
        generation,
        result,
    });
}

/// The folders that wait, the next one at the end, each with its level below the first.
#[derive(Default)]
struct Line {
    waiting: Vec<(PathBuf, u32)>,
    left_out: usize,
}

impl Line {
    fn add(&mut self, folder: &Path, listing: &Listing, level: u32, levels: Option<u32>) {
        if levels.is_some_and(|levels| level > levels) {
            return;
        }
        let folders = listing.entries.iter().filter(|entry| entry.kind == Kind::Dir);
        for entry in folders.rev() {
            match join(folder, &entry.name) {
                Ok(path) if self.waiting.len() < WAITING => self.waiting.push((path, level)),
                _ => self.left_out += 1,
            }
        }
    }
}

//! Where a pane has been: back, and forward again.

use super::App;
use super::effect::Effect;
use super::folder::{Folder, Side};
use crate::model::path::Name;

/// So many folders are remembered each way.
const KEPT: usize = 200;

/// A folder, and the name the cursor stood on there.
pub(super) type Stop = (Folder, Option<Name>);

/// The folders a pane has shown before the present one, and those it came back from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    back: Vec<Stop>,
    forward: Vec<Stop>,
}

impl History {
    /// One went on from here to somewhere new.
    fn left(&mut self, here: Stop) {
        self.forward.clear();
        push(&mut self.back, here);
    }

    /// The stop before, or the one gone back from; `here` is where it is come back to the other way.
    fn turn(&mut self, back: bool, here: Stop) -> Option<Stop> {
        let (from, to) = match back {
            true => (&mut self.back, &mut self.forward),
            false => (&mut self.forward, &mut self.back),
        };
        let stop = from.pop()?;
        push(to, here);
        Some(stop)
    }
}

fn push(stops: &mut Vec<Stop>, stop: Stop) {
    if stops.len() >= KEPT {
        stops.remove(0);
    }
    stops.push(stop);
}

impl App {
    /// Where the pane of a side stands.
    fn stop(&self, side: Side) -> Stop {
        let pane = self.pane(side);
        let name = pane.current().map(|entry| entry.name.clone());
        (pane.folder.clone(), name)
    }

    /// Remembers that the pane of a side goes on to another folder.
    pub(super) fn note_leaving(&mut self, side: Side, to: &Folder) {
        let here = self.stop(side);
        if here.0 != *to {
            self.pane_mut(side).history.left(here);
        }
    }

    /// Back to the folder before, or forward again.
    pub(super) fn turn_history(&mut self, back: bool) -> Vec<Effect> {
        let side = self.active;
        if side == Side::Remote && self.link.session().is_none() {
            self.say(self.no_connection());
            return Vec::new();
        }
        let here = self.stop(side);
        match self.pane_mut(side).history.turn(back, here) {
            Some((folder, name)) => self.show_folder(side, folder, name),
            None => {
                self.say(
                    match back {
                        true => "There is no folder before this one",
                        false => "There is no folder to go forward to",
                    }
                    .to_owned(),
                );
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(path: &str) -> Stop {
        (Folder::Local(path.into()), None)
    }

    #[test]
    fn back_and_forward_until_one_goes_elsewhere() {
        let mut history = History::default();
        assert_eq!(history.turn(true, stop("/a")), None);
        history.left(stop("/a"));
        history.left(stop("/b"));
        assert_eq!(history.turn(true, stop("/c")), Some(stop("/b")));
        assert_eq!(history.turn(true, stop("/b")), Some(stop("/a")));
        assert_eq!(history.turn(true, stop("/a")), None);
        assert_eq!(history.turn(false, stop("/a")), Some(stop("/b")));
        history.left(stop("/b"));
        assert_eq!(history.turn(false, stop("/d")), None);
        for n in 0..KEPT + 3 {
            history.left(stop(&format!("/{n}")));
        }
        assert_eq!((history.back.len(), &history.back[0]), (KEPT, &stop("/3")));
    }
}

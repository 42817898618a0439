//! The folders of a walk: which is listed next, and which listing is handed on next.
//!
//! They lie in one line, in the order of the walk: a folder, then all that is below it, then its next
//! neighbour. The next one is taken from the front, so that little waits: of a deep tree the folders
//! beside the way down, and no more. What is below a folder takes its place in the line when its
//! listing has come. Where listings are wanted in the order of the walk, those that come before
//! their turn are held; no more of them than [`Limits::held`] are fetched ahead.

use crate::model::path::RemotePath;

/// How far a walk goes, whatever the server makes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Folders in all.
    pub folders: usize,
    /// Bytes of the paths of folders that wait to be listed.
    pub waiting: usize,
    /// Folders that are listed, or listed and not dealt with yet, at the same time.
    pub out: usize,
    /// Entries of listings held because it is not their turn.
    pub held: usize,
}

impl Limits {
    /// The limits of a walk with so many listings at once.
    pub fn with_listings(at_once: usize) -> Self {
        Self {
            folders: 5_000_000,
            waiting: 256 * 1024 * 1024,
            out: 4 * at_once.max(1),
            held: 200_000,
        }
    }
}

/// Names a folder that was taken to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// A folder to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder<T> {
    /// Which.
    pub path: RemotePath,
    /// What whoever walks keeps with it.
    pub tag: T,
}

#[derive(Debug)]
enum State<T, L> {
    Waiting(Folder<T>),
    /// It is being listed, or its listing dealt with.
    Out,
    /// Listed; its turn has not come.
    Held(L, usize),
}

#[derive(Debug)]
struct Place<T, L> {
    ticket: Ticket,
    state: State<T, L>,
}

/// The folders of one walk; `L` is what is held of a listing until its turn.
#[derive(Debug)]
pub struct Tree<T, L = ()> {
    limits: Limits,
    /// The front is at the end.
    line: Vec<Place<T, L>>,
    tickets: u64,
    waiting: usize,
    waiting_bytes: usize,
    out: usize,
    held: usize,
    left_out: usize,
}

/// How far from the front a folder is looked for that a server names by itself.
const LOOKED_THROUGH: usize = 4096;

impl<T, L> Tree<T, L> {
    /// A walk of these folders and all that is below them.
    pub fn new(limits: Limits, tops: Vec<Folder<T>>) -> Self {
        let mut tree = Self {
            limits,
            line: Vec::new(),
            tickets: 0,
            waiting: 0,
            waiting_bytes: 0,
            out: 0,
            held: 0,
            left_out: 0,
        };
        tree.insert(0, tops);
        tree
    }

    fn insert(&mut self, at: usize, folders: Vec<Folder<T>>) {
        let mut places = Vec::with_capacity(folders.len());
        for folder in folders {
            let bytes = self.waiting_bytes + folder.path.as_bytes().len();
            let number = usize::try_from(self.tickets).unwrap_or(usize::MAX);
            if bytes > self.limits.waiting || number >= self.limits.folders {
                self.left_out += 1;
                continue;
            }
            self.waiting_bytes = bytes;
            self.waiting += 1;
            self.tickets += 1;
            places.push(Place {
                ticket: Ticket(self.tickets),
                state: State::Waiting(folder),
            });
        }
        places.reverse();
        self.line.splice(at..at, places);
    }

    /// Whether a folder could be taken now.
    pub fn has_next(&self) -> bool {
        self.next_waiting().is_some()
    }

    /// How many wait to be listed.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    fn next_waiting(&self) -> Option<usize> {
        if self.waiting == 0 || self.out >= self.limits.out {
            return None;
        }
        let waits = |place: &Place<T, L>| matches!(place.state, State::Waiting(_));
        let at = self.line.iter().rposition(waits)?;
        self.is_wanted(at).then_some(at)
    }

    /// The next folder to be listed; `None` where nothing waits, or where enough is under way.
    pub fn take(&mut self) -> Option<(Ticket, Folder<T>)> {
        self.take_at(self.next_waiting()?)
    }

    /// The folder of this path, where it waits near the front and there is room to hold its listing.
    pub fn take_path(&mut self, path: &RemotePath) -> Option<(Ticket, Folder<T>)> {
        let from = self.line.len().saturating_sub(LOOKED_THROUGH);
        let is_it =
            |place: &Place<T, L>| matches!(&place.state, State::Waiting(folder) if folder.path == *path);
        let at = self.line[from..].iter().rposition(is_it)?;
        self.is_wanted(from + at).then(|| self.take_at(from + at))?
    }

    /// What everything else waits for is fetched always.
    fn is_wanted(&self, at: usize) -> bool {
        self.held < self.limits.held || at + 1 == self.line.len()
    }

    fn take_at(&mut self, at: usize) -> Option<(Ticket, Folder<T>)> {
        let place = self.line.get_mut(at)?;
        match std::mem::replace(&mut place.state, State::Out) {
            State::Waiting(folder) => {
                self.waiting -= 1;
                self.waiting_bytes -= folder.path.as_bytes().len();
                self.out += 1;
                Some((place.ticket, folder))
            }
            other => {
                place.state = other;
                None
            }
        }
    }

    /// Whether enough is under way, so that nothing more should be begun.
    pub fn is_full(&self) -> bool {
        self.out >= self.limits.out
    }

    /// A folder has been listed, and these below it are to be walked. `held` is given back by
    /// [`Self::turn`] in the order of the walk; it counts as so many entries.
    pub fn listed(&mut self, ticket: Ticket, held: Option<(L, usize)>, below: Vec<Folder<T>>) {
        let Some(at) = self.line.iter().rposition(|place| place.ticket == ticket) else {
            return;
        };
        self.out = self.out.saturating_sub(1);
        match held {
            Some((listing, entries)) => {
                self.held += entries;
                self.line[at].state = State::Held(listing, entries);
            }
            None => drop(self.line.remove(at)),
        }
        self.insert(at, below);
    }

    /// The listing whose turn it is, once it has come.
    pub fn turn(&mut self) -> Option<L> {
        match self.line.pop()? {
            Place {
                state: State::Held(listing, entries),
                ..
            } => {
                self.held -= entries;
                Some(listing)
            }
            place => {
                self.line.push(place);
                None
            }
        }
    }

    /// Whether every folder has been listed, dealt with and handed on.
    pub fn is_over(&self) -> bool {
        self.line.is_empty()
    }

    /// How many folders were left out since this was last asked, for the limits of a walk.
    pub fn left_out(&mut self) -> usize {
        std::mem::take(&mut self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        folders: 10_000,
        waiting: 1 << 20,
        out: 8,
        held: 100,
    };

    fn folder(path: &str) -> Folder<()> {
        Folder {
            path: RemotePath::parse(path.as_bytes()).unwrap(),
            tag: (),
        }
    }

    fn folders(paths: &[&str]) -> Vec<Folder<()>> {
        paths.iter().map(|path| folder(path)).collect()
    }

    fn taken(tree: &mut Tree<(), String>) -> Option<(Ticket, String)> {
        tree.take().map(|(ticket, folder)| (ticket, folder.path.shown()))
    }

    #[test]
    fn depth_first_and_handed_on_in_order() {
        let mut tree: Tree<(), String> = Tree::new(LIMITS, folders(&["/t"]));
        let (top, _) = taken(&mut tree).unwrap();
        assert_eq!(taken(&mut tree), None, "nothing is known below it yet");
        tree.listed(top, Some(("/t".into(), 1)), folders(&["/t/a", "/t/b"]));
        assert_eq!(tree.turn().as_deref(), Some("/t"));
        let (a, path) = taken(&mut tree).unwrap();
        assert_eq!(path, "/t/a");
        let (b, _) = taken(&mut tree).unwrap();
        tree.listed(b, Some(("/t/b".into(), 1)), folders(&["/t/b/x"]));
        assert_eq!(tree.turn(), None, "/t/a comes first");
        tree.listed(a, Some(("/t/a".into(), 1)), folders(&["/t/a/y"]));
        assert_eq!(tree.turn().as_deref(), Some("/t/a"));
        assert_eq!(tree.turn(), None, "what is below it comes next");
        let (y, path) = taken(&mut tree).unwrap();
        assert_eq!(path, "/t/a/y");
        tree.listed(y, Some(("/t/a/y".into(), 1)), Vec::new());
        assert_eq!(tree.turn().as_deref(), Some("/t/a/y"));
        assert_eq!(tree.turn().as_deref(), Some("/t/b"));
        assert!(!tree.is_over());
    }

    #[test]
    fn little_is_fetched_ahead_of_its_turn() {
        let limits = Limits { held: 10, ..LIMITS };
        let mut tree: Tree<(), String> = Tree::new(limits, folders(&["/a", "/b", "/c"]));
        let (a, _) = taken(&mut tree).unwrap();
        let (b, _) = taken(&mut tree).unwrap();
        tree.listed(b, Some(("/b".into(), 10)), Vec::new());
        assert_eq!(taken(&mut tree), None, "/b is held, and is enough");
        assert!(tree.take_path(&RemotePath::parse(b"/c").unwrap()).is_none());
        tree.listed(a, Some(("/a".into(), 50)), folders(&["/a/x"]));
        assert_eq!(tree.turn().as_deref(), Some("/a"));
        // what everything waits for is fetched however much is held
        assert_eq!(taken(&mut tree).unwrap().1, "/a/x");
    }

    #[test]
    fn no_more_is_under_way_than_is_dealt_with() {
        let limits = Limits { out: 2, ..LIMITS };
        let mut tree: Tree<(), String> = Tree::new(limits, folders(&["/a", "/b", "/c"]));
        let (a, _) = taken(&mut tree).unwrap();
        taken(&mut tree).unwrap();
        assert!(!tree.has_next() && tree.is_full() && taken(&mut tree).is_none());
        tree.listed(a, None, Vec::new());
        assert_eq!(taken(&mut tree).unwrap().1, "/c");
    }

    #[test]
    fn a_tree_without_end_has_one() {
        let limits = Limits {
            folders: 1000,
            ..LIMITS
        };
        let mut tree: Tree<(), String> = Tree::new(limits, folders(&["/"]));
        let mut walked = 0;
        let mut left_out = 0;
        while let Some((ticket, at)) = tree.take() {
            walked += 1;
            let below = ["a", "b", "c"].map(|name| Folder {
                path: at.path.resolve(name.as_bytes()).unwrap(),
                tag: (),
            });
            tree.listed(ticket, None, below.into());
            left_out += tree.left_out();
        }
        assert_eq!(walked, 1000);
        assert!(tree.is_over());
        assert_eq!(left_out, 3 * 1000 - 999);

        let limits = Limits {
            waiting: 10,
            ..LIMITS
        };
        let mut tree: Tree<(), String> = Tree::new(limits, folders(&["/1234", "/5678", "/9"]));
        assert_eq!(
            (tree.waiting(), tree.left_out()),
            (2, 1),
            "by the bytes of their paths"
        );
    }

    #[test]
    fn a_folder_named_by_the_server_is_taken_only_where_it_waits() {
        let mut tree: Tree<(), String> = Tree::new(LIMITS, folders(&["/a", "/b"]));
        let path = |path: &str| RemotePath::parse(path.as_bytes()).unwrap();
        assert!(tree.take_path(&path("/c")).is_none());
        assert!(tree.take_path(&path("/b")).is_some());
        assert!(tree.take_path(&path("/b")).is_none(), "once");
        assert_eq!(taken(&mut tree).unwrap().1, "/a");
    }

    proptest! {
        /// However listings come: every folder is listed once, and handed on in the order of the walk.
        #[test]
        fn every_folder_once_and_in_order(
            widths in proptest::collection::vec(0usize..4, 1..60),
            choices in proptest::collection::vec(0usize..8, 200),
            out in 1usize..6,
            held in 1usize..6,
        ) {
            // folder n has widths[n] folders below it, numbered on
            let mut below: Vec<Vec<usize>> = Vec::new();
            let mut next = 1;
            for width in &widths {
                below.push((next..next + width).filter(|n| *n < widths.len()).collect());
                next += width;
            }
            let mut order = Vec::new();
            let mut stack = vec![0];
            while let Some(n) = stack.pop() {
                order.push(n);
                stack.extend(below[n].iter().rev());
            }
            let limits = Limits { out, held, ..LIMITS };
            let make = |n: &usize| Folder { path: RemotePath::root(), tag: *n };
            let mut tree: Tree<usize, usize> = Tree::new(limits, vec![make(&0)]);
            let mut under_way = Vec::new();
            let (mut listed, mut handed) = (Vec::new(), Vec::new());
            let mut choices = choices.into_iter().cycle();
            while !tree.is_over() {
                while let Some(taken) = tree.take() {
                    under_way.push(taken);
                }
                prop_assert!(!under_way.is_empty() && under_way.len() <= out);
                let (ticket, folder) = under_way.remove(choices.next().unwrap() % under_way.len());
                listed.push(folder.tag);
                tree.listed(ticket, Some((folder.tag, 1)), below[folder.tag].iter().map(make).collect());
                while let Some(n) = tree.turn() {
                    handed.push(n);
                }
            }
            prop_assert_eq!(&handed, &order);
            listed.sort_unstable();
            order.sort_unstable();
            prop_assert_eq!(listed, order);
        }
    }
}

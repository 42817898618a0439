//! The ladder against a server that tells the truth, refuses what it likes and dies when it likes.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    Old,
    New,
}

/// A server that tells the truth, refuses what it likes, and dies when it likes.
#[derive(Debug, Clone, Copy)]
struct Model {
    part: Option<File>,
    target: Option<File>,
    aside: Option<File>,
    renames_over: bool,
    tells_size: bool,
    lists: bool,
    /// It finds out at RNTO what is not there, where it is to be renamed over something.
    takes_any_name: bool,
}

/// What it makes of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Willing,
    RefusesFrom,
    RefusesTo,
    /// It renames to the target, and says that it does not.
    DoneAndRefused,
    DoneAndLost,
    LostAndNotDone,
}

impl Model {
    fn ask(&mut self, step: Step, mood: Mood) -> Told {
        if mood == Mood::LostAndNotDone {
            return Told::Lost;
        }
        let told = match step {
            Step::Check | Step::Look => self.size(self.part),
            Step::Find | Step::Confirm | Step::Return => self.size(self.target),
            Step::Survey if !self.lists => Told::Untold,
            Step::Survey => listed(self.part.is_some(), self.target.map(|file| file == File::New)),
            Step::Place | Step::PlaceInSteps | Step::PutIn => {
                let (mut from, mut to) = (self.part, self.target);
                let is_told = step != Step::PutIn && self.tells_size;
                let mood = if is_told { mood } else { believed(mood) };
                let told = self.rename(&mut from, &mut to, mood);
                (self.part, self.target) = (from, to);
                match step {
                    Step::PutIn if self.aside.is_none() => told,
                    _ => self.named(told),
                }
            }
            Step::MoveAside => {
                let (mut from, mut to) = (self.target, self.aside);
                let is_told = self.tells_size || self.lists;
                let mood = if is_told { mood } else { believed(mood) };
                let told = self.rename(&mut from, &mut to, mood);
                (self.target, self.aside) = (from, to);
                self.named(told)
            }
            Step::PutBack => {
                let (mut from, mut to) = (self.aside, self.target);
                let mood = believed(mood);
                let told = self.rename(&mut from, &mut to, mood);
                (self.aside, self.target) = (from, to);
                self.named(told)
            }
            Step::Drop if matches!(mood, Mood::RefusesFrom | Mood::RefusesTo) => Told::NotDeleted,
            Step::Drop => {
                self.aside = None;
                Told::Deleted
            }
        };
        match mood {
            Mood::DoneAndLost => Told::Lost,
            _ => told,
        }
    }

    /// What it says of a renaming, where it takes any name to be renamed.
    fn named(&self, told: Told) -> Told {
        match told {
            Told::NotFrom if self.takes_any_name => Told::NotTo { name: false },
            told => told,
        }
    }

    fn size(&self, file: Option<File>) -> Told {
        match file {
            _ if !self.tells_size => Told::Untold,
            None => Told::Nothing,
            Some(File::New) => Told::Whole,
            Some(File::Old) => Told::Other(1),
        }
    }

    fn rename(&self, from: &mut Option<File>, to: &mut Option<File>, mood: Mood) -> Told {
        if from.is_none() || mood == Mood::RefusesFrom {
            return Told::NotFrom;
        }
        if mood == Mood::RefusesTo || (to.is_some() && !self.renames_over) {
            return Told::NotTo { name: false };
        }
        *to = from.take();
        match mood {
            Mood::DoneAndRefused => Told::NotTo { name: false },
            _ => Told::Renamed,
        }
    }
}

/// A refusal that nothing can be held against.
fn believed(mood: Mood) -> Mood {
    match mood {
        Mood::DoneAndRefused => Mood::RefusesTo,
        mood => mood,
    }
}

fn mood() -> impl Strategy<Value = Mood> {
    prop_oneof![
        4 => Just(Mood::Willing),
        1 => Just(Mood::RefusesFrom),
        1 => Just(Mood::RefusesTo),
        1 => Just(Mood::DoneAndRefused),
        1 => Just(Mood::DoneAndLost),
        1 => Just(Mood::LostAndNotDone),
    ]
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        Just(Told::Whole),
        any::<u64>().prop_map(Told::Other),
        Just(Told::Nothing),
        Just(Told::Untold),
        (any::<bool>(), any::<Option<bool>>()).prop_map(|(part, target)| listed(part, target)),
        Just(Told::Renamed),
        Just(Told::NotFrom),
        any::<bool>().prop_map(|name| Told::NotTo { name }),
        Just(Told::Deleted),
        Just(Told::NotDeleted),
        Just(Told::Lost),
    ]
}

/// More steps than any path has.
const MANY: usize = 40;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_old_file_or_the_new_one_is_there_or_named(
        moods in prop::collection::vec(mood(), MANY),
        stands in any::<bool>(),
        renames_over in any::<bool>(),
        tells_size in any::<bool>(),
        lists in any::<bool>(),
        takes_any_name in any::<bool>(),
        aside_first in any::<bool>(),
        given_up_after in prop::option::of(0..MANY),
    ) {
        let before = stands.then_some(File::Old);
        let mut server = Model {
            part: Some(File::New),
            target: before,
            aside: None,
            renames_over,
            tells_size,
            lists,
            // and says nothing of sizes: nobody could tell what became of a lost renaming there
            takes_any_name: takes_any_name && tells_size,
        };
        let mut ladder = Ladder::new(true, aside_first);
        let mut end = None;
        for (at, mood) in moods.into_iter().enumerate() {
            if given_up_after == Some(at) {
                end = Some(ladder.given_up());
                break;
            }
            let told = server.ask(ladder.step(), mood);
            end = ladder.answered(told);
            if end.is_some() {
                break;
            }
        }
        match end {
            Some(End::Placed { old_left, .. }) => {
                prop_assert_eq!(server.target, Some(File::New));
                prop_assert!(old_left || server.aside.is_none());
            }
            Some(End::Untouched { .. }) => {
                prop_assert_eq!(server.target, before);
                prop_assert_eq!(server.aside, None);
            }
            Some(End::Either) => {
                prop_assert!(server.target.is_some() || before.is_none());
                prop_assert_eq!(server.aside, None);
            }
            // named, and nothing of it deleted
            Some(End::Both) => {
                let all = [server.target, server.aside, server.part];
                prop_assert!(all.contains(&Some(File::New)));
                prop_assert!(before.is_none() || renames_over || all.contains(&before));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn every_path_ends_whatever_is_answered(
        answers in prop::collection::vec(told(), MANY),
        heard in any::<bool>(),
        aside_first in any::<bool>(),
    ) {
        let mut ladder = Ladder::new(heard, aside_first);
        let mut ended = false;
        let mut before = None;
        for told in answers {
            if ladder.step() == Step::Drop && before != Some(Step::Drop) {
                // the old one goes only when the new one was seen in its place
                prop_assert!(matches!(before, Some(Step::Confirm | Step::Survey)));
            }
            before = Some(ladder.step());
            if ladder.answered(told).is_some() {
                ended = true;
                break;
            }
        }
        prop_assert!(ended);
    }
}

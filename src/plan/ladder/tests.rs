use proptest::prelude::*;

use super::*;

const REFUSED: Told = Told::NotTo { name: false };
const UNTOUCHED: End = End::Untouched { forbidden: false };
const FORBIDDEN: End = End::Untouched { forbidden: true };

fn placed(word_lost: bool, unproved: bool, aside: bool, old_left: bool) -> End {
    End::Placed {
        word_lost,
        unproved,
        aside,
        old_left,
    }
}

fn listed(part: bool, target: Option<bool>) -> Told {
    Told::Listed { part, target }
}

/// The steps that were asked with these answers to them, and the end.
fn climb(mut ladder: Ladder, answers: &[Told]) -> (Vec<Step>, Option<End>) {
    let mut steps = Vec::new();
    for told in answers {
        steps.push(ladder.step());
        if let Some(end) = ladder.answered(*told) {
            assert_eq!(steps.len(), answers.len(), "ended early: {steps:?} {end:?}");
            return (steps, Some(end));
        }
    }
    (steps, None)
}

#[test]
fn which_step_comes_next() {
    use Step::*;
    use Told::*;
    type Case<'a> = (&'a [(Step, Told)], End);
    let all_good = placed(false, false, false, false);
    let aside = placed(false, false, true, false);
    let cases: &[Case<'_>] = &[
        (&[(Check, Whole), (Place, Renamed)], all_good),
        (
            &[(Check, Untold), (Place, Renamed)],
            placed(false, true, false, false),
        ),
        (&[(Check, Other(3))], End::Cut(3)),
        (&[(Check, Lost), (Check, Lost), (Check, Lost)], UNTOUCHED),
        // refused only because it came in one piece
        (
            &[(Check, Whole), (Place, REFUSED), (PlaceInSteps, Renamed)],
            all_good,
        ),
        (
            &[(Check, Whole), (Place, NotFrom), (PlaceInSteps, NotFrom)],
            FORBIDDEN,
        ),
        // refused, and done all the same
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, NotFrom),
                (Look, Nothing),
                (Find, Whole),
            ],
            all_good,
        ),
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, NotFrom),
                (Look, Nothing),
                (Find, Other(3)),
            ],
            End::Either,
        ),
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, NotFrom),
                (Look, Whole),
            ],
            FORBIDDEN,
        ),
        // the answer to the renaming is lost
        (
            &[(Check, Whole), (Place, Lost), (Look, Nothing), (Find, Whole)],
            placed(true, false, false, false),
        ),
        (
            &[(Check, Whole), (Place, Lost), (Look, Nothing), (Find, Other(1))],
            End::Either,
        ),
        (
            &[(Check, Whole), (Place, Lost), (Look, Whole), (Place, Renamed)],
            all_good,
        ),
        // and no size tells what came of it
        (
            &[
                (Check, Untold),
                (Place, Lost),
                (Look, Nothing),
                (Survey, Untold),
                (Place, NotFrom),
                (PlaceInSteps, NotFrom),
            ],
            End::Either,
        ),
        // but a listing does
        (
            &[
                (Check, Untold),
                (Place, Lost),
                (Look, Untold),
                (Survey, listed(false, Some(true))),
            ],
            placed(true, false, false, false),
        ),
        (
            &[
                (Check, Untold),
                (Place, Lost),
                (Look, Untold),
                (Survey, listed(true, Some(true))),
                (Place, Renamed),
            ],
            placed(false, true, false, false),
        ),
        (
            &[
                (Check, Untold),
                (Place, Lost),
                (Look, Untold),
                (Survey, listed(false, Some(false))),
            ],
            End::Either,
        ),
        (
            &[
                (Check, Untold),
                (Place, Lost),
                (Look, Untold),
                (Survey, Lost),
                (Survey, Lost),
            ],
            End::Either,
        ),
        // renaming over is refused
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (Look, Whole),
                (MoveAside, Renamed),
                (PutIn, Renamed),
                (Confirm, Whole),
                (Drop, Deleted),
            ],
            aside,
        ),
        (
            &[
                (Check, Untold),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (MoveAside, Renamed),
                (PutIn, Renamed),
                (Confirm, Untold),
                (Drop, Deleted),
            ],
            placed(false, true, true, false),
        ),
        // refused twice, and done all the same: what stands there is the new one
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (Look, Nothing),
                (Find, Whole),
            ],
            all_good,
        ),
        (
            &[
                (Check, Whole),
                (Place, NotFrom),
                (PlaceInSteps, REFUSED),
                (Look, Lost),
                (Look, Nothing),
                (Find, Other(1)),
            ],
            End::Either,
        ),
        // and so is moving aside: for the name's sake, or altogether
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, NotTo { name: true }),
                (Look, Whole),
                (MoveAside, NotFrom),
            ],
            UNTOUCHED,
        ),
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (Look, Whole),
                (MoveAside, REFUSED),
            ],
            FORBIDDEN,
        ),
    ];
    for (answers, end) in cases {
        let (steps, told): (Vec<Step>, Vec<Told>) = answers.iter().copied().unzip();
        assert_eq!(climb(Ladder::new(true, false), &told), (steps, Some(*end)));
    }
}

#[test]
fn after_the_old_one_was_moved_aside() {
    use Step::*;
    use Told::*;
    type Case<'a> = (&'a [(Step, Told)], End);
    let done = |old_left| placed(false, false, true, old_left);
    let cases: &[Case<'_>] = &[
        (&[(PutIn, REFUSED), (PutBack, Renamed)], UNTOUCHED),
        (&[(PutIn, REFUSED), (PutBack, REFUSED)], End::Both),
        (
            &[(PutIn, REFUSED), (PutBack, NotFrom), (Return, Nothing)],
            End::Both,
        ),
        (
            &[
                (PutIn, REFUSED),
                (PutBack, Lost),
                (PutBack, NotFrom),
                (Return, Other(1)),
            ],
            UNTOUCHED,
        ),
        (
            &[
                (PutIn, REFUSED),
                (PutBack, Lost),
                (PutBack, Lost),
                (PutBack, Lost),
            ],
            End::Both,
        ),
        (
            &[(PutIn, Lost), (PutIn, Renamed), (Confirm, Whole), (Drop, Deleted)],
            done(false),
        ),
        (
            &[(PutIn, Lost), (PutIn, NotFrom), (Confirm, Whole), (Drop, Deleted)],
            done(false),
        ),
        (
            &[
                (PutIn, Lost),
                (PutIn, NotFrom),
                (Confirm, Nothing),
                (PutBack, Renamed),
            ],
            UNTOUCHED,
        ),
        (
            &[
                (PutIn, Lost),
                (PutIn, NotFrom),
                (Confirm, Untold),
                (Survey, Untold),
            ],
            End::Both,
        ),
        (
            &[
                (PutIn, Lost),
                (PutIn, NotFrom),
                (Confirm, Untold),
                (Survey, listed(false, Some(true))),
                (Drop, Deleted),
            ],
            placed(true, false, true, false),
        ),
        (
            &[
                (PutIn, Lost),
                (PutIn, NotFrom),
                (Confirm, Untold),
                (Survey, listed(false, None)),
                (PutBack, Renamed),
            ],
            UNTOUCHED,
        ),
        (
            &[(PutIn, Renamed), (Confirm, Untold), (Drop, NotDeleted)],
            done(true),
        ),
        (&[(PutIn, Renamed), (Confirm, Other(1))], End::Both),
        (
            &[
                (PutIn, Renamed),
                (Confirm, Whole),
                (Drop, Lost),
                (Drop, Lost),
                (Drop, Lost),
            ],
            done(true),
        ),
    ];
    for (answers, end) in cases {
        let mut ladder = Ladder::new(true, true);
        assert_eq!(ladder.answered(Whole), None);
        assert_eq!((ladder.step(), ladder.answered(Renamed)), (MoveAside, None));
        let (steps, told): (Vec<Step>, Vec<Told>) = answers.iter().copied().unzip();
        assert_eq!(climb(ladder, &told), (steps, Some(*end)));
    }
}

#[test]
fn a_lost_word_is_made_good_by_the_size_only() {
    let mut ladder = Ladder::new(false, false);
    assert_eq!(ladder.answered(Told::Untold), Some(End::Unproved));
    let mut ladder = Ladder::new(false, false);
    assert_eq!(ladder.answered(Told::Whole), None);
    assert_eq!(
        ladder.answered(Told::Renamed),
        Some(placed(true, false, false, false))
    );
}

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
                let told = match self.rename(&mut from, &mut to, mood) {
                    Told::NotFrom if step != Step::PutIn && self.takes_any_name => {
                        Told::NotTo { name: false }
                    }
                    told => told,
                };
                (self.part, self.target) = (from, to);
                told
            }
            Step::MoveAside => {
                let (mut from, mut to) = (self.target, self.aside);
                let mood = believed(mood);
                let told = self.rename(&mut from, &mut to, mood);
                (self.target, self.aside) = (from, to);
                told
            }
            Step::PutBack => {
                let (mut from, mut to) = (self.aside, self.target);
                let mood = believed(mood);
                let told = self.rename(&mut from, &mut to, mood);
                (self.aside, self.target) = (from, to);
                told
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

use super::*;

mod model;

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
                (PutBack, NotFrom),
                (Return, Other(1)),
            ],
            FORBIDDEN,
        ),
        // refused, and done all the same
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (Look, Whole),
                (MoveAside, REFUSED),
                (PutBack, Renamed),
            ],
            FORBIDDEN,
        ),
        // no size tells, and then no listing either
        (
            &[
                (Check, Untold),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (MoveAside, REFUSED),
                (PutBack, NotFrom),
                (Return, Untold),
                (Survey, listed(true, None)),
                (PutBack, Renamed),
            ],
            FORBIDDEN,
        ),
        (
            &[
                (Check, Untold),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (MoveAside, REFUSED),
                (PutBack, REFUSED),
                (Return, Untold),
                (Survey, Untold),
            ],
            FORBIDDEN,
        ),
        // nobody knows whether it was moved: what stands there tells
        (
            &[
                (Check, Untold),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (MoveAside, Lost),
                (PutBack, NotFrom),
                (Return, Untold),
                (Survey, listed(true, Some(false))),
            ],
            UNTOUCHED,
        ),
        // by a server that finds out at RNTO what is not there
        (
            &[
                (Check, Whole),
                (Place, REFUSED),
                (PlaceInSteps, REFUSED),
                (Look, Whole),
                (MoveAside, Lost),
                (PutBack, REFUSED),
                (Return, Other(1)),
            ],
            UNTOUCHED,
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
        // it is tried more than once
        (
            &[
                (PutIn, REFUSED),
                (PutBack, REFUSED),
                (Return, Nothing),
                (PutBack, Renamed),
            ],
            UNTOUCHED,
        ),
        (
            &[
                (PutIn, REFUSED),
                (PutBack, NotFrom),
                (Return, Nothing),
                (PutBack, REFUSED),
                (Return, Untold),
                (Survey, listed(true, None)),
                (PutBack, NotFrom),
                (Return, Nothing),
            ],
            End::Both,
        ),
        // the new one was put in, and refused; or the old one is as long
        (
            &[(PutIn, REFUSED), (PutBack, REFUSED), (Return, Whole)],
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
            &[(PutIn, Lost), (PutIn, REFUSED), (Confirm, Whole), (Drop, Deleted)],
            done(false),
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

//! The steps by which an upload whose data are on the server gets its target's name.
//!
//! The file stands under a temporary name. It is checked and renamed over the target. Where a
//! server does not rename over, the old file is moved aside, the new one put in, its place
//! confirmed, and the old one deleted, or put back. Whatever is answered, and wherever the session is lost:
//! the old file or the new one stands under the target's name, or the end names both
//! ([`End::Both`]), and nothing of them is deleted.

/// How often a session may be lost over the same file before it is given up.
const LOSSES: u32 = 3;

/// How often putting the old file back is tried where the server does not do it: it may be busy for a moment.
const BACKS: u32 = 3;

/// What is asked of the server next. The *part* is the new file under its temporary name; *aside* is the
/// temporary name of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The size of the part.
    Check,
    /// Rename the part to the target, in one write.
    Place,
    /// The same, command by command: it may have been refused only because it came in one piece.
    PlaceInSteps,
    /// The answer to the renaming was lost, or is doubted, or it was refused: some servers rename all the same. The
    /// size of the part: is it still there?
    Look,
    /// It is not. The size of the target: is it the new one?
    Find,
    /// No size tells what came of the renaming. A listing of their folder: the part and the target.
    Survey,
    /// Rename the target aside.
    MoveAside,
    /// Rename the part to the target, where nothing should stand now.
    PutIn,
    /// The size of the target: is it the new one?
    Confirm,
    /// Delete what was moved aside.
    Drop,
    /// Rename what was moved aside back to the target: also what may have been, or was refused to be, for some
    /// servers rename all the same.
    PutBack,
    /// It was not put back, or is not there. The size of the target: does anything stand there?
    Return,
}

/// What the server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A size: that of the new file, all of it.
    Whole,
    /// Another size.
    Other(u64),
    /// There is no such file.
    Nothing,
    /// It does not tell.
    Untold,
    /// A listing in which nothing may be missing.
    Listed {
        /// Whether the part is there.
        part: bool,
        /// Whether what stands at the target has the new file's size; `None` where nothing stands there.
        target: Option<bool>,
    },
    /// It has renamed.
    Renamed,
    /// It refused the name that was to be renamed (RNFR).
    NotFrom,
    /// It refused the new name (RNTO); `name` where it says that such a name is not allowed at all.
    NotTo {
        /// Whether the name itself is refused.
        name: bool,
    },
    /// It has deleted.
    Deleted,
    /// It refused to.
    NotDeleted,
    /// Nothing that could be heard: the session was lost, and it may have been done or not.
    Lost,
}

/// How it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The new file stands under the target's name, whole.
    Placed {
        /// The server's word was lost on the way; the size has taken its place.
        word_lost: bool,
        /// The server told no size: its word is the only proof.
        unproved: bool,
        /// The server does not rename over: the old one was moved aside.
        aside: bool,
        /// The old one may still be there under its temporary name.
        old_left: bool,
    },
    /// Only so many bytes have arrived; the target is untouched.
    Cut(u64),
    /// Nothing proves that all of it has arrived; the target is untouched.
    Unproved,
    /// The target is what it was before.
    Untouched {
        /// The server seems to forbid renaming there.
        forbidden: bool,
    },
    /// The old file or the new one stands under the target's name, whole; nobody knows which.
    Either,
    /// The target's name may be absent. The old file is there or aside, the new one is there or
    /// the part: all three are to be named, and none deleted.
    Both,
}

/// One upload on its way to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ladder {
    step: Step,
    losses: u32,
    /// The server's word for the data was heard.
    heard: bool,
    /// The size of the part was told: what SIZE says counts on this server.
    sizes: bool,
    /// Begin with moving aside: the server was seen to refuse renaming over.
    aside_first: bool,
    /// Renaming over was refused; with whether the name itself was.
    refused: Option<bool>,
    /// The target was moved aside, or may have been.
    moved: bool,
    /// Moving it aside was refused.
    denied: bool,
    /// How often putting it back was tried in vain.
    backs: u32,
    /// The part may have been renamed already.
    unsure: bool,
    /// The new name was refused: some servers rename all the same, and what is to be renamed is gone then.
    doubted: bool,
    /// A listing was asked for: it is not asked for once more.
    surveyed: bool,
    word_lost: bool,
}

impl Ladder {
    /// The data are over. `heard`: the server said that it has them. `aside_first`: it was seen to
    /// refuse renaming over, and something may stand at the target.
    pub fn new(heard: bool, aside_first: bool) -> Self {
        Self {
            step: Step::Check,
            losses: 0,
            heard,
            sizes: false,
            aside_first,
            refused: None,
            moved: false,
            denied: false,
            backs: 0,
            unsure: false,
            doubted: false,
            surveyed: false,
            word_lost: false,
        }
    }

    /// What is to be asked.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Takes in the answer to [`Ladder::step`]: it has ended, or the next step is to be asked.
    pub fn answered(&mut self, told: Told) -> Option<End> {
        if told == Told::Lost {
            return self.lost();
        }
        // a server that told no size of a file that is there says nothing by telling none later
        let told = match told {
            Told::Nothing if !self.sizes => Told::Untold,
            told => told,
        };
        match self.step {
            Step::Check => return self.checked(told),
            Step::Place | Step::PlaceInSteps => return self.renamed_over(told),
            Step::Look if told == Told::Nothing => self.step = Step::Find,
            Step::Look if self.refused.is_some() => self.step = Step::MoveAside,
            Step::Look | Step::Find | Step::Confirm if self.may_survey(told) => self.step = Step::Survey,
            Step::Look if self.doubted && !self.unsure => return Some(End::Untouched { forbidden: true }),
            Step::Look => {
                self.unsure = told == Told::Untold;
                self.step = Step::Place;
            }
            Step::Find if told == Told::Whole && self.doubted && !self.unsure => {
                return Some(self.placed(false));
            }
            Step::Find if told == Told::Whole => return Some(self.found_whole()),
            Step::Find => return Some(End::Either),
            Step::Survey => return self.surveyed(told),
            Step::MoveAside => return self.moved_aside(told),
            Step::PutIn => return self.put_in(told),
            Step::Confirm => match told {
                Told::Whole => self.step = Step::Drop,
                Told::Untold if !self.unsure => self.step = Step::Drop,
                Told::Nothing => self.step = Step::PutBack,
                _ => return Some(End::Both),
            },
            Step::Drop => return Some(self.placed(told != Told::Deleted)),
            Step::PutBack => return self.put_back(told),
            Step::Return if told == Told::Untold => self.step = Step::Survey,
            Step::Return => return self.returned(told),
        }
        None
    }

    /// Nothing more can be asked.
    pub fn given_up(&self) -> End {
        match self.step {
            Step::Check => End::Untouched { forbidden: false },
            Step::Place | Step::PlaceInSteps | Step::Look | Step::Find => End::Either,
            Step::PutIn | Step::Survey if !self.moved && !self.returns() => End::Either,
            Step::Drop => self.placed(true),
            Step::MoveAside | Step::PutIn | Step::Survey | Step::Confirm | Step::PutBack | Step::Return => {
                End::Both
            }
        }
    }

    fn lost(&mut self) -> Option<End> {
        self.losses += 1;
        if self.losses >= LOSSES {
            return Some(self.given_up());
        }
        match self.step {
            Step::Place | Step::PlaceInSteps => {
                self.unsure = true;
                self.step = Step::Look;
            }
            // moved or not, putting it back tells
            Step::MoveAside => self.step = Step::PutBack,
            Step::PutIn => self.unsure = true,
            Step::Check
            | Step::Look
            | Step::Find
            | Step::Survey
            | Step::Confirm
            | Step::Drop
            | Step::PutBack
            | Step::Return => {}
        }
        None
    }

    fn checked(&mut self, told: Told) -> Option<End> {
        match told {
            Told::Whole => {
                self.sizes = true;
                self.word_lost = !self.heard;
            }
            _ if !self.heard => return Some(End::Unproved),
            Told::Other(bytes) => return Some(End::Cut(bytes)),
            _ => {}
        }
        self.step = match self.aside_first {
            true => Step::MoveAside,
            false => Step::Place,
        };
        None
    }

    /// Whether a listing is the only thing left that may tell where the part is.
    fn may_survey(&self, told: Told) -> bool {
        let doubted = self.step != Step::Confirm || self.unsure;
        told == Told::Untold && doubted && !self.surveyed
    }

    /// Whether it is asked what came of putting the old file back.
    fn returns(&self) -> bool {
        self.backs > 0
    }

    fn surveyed(&mut self, told: Told) -> Option<End> {
        if self.returns() {
            return self.returned(match told {
                Told::Listed {
                    target: Some(true), ..
                } => Told::Whole,
                Told::Listed {
                    target: Some(false), ..
                } => Told::Other(0),
                Told::Listed { target: None, .. } => Told::Nothing,
                told => told,
            });
        }
        self.surveyed = true;
        match told {
            Told::Listed {
                part: false,
                target: Some(true),
            } => {
                self.sizes = true;
                if !self.moved {
                    return Some(self.found_whole());
                }
                self.word_lost = true;
                self.step = Step::Drop;
            }
            Told::Listed { target: None, .. } if self.moved => self.step = Step::PutBack,
            Told::Listed { part: true, .. } if !self.moved => {
                self.unsure = false;
                self.step = Step::Place;
            }
            Told::Listed { .. } if !self.moved => return Some(End::Either),
            // it may still be where it was: then renaming it tells
            _ if !self.moved => {
                self.unsure = true;
                self.step = Step::Place;
            }
            _ => return Some(End::Both),
        }
        None
    }

    /// The part is gone, and the target has its size.
    fn found_whole(&mut self) -> End {
        self.word_lost = true;
        self.placed(false)
    }

    fn renamed_over(&mut self, told: Told) -> Option<End> {
        match (self.step, told) {
            (_, Told::Renamed) => return Some(self.placed(false)),
            (Step::Place, told) => {
                self.doubted = matches!(told, Told::NotTo { .. });
                self.step = Step::PlaceInSteps;
            }
            (_, Told::NotFrom) if self.doubted && !self.unsure => self.step = Step::Look,
            // it is not there: renamed before, perhaps
            (_, Told::NotFrom) if self.unsure => return Some(End::Either),
            (_, Told::NotTo { name }) => {
                self.unsure = false;
                self.doubted = true;
                self.refused = Some(name);
                // what stands at the target may be the new file by now: that is not moved anywhere
                self.step = match self.sizes {
                    true => Step::Look,
                    false => Step::MoveAside,
                };
            }
            _ => return Some(End::Untouched { forbidden: true }),
        }
        None
    }

    fn moved_aside(&mut self, told: Told) -> Option<End> {
        self.step = match (told, self.refused) {
            (Told::NotFrom, Some(name)) => return Some(End::Untouched { forbidden: !name }),
            // nothing to be moved, most likely
            (Told::NotFrom, None) => Step::PutIn,
            (Told::Renamed, _) => {
                self.moved = true;
                Step::PutIn
            }
            _ => {
                self.denied = true;
                Step::PutBack
            }
        };
        None
    }

    fn put_back(&mut self, told: Told) -> Option<End> {
        self.backs += 1;
        match told {
            Told::Renamed => {
                return Some(End::Untouched {
                    forbidden: self.denied,
                });
            }
            // some find out only at RNTO that there is nothing to be moved; if there was, it may be aside
            _ if self.denied && self.refused.is_none() && !self.moved => {
                (self.moved, self.backs) = (true, 0);
                self.step = Step::PutIn;
            }
            _ => self.step = Step::Return,
        }
        None
    }

    /// What stands at the target after the old file was not put back.
    fn returned(&mut self, told: Told) -> Option<End> {
        match told {
            // the old one, or the new one that was refused there: then the old one is aside
            Told::Whole if self.moved => return Some(End::Both),
            Told::Whole | Told::Other(_) if self.unsure => return Some(End::Either),
            Told::Whole | Told::Other(_) => {}
            // two refusals have said that it is where it was, and nothing can tell otherwise
            Told::Untold if self.denied => {}
            _ if self.backs < BACKS => {
                self.step = Step::PutBack;
                return None;
            }
            _ => return Some(End::Both),
        }
        Some(End::Untouched {
            forbidden: self.denied,
        })
    }

    fn put_in(&mut self, told: Told) -> Option<End> {
        self.step = match told {
            Told::Renamed if !self.moved => return Some(self.placed(false)),
            Told::Renamed => {
                self.unsure = false;
                Step::Confirm
            }
            // it is not there, which some find out only when they are to rename it: renamed before, perhaps
            Told::NotFrom | Told::NotTo { .. } if self.unsure && self.moved => Step::Confirm,
            Told::NotFrom if self.unsure => Step::Find,
            _ if self.moved => Step::PutBack,
            Told::NotTo { name } => return Some(End::Untouched { forbidden: !name }),
            _ => return Some(End::Untouched { forbidden: true }),
        };
        None
    }

    fn placed(&self, old_left: bool) -> End {
        End::Placed {
            word_lost: self.word_lost,
            unproved: !self.sizes,
            aside: self.moved,
            old_left,
        }
    }
}

#[cfg(test)]
mod tests;

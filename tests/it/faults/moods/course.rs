//! What happens in a run, by its seed.

use ftpane::engine::DiskWork;
use ftpane::model::command::Scope;
use ftpane::model::job::{Direction, Policy};
use ftpane::model::server::{ConnectionMode, Protocol};

use super::RUNS;
use crate::harness::dice::Dice;
use crate::harness::scripted::{Fault, Plan, Temper};

/// A fault, on the way in this direction, in clear or encrypted.
pub(super) type Planned = (Direction, bool, Plan);

/// All that there are.
pub(super) fn plans() -> Vec<Planned> {
    let mut plans = Vec::new();
    for (direction, stores) in [(Direction::Download, false), (Direction::Upload, true)] {
        for encrypted in [false, true] {
            plans.extend(
                Plan::all(stores)
                    .into_iter()
                    .map(|plan| (direction, encrypted, plan)),
            );
        }
    }
    assert!(
        plans.len() as u64 <= RUNS,
        "each is to have its run: {}",
        plans.len()
    );
    plans
}

/// What a run is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) direction: Direction,
    pub(super) protocol: Protocol,
    pub(super) mode: ConnectionMode,
    pub(super) connections: u8,
    pub(super) policy: Policy,
    /// The answer to questions, where the policy is to ask.
    pub(super) answer: Policy,
    pub(super) scope: Scope,
    pub(super) retries: u32,
    pub(super) verify: bool,
    pub(super) disk_work: DiskWork,
    /// Permissions go with the files.
    pub(super) permissions: bool,
    /// Before which changes of a job everything is paused, for a moment.
    pub(super) pauses: [u64; 2],
    pub(super) temper: Temper,
    /// What the server says where it is to rename over a file, if it does not.
    pub(super) over: Option<&'static str>,
    /// What it says where it is to tell a size, if it tells none.
    pub(super) sizeless: Option<&'static str>,
}

impl Course {
    pub(super) fn new(seed: u64) -> (Self, Dice) {
        let mut dice = Dice::new(seed);
        let policies = [
            Policy::Overwrite,
            Policy::Overwrite,
            Policy::Overwrite,
            Policy::Ask,
        ];
        let plans = plans();
        let nth = usize::try_from(seed.wrapping_sub(1) % plans.len() as u64).unwrap();
        let (direction, encrypted, plan) = plans[nth];
        let stores = direction == Direction::Upload;
        let over = ["550 File exists.", "553 File exists.", "450 It is there."];
        let over = (stores && dice.below(2) == 0).then(|| dice.one_of(&over));
        // what the server says before the data are over proves nothing: only a size does then
        let proves = plan.verb == "SIZE" || matches!(plan.fault, Fault::Short | Fault::EarlyWord);
        let sizeless = ["500 What?", "502 Not here."];
        let sizeless = (stores && !proves && dice.below(2) == 0).then(|| dice.one_of(&sizeless));
        let course = Self {
            direction,
            protocol: match encrypted {
                false => Protocol::Ftp,
                true => dice.one_of(&[Protocol::FtpsExplicit, Protocol::FtpsImplicit]),
            },
            mode: match dice.below(6) {
                _ if plan.verb == "EPSV" => ConnectionMode::Passive,
                0 => ConnectionMode::Active,
                1 => ConnectionMode::Auto,
                _ => ConnectionMode::Passive,
            },
            connections: dice.one_of(&[1, 2, 3, 4]),
            policy: match dice.below(2) {
                0 => dice.one_of(&policies),
                _ => dice.one_of(&Policy::ALL),
            },
            answer: dice.one_of(&[Policy::Overwrite, Policy::Skip, Policy::Rename]),
            scope: dice.one_of(&[Scope::Once, Scope::Batch]),
            retries: u32::from(dice.below(8) == 0),
            temper: Temper {
                seed: dice.below(u64::MAX >> 1),
                stores,
                moves_aside: over.is_some(),
                mishaps: 1 + dice.below(8),
                tells_sizes: sizeless.is_none(),
                lies: match plan.fault {
                    Fault::Short => true,
                    _ => sizeless.is_none() && plan.verb != "SIZE" && dice.below(2) == 0,
                },
                plan: Some(plan),
            },
            permissions: plan.verb == "SITE" || dice.below(4) == 0,
            verify: dice.below(4) == 0,
            disk_work: [DiskWork::InPlace, DiskWork::Measured, DiskWork::OnThreads][(seed % 3) as usize],
            pauses: [dice.below(60), dice.below(60)],
            over,
            sizeless,
        };
        (course, dice)
    }

    /// What is planned for it.
    pub(super) fn planned(self) -> Option<Planned> {
        Some((self.direction, self.protocol.is_tls(), self.temper.plan?))
    }

    /// Whether its files are put beside those that stand there.
    pub(super) fn renames(self) -> bool {
        self.policy == Policy::Rename || (self.policy == Policy::Ask && self.answer == Policy::Rename)
    }
}

//! Any commands and endings in any order: the queue beside a model of it that only counts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;

const OTHER: ConnectionId = ConnectionId(2);

#[derive(Debug, Clone, Copy)]
enum Step {
    Add(u32, u64),
    Next(bool),
    Finish(u64, u8),
    Due(u64),
    TryServer,
    Reached(bool),
    Hold(Extent),
    GoOn(Extent),
    Cancel(Extent),
    Retry(Extent),
    Move(Extent, Shift),
    Answer(u64, Option<Scope>),
    Walked(u32),
    Clear,
}

fn extent() -> impl Strategy<Value = Extent> {
    prop_oneof![
        6 => (0u64..30).prop_map(|id| Extent::Job(JobId(id))),
        2 => (1u32..4).prop_map(|id| Extent::Batch(BatchId(id))),
        1 => Just(Extent::All),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let shift = prop::sample::select(vec![Shift::Up, Shift::Down, Shift::Top, Shift::Bottom]);
    let scope = prop::sample::select(vec![
        None,
        Some(Scope::Once),
        Some(Scope::Batch),
        Some(Scope::Always),
    ]);
    prop_oneof![
        4 => (1u32..4, 0u64..30).prop_map(|(batch, folder)| Step::Add(batch, folder)),
        8 => any::<bool>().prop_map(Step::Next),
        8 => (0u64..30, 0u8..10).prop_map(|(at, how)| Step::Finish(at, how)),
        3 => (0u64..30).prop_map(Step::Due),
        2 => Just(Step::TryServer),
        1 => any::<bool>().prop_map(Step::Reached),
        2 => extent().prop_map(Step::Hold),
        3 => extent().prop_map(Step::GoOn),
        1 => extent().prop_map(Step::Cancel),
        3 => extent().prop_map(Step::Retry),
        4 => (extent(), shift).prop_map(|(extent, shift)| Step::Move(extent, shift)),
        2 => (0u64..60, scope).prop_map(|(question, scope)| Step::Answer(question, scope)),
        1 => (1u32..4).prop_map(Step::Walked),
        1 => Just(Step::Clear),
    ]
}

/// What is told, and nothing else.
#[derive(Default)]
struct Told {
    states: BTreeMap<JobId, JobState>,
    jobs: BTreeMap<JobId, Job>,
    /// Started and not answered; whether it was told to stop.
    running: BTreeMap<JobId, bool>,
    sleeping: BTreeSet<JobId>,
    away: BTreeMap<ConnectionId, VecDeque<u32>>,
    asked: BTreeSet<QuestionId>,
    open: BTreeSet<BatchId>,
}

impl Told {
    fn hear(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Stop(id) | Effect::SetAside(id) => {
                    let stopped = self.running.get_mut(&id).expect("only what runs is stopped");
                    assert!(!std::mem::replace(stopped, true), "stopped twice");
                }
                Effect::Wake(id, _) => {
                    self.sleeping.insert(id);
                }
                Effect::TryServer(connection, tries, _) => {
                    self.away.entry(connection).or_default().push_back(tries);
                }
                Effect::Tell(event) => self.hear_event(event),
            }
        }
    }

    fn hear_event(&mut self, event: Event) {
        match event {
            Event::JobsAdded(jobs) => {
                for job in jobs {
                    self.states.insert(job.id, JobState::Waiting);
                    self.jobs.insert(job.id, job);
                }
            }
            Event::JobChanged(id, state) => {
                let before = self.states.insert(id, state.clone());
                assert!(
                    !before.is_some_and(|before| before.is_over()) || !state.is_over(),
                    "{id:?} ended twice"
                );
                if let Some(job) = self.jobs.get(&id) {
                    self.open.insert(job.batch);
                }
            }
            Event::JobsMoved(moved) => {
                for (id, rank) in moved {
                    self.jobs.get_mut(&id).unwrap().rank = rank;
                }
            }
            Event::JobsForgotten(ids) => {
                for id in ids {
                    assert!(self.states.remove(&id).unwrap().is_over());
                    self.jobs.remove(&id);
                }
            }
            Event::BatchOver(batch) => {
                let mut of = self.jobs.values().filter(|job| job.batch == batch);
                assert!(
                    of.all(|job| self.states[&job.id].is_over()),
                    "{batch:?} is not over"
                );
                self.open.remove(&batch);
            }
            Event::Question { id, .. } => {
                self.asked.insert(id);
            }
            Event::QuestionVoid(id) => assert!(self.asked.remove(&id)),
            _ => {}
        }
    }

    /// What holds after each step.
    fn check(&self, q: &Queue) {
        let mut ranks = BTreeSet::new();
        let open: Vec<&Job> = self
            .jobs
            .values()
            .filter(|job| !self.states[&job.id].is_over())
            .collect();
        for job in &open {
            assert!(ranks.insert(job.rank), "two jobs in one place");
        }
        let mut by_rank = open.clone();
        by_rank.sort_by_key(|job| job.rank);
        let told: Vec<JobId> = by_rank.iter().map(|job| job.id).collect();
        let kept: Vec<JobId> = q.in_order().map(|job| job.id).collect();
        assert_eq!(told, kept, "the order told is the order kept");
        for (id, stopped) in &self.running {
            let state = &self.states[id];
            assert!(
                *stopped || *state == JobState::Running,
                "{id:?} runs and is {state:?}"
            );
        }
        for (id, state) in &self.states {
            let stated = match state {
                JobState::Running => self.running.contains_key(id),
                JobState::Retrying(_) => self.sleeping.contains(id),
                JobState::Asking => !self.asked.is_empty(),
                _ => !self.running.contains_key(id) || self.running[id],
            };
            assert!(stated, "{id:?} is said to be {state:?}");
        }
        let files = |wanted: &dyn Fn(&JobState) -> bool| {
            let of = self.jobs.values().filter(|job| job.item.kind != Kind::Dir);
            u64::try_from(of.filter(|job| wanted(&self.states[&job.id])).count()).unwrap()
        };
        // what was forgotten still counts in the sums, and no sum is below what is there
        let left = files(&|state| !state.is_over());
        let totals = q.totals();
        assert!(
            totals.files >= totals.files_done + left,
            "{totals:?}, {left} left"
        );
        assert_eq!(totals.files - totals.files_done, left, "{totals:?}");
        assert!(totals.wanted >= totals.moved, "{totals:?}");
        for batch in &self.open {
            let connection = if *batch == BatchId(3) { OTHER } else { C };
            assert!(q.has_open(connection), "{batch:?} is not over and forgotten");
        }
    }
}

fn outcome(how: u8, id: JobId) -> Outcome {
    let failure = || Failure::new(Class::Other, "x", "y");
    match how {
        0 => Outcome::NoSession(Failure::new(Class::Login, "x", "y")),
        1 => Outcome::NoSession(no_session()),
        2 => Outcome::Failed(failure()),
        3 => Outcome::Failed(failure().transient()),
        4 => Outcome::Failed(full()),
        5 => conflict(id),
        6 => Outcome::Skipped("x".into()),
        _ => finished(),
    }
}

fn finished() -> Outcome {
    Outcome::Done {
        bytes: 10,
        before: 0,
        earlier: 0,
        millis: 1,
        note: None,
    }
}

fn begin(q: &mut Queue, connection: ConnectionId, told: &mut Told) -> Option<JobId> {
    let (start, effect) = q.next(connection)?;
    let id = start.job.id;
    assert_eq!(start.connection, connection);
    let state = &told.states[&id];
    assert_eq!(*state, JobState::Waiting, "{id:?} is begun");
    assert!(told.running.insert(id, false).is_none(), "{id:?} is begun twice");
    told.hear(vec![effect]);
    Some(id)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_job_ends_or_waits_for_a_reason_that_is_said(
        steps in prop::collection::vec(step(), 1..150),
        attended in any::<bool>(),
    ) {
        let mut q = Queue::new(2, attended);
        let mut told = Told::default();
        for id in 1..=3 {
            another(&mut q, id, if id == 3 { OTHER } else { C }, "/l");
            told.open.insert(BatchId(id));
        }
        let mut question = 0;
        for step in steps {
            question += 1;
            let effects = match step {
                Step::Add(batch, folder) => {
                    let folder = told.jobs.get(&JobId(folder));
                    let folder = folder.filter(|job| job.batch == BatchId(batch)).map(|job| job.id);
                    let found = vec![file("x", folder), Found { folder, ..super::folder("d") }];
                    q.add(BatchId(batch), Direction::Upload, found).1
                }
                Step::Next(other) => {
                    begin(&mut q, if other { OTHER } else { C }, &mut told);
                    Vec::new()
                }
                Step::Finish(at, how) => {
                    let len = told.running.len();
                    let at = usize::try_from(at).unwrap() % len.max(1);
                    match told.running.keys().nth(at).copied() {
                        None => Vec::new(),
                        Some(id) => {
                            let stopped = told.running.remove(&id).unwrap();
                            let how = if stopped && how < 7 { Outcome::Cancelled } else { outcome(how, id) };
                            q.finished(id, how, QuestionId(question))
                        }
                    }
                }
                Step::Due(id) => {
                    told.sleeping.remove(&JobId(id));
                    let was = told.states.get(&JobId(id)).cloned();
                    q.due(JobId(id));
                    if let Some(JobState::Retrying(_)) = was {
                        told.states.insert(JobId(id), JobState::Waiting);
                    }
                    Vec::new()
                }
                Step::TryServer => {
                    let mut effects = Vec::new();
                    for (connection, tries) in &mut told.away {
                        if let Some(tries) = tries.pop_front() {
                            effects.extend(q.try_server(*connection, tries));
                        }
                    }
                    effects
                }
                Step::Reached(other) => q.reached(if other { OTHER } else { C }),
                Step::Hold(extent) => q.hold(extent),
                Step::GoOn(extent) => q.go_on(extent),
                Step::Cancel(extent) => q.cancel(extent),
                Step::Retry(extent) => q.retry(extent),
                Step::Move(extent, shift) => q.shift(extent, shift),
                Step::Answer(question, scope) => {
                    let id = QuestionId(question);
                    if told.asked.remove(&id) {
                        q.answer(id, scope.map(|scope| (Policy::Overwrite, scope)))
                    } else {
                        q.answer(id, None)
                    }
                }
                Step::Walked(batch) => q.walked(BatchId(batch), None),
                Step::Clear => q.clear_finished(),
            };
            told.hear(effects);
            told.check(&q);
        }
        // somebody lets everything go on, and the server is there: then all of it ends
        for id in 1..=3 {
            told.hear(q.walked(BatchId(id), None));
        }
        told.hear(q.go_on(Extent::All));
        for _ in 0..2_000 {
            for id in std::mem::take(&mut told.sleeping) {
                q.due(id);
                if let Some(state) = told.states.get_mut(&id)
                    && matches!(state, JobState::Retrying(_))
                {
                    *state = JobState::Waiting;
                }
            }
            for id in std::mem::take(&mut told.asked) {
                told.hear(q.answer(id, Some((Policy::Skip, Scope::Once))));
            }
            for connection in [C, OTHER] {
                told.hear(q.reached(connection));
                begin(&mut q, connection, &mut told);
            }
            let Some((id, stopped)) = told.running.pop_first() else {
                break;
            };
            let how = if stopped { Outcome::Cancelled } else { finished() };
            told.hear(q.finished(id, how, QuestionId(0)));
            told.hear(q.go_on(Extent::All));
            told.check(&q);
        }
        prop_assert!(q.is_idle() && told.open.is_empty(), "{:?}", told.states);
        prop_assert!(told.states.values().all(JobState::is_over), "{:?}", told.states);
        prop_assert!(q.in_order().next().is_none());
    }
}

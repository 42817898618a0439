use super::*;
use crate::model::event::Side;
use crate::model::failure::Class;
use crate::model::path::RemotePath;

const C: ConnectionId = ConnectionId(1);
const B: BatchId = BatchId(1);

fn item(name: &str, kind: Kind, size: u64) -> Item {
    let remote = RemotePath::parse(name.as_bytes()).unwrap();
    Item {
        local: name.into(),
        remote,
        kind,
        size: Some(size),
        modified: None,
    }
}

fn file(name: &str, folder: Option<JobId>) -> Found {
    Found {
        item: item(name, Kind::File, 10),
        folder,
    }
}

fn folder(name: &str) -> Found {
    Found {
        item: item(name, Kind::Dir, 0),
        folder: None,
    }
}

fn queue() -> Queue {
    let mut queue = Queue::new(3);
    let request = BatchRequest {
        id: B,
        connection: C,
        direction: Direction::Upload,
        items: vec![],
        policy: Policy::Ask,
        care: Care::default(),
    };
    queue.open_batch(&request);
    queue
}

fn add(queue: &mut Queue, found: Vec<Found>) -> Vec<JobId> {
    queue.add(B, Direction::Upload, found).0
}

fn next(queue: &mut Queue) -> Option<JobId> {
    queue.next(C).map(|(start, _)| start.job.id)
}

fn done(queue: &mut Queue, id: JobId) -> Vec<Effect> {
    queue.finished(
        id,
        Outcome::Done {
            bytes: 10,
            millis: 1,
            note: None,
        },
        QuestionId(0),
    )
}

fn conflict(job: JobId) -> Outcome {
    let side = || Side {
        shown: String::new(),
        size: None,
        modified: None,
    };
    Outcome::Conflict(Question::Conflict {
        job,
        direction: Direction::Upload,
        source: side(),
        target: side(),
        can_resume: false,
    })
}

fn told(effects: &[Effect], wanted: &Event) -> bool {
    effects
        .iter()
        .any(|e| matches!(e, Effect::Tell(event) if event == wanted))
}

#[test]
fn files_wait_for_their_folder() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let files = add(&mut q, vec![file("d/a", Some(made)), file("b", None)]);
    assert_eq!(next(&mut q), Some(made));
    assert_eq!(next(&mut q), Some(files[1]), "what waits for nothing goes first");
    assert_eq!(next(&mut q), None);
    done(&mut q, made);
    assert_eq!(next(&mut q), Some(files[0]));
    let later = add(&mut q, vec![file("d/c", Some(made))]);
    assert_eq!(next(&mut q), Some(later[0]), "the folder stands already");
}

#[test]
fn a_folder_that_cannot_be_made_takes_its_files_with_it_and_no_others() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let files = add(&mut q, vec![file("d/a", Some(made)), file("b", None)]);
    assert_eq!(next(&mut q), Some(made));
    let failure = Failure::new(Class::Refused, "x", "y");
    let effects = q.finished(made, Outcome::Failed(failure), QuestionId(0));
    assert!(
        effects.iter().any(
            |e| matches!(e, Effect::Tell(Event::JobChanged(id, JobState::Failed(_))) if *id == files[0])
        )
    );
    let late = add(&mut q, vec![file("d/late", Some(made))]);
    assert_eq!(late.len(), 1);
    assert_eq!(next(&mut q), Some(files[1]));
    assert_eq!(next(&mut q), None, "what came too late failed as well");
    q.walked(B, None);
    assert!(told(&done(&mut q, files[1]), &Event::BatchOver(B)));
    assert!(q.is_idle());
}

#[test]
fn transient_failures_sleep_and_come_back_first() {
    let mut q = queue();
    let ids = add(&mut q, vec![file("a", None), file("b", None)]);
    let broken = Failure::new(Class::Unreachable, "x", "y").transient();
    assert_eq!(next(&mut q), Some(ids[0]));
    let effects = q.finished(ids[0], Outcome::Failed(broken), QuestionId(0));
    assert!(effects.contains(&Effect::Wake(ids[0], Duration::from_secs(1))));
    q.due(ids[0]);
    assert_eq!(next(&mut q), Some(ids[0]));
    q.due(ids[0]);
    assert_eq!(next(&mut q), Some(ids[1]), "a job is not started twice");
}

#[test]
fn a_question_parks_its_job_only_and_an_answer_for_the_batch_answers_all() {
    let mut q = queue();
    let ids = add(&mut q, vec![file("a", None), file("b", None), file("c", None)]);
    for (n, id) in (1..).zip(&ids[..2]) {
        assert_eq!(next(&mut q), Some(*id));
        q.finished(*id, conflict(*id), QuestionId(n));
    }
    assert_eq!(next(&mut q), Some(ids[2]));
    done(&mut q, ids[2]);
    let effects = q.answer(QuestionId(1), Some((Policy::Skip, Scope::Batch)));
    assert!(told(&effects, &Event::QuestionVoid(QuestionId(2))));
    let mut policies = Vec::new();
    while let Some((start, _)) = q.next(C) {
        policies.push(start.policy);
        q.finished(start.job.id, Outcome::Skipped("there".into()), QuestionId(9));
    }
    assert_eq!(policies, [Policy::Skip, Policy::Skip]);
    assert!(told(&q.walked(B, None), &Event::BatchOver(B)));
}

#[test]
fn cancelling() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    add(
        &mut q,
        vec![file("d/a", Some(made)), file("b", None), file("c", None)],
    );
    assert_eq!(next(&mut q), Some(made));
    let effects = q.cancel_batch(B);
    assert!(effects.contains(&Effect::Stop(made)));
    assert_eq!(next(&mut q), None);
    assert!(!told(&effects, &Event::BatchOver(B)), "one is still running");
    let (late, _) = q.add(B, Direction::Upload, vec![file("late", None)]);
    assert!(late.is_empty(), "nothing more is taken in");
    assert_eq!(next(&mut q), None);
    let effects = q.finished(
        made,
        Outcome::Failed(Failure::new(Class::Other, "x", "y").transient()),
        QuestionId(0),
    );
    assert!(
        told(&effects, &Event::JobChanged(made, JobState::Cancelled)),
        "not tried again"
    );
    assert!(told(&effects, &Event::BatchOver(B)));
    assert!(q.add(B, Direction::Upload, vec![file("x", None)]).0.is_empty());
    let retried = q.retry(made);
    assert!(told(&retried, &Event::JobChanged(made, JobState::Waiting)));
    assert_eq!(next(&mut q), Some(made));
    assert!(told(&done(&mut q, made), &Event::BatchOver(B)));
    assert_eq!(q.clear_finished().len(), 1);
    assert!(q.clear_finished().is_empty());
}

#[test]
fn a_cancelled_batch_takes_in_nothing_even_when_one_of_its_jobs_is_tried_again() {
    let mut q = queue();
    let ids = add(&mut q, vec![file("a", None), file("b", None)]);
    assert_eq!(next(&mut q), Some(ids[0]));
    q.cancel_batch(B);
    q.retry(ids[1]);
    assert!(add(&mut q, vec![file("late", None)]).is_empty());
    q.finished(ids[0], Outcome::Cancelled, QuestionId(0));
    assert!(add(&mut q, vec![file("late", None)]).is_empty());
    assert_eq!(next(&mut q), Some(ids[1]));
    assert!(told(&done(&mut q, ids[1]), &Event::BatchOver(B)));
}

#[test]
fn folders_may_be_nested_without_end() {
    let deep = |outcome: Outcome| {
        let mut q = queue();
        let first = add(&mut q, vec![folder("d")])[0];
        let mut above = first;
        for _ in 0..20_000 {
            let below = Found {
                folder: Some(above),
                ..folder("d")
            };
            above = add(&mut q, vec![below])[0];
        }
        q.walked(B, None);
        assert_eq!(next(&mut q), Some(first));
        q.finished(first, outcome, QuestionId(0))
    };
    let failure = Failure::new(Class::Refused, "x", "y");
    for outcome in [Outcome::Failed(failure), Outcome::Cancelled] {
        let effects = deep(outcome);
        assert_eq!(effects.len(), 20_002, "each job once, and the batch");
        assert_eq!(effects.last(), Some(&Effect::Tell(Event::BatchOver(B))));
    }
}

#[test]
fn an_answer_for_the_batch_holds_for_the_jobs_that_were_running() {
    let mut q = queue();
    let ids = add(&mut q, vec![file("a", None), file("b", None)]);
    while next(&mut q).is_some() {}
    q.finished(ids[0], conflict(ids[0]), QuestionId(1));
    q.answer(QuestionId(1), Some((Policy::Newer, Scope::Batch)));
    let effects = q.finished(ids[1], conflict(ids[1]), QuestionId(2));
    assert_eq!(
        effects,
        [Effect::Tell(Event::JobChanged(ids[1], JobState::Waiting))],
        "nobody is asked again"
    );
    assert!(!q.has_asked(QuestionId(2)));
    let (start, _) = q.next(C).unwrap();
    assert_eq!((start.job.id, start.policy), (ids[1], Policy::Newer));
}

fn no_session() -> Failure {
    Failure::new(Class::Unreachable, "Could not connect", "nobody listens").transient()
}

#[test]
fn when_nobody_can_connect_all_that_waits_fails_with_that_reason() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let files = add(
        &mut q,
        vec![file("d/a", Some(made)), file("b", None), file("c", None)],
    );
    let other = BatchRequest {
        id: BatchId(2),
        connection: ConnectionId(2),
        direction: Direction::Upload,
        items: vec![],
        policy: Policy::Ask,
        care: Care::default(),
    };
    q.open_batch(&other);
    let elsewhere = q.add(BatchId(2), Direction::Upload, vec![file("z", None)]).0[0];
    q.walked(B, None);
    assert_eq!(next(&mut q), Some(made));
    assert_eq!(next(&mut q), Some(files[1]));
    q.finished(files[1], Outcome::NoSession(no_session()), QuestionId(0));
    for _ in 0..3 {
        let effects = q.finished(made, Outcome::NoSession(no_session()), QuestionId(0));
        assert!(!told(&effects, &Event::BatchOver(B)), "there are tries left");
        q.due(made);
        assert_eq!(next(&mut q), Some(made));
    }
    let effects = q.finished(made, Outcome::NoSession(no_session()), QuestionId(0));
    for id in [made, files[1], files[2]] {
        let failed = Event::JobChanged(id, JobState::Failed(no_session()));
        assert!(told(&effects, &failed), "{id:?}: {effects:?}");
    }
    assert!(told(&effects, &Event::BatchOver(B)));
    q.due(files[1]);
    assert_eq!(next(&mut q), None);
    assert_eq!(
        q.next(ConnectionId(2)).map(|(start, _)| start.job.id),
        Some(elsewhere),
        "another connection is not concerned"
    );
    q.retry(files[2]);
    assert_eq!(next(&mut q), Some(files[2]), "they can be tried again by hand");
}

#[test]
fn a_refused_login_ends_all_at_once_and_a_bad_moment_only_its_job() {
    let refused = Failure::new(Class::Login, "Could not connect", "wrong password");
    let broken = || Outcome::Failed(Failure::new(Class::Unreachable, "x", "y").transient());
    let mut q = queue();
    let ids = add(&mut q, vec![file("a", None), file("b", None), file("c", None)]);
    assert_eq!(next(&mut q), Some(ids[0]));
    for _ in 0..3 {
        q.finished(ids[0], broken(), QuestionId(0));
        q.due(ids[0]);
        assert_eq!(next(&mut q), Some(ids[0]));
    }
    let effects = q.finished(ids[0], Outcome::NoSession(no_session()), QuestionId(0));
    let failed = Event::JobChanged(ids[0], JobState::Failed(no_session()));
    assert_eq!(effects, [Effect::Tell(failed)], "its other tries had a session");
    assert_eq!(next(&mut q), Some(ids[1]));
    q.finished(ids[1], Outcome::NoSession(refused.clone()), QuestionId(0));
    assert_eq!(next(&mut q), None);
    q.retry(ids[2]);
    assert_eq!(next(&mut q), Some(ids[2]));
}

#[test]
fn totals_follow_what_is_known() {
    let mut q = queue();
    let ids = add(&mut q, vec![file("a", None), file("b", None), folder("d")]);
    assert_eq!(
        q.totals(),
        Totals {
            moved: 0,
            wanted: 20,
            walking: true
        }
    );
    next(&mut q);
    q.finished(
        ids[0],
        Outcome::Done {
            bytes: 15,
            millis: 0,
            note: None,
        },
        QuestionId(0),
    );
    next(&mut q);
    q.finished(ids[1], Outcome::Skipped("x".into()), QuestionId(0));
    assert_eq!(
        q.totals(),
        Totals {
            moved: 15,
            wanted: 15,
            walking: true
        }
    );
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever happens in whatever order, every job ends exactly once and the batch with it.
        #[test]
        fn every_job_ends_and_the_queue_runs_empty(
            steps in prop::collection::vec((0u8..7, 0u64..20), 1..200)
        ) {
            let mut q = queue();
            let mut running: Vec<JobId> = Vec::new();
            let mut sleeping: Vec<JobId> = Vec::new();
            let mut ended: HashMap<JobId, usize> = HashMap::new();
            let mut over = false;
            let mut question = 1;
            let note = |effects: Vec<Effect>, sleeping: &mut Vec<JobId>, ended: &mut HashMap<JobId, usize>, over: &mut bool| {
                for effect in effects {
                    match effect {
                        Effect::Tell(Event::JobChanged(id, state)) if state.is_over() => *ended.entry(id).or_default() += 1,
                        Effect::Tell(Event::BatchOver(_)) => *over = true,
                        Effect::Wake(id, _) => sleeping.push(id),
                        _ => {}
                    }
                }
            };
            let mut ids: Vec<JobId> = Vec::new();
            for (step, pick) in steps {
                question += 1;
                let effects = match step {
                    0 => {
                        let folder = ids.get(usize::try_from(pick).unwrap()).copied();
                        let (new, effects) = q.add(B, Direction::Upload, vec![file("x", folder), folder_of(pick)]);
                        ids.extend(new);
                        effects
                    }
                    1 | 2 => match q.next(C) {
                        Some((start, _)) => { running.push(start.job.id); vec![] }
                        None => vec![],
                    },
                    3 | 4 if !running.is_empty() => {
                        let id = running.remove(usize::try_from(pick).unwrap() % running.len());
                        let outcome = match pick % 6 {
                            4 => Outcome::NoSession(Failure::new(Class::Login, "x", "y")),
                            5 => Outcome::NoSession(no_session()),
                            0 => Outcome::Failed(Failure::new(Class::Other, "x", "y")),
                            1 => Outcome::Failed(Failure::new(Class::Other, "x", "y").transient()),
                            2 => conflict(id),
                            _ => Outcome::Done { bytes: 1, millis: 1, note: None },
                        };
                        q.finished(id, outcome, QuestionId(question))
                    }
                    5 => q.cancel(JobId(pick)),
                    6 => q.answer(QuestionId(pick), Some((Policy::Overwrite, Scope::Once))),
                    _ => vec![],
                };
                note(effects, &mut sleeping, &mut ended, &mut over);
            }
            note(q.walked(B, None), &mut sleeping, &mut ended, &mut over);
            for _ in 0..10_000 {
                for id in sleeping.drain(..) { q.due(id); }
                for asked in 0..=question {
                    let effects = q.answer(QuestionId(asked), Some((Policy::Skip, Scope::Batch)));
                    note(effects, &mut sleeping, &mut ended, &mut over);
                }
                if let Some((start, _)) = q.next(C) { running.push(start.job.id); }
                match running.pop() {
                    Some(id) => { let e = done(&mut q, id); note(e, &mut sleeping, &mut ended, &mut over); }
                    None if sleeping.is_empty() => break,
                    None => {}
                }
            }
            prop_assert!(over && q.is_idle());
            prop_assert_eq!(ended.len(), ids.len());
            prop_assert!(ended.values().all(|n| *n == 1), "{:?}", ended);
        }
    }

    fn folder_of(pick: u64) -> Found {
        folder(&format!("d{pick}"))
    }
}

fn unsafe_place(job: JobId) -> Outcome {
    Outcome::InPlace(Question::InPlace {
        connection: C,
        server: "h".into(),
        target: job.0.to_string(),
        refusal: Failure::new(Class::Refused, "a", "b"),
    })
}

fn questions(effects: &[Effect]) -> Vec<QuestionId> {
    let asked = |effect: &Effect| match effect {
        Effect::Tell(Event::Question { id, .. }) => Some(*id),
        _ => None,
    };
    effects.iter().filter_map(asked).collect()
}

#[test]
fn writing_in_place_is_asked_once_and_all_jobs_wait_for_the_answer() {
    let mut queue = queue();
    let jobs = add(
        &mut queue,
        vec![file("/a", None), file("/b", None), file("/c", None)],
    );
    for (at, job) in jobs.iter().enumerate() {
        assert_eq!(next(&mut queue), Some(*job));
        let number = QuestionId(10 + at as u64);
        let effects = queue.finished(*job, unsafe_place(*job), number);
        let asked = if at == 0 { vec![QuestionId(10)] } else { vec![] };
        assert_eq!(questions(&effects), asked);
        assert!(effects.contains(&Effect::Tell(Event::JobChanged(*job, JobState::Asking))));
    }
    assert_eq!(queue.in_place_of(QuestionId(10)), Some(C));
    assert_eq!(next(&mut queue), None);
    // one of them is taken out: the others go on waiting
    let effects = queue.cancel(jobs[1]);
    assert!(!effects.contains(&Effect::Tell(Event::QuestionVoid(QuestionId(10)))));
    queue.answer_in_place(QuestionId(10));
    assert_eq!(next(&mut queue), Some(jobs[0]));
    // answered: a job that meets it later is not asked about
    let effects = queue.finished(jobs[0], unsafe_place(jobs[0]), QuestionId(20));
    assert_eq!(questions(&effects), []);
    assert_eq!(next(&mut queue), Some(jobs[0]));
    assert_eq!(next(&mut queue), Some(jobs[2]));
    // on a new connection it is
    queue.connects(C, false);
    assert_eq!(
        questions(&queue.finished(jobs[2], unsafe_place(jobs[2]), QuestionId(30))),
        [QuestionId(30)]
    );
    let effects = queue.cancel(jobs[2]);
    assert!(effects.contains(&Effect::Tell(Event::QuestionVoid(QuestionId(30)))));
    assert_eq!(queue.in_place_of(QuestionId(30)), None);
    // unless its entry has the answer
    queue.connects(C, true);
    assert_eq!(
        questions(&queue.finished(jobs[0], unsafe_place(jobs[0]), QuestionId(40))),
        []
    );
}

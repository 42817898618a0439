use super::*;
use crate::model::command::{Extent, Scope, Shift};
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
        permissions: None,
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
    let mut queue = Queue::new(3, false);
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
            before: 0,
            earlier: 0,
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
        connection: C,
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
    let effects = q.cancel(Extent::Batch(B));
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
    let retried = q.retry(Extent::Job(made));
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
    q.cancel(Extent::Batch(B));
    q.retry(Extent::Job(ids[1]));
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
    for id in ids {
        let (start, _) = q.next(C).unwrap();
        assert_eq!((start.job.id, start.policy), (id, Policy::Newer));
    }
}

fn no_session() -> Failure {
    Failure::new(Class::Unreachable, "Could not connect", "nobody listens").transient()
}

/// A second batch of the same kind, over a connection of its own or not.
fn another(queue: &mut Queue, id: u32, connection: ConnectionId, top: &str) -> BatchId {
    let direction = Direction::Upload;
    let mut item = item("x", Kind::File, 10);
    item.local = format!("{top}/x").into();
    let request = BatchRequest {
        id: BatchId(id),
        connection,
        direction,
        items: vec![item],
        policy: Policy::Ask,
        care: Care::default(),
    };
    queue.open_batch(&request);
    request.id
}

fn changed(effects: &[Effect], id: JobId, state: JobState) -> bool {
    told(effects, &Event::JobChanged(id, state))
}

fn waits_for_server(effects: &[Effect]) -> Option<(u32, u64)> {
    effects.iter().find_map(|e| match e {
        Effect::TryServer(_, tries, wait) => Some((*tries, wait.as_secs())),
        _ => None,
    })
}

#[test]
fn when_nobody_can_connect_all_wait_together_and_no_job_is_charged_for_it() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let files = add(
        &mut q,
        vec![file("d/a", Some(made)), file("b", None), file("c", None)],
    );
    another(&mut q, 2, ConnectionId(2), "/l");
    let elsewhere = q.add(BatchId(2), Direction::Upload, vec![file("z", None)]).0[0];
    q.walked(B, None);
    assert_eq!(next(&mut q), Some(made));
    assert_eq!(next(&mut q), Some(files[1]));
    let first = q.finished(files[1], Outcome::NoSession(no_session()), QuestionId(0));
    assert!(changed(&first, files[1], JobState::Waiting));
    assert_eq!(waits_for_server(&first), Some((1, 1)));
    assert_eq!(next(&mut q), None, "all wait together");
    assert_eq!(q.waiting(), [(ConnectionId(2), 1)]);
    let other = q.finished(made, Outcome::NoSession(no_session()), QuestionId(0));
    assert_eq!(waits_for_server(&other), None, "one wait for all");
    for (tries, wait) in [(2, 2), (3, 4)] {
        assert!(q.try_server(C, tries + 7).is_empty(), "another wait's end");
        assert!(told(&q.try_server(C, tries - 1), &Event::ServerTried(C)));
        assert_eq!(next(&mut q), Some(made), "the first in the order");
        let effects = q.finished(made, Outcome::NoSession(no_session()), QuestionId(0));
        assert_eq!(waits_for_server(&effects), Some((tries, wait)));
    }
    // as often as --retries says, then all of them at once
    q.try_server(C, 3);
    assert_eq!(next(&mut q), Some(made));
    let effects = q.finished(made, Outcome::NoSession(no_session()), QuestionId(0));
    for id in [made, files[1], files[2]] {
        assert!(
            changed(&effects, id, JobState::Failed(no_session())),
            "{id:?}: {effects:?}"
        );
    }
    assert!(told(&effects, &Event::BatchOver(B)));
    assert_eq!(next(&mut q), None);
    assert_eq!(
        q.next(ConnectionId(2)).map(|(start, _)| start.job.id),
        Some(elsewhere),
        "another connection is not concerned"
    );
    q.retry(Extent::Job(files[2]));
    assert_eq!(next(&mut q), Some(files[2]), "they can be tried again by hand");
}

#[test]
fn before_a_person_a_server_is_waited_for_without_end() {
    let mut q = Queue::new(3, true);
    another(&mut q, 1, C, "/l");
    let id = add(&mut q, vec![file("a", None)])[0];
    let mut waits = Vec::new();
    for tries in 1..=12 {
        assert_eq!(next(&mut q), Some(id));
        let effects = q.finished(id, Outcome::NoSession(no_session()), QuestionId(0));
        waits.push(waits_for_server(&effects).unwrap().1);
        q.try_server(C, tries);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    // a session that stands begins the count anew, and the job has all its tries
    assert_eq!(next(&mut q), Some(id));
    q.reached(C);
    for _ in 0..3 {
        let broken = Failure::new(Class::Unreachable, "x", "y").transient();
        q.finished(id, Outcome::Failed(broken), QuestionId(0));
        q.due(id);
        assert_eq!(next(&mut q), Some(id));
    }
    let effects = q.finished(id, Outcome::NoSession(no_session()), QuestionId(0));
    assert_eq!(waits_for_server(&effects), Some((1, 1)));
    // who does not want to wait need not
    assert!(told(&q.go_on(Extent::All), &Event::ServerTried(C)));
    assert_eq!(next(&mut q), Some(id));
    q.finished(id, Outcome::NoSession(no_session()), QuestionId(0));
    let effects = q.cancel(Extent::All);
    assert!(told(&effects, &Event::ServerTried(C)), "nothing waits any more");
}

#[test]
fn a_refused_login_ends_all_at_once() {
    let refused = Failure::new(Class::Login, "Could not connect", "wrong password");
    for attended in [false, true] {
        let mut q = Queue::new(3, attended);
        another(&mut q, 1, C, "/l");
        let ids = add(&mut q, vec![file("a", None), file("b", None), file("c", None)]);
        q.hold(Extent::Job(ids[2]));
        assert_eq!(next(&mut q), Some(ids[0]));
        let effects = q.finished(ids[0], Outcome::NoSession(refused.clone()), QuestionId(0));
        for id in &ids[..2] {
            assert!(changed(&effects, *id, JobState::Failed(refused.clone())));
        }
        assert_eq!(next(&mut q), None);
        q.go_on(Extent::Job(ids[2]));
        assert_eq!(next(&mut q), Some(ids[2]), "what was held was not tried");
    }
}

fn full() -> Failure {
    Failure::new(Class::Refused, "Could not upload a", "no room").full()
}

#[test]
fn what_goes_to_a_full_server_is_held_and_goes_on_by_one_command() {
    let mut q = Queue::new(3, true);
    another(&mut q, 1, C, "/l");
    another(&mut q, 2, C, "/m");
    another(&mut q, 3, ConnectionId(2), "/l");
    let a = add(&mut q, vec![file("a", None), file("b", None)]);
    let b = q.add(BatchId(2), Direction::Upload, vec![file("c", None)]).0;
    let other = q.add(BatchId(3), Direction::Upload, vec![file("z", None)]).0;
    assert_eq!(next(&mut q), Some(a[0]));
    let effects = q.finished(a[0], Outcome::Failed(full()), QuestionId(0));
    for id in [a[0], a[1], b[0]] {
        assert!(
            changed(&effects, id, JobState::Held(Hold::Full(full()))),
            "{id:?}"
        );
    }
    assert!(!changed(&effects, other[0], JobState::Held(Hold::Full(full()))));
    assert_eq!(next(&mut q), None);
    let (_, late) = q.add(BatchId(2), Direction::Upload, vec![file("late", None)]);
    assert!(late.iter().any(|e| matches!(
        e,
        Effect::Tell(Event::JobChanged(_, JobState::Held(Hold::Full(_))))
    )));
    q.go_on(Extent::All);
    assert_eq!(next(&mut q), Some(a[0]), "in its old place");
}

#[test]
fn where_nobody_is_there_what_goes_to_a_full_disk_fails_at_once() {
    let mut q = Queue::new(3, false);
    let request = |id, top: &str| BatchRequest {
        id: BatchId(id),
        connection: C,
        direction: Direction::Download,
        items: vec![Item {
            local: format!("{top}/x").into(),
            ..item("x", Kind::File, 1)
        }],
        policy: Policy::Ask,
        care: Care::default(),
    };
    q.open_batch(&request(1, "/big/a"));
    q.open_batch(&request(2, "/big"));
    q.open_batch(&request(3, "/other"));
    let mut ids = Vec::new();
    for batch in 1..=3 {
        let found = vec![file("x", None), file("y", None)];
        ids.push(q.add(BatchId(batch), Direction::Download, found).0);
    }
    assert_eq!(next(&mut q), Some(ids[0][0]));
    let effects = q.finished(ids[0][0], Outcome::Failed(full()), QuestionId(0));
    assert!(changed(&effects, ids[0][0], JobState::Failed(full())));
    let not_tried = JobState::Failed(full().while_trying("Not transferred"));
    for id in [ids[0][1], ids[1][0], ids[1][1]] {
        assert!(changed(&effects, id, not_tried.clone()));
    }
    let (_, late) = q.add(BatchId(1), Direction::Download, vec![file("late", None)]);
    assert!(
        late.iter()
            .any(|e| matches!(e, Effect::Tell(Event::JobChanged(_, JobState::Failed(_)))))
    );
    assert_eq!(next(&mut q), Some(ids[2][0]), "another disk");
}

#[test]
fn what_failed_of_a_folder_is_tried_again_with_the_folder() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let files = add(
        &mut q,
        vec![file("d/a", Some(made)), file("b", None), file("c", None)],
    );
    q.walked(B, None);
    next(&mut q);
    q.finished(
        made,
        Outcome::Failed(Failure::new(Class::Refused, "x", "y")),
        QuestionId(0),
    );
    next(&mut q);
    done(&mut q, files[1]);
    q.cancel(Extent::Job(files[2]));
    assert!(q.is_idle());
    q.retry(Extent::Batch(B));
    assert_eq!(next(&mut q), Some(made));
    assert_eq!(
        next(&mut q),
        None,
        "the file waits for it; what was taken out stays out"
    );
    done(&mut q, made);
    assert_eq!(next(&mut q), Some(files[0]));
    assert!(told(&done(&mut q, files[0]), &Event::BatchOver(B)));
    assert!(q.retry(Extent::All).is_empty());
    assert_eq!(q.retry(Extent::Job(files[2])).len(), 1);
}

/// A second or two; were there a step that looks at all the others, it would be an hour.
#[test]
fn a_hundred_thousand_jobs_are_steered_at_once() {
    const MANY: usize = 100_000;
    let mut q = Queue::new(3, true);
    another(&mut q, 1, C, "/l");
    another(&mut q, 2, C, "/l");
    let ids = add(&mut q, (0..MANY).map(|_| file("a", None)).collect());
    q.add(
        BatchId(2),
        Direction::Upload,
        (0..MANY).map(|_| file("b", None)).collect(),
    );
    assert_eq!(q.hold(Extent::All).len(), 2 * MANY);
    assert_eq!(q.go_on(Extent::All).len(), 2 * MANY);
    q.shift(Extent::Batch(BatchId(2)), Shift::Top);
    for id in &ids {
        q.shift(Extent::Job(*id), Shift::Down);
        q.shift(Extent::Job(*id), Shift::Top);
    }
    assert_eq!(next(&mut q), ids.last().copied());
    assert!(!q.cancel(Extent::All).is_empty());
    assert_eq!(next(&mut q), None);
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
            files_done: 0,
            files: 2,
            walking: true
        }
    );
    next(&mut q);
    q.finished(
        ids[0],
        Outcome::Done {
            bytes: 15,
            before: 0,
            earlier: 0,
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
            files_done: 1,
            files: 1,
            walking: true
        }
    );
}

mod again;
mod answers;
mod in_place;
mod properties;
mod steering;

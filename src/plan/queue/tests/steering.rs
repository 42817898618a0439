//! Holding, going on, and changing places.

use super::*;

#[test]
fn holding_and_going_on() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let files = add(
        &mut q,
        vec![file("d/a", Some(made)), file("b", None), file("c", None)],
    );
    let held = |id| Event::JobChanged(id, JobState::Held(Hold::Paused));
    assert_eq!(next(&mut q), Some(made));
    let effects = q.hold(Extent::Job(made));
    assert_eq!(
        effects,
        [Effect::SetAside(made)],
        "it says so when it has stopped"
    );
    assert!(told(&q.hold(Extent::Job(files[1])), &held(files[1])));
    assert!(q.hold(Extent::Job(files[1])).is_empty(), "once");
    let effects = q.finished(made, Outcome::Cancelled, QuestionId(0));
    assert_eq!(effects, [Effect::Tell(held(made))]);
    assert_eq!(next(&mut q), Some(files[2]));
    assert_eq!(next(&mut q), None);
    // a file takes the folder with it that it waits for
    let effects = q.go_on(Extent::Job(files[0]));
    assert!(changed(&effects, made, JobState::Waiting));
    assert_eq!(next(&mut q), Some(made));
    done(&mut q, made);
    assert_eq!(next(&mut q), Some(files[0]));
    // what was complete before the stop is complete; what is taken out while it stops is out
    q.hold(Extent::All);
    assert!(
        done(&mut q, files[0])
            .iter()
            .all(|e| !matches!(e, Effect::Stop(_) | Effect::SetAside(_)))
    );
    q.cancel(Extent::Job(files[2]));
    let effects = q.finished(files[2], Outcome::Cancelled, QuestionId(0));
    assert!(changed(&effects, files[2], JobState::Cancelled));
    // everything is held: what comes later too, of this batch and of others
    let late = add(&mut q, vec![file("late", None)])[0];
    another(&mut q, 2, C, "/l");
    let (later, effects) = q.add(BatchId(2), Direction::Upload, vec![file("later", None)]);
    assert!(told(&effects, &held(later[0])));
    assert_eq!(next(&mut q), None);
    q.go_on(Extent::Batch(B));
    assert_eq!(next(&mut q), Some(files[1]));
    assert_eq!(next(&mut q), Some(late));
    assert_eq!(next(&mut q), None);
    q.go_on(Extent::All);
    assert_eq!(next(&mut q), Some(later[0]));
    let fresh = add(&mut q, vec![file("fresh", None)])[0];
    assert_eq!(next(&mut q), Some(fresh));
}

/// What it has left, and where, is not forgotten.
#[test]
fn a_job_that_failed_while_it_was_stopped_tells_of_that_where_nobody_can_connect_later() {
    let mut q = queue();
    let id = add(&mut q, vec![file("a", None)])[0];
    next(&mut q);
    q.hold(Extent::All);
    let own = Failure::new(Class::Unreachable, "a may be missing now", "the line was cut").transient();
    let effects = q.finished(id, Outcome::Failed(own.clone()), QuestionId(0));
    assert!(changed(&effects, id, JobState::Held(Hold::Paused)));
    q.go_on(Extent::All);
    let mut nobody = no_session();
    nobody.transient = false;
    assert_eq!(next(&mut q), Some(id));
    let effects = q.finished(id, Outcome::NoSession(nobody), QuestionId(0));
    assert!(changed(&effects, id, JobState::Failed(own)));
}

#[test]
fn a_held_job_that_asked_waits_when_it_is_answered() {
    let mut q = queue();
    let id = add(&mut q, vec![file("a", None)])[0];
    next(&mut q);
    q.finished(id, conflict(id), QuestionId(1));
    assert!(q.hold(Extent::All).is_empty(), "the question stands");
    let effects = q.answer(QuestionId(1), Some((Policy::Overwrite, Scope::Once)));
    assert!(changed(&effects, id, JobState::Held(Hold::Paused)));
    assert_eq!(next(&mut q), None);
    q.go_on(Extent::All);
    assert_eq!(next(&mut q), Some(id));
}

#[test]
fn jobs_and_batches_change_places() {
    let mut q = queue();
    let made = add(&mut q, vec![folder("d")])[0];
    let a = add(
        &mut q,
        vec![file("a0", None), file("a1", None), file("d/a2", Some(made))],
    );
    another(&mut q, 2, C, "/l");
    let b = q
        .add(
            BatchId(2),
            Direction::Upload,
            vec![file("b0", None), file("b1", None)],
        )
        .0;
    let order = |q: &Queue| q.in_order().map(|job| job.id).collect::<Vec<_>>();
    assert_eq!(order(&q), [made, a[0], a[1], a[2], b[0], b[1]]);
    let effects = q.shift(Extent::Job(b[0]), Shift::Up);
    assert!(matches!(&effects[..], [Effect::Tell(Event::JobsMoved(moved))] if moved.len() == 2));
    assert_eq!(order(&q), [made, a[0], a[1], b[0], a[2], b[1]]);
    q.shift(Extent::Job(a[0]), Shift::Down);
    assert_eq!(order(&q), [made, a[1], a[0], b[0], a[2], b[1]]);
    assert!(
        q.shift(Extent::Job(a[1]), Shift::Up).is_empty(),
        "a folder is no file to pass"
    );
    // to the top it takes its folder with it
    q.shift(Extent::Job(a[2]), Shift::Top);
    assert_eq!(order(&q), [made, a[2], a[1], a[0], b[0], b[1]]);
    q.shift(Extent::Job(a[1]), Shift::Bottom);
    assert_eq!(order(&q), [made, a[2], a[0], b[0], b[1], a[1]]);
    // a batch gathers its jobs, and what joins it later comes with them
    q.shift(Extent::Batch(BatchId(2)), Shift::Up);
    assert_eq!(order(&q), [b[0], b[1], made, a[2], a[0], a[1]]);
    let late = q.add(BatchId(2), Direction::Upload, vec![file("b2", None)]).0[0];
    assert_eq!(order(&q)[..3], [b[0], b[1], late]);
    assert!(
        q.shift(Extent::Batch(BatchId(2)), Shift::Up).is_empty(),
        "it is the first"
    );
    q.shift(Extent::Batch(BatchId(2)), Shift::Down);
    assert_eq!(order(&q), [made, a[2], a[0], a[1], b[0], b[1], late]);
    q.shift(Extent::Batch(BatchId(2)), Shift::Top);
    assert_eq!(next(&mut q), Some(b[0]));
    q.shift(Extent::Batch(BatchId(2)), Shift::Bottom);
    assert_eq!(next(&mut q), Some(made));
    assert_eq!(next(&mut q), Some(a[0]), "the next that is ready");
    done(&mut q, made);
    assert_eq!(next(&mut q), Some(a[2]));
}

//! How far an answer reaches.

use super::*;

#[test]
fn an_answer_for_always_reaches_the_other_batches_of_the_server() {
    let mut q = queue();
    another(&mut q, 2, C, "/l");
    another(&mut q, 3, ConnectionId(2), "/l");
    let a = add(&mut q, vec![file("a", None)]);
    let b = q
        .add(
            BatchId(2),
            Direction::Upload,
            vec![file("b", None), file("c", None)],
        )
        .0;
    let other = q.add(BatchId(3), Direction::Upload, vec![file("z", None)]).0;
    for (n, id) in [(1, a[0]), (2, b[0])] {
        assert_eq!(next(&mut q), Some(id));
        q.finished(id, conflict(id), QuestionId(n));
    }
    q.next(ConnectionId(2));
    q.finished(other[0], conflict(other[0]), QuestionId(3));
    q.answer(QuestionId(1), Some((Policy::Skip, Scope::Always)));
    assert!(!q.has_asked(QuestionId(2)) && q.has_asked(QuestionId(3)));
    let mut policies = Vec::new();
    while let Some((start, _)) = q.next(C) {
        policies.push((start.job.id, start.policy));
    }
    let skip = |id| (id, Policy::Skip);
    assert_eq!(policies, [skip(a[0]), skip(b[0]), skip(b[1])]);
}

/// What was asked for with another policy is done by that one.
#[test]
fn an_answer_for_always_leaves_alone_what_nobody_would_ask_about() {
    let mut q = queue();
    q.open_batch(&BatchRequest {
        id: BatchId(2),
        connection: C,
        direction: Direction::Upload,
        items: Vec::new(),
        policy: Policy::Newer,
        care: Care::default(),
    });
    let asking = add(&mut q, vec![file("a", None)]);
    q.add(BatchId(2), Direction::Upload, vec![file("b", None)]);
    assert_eq!(next(&mut q), Some(asking[0]));
    q.finished(asking[0], conflict(asking[0]), QuestionId(1));
    let reach = q.reach(QuestionId(1), Scope::Always);
    assert_eq!(reach, Some((asking[0], vec![BatchId(1)])));
    q.answer(QuestionId(1), Some((Policy::Overwrite, Scope::Always)));
    let policies = std::iter::from_fn(|| q.next(C)).map(|(start, _)| start.policy);
    assert_eq!(policies.collect::<Vec<_>>(), [Policy::Overwrite, Policy::Newer]);
}

/// Where somebody watches, who gives no answer takes the job out; where nobody does, it fails for a reason
/// that passes.
#[test]
fn a_question_without_an_answer_is_asked_again_by_a_later_run() {
    for attended in [true, false] {
        let mut q = Queue::new(3, attended);
        another(&mut q, 1, C, "/l");
        let [a, b] = add(&mut q, vec![file("a", None), file("b", None)])[..] else {
            panic!("two jobs")
        };
        assert_eq!(next(&mut q), Some(a));
        q.finished(a, conflict(a), QuestionId(1));
        let effects = q.answer(QuestionId(1), None);
        let left = effects.iter().any(|effect| {
            matches!(effect, Effect::Tell(Event::JobChanged(_, JobState::Failed(failure))) if failure.transient)
        });
        assert_eq!(left, !attended, "{effects:?}");
        assert_eq!(next(&mut q), Some(b), "the others go on");
        q.walked(B, None);
        let over = done(&mut q, b);
        assert!(told(&over, &Event::BatchOver(B)), "{over:?}");
    }
}

//! What a job is told to have met, and by what policy it is tried again.

use super::*;

#[test]
fn what_a_job_met_itself_is_told_when_nobody_can_connect_any_more() {
    let own = Failure::new(Class::Unreachable, "Not uploaded", "cut; a part may be left").transient();
    for transient in [false, true] {
        let mut q = Queue::new(1, false);
        another(&mut q, 1, C, "/l");
        let [slept, ran, waited] = add(&mut q, vec![file("a", None), file("b", None), file("c", None)])[..]
        else {
            panic!("three jobs");
        };
        assert_eq!((next(&mut q), next(&mut q)), (Some(slept), Some(ran)));
        let effects = q.finished(slept, Outcome::Failed(own.clone()), QuestionId(0));
        assert!(changed(&effects, slept, JobState::Retrying(own.clone())));
        let nobody = Failure {
            transient,
            ..no_session()
        };
        let mut effects = q.finished(ran, Outcome::NoSession(nobody.clone()), QuestionId(0));
        if transient {
            // its time comes while the server is away
            q.due(slept);
            q.try_server(C, 1);
            assert_eq!(next(&mut q), Some(slept));
            effects = q.finished(slept, Outcome::NoSession(nobody.clone()), QuestionId(0));
        }
        assert!(
            changed(&effects, slept, JobState::Failed(own.clone())),
            "{effects:?}"
        );
        for id in [ran, waited] {
            assert!(
                changed(&effects, id, JobState::Failed(nobody.clone())),
                "{effects:?}"
            );
        }
    }
}

#[test]
fn what_is_tried_again_after_its_batch_goes_by_the_policy_of_that() {
    let mut q = Queue::new(3, false);
    q.open_batch(&BatchRequest {
        id: B,
        connection: C,
        direction: Direction::Upload,
        items: vec![],
        policy: Policy::Skip,
        care: Care::default(),
    });
    let id = add(&mut q, vec![file("a", None)])[0];
    q.walked(B, None);
    assert_eq!(next(&mut q), Some(id));
    let refused = Failure::new(Class::Refused, "Not uploaded", "no");
    let effects = q.finished(id, Outcome::Failed(refused), QuestionId(0));
    assert!(told(&effects, &Event::BatchOver(B)));
    q.retry(Extent::Job(id));
    assert_eq!(q.next(C).map(|(start, _)| start.policy), Some(Policy::Skip));
}

#[test]
fn a_server_may_claim_any_size() {
    let mut q = queue();
    let huge = |name| Found {
        item: item(name, Kind::File, u64::MAX),
        folder: None,
    };
    let ids = add(&mut q, vec![huge("a"), huge("b"), file("c", None)]);
    assert_eq!((q.totals().files, q.totals().wanted), (3, u64::MAX));
    for id in ids {
        assert_eq!(next(&mut q), Some(id));
        done(&mut q, id);
    }
    assert_eq!(q.totals().files_done, 3);
}

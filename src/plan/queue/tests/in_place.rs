//! The question whether files may be written in place.

use super::*;
use crate::model::command::Extent;

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
    let effects = queue.cancel(Extent::Job(jobs[1]));
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
    let effects = queue.cancel(Extent::Job(jobs[2]));
    assert!(effects.contains(&Effect::Tell(Event::QuestionVoid(QuestionId(30)))));
    assert_eq!(queue.in_place_of(QuestionId(30)), None);
    // unless its entry has the answer
    queue.connects(C, true);
    assert_eq!(
        questions(&queue.finished(jobs[0], unsafe_place(jobs[0]), QuestionId(40))),
        []
    );
}

//! Questions of the engine: certificates and conflicts.

use super::{C, command, job, remote};
use std::sync::Arc;
use std::time::Duration;

use ftpane::app::dialog::Subject;
use ftpane::app::effect::{Change, Effect};
use ftpane::app::msg::Msg;
use ftpane::model::certificate::{Certificate, Doubt, Pin};
use ftpane::model::command::{
    Answer, CertificateAnswer, Command, Generation, InPlaceAnswer, QuestionId, Scope,
};
use ftpane::model::event::{Event, Question, Side as ConflictSide, Wanted};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{ConnectionId, Direction, JobId, JobState, Policy};
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Server};

use crate::harness::bench::{Bench, file, listing, server};

pub(crate) fn certificate_question(id: u64, pinned: Option<Pin>) -> Event {
    Event::Question {
        id: QuestionId(id),
        question: Question::Certificate {
            connection: C,
            server: "web".into(),
            certificate: Box::new(Certificate {
                subject: "CN=web".into(),
                issuer: "CN=web".into(),
                names: vec![],
                not_before: None,
                not_after: None,
                key: "EC 256 bits".into(),
                pin: Pin([1; 32]),
                doubts: vec![Doubt::SelfSigned],
                reason: String::new(),
            }),
            pinned,
        },
    }
}

fn answered(id: u64, answer: Answer) -> Command {
    Command::Answer {
        question: QuestionId(id),
        answer,
    }
}

fn secret_question(id: u64, server: Server, wanted: Wanted) -> Event {
    Event::Question {
        id: QuestionId(id),
        question: Question::Secret {
            connection: C,
            server: Arc::new(server),
            wanted,
        },
    }
}

#[test]
fn what_a_login_asks_for_is_typed_and_shown_to_nobody() {
    let wanted = Wanted::Answer("otp-md5 487 dog2".into());
    let mut bench = Bench::connected();
    let asked = bench.update(Msg::Engine(secret_question(5, server("web"), wanted.clone())));
    assert_eq!(asked, [Effect::Bell]);
    // an Enter that was meant for the pane below
    assert_eq!(bench.press("enter"), []);
    bench.now += Duration::from_secs(1);
    bench.type_in("ABE HER");
    let screen = bench.screen();
    assert!(
        screen.contains("otp-md5 487 dog2") && !screen.contains("ABE"),
        "{screen}"
    );
    assert_eq!(
        command(bench.press("enter")),
        answered(5, Answer::Secret(Secret::new("ABE HER")))
    );
    assert!(bench.app.dialogs.is_empty());
    // nothing is said: the connection fails, and the person knows why
    bench.say(secret_question(6, server("web"), wanted.clone()));
    assert_eq!(command(bench.press("esc")), answered(6, Answer::Dismissed));
    let failure = Failure::new(Class::Login, "Could not connect", "got none");
    bench.say(Event::ConnectionFailed(C, failure));
    assert!(bench.app.dialogs.is_empty());
    // a connection that is given up has nobody who waits for an answer
    let mut bench = Bench::new(vec![Server {
        password: PasswordSource::Challenge,
        ..server("web")
    }]);
    let opened = command(bench.press("enter"));
    assert!(
        matches!(opened, Command::Connect { secret: None, .. }),
        "asked at the login only"
    );
    bench.say(secret_question(7, server("web"), wanted));
    bench.say(Event::QuestionVoid(QuestionId(7)));
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn the_password_of_a_proxy_comes_from_where_the_entry_says() {
    let saved = Server {
        proxy: "socks5://me@proxy".parse().ok(),
        proxy_password: PasswordSource::Environment("PROXY_PASSWORD".into()),
        ..server("web")
    };
    let looked_up = Server {
        password: saved.proxy_password.clone(),
        ..saved.clone()
    };
    let question = secret_question(5, saved.clone(), Wanted::ProxyPassword);
    let mut bench = Bench::connected();
    assert_eq!(
        bench.say(question.clone()),
        [Effect::ResolveAnswer(QuestionId(5), C, Box::new(looked_up))]
    );
    assert!(bench.app.dialogs.is_empty(), "no person is asked");
    let secret = Secret::new("pw");
    assert_eq!(
        command(bench.update(Msg::AnswerResolved(QuestionId(5), C, Ok(Some(secret.clone()))))),
        answered(5, Answer::Secret(secret))
    );
    bench.say(question);
    let failure = Failure::new(Class::Login, "No password", "PROXY_PASSWORD is not set");
    assert_eq!(
        command(bench.update(Msg::AnswerResolved(QuestionId(5), C, Err(failure)))),
        answered(5, Answer::Dismissed)
    );
    assert!(bench.screen().contains("PROXY_PASSWORD"));
    // and where it says nothing, a person is asked
    let asks = Server {
        proxy_password: PasswordSource::Ask,
        ..saved
    };
    let mut bench = Bench::connected();
    bench.say(secret_question(6, asks, Wanted::ProxyPassword));
    assert!(bench.screen().contains("socks5://me@proxy:1080"));
}

#[test]
fn a_certificate_is_judged_and_a_changed_pin_cannot_be_accepted() {
    for (keys, answer) in [
        ("enter", CertificateAnswer::Refuse),
        ("o", CertificateAnswer::Once),
        ("p", CertificateAnswer::Pin),
        ("right right enter", CertificateAnswer::Pin),
    ] {
        let mut bench = Bench::connected();
        assert_eq!(bench.say(certificate_question(5, None)), [Effect::Bell]);
        assert_eq!(
            command(bench.press(keys)),
            answered(5, Answer::Certificate(answer)),
            "{keys}"
        );
    }
    for key in ["o", "p"] {
        let mut bench = Bench::connected();
        bench.say(certificate_question(5, Some(Pin([2; 32]))));
        assert_eq!(bench.press(key), []);
        assert_eq!(bench.app.dialogs.len(), 1);
        assert_eq!(command(bench.press("esc")), answered(5, Answer::Dismissed));
    }
}

#[test]
fn a_pin_is_written_into_the_saved_entry_only() {
    let mut bench = Bench::connected();
    let pin = Pin([7; 32]);
    assert_eq!(
        bench.say(Event::Pinned(C, pin)),
        [Effect::ChangeServers(Change::Pin("web".into(), Some(pin)))]
    );
    let mut unsaved = Bench::new(Vec::new());
    let (app, _) = ftpane::app::App::new(ftpane::app::Start {
        connect: Some((server("by-url"), Some(Secret::new("x")))),
        ..crate::harness::bench::start(Vec::new())
    });
    unsaved.app = app;
    assert_eq!(unsaved.say(Event::Pinned(C, pin)), []);
}

pub(crate) fn conflict(id: u64) -> Event {
    let side = |shown: &str| ConflictSide {
        shown: shown.into(),
        size: Some(1),
        modified: None,
    };
    Event::Question {
        id: QuestionId(id),
        question: Question::Conflict {
            connection: ConnectionId(1),
            job: JobId(id),
            direction: Direction::Upload,
            source: side("/a"),
            target: side("/b"),
            can_resume: false,
        },
    }
}

#[test]
fn conflicts_queue_up_and_are_answered_one_by_one() {
    let mut bench = Bench::connected();
    for id in 1..=4 {
        bench.say(conflict(id));
    }
    bench.say(Event::QuestionVoid(QuestionId(2)));
    // what Enter takes without a look loses nothing
    assert_eq!(
        command(bench.press("enter")),
        answered(1, Answer::Conflict(Policy::Skip, Scope::Once))
    );
    assert_eq!(
        command(bench.press("space o")),
        answered(3, Answer::Conflict(Policy::Overwrite, Scope::Batch))
    );
    // it cannot be continued, so that is no choice
    assert_eq!(bench.press("r"), []);
    assert_eq!(command(bench.press("esc")), answered(4, Answer::Dismissed));
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn an_answer_for_always_is_kept_in_the_entry_and_begins_the_next_batch() {
    let mut bench = Bench::connected();
    bench.say(conflict(1));
    let effects = bench.press("space space o");
    assert_eq!(
        effects,
        [
            Effect::Engine(answered(1, Answer::Conflict(Policy::Overwrite, Scope::Always))),
            Effect::ChangeServers(Change::OnConflict(
                "web".into(),
                Direction::Upload,
                Policy::Overwrite
            )),
        ]
    );
    bench.press("tab a t");
    let Some(Subject::Transfer { request, .. }) = bench.app.dialogs.front().map(|d| &d.subject) else {
        panic!("{:?}", bench.app.dialogs);
    };
    assert_eq!(
        request.policy,
        match request.direction {
            Direction::Upload => Policy::Overwrite,
            Direction::Download => Policy::Ask,
        }
    );
    // what is no entry, or is not the present connection's, cannot keep anything
    bench.press("esc");
    let Event::Question {
        id,
        question:
            Question::Conflict {
                job,
                direction,
                source,
                target,
                ..
            },
    } = conflict(2)
    else {
        panic!();
    };
    bench.say(Event::Question {
        id,
        question: Question::Conflict {
            connection: ConnectionId(99),
            job,
            direction,
            source,
            target,
            can_resume: false,
        },
    });
    assert_eq!(
        command(bench.press("space space s")),
        answered(2, Answer::Conflict(Policy::Skip, Scope::Once)),
        "round and round"
    );
}

#[test]
fn a_letter_meant_for_the_panes_answers_no_question() {
    let mut bench = Bench::connected();
    bench.update(Msg::Engine(conflict(1)));
    assert_eq!(bench.press("n"), []);
    assert_eq!(bench.app.dialogs.len(), 1);
    bench.now += Duration::from_millis(500);
    assert_eq!(
        command(bench.press("n")),
        answered(1, Answer::Conflict(Policy::Newer, Scope::Once))
    );
    // who answers one after the other is not held up
    bench.say(conflict(2));
    bench.update(Msg::Engine(conflict(3)));
    bench.press("n");
    assert_eq!(
        command(bench.press("k")),
        answered(3, Answer::Conflict(Policy::Rename, Scope::Once))
    );
}

#[test]
fn behind_a_dialog_everything_goes_on() {
    let mut bench = Bench::connected();
    bench.press("f7");
    bench.say(Event::JobsAdded(vec![job(1)]));
    bench.say(Event::JobChanged(JobId(1), JobState::Running));
    let place = remote("/srv/www");
    bench.say(Event::Notice("hello".into()));
    bench.say(Event::Listed {
        place,
        generation: Generation(77),
        result: Ok(listing(vec![file("late", 1, 1)])),
    });
    assert_eq!(bench.app.queue.counts.running, 1);
    assert_eq!(bench.app.dialogs.len(), 1);
    // a listing nobody waits for any more is dropped
    assert_eq!(bench.app.remote.entries().len(), 7);
}

pub(crate) fn in_place_question(id: u64) -> Event {
    let refusal = Failure::new(
        Class::Refused,
        "Could not upload to /in/a",
        "the server does not allow that name",
    );
    Event::Question {
        id: QuestionId(id),
        question: Question::InPlace {
            connection: C,
            server: "web.example:21".into(),
            target: "/in/a.txt".into(),
            refusal: refusal.reply(b"553 Prohibited file name: .a.txt"),
        },
    }
}

#[test]
fn writing_in_place_takes_a_yes_that_the_entry_keeps() {
    for (keys, answer) in [
        // what Enter takes without a look loses nothing
        ("enter", Answer::InPlace(InPlaceAnswer::No)),
        ("n", Answer::InPlace(InPlaceAnswer::No)),
        ("t", Answer::InPlace(InPlaceAnswer::Once)),
        ("right right enter", Answer::InPlace(InPlaceAnswer::Remember)),
        ("r", Answer::InPlace(InPlaceAnswer::Remember)),
        ("esc", Answer::Dismissed),
    ] {
        let mut bench = Bench::connected();
        bench.say(in_place_question(5));
        assert_eq!(command(bench.press(keys)), answered(5, answer), "{keys}");
        assert!(bench.app.dialogs.is_empty());
    }
    let mut bench = Bench::connected();
    assert_eq!(
        bench.say(Event::InPlace("web".into())),
        [Effect::ChangeServers(Change::InPlace("web".into()))]
    );
    assert_eq!(bench.say(Event::InPlace("by-url".into())), []);
    bench.say(in_place_question(6));
    bench.say(Event::QuestionVoid(QuestionId(6)));
    assert!(bench.app.dialogs.is_empty());
}

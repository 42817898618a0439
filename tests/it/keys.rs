//! Keys in, wishes out: what each key leads to, without a terminal and without an engine.

use std::time::Duration;

use ftpane::app::View;
use ftpane::app::action::{Context, TABLE};
use ftpane::app::effect::{Change, Effect};
use ftpane::app::folder::Side;
use ftpane::app::msg::Msg;
use ftpane::app::pane::Content;
use ftpane::model::certificate::{Certificate, Doubt, Pin};
use ftpane::model::command::{Answer, CertificateAnswer, Command, Generation, Place, QuestionId, Scope};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Counted, Deed, Event, Question, Side as ConflictSide};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{
    BatchId, BatchRequest, ConnectionId, Direction, Item, Job, JobId, JobState, Policy,
};
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Patience, Server};

use crate::harness::bench::{Bench, file, folder, listing, name, path, server};

const C: ConnectionId = ConnectionId(1);

fn remote(at: &str) -> Place {
    Place::Remote(C, path(at))
}

fn local(at: &str) -> Place {
    Place::Local(at.into())
}

/// The only command among the effects.
#[track_caller]
fn command(effects: Vec<Effect>) -> Command {
    match <[Effect; 1]>::try_from(effects) {
        Ok([Effect::Engine(command)]) => command,
        other => panic!("not one command: {other:?}"),
    }
}

#[track_caller]
fn listed(effects: Vec<Effect>) -> Place {
    match command(effects) {
        Command::List { place, .. } => place,
        other => panic!("no listing: {other:?}"),
    }
}

fn items(request: &BatchRequest) -> Vec<(String, String)> {
    let shown = |i: &Item| (i.local.display().to_string(), i.remote.shown());
    request.items.iter().map(shown).collect()
}

#[test]
fn one_goes_into_folders_and_comes_back_to_where_one_was() {
    let mut bench = Bench::connected();
    assert_eq!(listed(bench.press("down enter")), remote("/srv/www/public_html"));
    let effects = bench.press("backspace");
    assert_eq!(listed(effects.clone()), remote("/srv/www"));
    bench.answer_listings(&effects);
    assert_eq!(bench.app.remote.current().unwrap().name, name("public_html"));
    // the document path is the top
    assert_eq!(bench.press("h"), []);
    assert!(bench.app.notice.as_ref().unwrap().contains("document path"));
    // the other pane has its own way up
    assert_eq!(listed(bench.press("tab left")), local("/home/me"));
    // a file is no folder
    assert_eq!(bench.press("tab end enter"), []);
    assert!(bench.app.notice.as_ref().unwrap().contains("no folder"));
}

#[test]
fn what_is_marked_is_downloaded_in_one_batch() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("space down space f5 down down"), []);
    let Command::Enqueue(request) = command(bench.press("enter")) else {
        panic!("not queued")
    };
    assert_eq!(
        items(&request),
        [
            ("/home/me/work/logs".to_owned(), "/srv/www/logs".to_owned()),
            ("/home/me/work/current".to_owned(), "/srv/www/current".to_owned()),
        ]
    );
    assert_eq!(
        (request.direction, request.policy, request.connection, request.id),
        (Direction::Download, Policy::Newer, C, BatchId(1))
    );
    assert!(bench.app.remote.marks.is_empty());
    // and once more: another batch, of what is under the cursor, the other way
    let Command::Enqueue(request) = command(bench.press("tab G t enter")) else {
        panic!("not queued")
    };
    assert_eq!((request.direction, request.id), (Direction::Upload, BatchId(2)));
    assert_eq!(
        items(&request),
        [(
            "/home/me/work/README.md".to_owned(),
            "/srv/www/README.md".to_owned()
        )]
    );
    assert_eq!(request.items[0].kind, Kind::File);
    assert_eq!(request.items[0].size, Some(2_310));
}

#[test]
fn a_transfer_can_be_thought_better_of() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("f5 esc"), []);
    assert!(bench.app.dialogs.is_empty());
    assert_eq!(bench.press("f5 right enter"), []);
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn the_pane_stays_above_the_depth() {
    let shallow = |levels| {
        Bench::connected_to(Server {
            explore_depth: Some(levels),
            ..server("web")
        })
    };
    let mut bench = shallow(0);
    assert_eq!(bench.press("enter"), []);
    let notice = bench.app.notice.clone().unwrap();
    assert!(
        notice.contains("/srv/www/logs") && notice.contains("depth 0"),
        "{notice}"
    );
    assert_eq!(bench.app.remote.entries().len(), 7, "what was shown stays");
    let mut bench = shallow(1);
    assert_eq!(listed(bench.press("enter")), remote("/srv/www/logs"));
}

#[test]
fn deleting_counts_before_it_asks() {
    let mut bench = Bench::connected();
    let Command::Count { places, generation } = command(bench.press("space space f8")) else {
        panic!("not counted")
    };
    let both = vec![remote("/srv/www/logs"), remote("/srv/www/public_html")];
    assert_eq!(places, both);
    // an impatient Enter before the count changes nothing
    let mut impatient = Bench {
        app: bench.app.clone(),
        now: bench.now,
    };
    assert_eq!(impatient.press("enter"), []);
    assert!(impatient.app.dialogs.is_empty());
    // the count of another question is not taken for this one
    let result = Ok(Counted::default());
    bench.say(Event::Counted {
        generation: Generation(generation.0 + 99),
        result: result.clone(),
    });
    assert_eq!(bench.app.dialogs[0].choices.len(), 1);
    bench.say(Event::Counted { generation, result });
    assert_eq!(command(bench.press("enter")), Command::Delete(both.clone()));
    let effects = bench.say(Event::Done(Deed::Deleted {
        places: both,
        counted: Counted::default(),
    }));
    assert_eq!(listed(effects), remote("/srv/www"));
}

#[test]
fn names_are_typed_and_judged() {
    let mut bench = Bench::connected();
    bench.press("n");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.app.dialogs[0].complaint.as_ref().unwrap().contains("empty"));
    bench.type_in("../x");
    assert_eq!(bench.press("enter"), []);
    assert!(
        bench.app.dialogs[0]
            .complaint
            .as_ref()
            .unwrap()
            .contains("document path")
    );
    bench.press("ctrl-u");
    bench.type_in("logs");
    assert_eq!(bench.press("enter"), []);
    assert!(
        bench.app.dialogs[0]
            .complaint
            .as_ref()
            .unwrap()
            .contains("exists already")
    );
    bench.press("ctrl-u");
    bench.type_in("new one");
    assert_eq!(
        command(bench.press("enter")),
        Command::MakeFolder(remote("/srv/www/new one"))
    );
    let effects = bench.say(Event::Done(Deed::MadeFolder(remote("/srv/www/new one"))));
    assert_eq!(listed(effects.clone()), remote("/srv/www"));
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        unreachable!()
    };
    bench.listed(
        place,
        generation,
        vec![folder("logs"), folder("new one"), folder("z")],
    );
    // the cursor stands on what was made
    assert_eq!(bench.app.remote.current().unwrap().name, name("new one"));
    bench.press("f6");
    bench.press("backspace backspace backspace");
    bench.type_in("2");
    assert_eq!(
        command(bench.press("enter")),
        Command::Rename {
            from: remote("/srv/www/new one"),
            to: remote("/srv/www/new 2")
        }
    );
}

#[test]
fn several_are_moved_into_a_folder() {
    let mut bench = Bench::connected();
    bench.press("space space f6");
    bench.type_in("old");
    let effects = bench.press("enter");
    let rename = |n: &str| {
        Effect::Engine(Command::Rename {
            from: remote(&format!("/srv/www/{n}")),
            to: remote(&format!("/srv/www/old/{n}")),
        })
    };
    assert_eq!(effects, [rename("logs"), rename("public_html")]);
}

#[test]
fn a_read_only_server_is_never_asked_to_change() {
    let read_only = Server {
        read_only: true,
        ..server("web")
    };
    for keys in ["f6", "r", "f7", "n", "f8", "d", "tab f5", "tab t"] {
        let mut bench = Bench::connected_to(read_only.clone());
        assert_eq!(bench.press(keys), [], "{keys}");
        assert!(bench.app.dialogs.is_empty(), "{keys}");
        assert!(bench.app.notice.as_ref().unwrap().contains("read only"), "{keys}");
    }
    // the hints say so beforehand
    let bench = Bench::connected_to(read_only.clone());
    let enabled: Vec<bool> = bench.app.hints()[..4].iter().map(|h| h.enabled).collect();
    assert_eq!(enabled, [true, false, false, false]);
    // what does not touch it goes on: downloads, and this machine's own files
    for keys in ["f5", "tab f7", "tab f6"] {
        let mut bench = Bench::connected_to(read_only.clone());
        bench.press(keys);
        assert_eq!(bench.app.dialogs.len(), 1, "{keys}");
    }
}

#[test]
fn connecting_takes_the_password_from_where_the_entry_says() {
    let connect = |connection, server: &Server, secret: Option<&str>| {
        Effect::Engine(Command::Connect {
            connection: ConnectionId(connection),
            server: Box::new(server.clone()),
            secret: secret.map(Secret::new),
            patience: Patience::default(),
        })
    };
    // nobody is asked for an anonymous login
    let anonymous = Server {
        user: String::new(),
        ..server("pub")
    };
    let mut bench = Bench::new(vec![anonymous.clone()]);
    assert_eq!(bench.press("enter"), [connect(1, &anonymous, None)]);
    // a person is asked
    let asked = server("web");
    let mut bench = Bench::new(vec![asked.clone()]);
    assert_eq!(bench.press("enter"), []);
    bench.type_in("pw");
    let effects = bench.press("enter");
    assert!(effects.contains(&connect(2, &asked, Some("pw"))), "{effects:?}");
    assert!(
        !format!("{:?}", bench.app).contains("pw\""),
        "the password is in the state's text"
    );
    // the environment is looked at
    let source = PasswordSource::Environment("WEB_PASSWORD".into());
    let env = Server {
        password: source,
        ..server("web")
    };
    let mut bench = Bench::new(vec![env.clone()]);
    assert_eq!(
        bench.press("enter"),
        [Effect::ResolveSecret(C, Box::new(env.clone()))]
    );
    let effects = bench.update(Msg::SecretResolved(C, Ok(Some(Secret::new("pw")))));
    assert!(effects.contains(&connect(2, &env, Some("pw"))), "{effects:?}");
    // and an answer that comes after one gave up opens nothing
    let mut bench = Bench::new(vec![env]);
    bench.press("enter esc");
    assert_eq!(
        bench.update(Msg::SecretResolved(C, Ok(Some(Secret::new("pw"))))),
        []
    );
    assert_eq!(bench.app.view, View::Servers);
}

#[test]
fn a_refused_login_asks_again_and_a_lost_connection_offers_to_retry() {
    let mut bench = Bench::new(vec![server("web")]);
    bench.press("enter x enter");
    let refused = Failure::new(Class::Login, "Could not log in", "refused").reply(b"530 no");
    bench.say(Event::ConnectionFailed(ConnectionId(2), refused));
    bench.type_in("y");
    let effects = bench.press("enter");
    assert!(
        matches!(&effects[..], [Effect::Engine(Command::Connect { secret: Some(s), .. })] if s.reveal() == "y"),
        "{effects:?}"
    );
    bench.stand(3);
    let effects = bench.press("enter");
    bench.answer_listings(&effects);
    let lost = Failure::new(Class::Unreachable, "Lost the connection", "silence");
    bench.say(Event::ConnectionFailed(ConnectionId(3), lost));
    assert!(matches!(bench.app.remote.content, Content::Nothing));
    let effects = bench.press("enter");
    assert!(
        matches!(&effects[..], [Effect::Engine(Command::Connect { secret: Some(s), connection: ConnectionId(4), .. })] if s.reveal() == "y"),
        "{effects:?}"
    );
    // and one is back where one was
    bench.stand(4);
    assert_eq!(bench.app.remote.folder.shown(), "/srv/www/logs");
}

#[test]
fn giving_up_a_connection_tells_the_engine() {
    let mut bench = Bench::new(vec![Server {
        user: String::new(),
        ..server("pub")
    }]);
    bench.press("enter");
    assert_eq!(command(bench.press("esc")), Command::Disconnect(C));
    // what comes late changes nothing
    let before = bench.app.clone();
    let late = Failure::new(Class::Cancelled, "a", "b");
    bench.update(Msg::Engine(Event::Connecting(C, "logging in".into())));
    bench.update(Msg::Engine(Event::ConnectionFailed(C, late)));
    assert!(bench.app == before, "a connection given up has changed something");
}

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

pub(crate) fn job(id: u64) -> Job {
    Job {
        id: JobId(id),
        batch: BatchId(9),
        direction: Direction::Upload,
        item: Item {
            local: "/home/me/work/x".into(),
            remote: path("/srv/www/x"),
            kind: Kind::File,
            size: None,
            modified: None,
        },
    }
}

#[test]
fn the_queue_is_steered_and_its_end_lists_the_target_again() {
    let mut bench = Bench::connected();
    bench.say(Event::JobsAdded(vec![job(1), job(2)]));
    assert_eq!(command(bench.press("Q c")), Command::CancelJob(JobId(1)));
    assert_eq!(command(bench.press("C")), Command::CancelBatch(BatchId(9)));
    assert_eq!(command(bench.press("down r")), Command::Retry(JobId(2)));
    assert_eq!(command(bench.press("x")), Command::ClearFinished);
    bench.press("esc");
    assert_eq!(bench.app.view, View::Panes);
    assert_eq!(
        listed(bench.say(Event::BatchOver(BatchId(9)))),
        remote("/srv/www")
    );
    assert_eq!(bench.say(Event::BatchOver(BatchId(9))), []);
    // when nothing is left to do, the person is called
    bench.say(Event::JobsAdded(vec![Job {
        batch: BatchId(10),
        ..job(3)
    }]));
    for id in 1..=3 {
        bench.say(Event::JobChanged(JobId(id), JobState::Cancelled));
    }
    let effects = bench.say(Event::BatchOver(BatchId(10)));
    assert_eq!(effects.last(), Some(&Effect::Bell));
}

#[test]
fn quitting_asks_while_something_is_unfinished() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("q"), [Effect::Quit]);
    bench.say(Event::JobsAdded(vec![job(1)]));
    assert_eq!(bench.press("ctrl-c"), []);
    assert_eq!(bench.press("esc"), []);
    assert_eq!(bench.press("f10 q"), [Effect::Quit]);
    // twice Ctrl-C ends it in any case, also from within a text
    let mut bench = Bench::connected();
    bench.say(Event::JobsAdded(vec![job(1)]));
    assert_eq!(bench.press("f7 ctrl-c ctrl-c"), [Effect::Quit]);
}

#[test]
fn saved_servers_change_one_at_a_time() {
    let mut bench = Bench::new(vec![server("a"), server("b")]);
    assert_eq!(
        bench.press("down d enter"),
        [Effect::ChangeServers(Change::Remove("b".into()))]
    );
    bench.update(Msg::ServersSaved(Ok(vec![server("a")])));
    assert_eq!(bench.app.servers.all().len(), 1);
    // the form stays until its server is saved
    bench.press("e");
    bench.type_in("x");
    let renamed = Server {
        name: "ax".into(),
        ..server("a")
    };
    assert_eq!(
        bench.press("enter"),
        [Effect::ChangeServers(Change::Replace(
            "a".into(),
            Box::new(renamed.clone())
        ))]
    );
    assert!(bench.app.form.is_some());
    bench.update(Msg::ServersSaved(Err(Failure::new(
        Class::Local,
        "Saved servers",
        "the disk is full",
    ))));
    assert!(bench.app.form.is_some());
    bench.press("enter enter");
    bench.update(Msg::ServersSaved(Ok(vec![renamed])));
    assert!(bench.app.form.is_none());
    assert_eq!(bench.app.servers.current().unwrap().name, "ax");
}

#[test]
fn sequences_sort_and_a_wrong_second_key_counts_by_itself() {
    let mut bench = Bench::connected();
    bench.press("s");
    let last = bench.screen().lines().last().unwrap().to_owned();
    assert_eq!(last, " s … n by name s by size t by time e by kind");
    bench.press("s");
    let names = |b: &Bench| {
        (0..7)
            .map(|i| b.app.remote.entry(i).unwrap().name.shown())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&bench)[3..5], ["evil\\x1b[2Jname.txt", "index.html"]);
    bench.press("s s");
    assert_eq!(names(&bench)[2], "release-10.tar");
    bench.press("g tab");
    assert_eq!(bench.app.active, Side::Local);
}

#[test]
fn notices_pass() {
    let mut bench = Bench::connected();
    bench.say(Event::Notice("look".into()));
    let until = bench.app.next_tick().unwrap();
    bench.now = until - Duration::from_millis(1);
    bench.update(Msg::Tick);
    assert!(bench.app.notice.is_some());
    bench.now = until;
    bench.update(Msg::Tick);
    assert_eq!((bench.app.notice.as_deref(), bench.app.next_tick()), (None, None));
}

/// The README shows these keys: it is made of the same table.
#[test]
fn every_action_is_in_the_help() {
    let mut bench = Bench::connected();
    bench.press("?");
    let help: Vec<String> = bench.app.help_lines().iter().map(|l| format!("{l:?}")).collect();
    for row in TABLE {
        assert!(help.iter().any(|l| l.contains(row.help)), "{}", row.id);
    }
    assert!(help[0].contains(Context::Panes.title()));
}

#[test]
fn what_is_wrong_with_a_file_is_read_in_full_and_closed_by_a_key() {
    let start = ftpane::app::Start {
        notice: Some("keymap.toml, line 2: there is no action 'tranfser'; did you mean 'transfer'?".into()),
        ..crate::harness::bench::start(vec![server("web")])
    };
    let (app, _) = ftpane::app::App::new(start);
    let mut bench = Bench {
        app,
        now: Duration::ZERO,
    };
    assert!(
        bench
            .screen()
            .contains("keymap.toml, line 2: there is no action 'tranfser'")
    );
    bench.press("enter");
    assert!(bench.app.dialogs.is_empty());
    assert_eq!(bench.app.view, View::Servers);
}

//! The doctor's screen: from the list of servers, from the form, and what is applied.

use std::net::Ipv4Addr;
use std::time::Duration;

use ftpane::app::View;
use ftpane::app::effect::{Change, Effect};
use ftpane::app::msg::Msg;
use ftpane::model::command::Command;
use ftpane::model::diagnosis::{Code, Diagnosis, Examined, Fix, Level, Step, Verdict};
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::firewall::Table;
use ftpane::model::job::ConnectionId;
use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, PassiveAddress, PasswordSource, Patience, Server};

use super::command;
use crate::harness::bench::{Bench, server};

pub(crate) fn step(step: Step, ok: bool, millis: u64, says: &str) -> Event {
    let examined = Examined {
        step,
        ok,
        took: Duration::from_millis(millis),
        sent: vec![step.word().to_uppercase()],
        seen: vec!["200 \\x1b[31m as you wish".into()],
        says: says.into(),
    };
    Event::Examined(ConnectionId(1), Box::new(examined))
}

/// What was found of a server that announces another host and drops what goes to its own ports.
pub(crate) fn diagnosis(server: &Server) -> Diagnosis {
    let announced = Ipv4Addr::new(203, 0, 113, 9);
    let mut firewall = Table::new(server);
    firewall.passive_seen = vec![60_012];
    Diagnosis {
        verdicts: vec![
            Verdict {
                level: Level::Failure,
                code: Code::PasvOtherHost,
                says: format!("to PASV the server announces {announced}, another host's address"),
                reply: Some("227 Entering Passive Mode (203,0,113,9,234,108).".into()),
                hint: Some("Set pasv_address in vsftpd.conf".into()),
                fix: vec![
                    Fix::PassiveAddress(PassiveAddress::Server),
                    Fix::Mode(ConnectionMode::Active),
                ],
            },
            Verdict {
                level: Level::Note,
                code: Code::EpsvUnsupported,
                says: "EPSV does not work; PASV does, and is used".into(),
                reply: None,
                hint: None,
                fix: Vec::new(),
            },
        ],
        firewall,
        unknown: vec!["Whether clients elsewhere get through".into()],
    }
}

fn visit(connection: u32, server: &Server, secret: Option<&str>) -> Command {
    Command::Diagnose {
        connection: ConnectionId(connection),
        server: Box::new(server.clone()),
        secret: secret.map(Secret::new),
        patience: Patience::default(),
        probe_upload: false,
    }
}

/// A server whose login needs no password.
fn anonymous() -> Server {
    Server {
        user: String::new(),
        ..server("pub")
    }
}

#[test]
fn a_saved_server_is_looked_at_and_mended_by_a_key() {
    let asked = server("web");
    let mut bench = Bench::new(vec![asked.clone()]);
    assert_eq!(bench.press("t"), []);
    bench.type_in("pw");
    assert_eq!(command(bench.press("enter")), visit(1, &asked, Some("pw")));
    assert_eq!(bench.app.view, View::Doctor);
    assert!(!format!("{:?}", bench.app).contains("pw\""));
    // steps appear as they run
    bench.say(Event::Examining(ConnectionId(1), Step::Lookup));
    assert!(bench.screen().contains("...     Name resolution"));
    // a step that takes its time says how much of it
    let tick = bench.app.next_tick().unwrap();
    assert!(tick <= bench.app.since_start() + Duration::from_secs(1));
    bench.now = tick + Duration::from_secs(11);
    bench.update(Msg::Tick);
    let screen = bench.screen();
    assert!(
        screen.contains("looking at it: Name resolution, 12 s")
            && screen.contains("Name resolution       12 s"),
        "{screen}"
    );
    bench.say(step(Step::Lookup, true, 3, "it has 2 addresses"));
    let screen = bench.screen();
    assert!(
        screen.contains("it has 2 addresses") && !screen.contains("LOOKUP"),
        "{screen}"
    );
    bench.press("i");
    assert!(bench.screen().contains("> LOOKUP"));
    bench.say(Event::Examining(ConnectionId(1), Step::Connect));
    assert!(!bench.screen().contains("12 s"), "the next one begins at nothing");
    // there is nothing to apply or to do again yet
    assert_eq!(bench.press("a"), []);
    assert_eq!(bench.press("r"), []);
    bench.say(Event::Diagnosed(ConnectionId(1), Ok(Box::new(diagnosis(&asked)))));
    assert!(
        bench
            .app
            .next_tick()
            .is_none_or(|tick| tick > bench.now + Duration::from_secs(1))
    );
    let screen = bench.screen();
    assert!(
        screen.contains("failure pasv-other-host") && screen.contains("1 failure, 1 note"),
        "{screen}"
    );

    // what is copied is all of it, details or not, and nothing that does something to a terminal
    bench.press("i");
    let copied = bench.press("y");
    let [Effect::CopyText(text)] = copied.as_slice() else {
        panic!("{copied:?}");
    };
    for words in [
        "ftpane doctor: web",
        "failure pasv-other-host",
        "< 227 Entering Passive Mode (203,0,113,9,234,108).",
        "Would mend it: Mode: active",
        "> LOOKUP",
        "Not known",
        "60012",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('\x1b') && !text.contains("pw"), "{text}");
    bench.press("i");

    // the second of two
    let mut mended = asked.clone();
    mended.mode = ConnectionMode::Active;
    assert_eq!(
        bench.press("tab a"),
        [Effect::ChangeServers(Change::Replace(
            "web".into(),
            Box::new(mended.clone()),
            None
        ))]
    );
    bench.update(Msg::ServersSaved(Ok(vec![mended.clone()])));
    assert!(bench.screen().contains("Applied: Mode: active"));
    assert_eq!(bench.press("a"), [], "once");
    // looked at again as it is now, the password known
    assert_eq!(command(bench.press("r")), visit(2, &mended, Some("pw")));
    // late words of the first visit are nobody's
    bench.say(step(Step::Connect, false, 9, "late"));
    assert!(!bench.screen().contains("late"));
    assert_eq!(command(bench.press("esc")), Command::Disconnect(ConnectionId(2)));
    assert_eq!(bench.app.view, View::Servers);
    bench.say(Event::Diagnosed(
        ConnectionId(2),
        Ok(Box::new(diagnosis(&mended))),
    ));
    assert_eq!(bench.app.view, View::Servers);
}

#[test]
fn passwords_come_from_where_the_entry_says() {
    let env = Server {
        password: PasswordSource::Environment("WEB".into()),
        ..server("web")
    };
    let mut bench = Bench::new(vec![env.clone()]);
    let wanted = [Effect::ResolveSecret(ConnectionId(1), Box::new(env.clone()))];
    assert_eq!(bench.press("t"), wanted);
    let found = Msg::SecretResolved(ConnectionId(1), Ok(Some(Secret::new("pw"))));
    assert_eq!(command(bench.update(found.clone())), visit(1, &env, Some("pw")));
    // gone meanwhile
    let mut bench = Bench::new(vec![env.clone()]);
    bench.press("t esc");
    assert_eq!((bench.update(found), bench.app.view), (Vec::new(), View::Servers));
    // not to be had
    let mut bench = Bench::new(vec![env]);
    bench.press("t");
    let missing = Failure::new(Class::Login, "No password", "WEB is not set");
    bench.update(Msg::SecretResolved(ConnectionId(1), Err(missing)));
    assert!(bench.screen().contains("WEB is not set"));
    // nobody types one
    let mut bench = Bench::new(vec![server("web")]);
    bench.press("t");
    assert_eq!((bench.press("esc"), bench.app.view), (Vec::new(), View::Servers));
    // nobody is asked for an anonymous login
    let mut bench = Bench::new(vec![anonymous()]);
    assert_eq!(command(bench.press("t")), visit(1, &anonymous(), None));
}

#[test]
fn what_stands_in_the_form_is_tried_before_it_is_saved() {
    let mut bench = Bench::new(vec![anonymous()]);
    bench.press("e ctrl-t");
    assert_eq!(bench.app.view, View::Doctor);
    let mut tried = anonymous();
    bench.say(Event::Diagnosed(ConnectionId(1), Ok(Box::new(diagnosis(&tried)))));
    assert_eq!(bench.press("a"), [], "nothing is saved by it");
    assert!(bench.app.form.as_ref().unwrap().is_changed());
    // the form is as it was left, with the setting
    assert_eq!(bench.press("esc"), []);
    assert!(bench.screen().contains("not saved yet"), "{}", bench.screen());
    tried.passive_address = PassiveAddress::Server;
    assert_eq!(
        bench.press("enter"),
        [Effect::ChangeServers(Change::Replace(
            "pub".into(),
            Box::new(tried),
            None
        ))]
    );

    // a new one may have no name yet, but what it does have must be right
    let mut bench = Bench::new(Vec::new());
    bench.press("n ctrl-t");
    assert!(bench.screen().contains("Not tried: Host"), "{}", bench.screen());
    bench.type_in("ftp.example.org");
    let effects = bench.press("ctrl-t");
    let screen = bench.screen();
    assert!(
        screen.contains("Doctor: ftp.example.org"),
        "{effects:?}\n{screen}"
    );
}

#[test]
fn log_and_help_lie_over_the_doctor_and_it_goes_on_below() {
    let mut bench = Bench::new(vec![anonymous()]);
    bench.press("t L");
    bench.say(step(Step::Lookup, true, 3, "found"));
    assert_eq!(bench.app.view, View::Log);
    bench.press("esc");
    assert!(bench.screen().contains("found"));
    bench.press("? esc");
    assert_eq!(bench.app.view, View::Doctor);
    // the report can be scrolled to its end at every size
    bench.say(Event::Diagnosed(
        ConnectionId(1),
        Ok(Box::new(diagnosis(&anonymous()))),
    ));
    for size in [(80, 24), (40, 10)] {
        bench.at_size(size);
        bench.press("G");
        assert!(
            bench.at_size(size).contains("outside."),
            "{}",
            bench.at_size(size)
        );
        bench.press("g g");
        assert!(bench.at_size(size).contains("failure pasv-other-host"));
    }
}

/// It looks at the server that the panes show while the session and the queue go on.
#[test]
fn the_panes_call_the_doctor_for_their_server() {
    let asked = server("web");
    let mut bench = Bench::connected();
    assert_eq!(command(bench.press("D")), visit(2, &asked, Some("pw")));
    assert_eq!(bench.app.view, View::Doctor);
    // what the session brings is taken in behind it
    bench.press("Q esc");
    assert_eq!(bench.app.view, View::Doctor);
    assert_eq!(command(bench.press("esc")), Command::Disconnect(ConnectionId(2)));
    assert_eq!(bench.app.view, View::Panes);
    assert!(bench.app.link.session().is_some());
    // and what is applied goes into the server's entry
    bench.press("D");
    let found = Ok(Box::new(diagnosis(&asked)));
    bench.say(Event::Diagnosed(ConnectionId(3), found));
    assert!(matches!(
        bench.press("a")[..],
        [Effect::ChangeServers(Change::Replace(..))]
    ));
    assert_eq!((bench.press("esc"), bench.app.view), (Vec::new(), View::Panes));
}

/// What the command line said counts for this run.
#[test]
fn the_entry_gets_what_mends_it_and_nothing_else() {
    let saved = server("web");
    let mut start = crate::harness::bench::start(vec![saved.clone()]);
    let asked = Server {
        read_only: true,
        ..saved.clone()
    };
    start.connect = Some((asked.clone(), Some(Secret::new("pw"))));
    let mut bench = Bench::begin(start);
    bench.stand(1);
    assert_eq!(command(bench.press("D")), visit(2, &asked, Some("pw")));
    let found = Ok(Box::new(diagnosis(&asked)));
    bench.say(Event::Diagnosed(ConnectionId(2), found));
    let replaced = |entry: Server| {
        [Effect::ChangeServers(Change::Replace(
            "web".into(),
            Box::new(entry),
            None,
        ))]
    };
    let one = Server {
        passive_address: PassiveAddress::Server,
        ..saved
    };
    assert_eq!(bench.press("a"), replaced(one.clone()));
    // before the first is saved
    let both = Server {
        mode: ConnectionMode::Active,
        ..one
    };
    assert_eq!(bench.press("tab a"), replaced(both));
}

#[test]
fn a_server_that_is_not_saved_keeps_no_setting_and_says_how_to_have_it() {
    let unsaved = Server {
        name: String::new(),
        ..anonymous()
    };
    let mut start = crate::harness::bench::start(Vec::new());
    start.connect = Some((unsaved.clone(), None));
    let mut bench = Bench::begin(start);
    // there is no connection to it, and that is when it is wanted
    let gone = Failure::new(Class::Unreachable, "Could not connect", "it is gone");
    bench.say(Event::ConnectionFailed(ConnectionId(1), gone));
    bench.press("esc");
    assert_eq!(command(bench.press("D")), visit(2, &unsaved, None));
    bench.say(Event::Diagnosed(
        ConnectionId(2),
        Ok(Box::new(diagnosis(&unsaved))),
    ));
    assert_eq!(bench.press("a"), []);
    let screen = bench.screen();
    assert!(screen.contains("nothing is saved"), "{screen}");
    assert!(bench.notice().contains("--pasv-address server"));
    // the next look is with it
    let mended = Server {
        passive_address: PassiveAddress::Server,
        ..unsaved
    };
    assert_eq!(command(bench.press("r")), visit(3, &mended, None));
    let mut nowhere = Bench::new(Vec::new());
    nowhere.update(Msg::Do(ftpane::app::action::Action::Doctor));
    assert_eq!(nowhere.app.view, View::Servers);
}

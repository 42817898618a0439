//! Passwords that are kept, and the passphrase of the store they are kept in.

use super::C;

use ftpane::app::View;
use ftpane::app::effect::{Change, Effect};
use ftpane::app::msg::Msg;
use ftpane::config::secrets::Lock;
use ftpane::model::command::Command;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::ConnectionId;
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Server};

use crate::harness::bench::{Bench, SIZES, server};

fn stored(name: &str) -> Server {
    Server {
        password: PasswordSource::Store,
        ..server(name)
    }
}

/// What is asked of the engine: to connect with this password.
#[track_caller]
fn assert_connects(effects: &[Effect], secret: &str) {
    let connects = |e: &Effect| matches!(e, Effect::Engine(Command::Connect { secret: Some(s), .. }) if s.reveal() == secret);
    assert!(effects.iter().any(connects), "{effects:?}");
}

#[test]
fn a_typed_password_is_kept_once_it_was_right() {
    let mut bench = Bench::new(vec![server("web")]);
    bench.press("enter");
    bench.type_in("wrong");
    assert_connects(&bench.press("down enter"), "wrong");
    let refused = Failure::new(Class::Login, "Could not log in", "refused").reply(b"530 no");
    assert_eq!(
        bench.say(Event::ConnectionFailed(ConnectionId(2), refused)),
        [],
        "a wrong one is not kept"
    );
    // spaces belong to the password
    bench.type_in("two words");
    assert_connects(&bench.press("down enter"), "two words");
    let attempt = bench.app.link.attempt().unwrap().clone();
    let effects = bench.say(Event::Connected {
        connection: ConnectionId(3),
        server: std::sync::Arc::new(attempt.server),
        root: crate::harness::bench::path("/"),
        facts: crate::harness::bench::facts(),
    });
    let keep = Change::Keep("web".into(), PasswordSource::Store, Secret::new("two words"));
    assert_eq!(effects.last(), Some(&Effect::ChangeServers(keep)), "{effects:?}");
    assert!(!format!("{effects:?} {:?}", bench.app).contains("two words"));
}

#[test]
fn a_password_is_kept_nowhere_unless_one_says_so_and_where_there_is_an_entry() {
    let mut bench = Bench::new(vec![server("web")]);
    bench.press("enter");
    let dialog = bench.at_size((80, 24));
    assert!(
        dialog.contains("(•) nowhere") && dialog.contains("( ) in ftpane's encrypted store"),
        "{dialog}"
    );
    bench.type_in("pw");
    bench.press("enter");
    assert_eq!(bench.app.link.attempt().unwrap().keep, None);
    // one whose entry says so and that has none yet
    let mut bench = Bench::new(vec![stored("web")]);
    bench.press("enter");
    bench.update(Msg::SecretResolved(C, Ok(None)));
    bench.type_in("pw");
    bench.press("enter");
    let keep = &bench.app.link.attempt().unwrap().keep;
    assert_eq!(*keep, Some(PasswordSource::Store));
    // a refused one out of the store: another is asked for and takes its place
    let mut bench = Bench::new(vec![stored("web")]);
    bench.press("enter");
    bench.update(Msg::SecretResolved(C, Ok(Some(Secret::new("old")))));
    let refused = Failure::new(Class::Login, "Could not log in", "refused").reply(b"530 no");
    bench.say(Event::ConnectionFailed(ConnectionId(2), refused));
    bench.type_in("new");
    assert_connects(&bench.press("enter"), "new");
    let keep = &bench.app.link.attempt().unwrap().keep;
    assert_eq!(*keep, Some(PasswordSource::Store));
}

#[test]
fn the_passphrase_is_asked_for_and_what_wanted_it_is_done() {
    let web = stored("web");
    let wanted = Effect::ResolveSecret(C, Box::new(web.clone()));
    let mut bench = Bench::new(vec![web]);
    assert!(matches!(&bench.press("enter")[..], [asked] if *asked == wanted));
    bench.update(Msg::Locked(Lock::Closed, Box::new(wanted.clone())));
    assert_eq!(bench.press("enter"), [], "it cannot be empty");
    bench.type_in("oops");
    let unlock = |text: &str| vec![Effect::Unlock(Secret::new(text)), wanted.clone()];
    assert_eq!(bench.press("enter"), unlock("oops"));
    bench.update(Msg::Locked(Lock::Wrong, Box::new(wanted.clone())));
    assert!(bench.at_size((80, 24)).contains("The passphrase is wrong"));
    bench.type_in("right one");
    assert_eq!(bench.press("enter"), unlock("right one"));
    assert!(!format!("{:?}", bench.app).contains("right one"));
    assert_connects(
        &bench.update(Msg::SecretResolved(C, Ok(Some(Secret::new("pw"))))),
        "pw",
    );
    // an answer to a connection that was given up asks nobody
    let mut bench = Bench::new(vec![stored("web")]);
    bench.press("enter esc");
    bench.update(Msg::Locked(Lock::Closed, Box::new(wanted.clone())));
    assert!(bench.app.dialogs.is_empty());
    // and Escape gives the connection up
    let mut bench = Bench::new(vec![stored("web")]);
    bench.press("enter");
    bench.update(Msg::Locked(Lock::Closed, Box::new(wanted)));
    let effects = bench.press("esc");
    assert_eq!(effects, [Effect::Engine(Command::Disconnect(C))]);
    assert_eq!(bench.app.view, View::Servers);
}

#[test]
fn a_new_passphrase_is_typed_twice() {
    let mut bench = Bench::new(vec![]);
    let change = Change::Add(Box::new(stored("web")), Some(Secret::new("pw")));
    let wanted = Effect::ChangeServers(change);
    bench.update(Msg::Locked(Lock::New, Box::new(wanted.clone())));
    for size in SIZES {
        let drawn = bench.at_size(size);
        assert!(drawn.contains("secret store"), "{drawn}");
    }
    bench.type_in("one");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.at_size((80, 24)).contains("The same passphrase again"));
    bench.type_in("other");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.at_size((80, 24)).contains("the two differ"));
    bench.type_in("one");
    bench.press("enter");
    bench.type_in("one");
    let effects = bench.press("enter");
    assert_eq!(effects, [Effect::Unlock(Secret::new("one")), wanted]);
}

#[test]
fn the_form_saves_a_password_with_its_server() {
    let mut bench = Bench::new(vec![]);
    bench.press("n");
    bench.update(Msg::Paste(Secret::new("ftpes://me:s3cret@h.example/")));
    let drawn = bench.at_size((120, 40));
    assert!(
        drawn.contains("Kept password   ••••••") && !drawn.contains("s3cret"),
        "{drawn}"
    );
    let effects = bench.press("enter");
    let [Effect::ChangeServers(Change::Add(server, secret))] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(server.password, PasswordSource::Store);
    assert_eq!(*secret, Some(Secret::new("s3cret")));
    assert!(!format!("{effects:?} {:?}", bench.app).contains("s3cret"));
    // the store stays closed: the form stays open, and can be saved once more
    bench.update(Msg::Locked(Lock::New, Box::new(effects[0].clone())));
    bench.press("esc");
    assert!(bench.app.form.is_some());
    assert_eq!(bench.press("enter"), effects);
}

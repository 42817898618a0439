//! Connecting: passwords, refusals, lost connections.

use super::{C, command};

use ftpane::app::View;
use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::app::pane::Content;
use ftpane::model::command::Command;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::ConnectionId;
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Patience, Server};

use crate::harness::bench::{Bench, server};

/// What was set for a server is seen before one connects.
#[test]
fn the_list_tells_how_far_one_gets_and_through_what() {
    let set = Server {
        explore_depth: Some(2),
        proxy: "socks5://me@proxy".parse().ok(),
        weak_tls: true,
        ..server("web")
    };
    let flat = Server {
        explore_depth: Some(0),
        ..server("web")
    };
    let told = [
        ("At most 2 levels below it.", true, false),
        ("Through socks5://me@proxy:1080", true, false),
        ("Weak TLS is let in.", true, false),
        ("Its folders are not entered.", false, true),
    ];
    for (text, of_set, of_flat) in told {
        for (server, told) in [(&set, of_set), (&flat, of_flat), (&server("web"), false)] {
            let drawn = Bench::new(vec![server.clone()]).at_size((120, 40));
            assert_eq!(drawn.contains(text), told, "{text}: {drawn}");
        }
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

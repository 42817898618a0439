//! What earlier runs have left: offered, taken up, forgotten.

use super::command;
use std::time::Duration;

use ftpane::app::connect::Link;
use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::model::command::Command;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{BatchId, ConnectionId, Direction, Policy};
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Server};
use ftpane::model::stamp::Stamp;
use ftpane::model::unfinished::{RestId, Unfinished};

use crate::harness::bench::{Bench, server};

pub(crate) fn left(run: u32, batch: u32, server: Server) -> Unfinished {
    Unfinished {
        id: RestId {
            run,
            batch: BatchId(batch),
        },
        asked: Stamp::exact(1_776_780_120),
        server: Box::new(server),
        direction: Direction::Upload,
        policy: Policy::Overwrite,
        files: 142,
        known: 200,
        bytes: 1_000_000,
        walked: true,
        first: Vec::new(),
    }
}

fn stored(name: &str) -> Server {
    Server {
        password: PasswordSource::Store,
        ..server(name)
    }
}

/// What is taken up, and over which connection.
fn taken(effects: &[Effect]) -> Vec<(RestId, ConnectionId)> {
    let taken = effects.iter().filter_map(|effect| match effect {
        Effect::Engine(Command::TakeUp { rest, connection, .. }) => Some((*rest, *connection)),
        _ => None,
    });
    taken.collect()
}

#[test]
fn what_is_left_is_taken_up_server_by_server() {
    let (web, ftp) = (stored("web"), stored("ftp"));
    // the entry was changed since
    let newer = Server {
        connections: 2,
        ..ftp.clone()
    };
    let mut bench = Bench::new(vec![web.clone(), newer.clone()]);
    let all = vec![left(1, 1, web.clone()), left(1, 2, ftp), left(2, 1, web.clone())];
    let ids: Vec<RestId> = all.iter().map(|left| left.id).collect();
    bench.say(Event::Unfinished(all));
    let Some(Effect::ResolveSecret(first, to)) = bench.press("r").pop() else {
        panic!("no password is looked for")
    };
    assert_eq!(*to, web);
    let found = bench.update(Msg::SecretResolved(first, Ok(Some(Secret::new("pw")))));
    let connects = |effect: &Effect| matches!(effect, Effect::Engine(Command::Connect { server, .. }) if **server == web);
    assert!(found.iter().any(connects), "{found:?}");
    let attempt = bench.app.link.attempt().unwrap().connection;
    let effects = connected(&mut bench, attempt);
    assert_eq!(taken(&effects), [(ids[0], attempt), (ids[2], attempt)]);
    // jobs go on over a connection that is hung up
    let hang_up = effects
        .iter()
        .position(|effect| *effect == Effect::Engine(Command::Disconnect(attempt)));
    let last = effects
        .iter()
        .rposition(|effect| matches!(effect, Effect::Engine(Command::TakeUp { .. })));
    assert!(hang_up > last && last.is_some(), "{effects:?}");
    let Some(Effect::ResolveSecret(second, to)) = effects.last() else {
        panic!("the other server is not connected: {effects:?}")
    };
    assert_eq!(**to, newer);
    // its password is wrong: what is left for it is left
    let failure = Failure::new(Class::Other, "No password", "the store is gone");
    bench.update(Msg::SecretResolved(*second, Err(failure)));
    assert!(matches!(bench.app.link, Link::Lost(..)));
    // and it is taken up as soon as it is connected after all
    bench.press("a");
    let again = bench.app.link.attempt().unwrap().connection;
    bench.update(Msg::SecretResolved(again, Ok(Some(Secret::new("pw")))));
    let attempt = bench.app.link.attempt().unwrap().connection;
    assert_eq!(taken(&connected(&mut bench, attempt)), [(ids[1], attempt)]);
    let again = connected(&mut bench, attempt);
    assert_eq!(taken(&again), [], "once");
}

#[test]
fn what_was_wanted_before_a_login_was_given_up_is_taken_up_once() {
    let web = stored("web");
    let mut bench = Bench::new(vec![web.clone()]);
    let rest = left(1, 1, web);
    bench.say(Event::Unfinished(vec![rest.clone()]));
    let Some(Effect::ResolveSecret(first, _)) = bench.press("r").pop() else {
        panic!("no password is looked for")
    };
    let failure = Failure::new(Class::Other, "No password", "the store is gone");
    bench.update(Msg::SecretResolved(first, Err(failure)));
    bench.press("esc");
    bench.say(Event::Unfinished(vec![rest.clone()]));
    let Some(Effect::ResolveSecret(second, _)) = bench.press("r").pop() else {
        panic!("no password is looked for")
    };
    bench.update(Msg::SecretResolved(second, Ok(Some(Secret::new("pw")))));
    let attempt = bench.app.link.attempt().unwrap().connection;
    assert_eq!(taken(&connected(&mut bench, attempt)), [(rest.id, attempt)]);
}

fn connected(bench: &mut Bench, connection: ConnectionId) -> Vec<Effect> {
    let attempt = bench.app.link.attempt().unwrap().clone();
    bench.say(Event::Connected {
        connection,
        server: std::sync::Arc::new(attempt.server),
        root: crate::harness::bench::path("/srv/www"),
        facts: crate::harness::bench::facts(),
    })
}

#[test]
fn a_connection_that_stands_is_used() {
    let mut bench = Bench::connected();
    let all = vec![left(1, 1, server("web"))];
    let id = all[0].id;
    bench.say(Event::Unfinished(all));
    assert_eq!(taken(&bench.press("enter")), [(id, super::C)]);
    assert!(bench.screen().contains("is in the queue again"));
}

#[test]
fn what_is_left_can_be_forgotten_or_left_and_asked_for_again() {
    let mut bench = Bench::new(vec![server("web")]);
    let all = || vec![left(1, 1, server("web")), left(2, 1, server("gone"))];
    let ids: Vec<RestId> = all().iter().map(|left| left.id).collect();
    bench.update(Msg::Engine(Event::Unfinished(all())));
    // it came uncalled for: a letter was meant for something else
    assert_eq!(bench.press("d"), []);
    bench.now += Duration::from_secs(1);
    assert_eq!(bench.press("l"), []);
    assert!(bench.app.dialogs.is_empty());
    assert_eq!(command(bench.press("Q u")), Command::LookForUnfinished);
    bench.say(Event::Unfinished(all()));
    assert_eq!(command(bench.press("d")), Command::DropUnfinished(ids));
    bench.say(Event::Dropped(Ok(3)));
    assert!(bench.screen().contains("3 temporary files deleted here"));
    bench.press("u");
    bench.say(Event::Unfinished(Vec::new()));
    assert!(bench.screen().contains("No earlier run has left anything"));
    bench.say(Event::Dropped(Err(Failure::new(
        Class::Local,
        "Not dropped",
        "no permission",
    ))));
    assert!(bench.screen().contains("no permission"));
}

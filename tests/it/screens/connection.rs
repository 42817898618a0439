//! What is said of the connection: the line at the top, its page, and how fast the queue goes.

use std::time::Duration;

use ftpane::app::msg::Msg;
use ftpane::model::certificate::Trust;
use ftpane::model::event::{Event, Progress};
use ftpane::model::facts::Facts;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{ConnectionId, JobId};
use ftpane::model::listing::Dialect;
use ftpane::model::server::{Protocol, Server};

use super::{pictures, with_queue};
use crate::harness::bench::{Bench, facts, server};

fn knowing(facts: Facts) -> Bench {
    let mut bench = Bench::connected_to(Server {
        explore_depth: Some(2),
        ..server("web")
    });
    bench.say(Event::Facts(ConnectionId(1), Box::new(facts)));
    bench
}

fn top(bench: &mut Bench, columns: u16) -> String {
    let screen = bench.at_size((columns, 24));
    screen.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_connection() {
    let mut bench = knowing(*facts());
    bench.press("I");
    pictures("dialog-connection", &mut bench);
    let screen = bench.at_size((80, 24));
    assert!(screen.contains("1/2 PgDn"), "{screen}");
    bench.press("pagedown");
    pictures("dialog-connection-rest", &mut bench);
    bench.press("esc");
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn a_connection_in_clear() {
    let mut plain = Facts {
        protocol: Protocol::Ftp,
        tls: None,
        data: None,
        dialect: Dialect::Unix,
        read_only: true,
        utf8: false,
        ..*facts()
    };
    plain.sessions.refused = 2;
    let mut bench = knowing(plain);
    bench.press("I");
    pictures("dialog-connection-in-clear", &mut bench);
}

#[test]
fn without_a_connection_there_is_nothing_to_show() {
    let mut bench = Bench::connected();
    let gone = Failure::new(Class::Unreachable, "Could not connect to web", "it is gone");
    bench.press("I");
    bench.say(Event::ConnectionFailed(ConnectionId(1), gone));
    while !bench.app.dialogs.is_empty() {
        bench.press("esc");
    }
    bench.press("I");
    assert!(bench.app.dialogs.is_empty());
    assert_eq!(
        bench.app.notice.as_deref(),
        Some("There is no connection; S shows the list of servers")
    );
}

#[test]
fn the_line_at_the_top_says_the_most_important_where_it_is_narrow() {
    let mut bench = knowing(*facts());
    for (columns, says) in [
        (
            120,
            " web  FTPS explicit · TLS 1.3 · data encrypted · resumed 7/7 · certificate pinned · 12 days left · EPSV · MLSD · UTF-8",
        ),
        (
            80,
            " web  FTPS · TLS 1.3 · data encrypted · resumed 7/7 · pinned · 12 days left",
        ),
        (40, " web  FTPS · TLS 1.3 · 12 days left"),
        (20, " web  12 days left"),
    ] {
        assert_eq!(top(&mut bench, columns), says);
    }
    let mut all = *facts();
    all.read_only = true;
    if let Some(tls) = &mut all.tls {
        tls.weak = vec!["TLS 1.0".into()];
        tls.version = "TLS 1.0".into();
        tls.trust = Trust::Once;
        tls.days_left = Some(-1);
    }
    let mut bench = knowing(all);
    assert_eq!(top(&mut bench, 40), " web  read only · weak TLS · expired");
    assert_eq!(
        top(&mut bench, 80),
        " web  FTPS · read only · weak TLS · data encrypted · accepted once · expired"
    );
}

#[test]
fn the_course_of_the_rate() {
    let mut bench = with_queue(Bench::connected());
    for second in 1..300u64 {
        bench.now += Duration::from_secs(1);
        bench.update(Msg::Progress(Progress {
            running: vec![(JobId(1), 33_030_144), (JobId(2), 91_268_055)],
            rate: 5_000_000 + second * 31 % 89 * 110_000,
            moved: 124_298_199,
            total: 986_100_790,
            files_done: 1,
            files: 6,
            seconds_left: Some(70),
            ..Progress::default()
        }));
    }
    bench.press("Q");
    pictures("queue-course", &mut bench);
    bench.app.ascii = true;
    assert!(bench.screen().is_ascii());
    pictures("queue-course-ascii", &mut bench);
}

#[test]
fn the_queue_says_how_many_connections_there_are() {
    let mut limited = *facts();
    let mut bench = knowing(limited.clone());
    bench.press("Q");
    assert!(
        bench.screen().contains(" 2 of 4 connections "),
        "{}",
        bench.screen()
    );
    limited.sessions.refused = 2;
    bench.say(Event::Facts(ConnectionId(1), Box::new(limited)));
    let screen = bench.screen();
    assert!(
        screen.contains(" 2 of 2 connections, the server allows no more "),
        "{screen}"
    );
}

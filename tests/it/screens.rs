//! Every screen and dialog as it is drawn, at a small, a large and a tiny terminal.

mod arriving;
mod connection;
mod doctor;
mod files;
mod states;

use std::sync::Arc;

use ftpane::app::App;
use ftpane::app::effect::{Change, Effect};
use ftpane::app::msg::Msg;
use ftpane::config::secrets::Lock;
use ftpane::model::certificate::{Certificate, Doubt, Pin};
use ftpane::model::command::{Command, QuestionId};
use ftpane::model::event::{Counted, DialogueLine, Event, Progress, Question, Side, Speaker, Wanted};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{BatchId, ConnectionId, Direction, Hold, Item, Job, JobId, JobState, Rank};
use ftpane::model::listing::Listing;
use ftpane::model::server::{ConnectionMode, PasswordSource, Protocol, Server};
use ftpane::model::stamp::Stamp;

use crate::harness::bench::{Bench, SIZES, path, remote_entries, server};
use crate::keys::{left, looked};

/// Takes the picture at each size.
fn pictures(name: &str, bench: &mut Bench) {
    for (columns, rows) in SIZES {
        let picture = bench.at_size((columns, rows));
        keep(&format!("{name}-{columns}x{rows}"), &picture);
    }
}

/// Keeps a picture beside the others, whichever module has taken it.
fn keep(name: &str, picture: &str) {
    insta::assert_snapshot!(name, picture);
}

fn some_servers() -> Vec<Server> {
    let group = |s: Server, group: &str| Server {
        group: group.into(),
        ..s
    };
    vec![
        group(server("web"), "Customers"),
        group(
            Server {
                protocol: Protocol::FtpsImplicit,
                mode: ConnectionMode::Active,
                port_range: Some((50_000, 50_100)),
                read_only: true,
                note: "Ask Kim before changing anything.".into(),
                ..server("archive")
            },
            "Customers",
        ),
        Server {
            protocol: Protocol::Ftp,
            user: String::new(),
            host: "2001:db8::21".into(),
            port: Some(2121),
            ..server("printer")
        },
    ]
}

fn job(id: u64, name: &str, size: u64) -> Job {
    Job {
        id: JobId(id),
        batch: BatchId(1),
        direction: if id.is_multiple_of(2) {
            Direction::Upload
        } else {
            Direction::Download
        },
        item: Item {
            local: format!("/home/me/work/{name}").into(),
            remote: path(&format!("/srv/www/{name}")),
            kind: ftpane::model::entry::Kind::File,
            size: Some(size),
            modified: None,
            permissions: None,
        }
        .into(),
        rank: Rank::default(),
    }
}

pub(crate) fn with_queue(mut bench: Bench) -> Bench {
    bench.say(Event::JobsAdded(vec![
        job(1, "release-10.tar", 73_400_320),
        job(2, "dump.sql.gz", 912_680_550),
        job(3, "index.html", 18_220),
        job(4, "notes.txt", 120),
        job(5, "secret.key", 1_700),
        job(6, "later.iso", 4_700_000_000),
    ]));
    bench.say(Event::JobChanged(JobId(1), JobState::Running));
    bench.say(Event::JobChanged(JobId(2), JobState::Running));
    let refused = Failure::new(
        Class::Refused,
        "Could not download /srv/www/secret.key",
        "the server refused it",
    )
    .reply(b"550 Permission denied.\r\n")
    .hint("Ask the server's administrator for read permission");
    bench.say(Event::JobChanged(JobId(5), JobState::Failed(refused)));
    let done = JobState::Done {
        bytes: 18_220,
        before: 0,
        earlier: 0,
        millis: 340,
        note: None,
    };
    bench.say(Event::JobChanged(JobId(3), done));
    bench.say(Event::JobChanged(
        JobId(4),
        JobState::Skipped("the target is there already".into()),
    ));
    bench.update(Msg::Progress(Progress {
        running: vec![(JobId(1), 33_030_144), (JobId(2), 91_268_055)],
        rate: 12_582_912,
        moved: 124_298_199,
        total: 986_100_790,
        files_done: 1,
        files: 6,
        seconds_left: Some(70),
        ..Progress::default()
    }));
    bench
}

fn certificate(doubts: Vec<Doubt>) -> Box<Certificate> {
    Box::new(Certificate {
        subject: "CN=web.example.org, O=Example".into(),
        issuer: "CN=web.example.org, O=Example".into(),
        names: vec!["web.example.org".into(), "ftp.example.org".into()],
        not_before: Some(Stamp::exact(1_767_225_600)),
        not_after: Some(Stamp::exact(1_798_761_600)),
        key: "RSA 2048 bits".into(),
        pin: Pin(std::array::from_fn(|i| u8::try_from(i * 7).unwrap_or(9))),
        doubts,
        reason: "self-signed certificate".into(),
    })
}

#[test]
fn servers() {
    let mut bench = Bench::new(some_servers());
    pictures("servers", &mut bench);
    bench.press("down down");
    pictures("servers-active", &mut bench);
}

#[test]
fn servers_empty() {
    pictures("servers-empty", &mut Bench::new(Vec::new()));
}

#[test]
fn servers_used_and_servers_that_cannot_be_read() {
    let mut bench = Bench::new(some_servers());
    bench.update(Msg::ServerUsed("printer".into(), Stamp::exact(1_767_323_045)));
    pictures("servers-used", &mut bench);
    let mut start = crate::harness::bench::start(Vec::new());
    start.unread = Some("Saved servers: /home/anna/.config/ftpane/servers.toml, line 4: there is no field 'portt'; did you mean 'port'? Mend the file in an editor; nothing is written to it until then".into());
    let (app, _) = App::new(start);
    let mut bench = Bench { app, ..bench };
    pictures("servers-unread", &mut bench);
}

#[test]
fn servers_of_other_programs() {
    let mut bench = Bench::new(some_servers());
    bench.update(Msg::ImportsFound(looked()));
    pictures("dialog-import", &mut bench);
}

#[test]
fn servers_filtered() {
    let mut bench = Bench::new(some_servers());
    bench.press("/ p r");
    pictures("servers-filter", &mut bench);
}

#[test]
fn panes() {
    let mut bench = Bench::connected();
    bench.press("down space space");
    pictures("panes", &mut bench);
}

#[test]
fn panes_connecting() {
    let mut start = crate::harness::bench::start(some_servers());
    let anonymous = some_servers().remove(2);
    start.connect = Some((anonymous, None));
    let (app, _) = App::new(start);
    let mut bench = Bench {
        app,
        now: std::time::Duration::ZERO,
    };
    for step in [
        "looking up printer",
        "connecting to [2001:db8::21]:2121",
        "logging in as anonymous",
    ] {
        bench.say(Event::Connecting(ConnectionId(1), step.into()));
    }
    pictures("panes-connecting", &mut bench);
}

#[test]
fn panes_with_trouble() {
    let mut bench = Bench::connected();
    let effects = bench.press("enter");
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        panic!("{effects:?}")
    };
    let mut loading = Bench {
        app: bench.app.clone(),
        now: bench.now,
    };
    pictures("panes-loading", &mut loading);
    bench.say(Event::Listed {
        place,
        generation,
        result: Err(Failure::new(
            Class::Refused,
            "Could not list /srv/www/logs",
            "the server refused it",
        )
        .reply(b"550 Permission denied.")
        .hint("Another login may be allowed to")),
    });
    pictures("panes-failed", &mut bench);
    let effects = bench.press("ctrl-r");
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        panic!("{effects:?}")
    };
    bench.say(Event::Listed {
        place,
        generation,
        result: Ok(Arc::new(Listing {
            entries: remote_entries(),
            unreadable_count: 2,
            incomplete: Some("the server closed the connection early".into()),
            ..Listing::default()
        })),
    });
    pictures("panes-incomplete", &mut bench);
}

#[test]
fn a_server_that_is_gone_is_not_praised_at_the_top() {
    let mut bench = Bench::connected();
    let effects = bench.press("enter");
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        panic!("{effects:?}")
    };
    assert!(bench.screen().contains("TLS 1.3"));
    let gone = Failure::new(
        Class::Unreachable,
        "Could not connect to web",
        "nothing listens on that port",
    );
    bench.say(Event::Listed {
        place,
        generation,
        result: Err(gone),
    });
    let screen = bench.screen();
    let top = screen.lines().next().unwrap();
    assert_eq!(top, " web  not connected: nothing listens on that port");
}

#[test]
fn panes_filter() {
    let mut bench = Bench::connected();
    bench.press("s s / r e l");
    pictures("panes-filter", &mut bench);
    bench.type_in("xyz");
    bench.press("enter");
    pictures("panes-filter-nothing", &mut bench);
}

#[test]
fn panes_of_a_read_only_server() {
    let mut bench = Bench::connected_to(Server {
        read_only: true,
        ..server("web")
    });
    pictures("panes-read-only", &mut bench);
    bench.press("f8");
    pictures("panes-read-only-refusal", &mut bench);
}

#[test]
fn queue() {
    let mut bench = with_queue(Bench::connected());
    pictures("panes-with-queue", &mut bench);
    bench.press("Q down down down down");
    pictures("queue", &mut bench);
    bench.press("tab tab tab tab tab");
    pictures("queue-unfinished", &mut bench);
    let mut empty = Bench::connected();
    empty.press("Q");
    pictures("queue-empty", &mut empty);
}

#[test]
fn queue_held() {
    let mut bench = with_queue(Bench::connected());
    let full = Failure::new(
        Class::Refused,
        "Could not upload to /srv/www/dump.sql.gz",
        "the server has no room left, or your quota is used up",
    )
    .reply(b"552 Exceeded storage allocation.\r\n")
    .hint("Make room there, then let the transfers go on or try them again.")
    .full();
    let held = |hold| JobState::Held(hold);
    bench.say(Event::JobChanged(JobId(1), held(Hold::Paused)));
    bench.say(Event::Kept(JobId(1), 3 << 20));
    bench.say(Event::JobChanged(JobId(2), held(Hold::Full(full))));
    bench.update(Msg::Progress(Progress {
        limit: Some(2 << 20),
        files: 6,
        files_done: 1,
        total: 986_100_790,
        ..Progress::default()
    }));
    bench.say(Event::ServerAway {
        connection: ConnectionId(1),
        failure: Failure::new(
            Class::Unreachable,
            "Could not connect to web.example.org",
            "nothing listens on that port",
        ),
        wait: std::time::Duration::from_secs(20),
    });
    pictures("panes-waiting-for-the-server", &mut bench);
    bench.press("Q down");
    pictures("queue-held", &mut bench);
    bench.press("enter");
    pictures("queue-details", &mut bench);
    bench.press("esc down down down down");
    pictures("queue-waiting-for-the-server", &mut bench);
    bench.press("l");
    pictures("dialog-limit", &mut bench);
    bench.press("esc a c");
    pictures("dialog-cancel-all", &mut bench);
}

#[test]
fn log() {
    let mut bench = Bench::connected();
    for (session, speaker, text) in [
        (1, Speaker::Remark, "connecting to 192.0.2.7:21"),
        (1, Speaker::Server, "220 ready"),
        (1, Speaker::Client, "AUTH TLS"),
        (1, Speaker::Server, "234 Proceed with negotiation."),
        (1, Speaker::Remark, "TLS 1.3, certificate pinned"),
        (1, Speaker::Client, "PASS ***"),
        (2, Speaker::Client, "RETR release-10.tar"),
        (2, Speaker::Server, "150 Opening BINARY mode data connection."),
    ] {
        bench.say(Event::Dialogue(DialogueLine {
            session,
            speaker,
            text: text.into(),
        }));
    }
    bench.press("L");
    pictures("log", &mut bench);
    bench.press("/");
    bench.type_in("tls");
    pictures("log-filter", &mut bench);
}

#[test]
fn help() {
    let mut bench = Bench::connected();
    bench.press("?");
    pictures("help", &mut bench);
}

#[test]
fn finding_ones_way() {
    let mut bench = Bench::connected_to(Server {
        read_only: true,
        ..server("web")
    });
    bench.press(":");
    bench.type_in("sort");
    pictures("palette", &mut bench);
    bench.press("ctrl-u");
    bench.type_in("del");
    pictures("palette-off", &mut bench);
    bench.press("ctrl-u");
    bench.type_in("zzz");
    pictures("palette-nothing", &mut bench);
    bench.press("esc ? /");
    bench.type_in("bookmark");
    pictures("help-filter", &mut bench);
    bench.press("esc esc f");
    bench.type_in("rel");
    pictures("panes-jump", &mut bench);
    bench.press("esc s p");
    pictures("panes-by-permissions", &mut bench);
    let mut bench = Bench::connected();
    bench.press("g p");
    bench.type_in("p");
    pictures("go-to", &mut bench);
    bench.press("ctrl-u");
    bench.type_in("/etc");
    pictures("go-to-outside", &mut bench);
    bench.press("esc '");
    pictures("bookmarks-none", &mut bench);
    bench.press("esc F");
    bench.type_in("*.tar lager:1M");
    bench.press("enter");
    pictures("dialog-search", &mut bench);
    bench.press("esc");
    for (picture, mut bench) in crate::keys::searches() {
        pictures(picture, &mut bench);
    }
    bench.press("esc ctrl-y =");
    pictures("dialog-compare", &mut bench);
    bench.press("t");
    pictures("panes-compared", &mut bench);
}

#[test]
fn dialog_transfer() {
    let mut bench = Bench::connected();
    bench.press("a f5 down");
    pictures("dialog-transfer", &mut bench);
}

#[test]
fn dialog_delete() {
    let mut bench = Bench::connected();
    let effects = bench.press("f8");
    pictures("dialog-delete-counting", &mut bench);
    let [Effect::Engine(Command::Count { generation, .. })] = effects[..] else {
        panic!("{effects:?}")
    };
    bench.say(Event::Counted {
        generation,
        result: Ok(Counted {
            files: 1_204,
            folders: 17,
            bytes: 88_000_000,
            incomplete: true,
            cut: Some(3),
        }),
    });
    pictures("dialog-delete", &mut bench);
}

#[test]
fn dialog_names() {
    let mut bench = Bench::connected();
    bench.press("f7");
    bench.type_in("../../etc");
    bench.press("enter");
    pictures("dialog-new-folder", &mut bench);
    bench.press("esc end f6");
    pictures("dialog-rename", &mut bench);
    bench.press("esc a f6");
    pictures("dialog-move", &mut bench);
}

#[test]
fn dialog_pattern() {
    let mut bench = Bench::connected();
    bench.press("+");
    bench.type_in(".tar");
    pictures("dialog-pattern", &mut bench);
}

#[test]
fn dialog_certificate() {
    for (picture, pinned) in [
        ("dialog-certificate", None),
        ("dialog-certificate-changed", Some(Pin([0xab; 32]))),
    ] {
        let mut bench = Bench::connected();
        bench.say(Event::Question {
            id: QuestionId(1),
            question: Question::Certificate {
                connection: ConnectionId(1),
                server: "web".into(),
                certificate: certificate(vec![Doubt::SelfSigned, Doubt::WrongName]),
                pinned,
            },
        });
        pictures(picture, &mut bench);
    }
}

#[test]
fn dialog_answer() {
    let mut bench = Bench::connected();
    bench.say(Event::Question {
        id: QuestionId(1),
        question: Question::Secret {
            connection: ConnectionId(1),
            server: Arc::new(server("web")),
            wanted: Wanted::Answer("Response to otp-md5 487 dog2 ext required for admin.".into()),
        },
    });
    bench.type_in("ABE HER");
    pictures("dialog-answer", &mut bench);
}

#[test]
fn dialog_conflict() {
    let mut bench = Bench::connected();
    for id in 1..=3 {
        bench.say(Event::Question {
            id: QuestionId(id),
            question: Question::Conflict {
                connection: ConnectionId(1),
                job: JobId(id),
                direction: Direction::Download,
                source: Side {
                    shown: "/srv/www/index.html".into(),
                    size: Some(18_220),
                    modified: Some(Stamp::exact(1_772_000_000)),
                },
                target: Side {
                    shown: "/home/me/work/index.html".into(),
                    size: Some(17_000),
                    modified: Some(Stamp::exact(1_771_000_000)),
                },
                can_resume: true,
            },
        });
    }
    bench.press("space right");
    pictures("dialog-conflict", &mut bench);
}

#[test]
fn dialog_in_place() {
    let mut bench = Bench::connected();
    bench.say(crate::keys::questions::in_place_question(1));
    pictures("dialog-in-place", &mut bench);
}

#[test]
fn dialog_passphrase() {
    let mut bench = Bench::new(vec![server("web")]);
    let change = Effect::ChangeServers(Change::Remove("web".into()));
    bench.update(Msg::Locked(Lock::New, Box::new(change)));
    bench.type_in("secret");
    pictures("dialog-passphrase", &mut bench);
}

#[test]
fn dialog_password() {
    let mut bench = Bench::new(vec![server("web")]);
    bench.press("enter");
    bench.type_in("hunter2");
    pictures("dialog-password", &mut bench);
    bench.press("enter");
    bench.say(Event::ConnectionFailed(
        ConnectionId(2),
        Failure::new(
            Class::Login,
            "Could not log in to web",
            "the server refused user or password",
        )
        .reply(b"530 Login incorrect."),
    ));
    pictures("dialog-password-refused", &mut bench);
}

#[test]
fn dialog_failure() {
    let mut bench = Bench::new(vec![Server {
        password: PasswordSource::Environment("WEB_PASSWORD".into()),
        ..server("web")
    }]);
    bench.press("enter");
    bench.update(Msg::SecretResolved(
        ConnectionId(1),
        Err(Failure::new(
            Class::Login,
            "No password",
            "the environment variable WEB_PASSWORD is not set",
        )
        .hint("Set it before ftpane starts: export WEB_PASSWORD=...")),
    ));
    pictures("dialog-connection-failed", &mut bench);
    bench.press("esc");
    pictures("panes-not-connected", &mut bench);
}

#[test]
fn dialog_quit() {
    let mut bench = with_queue(Bench::connected());
    bench.press("f10");
    pictures("dialog-quit", &mut bench);
}

#[test]
fn dialog_unfinished() {
    let mut bench = Bench::new(some_servers());
    let mut all: Vec<_> = (0..7).map(|run| left(run, 1, server("web"))).collect();
    all[1].walked = false;
    all[1].files = 1;
    all[2].direction = Direction::Download;
    all[2].server.name = String::new();
    bench.say(Event::Unfinished(all));
    pictures("dialog-unfinished", &mut bench);
}

#[test]
fn dialog_remove_server() {
    let mut bench = Bench::new(some_servers());
    bench.press("d");
    pictures("dialog-remove-server", &mut bench);
}

#[test]
fn form() {
    let mut bench = Bench::new(some_servers());
    bench.press("e");
    pictures("form", &mut bench);
}

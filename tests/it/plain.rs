//! The interface in lines: what a typed line means, and whole jobs of the real binary on a terminal that
//! only prints.

use ftpane::app::View;
use std::time::Duration;

use ftpane::app::action::{Action, TABLE};
use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::app::pointer::{Gesture, Spot};
use ftpane::app::typed::ABSENT;
use ftpane::model::secret::Secret;

use ftpane::model::command::{Command, QuestionId};
use ftpane::model::event::{Event, Question, Wanted};
use ftpane::model::job::ConnectionId;
use ftpane::ui::plain::Teller;

use crate::harness::bench::{Bench, file, remote_entries, server};

const VIEWS: [View; 7] = [
    View::Panes,
    View::Servers,
    View::Pager,
    View::Queue,
    View::Log,
    View::Found,
    View::Doctor,
];

fn heard(bench: &Bench, line: &str) -> Vec<Msg> {
    bench.app.hear(&Secret::new(line)).msgs
}

fn said(bench: &Bench, line: &str) -> String {
    bench.app.hear(&Secret::new(line)).says.join("\n")
}

/// Types a line; what was said to it at once.
fn say(bench: &mut Bench, line: &str) -> String {
    let heard = bench.app.hear(&Secret::new(line));
    for msg in heard.msgs {
        let effects = bench.app.update(msg, bench.now);
        bench.answer_listings(&effects);
    }
    heard.says.join("\n")
}

fn point(spot: Spot) -> Msg {
    Msg::Pointed(spot, Gesture::Point)
}

/// What is marked is what these actions mean: a name beside them would be passed over.
#[test]
fn a_name_and_marks_are_not_mixed_up() {
    let mut bench = Bench::connected();
    assert_eq!(heard(&bench, "delete 2").len(), 2);
    bench.press("space");
    for line in ["delete 2", "transfer 2", "copy-path 2"] {
        assert!(said(&bench, line).contains("Something is marked"), "{line}");
        assert_eq!(heard(&bench, line), [], "{line}");
    }
    assert_eq!(heard(&bench, "delete").len(), 1);
    assert_eq!(heard(&bench, "view 2").len(), 2);
}

/// Numbers were told of rows; where the rows have become others unasked, that is known.
#[test]
fn numbers_of_rows_that_have_changed_are_stale() {
    let mut bench = Bench::connected();
    let mut teller = Teller::default();
    teller.tell(&bench.app);
    assert!(!teller.is_stale());
    let effects = bench.press("ctrl-r");
    let Some(Effect::Engine(Command::List { place, generation })) = effects.first().cloned() else {
        panic!("{effects:?}");
    };
    let mut entries = remote_entries();
    entries.push(file("aaa", 1, 1));
    bench.listed(place, generation, entries);
    teller.tell(&bench.app);
    assert!(teller.is_stale());
    teller.answer(Vec::new(), true, false);
    assert!(teller.tell(&bench.app).iter().any(|line| line.contains("aaa")));
    assert!(!teller.is_stale());
}

/// A question that has only just come takes no line that was meant for something else.
#[test]
fn a_question_that_comes_uncalled_for_takes_no_answer_at_once() {
    let mut bench = Bench::connected();
    bench.say(Event::Question {
        id: QuestionId(1),
        question: Question::Secret {
            connection: ConnectionId(1),
            server: server("web").into(),
            wanted: Wanted::Account("332 Which account?".into()),
        },
    });
    assert_eq!(heard(&bench, "go-to /etc"), []);
    bench.now += Duration::from_secs(2);
    bench.update(Msg::Tick);
    assert_eq!(heard(&bench, "accounts").len(), 2);
}

#[test]
fn every_action_is_there_by_its_name_wherever_it_is_possible() {
    let mut bench = Bench::connected();
    for view in VIEWS {
        bench.app.view = view;
        let here = bench.app.context_of(view);
        for row in TABLE.iter().filter(|row| row.contexts.contains(&here)) {
            let absent = ABSENT.iter().find(|(action, _)| *action == row.action);
            match absent {
                Some((_, why)) => assert!(said(&bench, row.id).contains(why), "{}", row.id),
                None => assert_eq!(
                    heard(&bench, row.id),
                    [Msg::Do(row.action)],
                    "{} in {view:?}",
                    row.id
                ),
            }
        }
        let help = said(&bench, "help");
        for row in TABLE.iter().filter(|row| row.contexts.contains(&here)) {
            assert!(
                help.contains(row.id),
                "the help of {view:?} does not name {}",
                row.id
            );
        }
    }
}

#[test]
fn a_line_is_an_action_or_goes_to_a_line_of_the_list() {
    let bench = Bench::connected();
    let at = |line| point(Spot::Pane(ftpane::app::folder::Side::Remote, Some(line)));
    let text = |text: &str| [Msg::Write(Secret::new(text)), Msg::Do(Action::Accept)];
    for (line, want) in [
        ("transfer", vec![Msg::Do(Action::Transfer)]),
        ("TRAN", vec![Msg::Do(Action::Transfer)]),
        (":transfer", vec![Msg::Do(Action::Transfer)]),
        ("2", vec![at(1)]),
        ("index.html", vec![at(4)]),
        ("ind", vec![at(4)]),
        ("view index.html", vec![at(4), Msg::Do(Action::View)]),
        ("delete 4", vec![at(3), Msg::Do(Action::Delete)]),
        ("jump logs", vec![at(0)]),
        ("ftpes://u@h/", vec![Msg::Paste(Secret::new("ftpes://u@h/"))]),
        // nothing is done where the line to go to is not there
        ("delete nothing-of-that-name", vec![]),
        ("delete 99", vec![]),
        ("99", vec![]),
        ("mar", vec![]),
        ("palette", vec![]),
        ("jump", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(heard(&bench, line), want, "{line}");
    }
    let mut named = vec![Msg::Do(Action::Rename)];
    named.extend(text("a b.txt"));
    assert_eq!(heard(&bench, "rename  a b.txt"), named);
    for (line, says) in [
        ("mar", "Which? mark, mark-all, mark-pattern"),
        ("99", "There are lines 1 to 7"),
        ("delete nothing", "No line here is called 'nothing'"),
        ("transfr", "transfer"),
        ("release", "Several names begin with 'release'"),
        ("help tran", "Transfer what is marked"),
    ] {
        assert!(
            said(&bench, line).contains(says),
            "{line}: {}",
            said(&bench, line)
        );
    }
}

#[test]
fn a_file_that_is_called_like_an_action_does_not_stand_in_its_way() {
    let mut bench = Bench::connected();
    // of the sample no name is an action's; a folder of this machine may have one
    assert_eq!(heard(&bench, "quit"), [Msg::Do(Action::Quit)]);
    say(&mut bench, "new-folder quit");
    assert!(bench.app.dialogs.is_empty(), "the name was taken");
}

#[test]
fn the_text_of_an_action_that_is_refused_goes_nowhere() {
    let mut server = server("web");
    server.read_only = true;
    let mut bench = Bench::connected_to(server);
    say(&mut bench, "rename other.html");
    assert!(bench.app.dialogs.is_empty());
    let notice = bench.app.notice.clone().unwrap();
    assert!(notice.contains("is read only"), "{notice}");
}

#[test]
fn questions_are_answered_by_number_letter_or_word() {
    let mut bench = Bench::connected();
    say(&mut bench, "transfer index.html");
    assert_eq!(bench.app.dialogs.len(), 1);
    for line in ["1", "s", "S", "start", "sta", ":start"] {
        assert_eq!(heard(&bench, line), [point(Spot::Choice(0))], "{line}");
    }
    assert_eq!(heard(&bench, "cancel"), [point(Spot::Choice(1))]);
    assert_eq!(heard(&bench, "down"), [Msg::Do(Action::Down)]);
    assert!(said(&bench, "transfer").contains("is no answer"));
    assert!(said(&bench, "3").contains("is no answer"));
    say(&mut bench, "c");
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn where_a_text_is_asked_for_a_colon_begins_an_action() {
    let mut bench = Bench::connected();
    say(&mut bench, "index.html");
    say(&mut bench, "rename");
    let line = |bench: &Bench| bench.app.dialogs[0].line.as_ref().unwrap().text().to_owned();
    assert_eq!(line(&bench), "index.html");
    assert_eq!(
        heard(&bench, "transfer"),
        [Msg::Write(Secret::new("transfer")), Msg::Do(Action::Accept)]
    );
    assert_eq!(
        heard(&bench, "::x"),
        [Msg::Write(Secret::new(":x")), Msg::Do(Action::Accept)]
    );
    assert_eq!(heard(&bench, ""), [Msg::Do(Action::Accept)]);
    assert!(said(&bench, ":bcak").contains(":back is"));
    say(&mut bench, ":back");
    assert!(bench.app.dialogs.is_empty());
    // a filter is typed like any other text
    say(&mut bench, "filter release");
    assert_eq!(bench.app.remote.shown.len(), 2);
    say(&mut bench, "back");
    assert_eq!(bench.app.remote.shown.len(), 7);
}

#[test]
fn the_form_takes_fields_by_name() {
    let mut bench = Bench::new(Vec::new());
    say(&mut bench, "new");
    for line in [
        "name = web",
        "host=web.example.org",
        "user = admin",
        "mode = act",
        "read only = on",
    ] {
        assert_eq!(say(&mut bench, line), "", "{line}");
    }
    let form = bench.app.open_form().unwrap();
    let server = form.server();
    assert_eq!(
        (&*server.name, &*server.host, &*server.user),
        ("web", "web.example.org", "admin")
    );
    assert!(server.read_only && server.mode == ftpane::model::server::ConnectionMode::Active);
    for (line, says) in [
        ("nonsense = 1", "No field is called 'nonsense'"),
        ("po = 1", "Which? Port, Port range"),
        ("mode = sideways", "There are passive, active, auto"),
        ("mode", "one of passive, active, auto. Active: the server opens"),
    ] {
        assert!(say(&mut bench, line).contains(says), "{line}");
    }
    say(&mut bench, "mode = passive");
    say(&mut bench, "password = store");
    // a secret has a line of its own, and the next one is none
    assert!(say(&mut bench, "kept password = x").contains("in a line of its own"));
    assert!(!bench.app.awaits_secret());
    say(&mut bench, "kept password");
    assert!(bench.app.awaits_secret());
    say(&mut bench, ":back = s3cret");
    assert!(!bench.app.awaits_secret());
    let form = bench.app.open_form().unwrap();
    assert_eq!(form.secret(), Some(Secret::new(":back = s3cret")));
    assert_eq!(form.server().mode, ftpane::model::server::ConnectionMode::Passive);
}

#[cfg(unix)]
mod by_the_binary {
    use std::fs;

    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use ftpane::config::servers::Servers;
    use ftpane::demo::Demo;
    use ftpane::model::command::{Command, QuestionId};
    use ftpane::model::event::{Event, Question, Wanted};
    use ftpane::model::job::ConnectionId;
    use ftpane::model::server::{PasswordSource, Server};
    use ftpane::term::plain;
    use tempfile::TempDir;
    use tokio::io::AsyncReadExt as _;

    use crate::harness::bench::{server, start};
    use crate::harness::pty::command;
    use crate::harness::seat::{Puppet, SmallWorld};
    use crate::harness::spoken::Spoken;

    /// Where the child of a test is told something: by a connection that ends.
    const CALL: &str = "FTPANE_TEST_CALL";

    struct Place {
        here: TempDir,
        home: TempDir,
    }

    impl Place {
        fn new() -> Self {
            Self {
                here: tempfile::tempdir().unwrap(),
                home: tempfile::tempdir().unwrap(),
            }
        }

        fn run(&self, term: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Spoken {
            let binary = env!("CARGO_BIN_EXE_ftpane");
            let mut command = command(binary, self.here.path(), self.home.path());
            command.env("TERM", term);
            for (name, value) in variables {
                command.env(name, value);
            }
            command.args(arguments);
            Spoken::run(command)
        }
    }

    fn assert_plain(printed: &[u8]) {
        let text = String::from_utf8_lossy(printed);
        let bad = printed
            .iter()
            .find(|byte| **byte < 0x20 && !matches!(byte, b'\r' | b'\n' | 0x07));
        assert_eq!(bad, None, "{text}");
    }

    #[test]
    fn a_job_from_the_first_line_to_the_last() {
        let place = Place::new();
        let mut ftpane = place.run("xterm-256color", &["demo", "--plain"], &[]);
        ftpane.hear("connected, FTPS explicit");
        ftpane.hear("Server: /, ");
        ftpane.hear("README.txt, ");
        ftpane.say("transfer README.txt");
        ftpane.hear("Answers: 1 Start (s), 2 Cancel (c).");
        ftpane.say("s");
        ftpane.hear("Queue: 1 done");
        let readme = fs::read_to_string(place.here.path().join("README.txt")).unwrap();
        assert!(readme.contains("sample tree"));

        ftpane.say("view README.txt");
        ftpane.hear("This is the sample tree of ftpane's embedded server.");
        ftpane.say("back");
        ftpane.hear("Server: /, ");
        ftpane.say("enter incoming");
        ftpane.hear("Server: /incoming, This folder is empty.");
        ftpane.say("other-pane");
        ftpane.hear("Here: ");
        ftpane.hear("1 README.txt, ");
        ftpane.say("tran");
        ftpane.hear("Answers: ");
        ftpane.say("start");
        ftpane.hear("Queue: 2 done");
        ftpane.say("other-pane");
        ftpane.hear("Server: /incoming, 1 file");
        ftpane.hear("1 README.txt, ");
        ftpane.say("rename two.txt");
        ftpane.hear("/incoming/README.txt is now /incoming/two.txt");
        ftpane.hear("1 two.txt, ");
        ftpane.say("copy-path");
        ftpane.hear("\r\n/incoming/two.txt");
        ftpane.say("delete two.txt");
        ftpane.hear("gone for good");
        ftpane.hear("Answers: 1 Delete (d)");
        ftpane.say("1");
        ftpane.hear("Deleted 1 file");

        // the same target once more: a question that comes by itself
        ftpane.say("leave");
        ftpane.hear("Server: /, ");
        ftpane.say("transfer README.txt");
        ftpane.hear("Answers: ");
        ftpane.say("s");
        ftpane.hear("The target exists:");
        ftpane.hear("Answers: 1 Skip (s)");
        ftpane.answer("The target exists:", "skip", "1 skipped");
        ftpane.say("quit");
        let (code, printed) = ftpane.leave();
        assert_eq!(code, 0);
        assert_plain(&printed);
    }

    /// Saves a server as "web", whose password is asked for.
    fn save_asking(place: &Place, server: Server) {
        let mut servers = Servers::load(place.home.path().join("servers.toml")).unwrap();
        servers
            .add(Server {
                name: "web".into(),
                password: PasswordSource::Ask,
                ..server
            })
            .unwrap();
    }

    #[test]
    fn a_dumb_terminal_gets_no_escape_and_shows_no_password() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let demo = runtime.block_on(Demo::start()).unwrap();
        let place = Place::new();
        save_asking(
            &place,
            Server {
                pin: None,
                ..demo.server()
            },
        );
        let mut ftpane = place.run("dumb", &[], &[]);
        ftpane.hear("1 web, FTPS explicit");
        ftpane.say("connect web");
        ftpane.hear("Type it, it is not shown");
        ftpane.say(demo.secret().reveal());
        // nobody this machine trusts has signed it
        ftpane.hear("Is this the right server?");
        ftpane.hear("Answers: 1 Refuse (r), 2 Accept once (o), 3 Accept and pin (p).");
        ftpane.answer("Is this the right server?", "3", "Server: /, ");
        ftpane.say("log");
        ftpane.hear("Log, all sessions:");
        ftpane.say("filter PASS");
        ftpane.hear("sent PASS ");
        ftpane.say("quit");
        let (code, printed) = ftpane.leave();
        assert_eq!(code, 0);
        assert_plain(&printed);
        let text = String::from_utf8_lossy(&printed);
        assert!(!text.contains(demo.secret().reveal()), "{text}");
        let saved = fs::read_to_string(place.home.path().join("servers.toml")).unwrap();
        assert!(saved.contains("sha256:"), "{saved}");
    }

    #[test]
    fn an_editor_gets_what_is_typed_while_it_has_the_terminal() {
        let place = Place::new();
        let editor = place.home.path().join("editor");
        fs::write(&editor, "echo EDITING; read line; echo \"$line\" > \"$1\"\n").unwrap();
        let editor = format!("sh '{}'", editor.display());
        let mut ftpane = place.run("dumb", &["demo"], &[("VISUAL", &editor)]);
        ftpane.hear("README.txt, ");
        ftpane.say("edit README.txt");
        ftpane.hear("EDITING");
        ftpane.say("quit");
        ftpane.hear("/README.txt is sent back");
        ftpane.say("view README.txt");
        ftpane.hear("/README.txt: line 1");
        ftpane.hear("quit");
        ftpane.say("quit");
        let (code, printed) = ftpane.leave();
        assert_eq!(code, 0);
        assert_plain(&printed);
    }

    /// Not a test: the program that [`what_was_begun_of_a_password_is_not_used_for_anything_else`] runs, with an
    /// engine that asks for a password, and takes the question back when the test says so.
    #[tokio::test]
    #[ignore = "runs in a terminal of its own, as another test's child"]
    async fn asks_and_takes_it_back() {
        let Ok(call) = std::env::var(CALL) else {
            return;
        };
        let mut call = tokio::net::TcpStream::connect(call).await.unwrap();
        let (engine, puppet) = Puppet::new();
        puppet.say(Event::Question {
            id: QuestionId(1),
            question: Question::Secret {
                connection: ConnectionId(1),
                server: server("web").into(),
                wanted: Wanted::ProxyPassword,
            },
        });
        let answered = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&answered);
        tokio::spawn(async move {
            call.read_u8().await.unwrap_err();
            puppet.say(Event::QuestionVoid(QuestionId(1)));
            puppet.play(move |command| {
                let answers = matches!(command, Command::Answer { .. });
                seen.fetch_or(answers, Ordering::SeqCst);
                Vec::new()
            });
        });
        plain::run(start(Vec::new()), engine, SmallWorld::default())
            .await
            .unwrap();
        assert!(!answered.load(Ordering::SeqCst), "the question was answered");
    }

    #[test]
    fn what_was_begun_of_a_password_is_not_used_for_anything_else() {
        let place = Place::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = std::env::current_exe().unwrap();
        let mut child = command(this, place.here.path(), place.home.path());
        child.env(CALL, listener.local_addr().unwrap().to_string());
        child.args([
            "--ignored",
            "--exact",
            "--nocapture",
            "plain::by_the_binary::asks_and_takes_it_back",
        ]);
        let mut ftpane = Spoken::run(child);
        ftpane.hear("Type it, it is not shown");
        ftpane.begin("qui");
        drop(listener.accept().unwrap());
        let mut heard = ftpane.hear("The question is gone. What was begun is not used: press Enter.");
        // as an action the line would end the program
        ftpane.say("t");
        heard += &ftpane.hear("No servers yet");
        assert!(!heard.contains("qui"), "{heard}");
        // what is typed now is shown, and taken
        ftpane.say("help new");
        ftpane.hear("help new");
        ftpane.hear("new ");
        ftpane.say("quit");
        let (code, _) = ftpane.leave();
        assert_eq!(code, 0);
    }

    /// A shell with this program as its job, which asks for a password when it is stopped.
    #[test]
    fn it_stops_with_what_is_typed_shown_and_asks_again() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let demo = runtime.block_on(Demo::start()).unwrap();
        let place = Place::new();
        save_asking(&place, demo.server());
        let script = r#"
            set -m
            "$FTPANE" --plain
            case $(stty -a) in *-echo\ *) echo "it is HIDDEN" ;; *) echo "it is SHOWN" ;; esac
            read line
            fg
            echo "ended with $?"
        "#;
        let mut shell = command("sh", place.here.path(), place.home.path());
        shell.env("FTPANE", env!("CARGO_BIN_EXE_ftpane"));
        shell.args(["-c", script]);
        let mut ftpane = Spoken::run(shell);
        ftpane.hear("1 web, ");
        ftpane.say("connect web");
        ftpane.hear("Type it, it is not shown");
        ftpane.begin("half\x1a");
        ftpane.hear("it is SHOWN");
        ftpane.say("");
        // it tells where one is, and hides the answer again
        ftpane.hear("Type it, it is not shown");
        ftpane.say(demo.secret().reveal());
        ftpane.hear("Server: /, ");
        ftpane.say("quit");
        ftpane.hear("ended with 0");
        let (code, printed) = ftpane.leave();
        assert_eq!(code, 0);
        let text = String::from_utf8_lossy(&printed);
        assert!(
            !text.contains(demo.secret().reveal()) && !text.contains("half"),
            "{text}"
        );
    }

    #[test]
    fn the_end_of_the_input_is_the_end() {
        let place = Place::new();
        let mut ftpane = place.run("dumb", &[], &[]);
        ftpane.hear("No servers yet");
        ftpane.say("\x04");
        let (code, printed) = ftpane.leave();
        assert_eq!(code, 0);
        assert_plain(&printed);
    }
}

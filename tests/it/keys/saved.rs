//! Servers that come from elsewhere: pasted, read again, imported; and when each was used.

use ftpane::app::effect::{Change, Effect};
use ftpane::app::msg::Msg;
use ftpane::config::import::{Format, Looked, read, settle};
use ftpane::config::secrets::Lock;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Protocol, Server};
use ftpane::model::stamp::Stamp;

use crate::harness::bench::{Bench, server};

/// What is found of a FileZilla and of an rclone whose file is broken.
pub(crate) fn looked() -> Looked {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import/sitemanager.xml");
    let text = std::fs::read_to_string(file).unwrap();
    Looked {
        files: vec![
            (
                Format::FileZilla,
                "/home/anna/.config/filezilla/sitemanager.xml".into(),
            ),
            (Format::Rclone, "/home/anna/.config/rclone/rclone.conf".into()),
        ],
        found: settle(read(Format::FileZilla, &text, "f").unwrap(), &[], None),
        broken: vec![Failure::new(
            Class::Usage,
            "/home/anna/.config/rclone/rclone.conf cannot be imported",
            "line 1: this is neither a section in brackets nor key=value below one",
        )],
    }
}

fn paste(bench: &mut Bench, text: &str) {
    assert_eq!(bench.update(Msg::Paste(Secret::new(text))), []);
}

#[test]
fn a_url_pasted_into_the_list_or_the_panes_is_a_new_server() {
    for mut bench in [Bench::new(vec![server("h.example")]), Bench::connected()] {
        paste(&mut bench, " ftps://anna:s3cret@h.example:9990/www\n");
        let form = bench.app.form.as_ref().expect("the form is open");
        let made = form.server();
        assert_eq!((made.protocol, made.port), (Protocol::FtpsImplicit, Some(9990)));
        assert_eq!(
            (made.user.as_str(), made.document_path.as_str()),
            ("anna", "/www")
        );
        assert_eq!(made.password, PasswordSource::Store);
        assert_eq!(form.secret(), Some(Secret::new("s3cret")));
        assert!(!bench.screen().contains("s3cret"));
        let effects = bench.press("enter");
        let [Effect::ChangeServers(Change::Add(saved, _))] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert!(saved.name.starts_with("h.example"), "{}", saved.name);
    }
    // a name that is taken gets a number
    let mut bench = Bench::new(vec![server("h.example")]);
    paste(&mut bench, "ftp://h.example/");
    assert_eq!(bench.app.form.as_ref().unwrap().server().name, "h.example 2");
}

#[test]
fn other_texts_pasted_there_do_nothing_or_say_why_not() {
    let mut bench = Bench::new(vec![server("web")]);
    paste(&mut bench, "d d d\n");
    assert!(bench.app.form.is_none() && bench.app.dialogs.is_empty());
    paste(&mut bench, "https://me:s3cret@h/");
    assert!(bench.app.form.is_none());
    let said = bench.app.notice.clone().unwrap();
    assert!(
        said.contains("'https://' is not spoken here") && !said.contains("s3cret"),
        "{said}"
    );
    // while something is typed it goes there
    bench.press("/");
    paste(&mut bench, "ftp://h/");
    assert!(bench.app.form.is_none());
    assert_eq!(bench.app.servers.filter.text(), "ftp://h/");
}

#[test]
fn a_file_that_was_mended_is_read_again() {
    let mut start = crate::harness::bench::start(Vec::new());
    start.unread = Some("servers.toml, line 4: unknown field `portt`".into());
    let (app, _) = ftpane::app::App::new(start);
    let mut bench = Bench {
        app,
        ..Bench::new(Vec::new())
    };
    assert!(bench.screen().contains("line 4: unknown field `portt`"));
    assert_eq!(bench.press("ctrl-r"), [Effect::ReadServers]);
    let still = Failure::new(
        Class::Usage,
        "Saved servers",
        "servers.toml, line 2: unknown field `hots`",
    );
    bench.update(Msg::ServersRead(Err(still)));
    bench.press("enter");
    assert!(bench.screen().contains("line 2: unknown field `hots`"));
    assert_eq!(bench.press("R"), [Effect::ReadServers]);
    bench.update(Msg::ServersRead(Ok(vec![server("web")])));
    assert_eq!(bench.app.servers.current().unwrap().name, "web");
    assert!(bench.app.servers.why_unread().is_none());
    // what was read once stays on the screen when the file breaks later
    let later = Failure::new(Class::Usage, "Saved servers", "servers.toml, line 9: broken");
    bench.update(Msg::ServersRead(Err(later)));
    assert_eq!(bench.app.servers.all().len(), 1);
    assert!(bench.app.servers.why_unread().is_none() && bench.app.dialogs.len() == 1);
}

#[test]
fn an_import_is_shown_and_saved_after_a_yes() {
    let mut bench = Bench::new(vec![server("web")]);
    assert_eq!(bench.press("i"), [Effect::LookForImports]);
    bench.update(Msg::ImportsFound(looked()));
    let screen = bench.at_size((100, 40));
    for part in [
        "4 servers would be saved, 1 password kept",
        "rclone.conf cannot be",
        "SFTP is another",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert_eq!(bench.press("esc"), [], "Escape changes nothing");
    bench.update(Msg::ImportsFound(looked()));
    let wanted = Effect::ChangeServers(Change::Import(looked().found.taken));
    let effects = bench.press("enter");
    assert_eq!(effects, std::slice::from_ref(&wanted));
    // the store wants its passphrase first
    bench.update(Msg::Locked(Lock::Closed, Box::new(wanted.clone())));
    bench.type_in("open sesame");
    assert_eq!(
        bench.press("enter"),
        [Effect::Unlock(Secret::new("open sesame")), wanted]
    );
    let all: Vec<Server> = looked()
        .found
        .taken
        .into_iter()
        .map(|taken| taken.server)
        .collect();
    bench.update(Msg::ServersSaved(Ok(all)));
    assert_eq!(bench.app.servers.all().len(), 4);

    bench.update(Msg::ImportsFound(looked()));
    let effects = bench.press("w");
    let [Effect::ChangeServers(Change::Import(taken))] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(taken.iter().all(|taken| taken.secret.is_none()));
    assert!(
        taken
            .iter()
            .all(|taken| taken.server.password != PasswordSource::Store)
    );
}

#[test]
fn nothing_to_import_is_said() {
    let mut bench = Bench::new(vec![server("web")]);
    bench.update(Msg::ImportsFound(Looked::default()));
    assert!(bench.app.dialogs.is_empty());
    assert!(bench.notice().starts_with("Nothing to import"));
    let mut nothing = looked();
    nothing.found.taken.clear();
    bench.update(Msg::ImportsFound(nothing));
    assert_eq!(bench.press("enter"), [], "there is nothing to say yes to");
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn the_last_use_is_shown() {
    let mut bench = Bench::new(vec![server("web"), server("other")]);
    assert!(!bench.at_size((80, 24)).contains("last used"));
    bench.update(Msg::ServerUsed("web".into(), Stamp::exact(1_767_323_045)));
    let screen = bench.at_size((80, 24));
    assert!(
        screen.contains("last used") && screen.contains("2026-01-02"),
        "{screen}"
    );
    bench.press("down");
    assert!(bench.at_size((120, 40)).contains("Last used 2026-01-02 04:04"));
}

#[test]
fn names_with_a_dot_are_shown_from_the_start_where_the_settings_say_so() {
    for show_hidden in [false, true] {
        let mut start = crate::harness::bench::start(Vec::new());
        start.show_hidden = show_hidden;
        let (app, effects) = ftpane::app::App::new(start);
        let mut bench = Bench {
            app,
            ..Bench::new(Vec::new())
        };
        bench.answer_listings(&effects);
        let local = &bench.app.local;
        let mut shown = (0..).map_while(|line| local.entry(line));
        assert_eq!(
            shown.any(|entry| entry.name.as_bytes() == b".profile"),
            show_hidden
        );
    }
}

//! What is done with files besides transferring them, by its keys.

use super::{C, command, local, remote};

use ftpane::app::effect::Effect;
use ftpane::app::errand::{ErrandId, Program, Returned};
use ftpane::app::msg::Msg;
use ftpane::model::checksum::{Algorithm, Checksum};
use ftpane::model::command::{Command, Permit};
use ftpane::model::entry::Permissions;
use ftpane::model::event::{Counted, Event, RawReply};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::mode::{Mode, Reach};
use ftpane::model::server::Server;

use crate::harness::bench::{Bench, listing, path, remote_entries, server};

#[test]
fn permissions_are_typed_in_digits_or_steps_and_go_as_far_as_chosen() {
    let mut bench = Bench::connected();
    // of two folders, and of all that is in them
    bench.press("space space p");
    assert!(bench.screen().contains("755 rwxr-xr-x"), "{}", bench.screen());
    bench.press("down ctrl-u");
    bench.type_in("u=rwX,go-w");
    let Command::SetPermissions(permit) = command(bench.press("enter")) else {
        panic!("nothing is set")
    };
    assert_eq!(
        permit,
        Permit {
            places: vec![remote("/srv/www/logs"), remote("/srv/www/public_html")],
            mode: "u=rwX,go-w".parse().unwrap(),
            reach: Reach::All,
        }
    );
    // bit by bit, from what was typed or from what is
    let mut bench = Bench::connected();
    bench.press("end p");
    let line = |bench: &Bench| bench.app.dialogs[0].line.as_ref().unwrap().text().to_owned();
    assert_eq!(line(&bench), "644");
    for (keys, want) in [
        ("alt-3", "744"),
        ("alt-9", "745"),
        ("alt-1 alt-2", "145"),
        ("alt-3 alt-6 alt-4", "015"),
        ("ctrl-u 6 0 0 alt-5", "620"),
        ("ctrl-u a = r alt-8", "446"),
        ("ctrl-u z alt-3", "744"),
    ] {
        bench.press(keys);
        assert_eq!(line(&bench), want, "{keys}");
    }
    // a file goes no further than itself, whatever is pressed
    let mut bench = Bench::connected();
    bench.press("end p down ctrl-u");
    bench.type_in("9");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("no mode"));
    bench.press("ctrl-u");
    bench.type_in("640");
    let Command::SetPermissions(permit) = command(bench.press("enter")) else {
        panic!("nothing is set")
    };
    assert_eq!(
        (permit.mode, permit.reach),
        (Mode::Octal(Permissions(0o640)), Reach::Itself)
    );
}

#[test]
fn copies_are_made_on_the_same_side_under_another_name() {
    let mut bench = Bench::connected();
    bench.press("end c");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("another name"));
    bench.type_in(".old");
    assert_eq!(
        command(bench.press("enter")),
        Command::Copy {
            from: remote("/srv/www/release-10.tar"),
            to: remote("/srv/www/release-10.tar.old"),
        }
    );
}

#[test]
fn a_file_is_made_where_none_is() {
    let mut bench = Bench::connected();
    bench.press("N");
    bench.type_in("logs");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("exists already"));
    bench.press("ctrl-u");
    bench.type_in("robots.txt");
    assert_eq!(
        command(bench.press("enter")),
        Command::MakeFile(remote("/srv/www/robots.txt"))
    );
}

#[test]
fn folders_are_counted_and_checksums_compared_when_asked_for() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("i"), []);
    let Command::Count { places, generation } = command(bench.press("o")) else {
        panic!("not counted")
    };
    assert_eq!(places, [remote("/srv/www/logs")]);
    bench.say(Event::Counted {
        generation,
        result: Ok(Counted {
            files: 12,
            folders: 3,
            bytes: 2_048,
            ..Counted::default()
        }),
    });
    assert!(
        bench.screen().contains("12 files and 3 folders, 2.0 KiB"),
        "{}",
        bench.screen()
    );
    // a file of which the other pane has one of the same name
    let mut bench = Bench::connected();
    let mut twins = remote_entries();
    twins.retain(|entry| entry.name.shown() == "index.html");
    let effects = bench.press("tab ctrl-r");
    let Command::List { place, generation } = command(effects) else {
        panic!("not listed")
    };
    bench.say(Event::Listed {
        place,
        generation,
        result: Ok(listing(twins)),
    });
    bench.press("tab down down down down i");
    let Command::Checksum {
        places, generation, ..
    } = command(bench.press("s"))
    else {
        panic!("not asked for")
    };
    assert_eq!(
        places,
        [remote("/srv/www/index.html"), local("/home/me/work/index.html")]
    );
    for (place, byte) in places.into_iter().zip([7, 8]) {
        bench.say(Event::Checksummed {
            place,
            generation,
            result: Ok(Checksum {
                algorithm: Algorithm::Md5,
                bytes: vec![byte; 16],
            }),
        });
    }
    let screen = bench.screen();
    assert!(
        screen.contains("MD5 07070707") && screen.contains("is not the same"),
        "{screen}"
    );
}

#[test]
fn a_server_is_spoken_to_in_its_own_words() {
    let mut bench = Bench::connected();
    bench.press("!");
    assert_eq!(bench.press("enter"), []);
    bench.type_in("SITE HELP");
    let Command::Raw {
        connection,
        folder,
        line,
        generation,
    } = command(bench.press("enter"))
    else {
        panic!("nothing is sent")
    };
    assert_eq!(
        (connection, folder, line),
        (C, path("/srv/www"), b"SITE HELP".to_vec())
    );
    let lines = vec![
        b"The following are known:".to_vec(),
        b" CHMOD \x1b[2J".to_vec(),
        b"Done.".to_vec(),
    ];
    bench.say(Event::RawAnswered {
        generation,
        result: Ok(RawReply { code: 214, lines }),
    });
    let screen = bench.screen();
    assert!(
        screen.contains("> SITE HELP") && screen.contains("214 The following"),
        "{screen}"
    );
    assert!(
        screen.contains("CHMOD \\x1b[2J") && screen.contains("Done."),
        "{screen}"
    );
    // what was sent comes back
    bench.type_in("x");
    bench.press("up");
    assert_eq!(bench.app.dialogs[0].line.as_ref().unwrap().text(), "SITE HELP");
    bench.press("down");
    assert_eq!(bench.app.dialogs[0].line.as_ref().unwrap().text(), "");
    // a refusal is shown with its hint, and the dialog stays
    bench.type_in("TYPE A");
    let Command::Raw { generation, .. } = command(bench.press("enter")) else {
        panic!("nothing is sent")
    };
    let refusal = Failure::new(Class::Guarded, "TYPE is not sent", "it changes the session");
    bench.say(Event::RawAnswered {
        generation,
        result: Err(refusal),
    });
    assert!(bench.screen().contains("it changes the session"));
    assert_eq!(bench.press("esc"), []);
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn paths_urls_and_command_lines_are_copied() {
    let text = |keys: &str| {
        let mut bench = Bench::connected();
        match &bench.press(keys)[..] {
            [Effect::CopyText(text)] => text.clone(),
            other => panic!("{other:?}: {:?}", bench.app.notice),
        }
    };
    assert_eq!(text("end y p"), "/srv/www/release-10.tar");
    assert_eq!(text("space space y p"), "/srv/www/logs\n/srv/www/public_html");
    assert_eq!(
        text("end y u"),
        "ftpes://admin@web.example.org/srv/www/release-10.tar"
    );
    assert_eq!(
        text("end y c"),
        "ftpane get --to /home/me/work web:/srv/www/release-10.tar"
    );
    assert_eq!(
        text("tab end y c"),
        "ftpane put /home/me/work/README.md web:/srv/www/"
    );
    assert_eq!(text("tab end y p"), "/home/me/work/README.md");
    let mut bench = Bench::connected();
    assert_eq!(bench.press("tab y u"), []);
    assert!(bench.notice().contains("on a server"));
}

#[test]
fn a_read_only_server_s_files_are_not_changed_but_looked_at() {
    let read_only = Server {
        read_only: true,
        ..server("web")
    };
    for keys in ["p", "c", "N", "f4", "e"] {
        let mut bench = Bench::connected_to(read_only.clone());
        assert_eq!(bench.press(keys), [], "{keys}");
        assert!(bench.app.dialogs.is_empty(), "{keys}");
        assert!(bench.notice().contains("read only"), "{keys}");
    }
    for keys in ["i", "!", "tab p", "tab c", "tab N"] {
        let mut bench = Bench::connected_to(read_only.clone());
        bench.press(keys);
        assert_eq!(bench.app.dialogs.len(), 1, "{keys}");
    }
}

#[test]
fn this_machine_s_files_are_edited_in_place() {
    let mut bench = Bench::connected();
    let effects = bench.press("tab end f4");
    let [
        Effect::Open {
            errand,
            program,
            path,
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(
        (*program, path.as_path()),
        (Program::Editor, std::path::Path::new("/home/me/work/README.md"))
    );
    let missing = Failure::new(
        Class::Local,
        "The editor did not do its work",
        "'vim' is not to be found",
    );
    bench.update(Msg::Returned(
        *errand,
        Returned {
            changed: false,
            unsaved: false,
            failure: Some(missing),
        },
    ));
    assert!(bench.screen().contains("'vim' is not to be found"));
}

#[test]
fn a_long_file_is_asked_about_before_it_is_fetched() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("end f4"), []);
    assert!(bench.screen().contains("all of it is fetched"));
    assert!(matches!(command(bench.press("enter")), Command::List { .. }));
    let mut bench = Bench::connected();
    assert_eq!(bench.press("end f4 esc"), []);
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn a_file_that_is_gone_is_not_fetched() {
    let mut bench = Bench::connected();
    let Command::List { place, generation } = command(bench.press("down down down down f4")) else {
        panic!("not looked at")
    };
    let effects = bench.say(Event::Listed {
        place,
        generation,
        result: Ok(listing(Vec::new())),
    });
    assert_eq!(effects, []);
    assert!(bench.screen().contains("it is not there any more"));
    assert_eq!(
        bench.app.remote.entries().len(),
        7,
        "the pane shows what it showed"
    );
    // and where no private folder can be had, nothing is fetched either
    bench.press("esc");
    let Command::List { place, generation } = command(bench.press("f4")) else {
        panic!("not looked at")
    };
    let effects = bench.say(Event::Listed {
        place,
        generation,
        result: Ok(listing(remote_entries())),
    });
    let [Effect::MakePrivateFolder(errand, of)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(of, "web:/srv/www/index.html");
    let errand = *errand;
    let full = Failure::new(Class::Local, "Could not make a private folder", "no space left");
    assert_eq!(bench.update(Msg::PrivateFolder(errand, Err(full))), []);
    assert!(bench.screen().contains("no space left"));
    // a late answer finds nobody
    let late = bench.update(Msg::PrivateFolder(ErrandId(errand.0), Ok("/private".into())));
    assert_eq!(late, [Effect::RemovePrivateFolder("/private".into())]);
}

/// What fails while another failure is waiting to be read is closed with it.
#[test]
fn failures_are_read_in_one_go() {
    let mut bench = Bench::connected();
    let failed = |n: u32, why: &str| {
        let failure = Failure::new(Class::Refused, format!("Could not copy /logs/{n}.txt"), why);
        Event::Failed(failure.reply(b"550 Failed to change directory."))
    };
    for n in 0..300 {
        bench.say(failed(
            n,
            if n == 2 {
                "it is gone"
            } else {
                "the server refused it"
            },
        ));
    }
    let screen = bench.screen();
    for words in [
        "/logs/0.txt",
        "550 Failed",
        "299 more failed:",
        "/logs/5.txt",
        "it is gone",
        "and 294 more",
    ] {
        assert!(screen.contains(words), "{words} is not in:\n{screen}");
    }
    bench.press("enter");
    assert!(bench.app.dialogs.is_empty());
}

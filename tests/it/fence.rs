//! Document path and depth: what lies above or deeper is reached by no request and no link.

mod depth;

use ftpane::model::command::{Command, Generation};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Counted, Deed, Event};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::server::{Patience, Protocol, Server};

use crate::harness::binary::{ftpane, output};
use crate::harness::engine::{CONNECTION, Driver, remote_place, tree};
use crate::harness::scripted::{Script, Scripted, end_data, say, send, usual};

async fn counted(driver: &mut Driver, path: &str) -> Result<Counted, Failure> {
    driver.send(Command::Count {
        places: vec![remote_place(path)],
        generation: Generation(1),
    });
    driver
        .wait(|event| match event {
            Event::Counted { result, .. } => Some(result),
            _ => None,
        })
        .await
}

#[track_caller]
fn guarded<T: std::fmt::Debug>(result: Result<T, Failure>, words: &[&str]) {
    let failure = result.unwrap_err();
    assert_eq!(failure.class, Class::Guarded, "{failure}");
    for word in words {
        assert!(
            failure.to_string().contains(word),
            "'{word}' is not in: {failure}"
        );
    }
}

/// Asks for something that must be refused. A deletion ends with how much went all the same.
async fn is_refused(driver: &mut Driver, command: Command, words: &[&str]) {
    println!("{command:?}");
    let deletes = matches!(command, Command::Delete(_));
    guarded(driver.act(command).await, words);
    if deletes {
        let done = |event| match event {
            Event::Done(Deed::Deleted { counted, .. }) => Some(counted),
            _ => None,
        };
        assert_eq!(driver.wait(done).await, Counted::default());
    }
}

fn script() -> Script {
    Script::new(Protocol::Ftp)
        .file("/etc/secret/key", "key")
        .file("/srv/www/in/file", "in")
        .file("/srv/www/f", "f")
        .link("/srv/www/out", "/etc")
        .link("/srv/www/up", "../../etc/secret")
        .link("/srv/www/key", "/etc/secret/key")
        .link("/srv/www/home", "/srv/www/in")
}

async fn scripted(script: Script) -> (Scripted, Driver) {
    let server = script.start().await;
    let mut driver = Driver::new();
    let saved = Server {
        document_path: "/srv/www".into(),
        ..server.server()
    };
    let patience = Patience {
        retries: 0,
        ..Patience::default()
    };
    let root = driver
        .connect_patiently(saved, server.secret(), patience)
        .await
        .unwrap();
    assert_eq!(root.as_bytes(), b"/srv/www");
    (server, driver)
}

/// Every path a server was told, but for the way in.
fn told(server: &Scripted) -> Vec<String> {
    let heard = server.heard().into_iter();
    heard
        .filter_map(|h| Some(h.line.split_once(" /")?.1.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_above_the_document_path_is_even_asked_for() {
    let here = tempfile::tempdir().unwrap();
    let (server, mut driver) = scripted(script()).await;
    for path in ["/", "/srv", "/etc", "/srv/www/../www2", "/srv/wwwx"] {
        guarded(driver.list(path).await, &["document path /srv/www"]);
        guarded(counted(&mut driver, path).await, &["document path /srv/www"]);
    }
    counted(&mut driver, "/srv/www").await.unwrap();
    let file = here.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for command in [
        Command::MakeFolder(remote_place("/etc/x")),
        Command::MakeFile(remote_place("/srv/x")),
        Command::Delete(vec![remote_place("/etc/secret")]),
        Command::Delete(vec![remote_place("/srv/www")]),
        Command::Rename {
            from: remote_place("/srv/www/f"),
            to: remote_place("/etc/f"),
        },
        Command::Rename {
            from: remote_place("/etc/secret/key"),
            to: remote_place("/srv/www/key2"),
        },
        Command::Rename {
            from: remote_place("/srv/www"),
            to: remote_place("/srv/www/x"),
        },
    ] {
        is_refused(&mut driver, command, &["document path"]).await;
    }
    for (direction, kind) in [
        (Direction::Upload, Kind::File),
        (Direction::Upload, Kind::Dir),
        (Direction::Download, Kind::File),
        (Direction::Download, Kind::Dir),
    ] {
        let batch = driver.enqueue(direction, kind, &file, "/etc/secret", Policy::Overwrite);
        let ended = driver.over(batch, |q| panic!("nothing to ask: {q:?}")).await;
        assert!(ended.states.is_empty(), "{:?}", ended.states);
        guarded(Err::<(), _>(driver.failures.pop().unwrap()), &["/etc/secret"]);
    }
    assert!(
        told(&server).iter().all(|path| path.starts_with("srv/www")),
        "{:?}",
        told(&server)
    );
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_before_the_connection_stands_is_judged_too() {
    let server = script().start().await;
    let mut driver = Driver::new();
    driver.send(Command::Connect {
        connection: CONNECTION,
        server: Box::new(Server {
            document_path: "/srv/www".into(),
            ..server.server()
        }),
        secret: Some(server.secret()),
        patience: Patience::default(),
    });
    let delete = Command::Delete(vec![remote_place("/etc/secret/key")]);
    is_refused(&mut driver, delete, &["/etc/secret/key", "/srv/www"]).await;
    guarded(driver.list("/etc").await, &["/etc", "/srv/www"]);
    assert!(server.content("/etc/secret/key").is_some());
    assert_eq!(server.count("DELE"), 0);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_leads_out() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "x").unwrap();
    // MLSD is given a path, LIST is used in the folder; with and without having seen the links
    for (features, seen) in [("MLSD", true), ("MLSD", false), ("UTF8", true), ("UTF8", false)] {
        println!("{features} {seen}");
        let (server, mut driver) = scripted(script().features(features)).await;
        if seen {
            driver.list("/srv/www").await.unwrap();
        }
        for path in ["/srv/www/out", "/srv/www/up", "/srv/www/out/secret"] {
            guarded(driver.list(path).await, &[path, "/etc", "document path /srv/www"]);
        }
        for command in [
            Command::MakeFolder(remote_place("/srv/www/out/x")),
            Command::MakeFile(remote_place("/srv/www/up/x")),
            Command::Delete(vec![remote_place("/srv/www/up/key")]),
        ] {
            is_refused(&mut driver, command, &["document path /srv/www"]).await;
        }
        for (direction, path) in [
            (Direction::Upload, "/srv/www/up/f"),
            (Direction::Download, "/srv/www/up/key"),
        ] {
            let to = here.path().join("to");
            let local = if direction == Direction::Upload {
                &local
            } else {
                &to
            };
            let ended = driver.transfer(direction, Kind::File, local, path).await;
            guarded(Err::<(), _>(ended.failures()[0].clone()), &["/etc/secret"]);
        }
        if seen {
            let to = here.path().join("key");
            let ended = driver
                .transfer(Direction::Download, Kind::Link, &to, "/srv/www/key")
                .await;
            guarded(Err::<(), _>(ended.failures()[0].clone()), &["/etc/secret/key"]);
            assert!(!to.exists());
        }
        // a link that stays inside is a folder like others, and is asked about once
        assert_eq!(driver.list("/srv/www/home").await.unwrap().entries.len(), 1);
        let asked = server.count("PWD");
        driver.list("/srv/www/home").await.unwrap();
        assert_eq!(server.count("PWD"), asked);
        assert_eq!(
            server.count("RETR") + server.count("STOR") + server.count("MKD"),
            0
        );
        // the link itself may go
        driver
            .act(Command::Delete(vec![remote_place("/srv/www/out")]))
            .await
            .unwrap();
        assert!(server.content("/etc/secret/key").is_some());
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_folders_cost_no_question() {
    let (server, mut driver) = scripted(script()).await;
    driver.list("/srv/www").await.unwrap();
    let (asked, entered) = (server.count("PWD"), server.count("CWD"));
    driver.list("/srv/www/in").await.unwrap();
    assert_eq!((server.count("PWD"), server.count("CWD")), (asked, entered));
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_does_not_lead_below_the_depth() {
    let script = Script::new(Protocol::Ftp)
        .file("/a/b/c/f", "deep")
        .link("/short", "/a/b/c")
        .link("/near", "/a");
    let server = script.start().await;
    let mut driver = Driver::new();
    let saved = Server {
        explore_depth: Some(1),
        ..server.server()
    };
    driver.connect(saved, server.secret()).await.unwrap();
    driver.list("/").await.unwrap();
    guarded(driver.list("/short").await, &["/a/b/c", "depth 1"]);
    assert_eq!(driver.list("/near").await.unwrap().entries.len(), 1);
    driver.shutdown().await;
}

/// A listing may call its entries what it likes: no line of it makes a path that leads out.
#[tokio::test(flavor = "multi_thread")]
async fn no_listed_name_leads_out() {
    const NAMES: [&str; 12] = [
        "..",
        ".",
        "../..",
        "../../etc",
        "/etc",
        "/etc/secret/key",
        "in/../../../etc",
        "a/b",
        "..\\..\\etc",
        "in\\..\\..\\key",
        "C:\\..\\x",
        "~",
    ];
    let facts: String = ["dir", "file", "cdir", "pdir", "OS.unix=slink:/etc"]
        .iter()
        .flat_map(|kind| NAMES.map(|name| format!("type={kind};size=3; {name}\r\n")))
        .collect();
    let lines: String = ["drwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx"]
        .iter()
        .flat_map(|mode| NAMES.map(|name| format!("{mode} 1 me us 3 Jan  2  2024 {name}\r\n")))
        .collect();
    let listing = |text: &str| vec![say("150 go"), send(text), end_data(), say("226 done")];
    for features in ["MLSD", "UTF8"] {
        let here = tempfile::tempdir().unwrap();
        let script = script()
            .features(features)
            .on("MLSD", listing(&facts))
            .on("LIST", listing(&lines));
        let (server, mut driver) = scripted(script).await;
        let listed = driver.list("/srv/www/in").await.unwrap();
        assert!(!listed.is_whole() && !listed.entries.is_empty(), "{listed:?}");
        let _ = counted(&mut driver, "/srv/www/in").await;
        for name in ["in", "f", "~", "..\\..\\etc"] {
            let path = format!("/srv/www/{name}");
            let _ = driver.act(Command::Delete(vec![remote_place(&path)])).await;
        }
        driver
            .transfer(
                Direction::Download,
                Kind::Dir,
                &here.path().join("copy"),
                "/srv/www",
            )
            .await;
        driver.shutdown().await;
        let told = told(&server);
        assert!(told.len() > 5, "{told:?}");
        for path in told {
            let names = path.split(['/', '\\']);
            assert!(
                path.starts_with("srv/www") && !names.clone().any(|name| name == ".."),
                "{path}"
            );
        }
        // nothing was deleted on the word of such a listing, nothing written beside the copy
        assert_eq!(server.count("DELE") + server.count("RMD"), 0);
        let beside = tree(here.path());
        assert!(
            beside.iter().all(|(path, _)| path.starts_with("copy")),
            "{beside:?}"
        );
    }
}

/// Where the server says it is, is believed only where it keeps us in.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lies_about_where_it_is_leads_nowhere() {
    for lie in [
        "257 \"/\" is where you are.",
        "257 \"/etc\"",
        "257 \"/srv/www/../../etc\"",
        "257 \"/srv/wwwx\"",
        "257 \"C:/Windows\"",
        "257 \"/srv/www/in\0/x\"",
        "257 nowhere",
        "550 Not telling.",
    ] {
        println!("{lie}");
        // the truth at the login and at the document path, then the lie
        let script = script()
            .features("MLSD")
            .once("PWD", usual())
            .once("PWD", usual())
            .on("PWD", say(lie));
        let (server, mut driver) = scripted(script).await;
        let listed = driver.list("/srv/www/in").await;
        // what is no path at all says nothing: then the path is taken for what it is
        let says_where = lie.contains("\"/");
        let is_path = says_where && !lie.contains('\0');
        assert_eq!(listed.is_err(), is_path, "{listed:?}");
        if is_path {
            guarded(listed, &["/srv/www/in", "document path /srv/www"]);
            let delete = Command::Delete(vec![remote_place("/srv/www/in/file")]);
            is_refused(&mut driver, delete, &["document path /srv/www"]).await;
        }
        assert_eq!(server.count("DELE"), 0);
        assert!(told(&server).iter().all(|path| path.starts_with("srv/www")));
        driver.shutdown().await;
    }
}

/// Browsing, counting, copying and deleting below a document path stop at its depth, counted from
/// there and not from the root; each says where.
#[tokio::test(flavor = "multi_thread")]
async fn the_depth_counts_from_the_document_path() {
    for (depth, files, cuts) in [(Some(0), 1, 1), (Some(1), 2, 1), (Some(2), 3, 0), (None, 3, 0)] {
        println!("{depth:?}");
        let here = tempfile::tempdir().unwrap();
        let server = Script::new(Protocol::Ftp)
            .file("/srv/www/0", "")
            .file("/srv/www/a/1", "")
            .file("/srv/www/a/b/2", "")
            .start()
            .await;
        let mut driver = Driver::new();
        let saved = Server {
            document_path: "/srv/www".into(),
            explore_depth: depth,
            ..server.server()
        };
        driver.connect(saved, server.secret()).await.unwrap();
        let ended = driver
            .transfer(
                Direction::Download,
                Kind::Dir,
                &here.path().join("www"),
                "/srv/www",
            )
            .await;
        let copied = tree(here.path())
            .into_iter()
            .filter(|(_, content)| content.is_some());
        assert_eq!(copied.count(), files);
        let said = ended.states.iter().filter(|(_, _, state)| {
            matches!(state, JobState::Skipped(why) if why.contains(&format!("cut at depth {}", depth.unwrap_or(9))))
        });
        assert_eq!(said.count(), cuts, "{:?}", ended.states);
        let counted = counted(&mut driver, "/srv/www/a").await.unwrap();
        assert_eq!(counted.cut, depth.filter(|_| cuts > 0));
        let delete = Command::Delete(vec![remote_place("/srv/www/a")]);
        if cuts > 0 {
            let levels = format!("depth {}", depth.unwrap());
            is_refused(&mut driver, delete, &["document path /srv/www", &levels]).await;
            assert_eq!(server.files().len(), 3);
        }
        driver.shutdown().await;
    }
}

/// What is typed on the command line, and links it names without having listed them.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_stays_below_the_document_path() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("x"), "x").unwrap();
    let server = script().start().await;
    for (words, ends) in [
        ("ls --root /srv/www URL/etc", 8),
        ("ls --root /srv/www URL/srv/www/../..", 8),
        ("ls --root /srv/www URL/srv/www/out", 8),
        ("ls --root /srv/www -R URL/srv/www/up/", 8),
        (r"ls --root /srv/www URL/srv/www/..\..\etc", 8),
        ("get --root /srv/www URL/srv/www/key", 8),
        ("get --root /srv/www URL/srv/www/out/secret/key", 8),
        ("get --root /srv/www URL/srv/www/../../etc/secret/key", 8),
        (r"get --root /srv/www URL/srv/www/..\..\etc\secret\key", 8),
        ("put --root /srv/www x URL/etc/", 8),
        ("put --root /srv/www x URL/srv/www/out/", 8),
        ("put --root /srv/www x URL/srv/www/../y", 8),
        (r"put --root /srv/www x URL/srv/www/..\y", 8),
        ("ls --root /srv/www URL/srv/www/home", 0),
        ("get --root /srv/www URL/srv/www/in/file", 0),
        ("put --root /srv/www x URL/srv/www/home/", 0),
    ] {
        let words = words.replace("URL", &server.server().url());
        let mut command = ftpane(home.path());
        command.args(words.split(' '));
        let output = output(command).await;
        assert_eq!(output.status.code(), Some(ends), "{words} {output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(ends == 0 || stderr.contains("/srv/www"), "{words}: {stderr}");
    }
    assert!(
        told(&server)
            .iter()
            .all(|path| path.starts_with("srv/www") && !path.contains("..")),
        "{:?}",
        told(&server)
    );
    assert!(server.content("/srv/www/in/x").is_some() || server.content("/srv/www/home/x").is_some());
    assert!(!home.path().join("key").exists());
}

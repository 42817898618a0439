//! `get` and `put`: where things land, conflicts, summaries.

use ftpane::model::server::Protocol;

use super::{Site, ends, json, stderr, stdout};
use crate::harness::binary;
use crate::harness::engine::noise;
use crate::harness::scripted::{Script, end_data, say, send};

#[test]
fn downloads_land_as_with_cp() {
    let site = Site::new();
    let output = site.run(
        "get --json --to D",
        &[&site.url("/docs/2026/reports"), &site.url("/README.txt")],
    );
    ends(&output, 0);
    assert!(site.at("D/reports/first-quarter.csv").is_file() && site.at("D/README.txt").is_file());
    let lines = json(&output);
    let summary = lines.last().unwrap();
    assert_eq!(
        (
            &summary["event"],
            &summary["done"],
            &summary["failed"],
            &summary["skipped"]
        ),
        (&"summary".into(), &3.into(), &0.into(), &0.into())
    );
    let readme = lines.iter().find(|l| l["source"] == "/README.txt").unwrap();
    assert_eq!(
        (&readme["event"], &readme["target"]),
        (&"done".into(), &"D/README.txt".into())
    );
    assert!(readme["bytes"].as_u64().unwrap() > 0 && readme["error"].is_null());
    ends(&site.run("get --to E", &[&site.url("/docs/2026/reports/")]), 0);
    assert!(site.at("E/second-quarter.csv").is_file());
    let names: Vec<_> = std::fs::read_dir(site.at("E")).unwrap().collect();
    assert_eq!(names.len(), 2, "a temporary file was left");
}

#[test]
fn uploads_land_as_with_cp() {
    let site = Site::new();
    std::fs::create_dir_all(site.at("X/sub")).unwrap();
    std::fs::write(site.at("X/sub/ü.txt"), "inner").unwrap();
    std::fs::write(site.at("one"), "1").unwrap();
    let there = |path: &str| std::fs::read_to_string(site.demo.folder().join(path));
    ends(&site.run("put", &["X", &site.url("/incoming")]), 0);
    assert_eq!(there("incoming/X/sub/ü.txt").unwrap(), "inner");
    ends(&site.run("put", &["X", &site.url("/incoming/new/name")]), 0);
    assert_eq!(there("incoming/new/name/sub/ü.txt").unwrap(), "inner");
    ends(&site.run("put", &["one", &site.url("/incoming/far/away/")]), 0);
    assert_eq!(there("incoming/far/away/one").unwrap(), "1");
    ends(
        &site.run("put", &["one", "X/sub/ü.txt", &site.url("/incoming/both")]),
        0,
    );
    assert_eq!(there("incoming/both/one").unwrap(), "1");
    let output = site.run("put", &["one", "X", &site.url("/README.txt")]);
    ends(&output, 7);
    assert!(there("README.txt").unwrap().contains("sample tree"));
}

#[test]
fn conflicts_have_their_policies_and_code() {
    let site = Site::new();
    let url = site.url("/README.txt");
    std::fs::write(site.at("README.txt"), "mine").unwrap();
    ends(&site.run("get --on-conflict fail", &[&url]), 9);
    let output = site.run("get --on-conflict skip --json", &[&url]);
    ends(&output, 0);
    assert_eq!(json(&output)[0]["event"], "skipped");
    assert_eq!(std::fs::read(site.at("README.txt")).unwrap(), b"mine");
    // without a terminal and without the option it is replaced
    ends(&site.run("get", &[&url]), 0);
    assert!(
        std::fs::read_to_string(site.at("README.txt"))
            .unwrap()
            .contains("sample tree")
    );
    let both = [url.as_str(), &site.url("//README.txt")];
    ends(&site.run("get --to twice", &both), 1);
}

#[test]
fn what_is_complete_already_is_counted_and_not_listed() {
    let site = Site::new();
    let url = site.url("/docs/2026/reports");
    ends(&site.run("get --to D", &[&url]), 0);
    let output = site.run("get -c --to D", &[&url]);
    ends(&output, 0);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("2 complete already") && !said.contains("quarter"),
        "{said}"
    );
    let output = site.run("get -c --json --to D", &[&url]);
    let summary = json(&output).pop().unwrap();
    assert_eq!((&summary["done"], &summary["skipped"]), (&0.into(), &2.into()));
}

#[test]
fn every_json_transfer_ends_with_a_summary() {
    let site = Site::new();
    std::fs::write(site.at("x"), "").unwrap();
    for (words, targets, wanted) in [
        ("get --json --to x/y", vec![site.url("/empty")], 10),
        ("put --json --read-only", vec!["x".into(), site.url("/")], 8),
        ("put --json", vec!["gone".into(), site.url("/")], 10),
    ] {
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let output = site.run(words, &targets);
        ends(&output, wanted);
        let lines = json(&output);
        assert_eq!(lines[0]["event"], "failed", "{words}");
        assert_eq!(lines.last().unwrap()["failed"], 1, "{words}");
    }
}

/// What is typed in one Unicode form finds what is spelled in the other, and makes no second.
#[test]
fn a_typed_name_finds_its_other_form() {
    let site = Site::new();
    let (typed, there) = ("caf\u{e9}", "cafe\u{301}");
    let folder = site.demo.folder().join(there);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(format!("{there}.txt")), "old").unwrap();
    let url = site.url(&format!("/{typed}/{typed}.txt"));
    let listed = site.run("ls", &[&url]);
    ends(&listed, 0);
    assert!(stdout(&listed).ends_with(&format!("{there}.txt\n")), "{listed:?}");
    ends(&site.run("get --to down", &[&url]), 0);
    assert!(site.at("down").join(format!("{there}.txt")).exists());
    std::fs::write(site.at(&format!("{typed}.txt")), "new").unwrap();
    for target in [
        &url,
        &site.url(&format!("/{typed}/")),
        &site.url(&format!("/{typed}")),
    ] {
        ends(&site.run("put", &[&format!("{typed}.txt"), target]), 0);
        let found: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(found, [format!("{there}.txt").as_str()], "{target}");
    }
    assert_eq!(
        std::fs::read(folder.join(format!("{there}.txt"))).unwrap(),
        b"new"
    );
    ends(
        &site.run("put --on-conflict fail", &[&format!("{typed}.txt"), &url]),
        9,
    );
}

/// The contents of several folders land in one where no name is in both; where one is, nothing of the later
/// target comes.
#[test]
fn the_contents_of_several_folders_land_in_one() {
    let site = Site::new();
    for path in [
        "m/a/one",
        "m/a/x/in",
        "m/b/two",
        "m/c/one",
        "m/one",
        "m/d/x/other",
    ] {
        let path = site.demo.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, path.to_str().unwrap()).unwrap();
    }
    let url = |path: &str| site.url(path);
    ends(&site.run("get --to D", &[&url("/m/a/"), &url("/m/b/")]), 0);
    for name in ["one", "two", "x/in"] {
        assert!(site.at("D").join(name).is_file(), "{name}");
    }
    for (to, first, second, both, taken) in [
        ("E", "/m/a/", "/m/c/", "one", "E/one"),
        ("F", "/m/c/", "/m/one", "one", "F/one"),
        ("G", "/m/one", "/m/c/", "one", "G/one"),
        ("H", "/m/a/", "/m/d/", "x/in", "H/x"),
        ("I", "/m/b/", "/m/b/", "two", "I/two"),
    ] {
        let output = site.run(&format!("get --to {to}"), &[&url(first), &url(second)]);
        ends(&output, 1);
        let said = stderr(&output);
        let why = format!("another target lands on {taken} already");
        assert!(said.contains(&why) && said.contains(second), "{said}");
        assert!(site.at(to).join(both).is_file(), "the first one came: {said}");
    }
    // a folder that is not there fails by itself
    let output = site.run("get --to J", &[&url("/m/none/"), &url("/m/b/")]);
    ends(&output, 1);
    assert!(site.at("J/two").is_file());
}

/// Why a file goes once more is said when it does, also where it goes well then.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_again_is_said() {
    for quiet in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let server = Script::new(Protocol::Ftp)
            .file("/f", "content")
            .once("RETR", say("450 Busy just now."))
            .start()
            .await;
        let mut command = binary::ftpane(home.path());
        command.args(["get", "--to", "d", &format!("{}/f", server.server().url())]);
        if quiet {
            command.arg("-q");
        }
        let output = binary::output(command).await;
        ends(&output, 0);
        let said = stderr(&output);
        let wanted = ["Could not download /f: ", "450 Busy just now.", "; trying again"];
        assert!(wanted.iter().all(|words| said.contains(words) != quiet), "{said}");
        assert_eq!(std::fs::read(home.path().join("d/f")).unwrap(), b"content");
    }
}

/// The time is that of what came in it: of a file that went on, what was there before is said by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_is_no_part_of_what_came() {
    let home = tempfile::tempdir().unwrap();
    let content = noise(500_000);
    let cut = [
        say("150 go"),
        send(&content[..300_000]),
        end_data(),
        say("426 Connection closed; transfer aborted."),
    ];
    let script = Script::new(Protocol::Ftp).file("/f", &content).once("RETR", cut);
    let server = script.start().await;
    let url = format!("{}/f", server.server().url());
    for (words, code, wanted) in [
        (
            &["--retries", "0"][..],
            3,
            ["no file was transferred", "293 KiB of what is not done kept"],
        ),
        (&["-c"], 0, ["1 file, 195 KiB, in ", "293 KiB there before"]),
    ] {
        let mut command = binary::ftpane(home.path());
        command.arg("get").args(words).args(["--to", "f", &url]);
        let output = binary::output(command).await;
        ends(&output, code);
        let said = stderr(&output);
        assert!(wanted.iter().all(|words| said.contains(words)), "{said}");
    }
    assert_eq!(std::fs::read(home.path().join("f/f")).unwrap(), content);
}

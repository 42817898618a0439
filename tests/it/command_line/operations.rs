//! `find`, `mv`, `cp`, `rm`, `mkdir`, `chmod`, `sum`, `du` and `raw`.

use ftpane::model::server::Protocol;
use serde_json::json;

use super::{Site, bare, code, ends, json, stderr, stdout};
use crate::harness::binary;
use crate::harness::scripted::{Script, Scripted, say};

/// Runs the program against a scripted server: exit code, stdout, stderr.
async fn run(server: &Scripted, words: &str) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = binary::ftpane(home.path());
    command.args(words.replace("URL", &server.server().url()).split(' '));
    let output = binary::output(command).await;
    (code(&output), stdout(&output), stderr(&output))
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn help_has_examples_and_mistakes_end_with_2() {
    let home = tempfile::tempdir().unwrap();
    for command in [
        "find", "cat", "mv", "cp", "rm", "mkdir", "chmod", "sum", "du", "raw",
    ] {
        let output = bare(home.path()).args([command, "--help"]).output().unwrap();
        ends(&output, 0);
        let help = stdout(&output);
        assert!(help.contains("Examples:\n  ftpane"), "{help}");
        assert!(help.contains(&format!("Usage: ftpane {command}")), "{help}");
    }
    for words in [
        &["rm"][..],
        &["rm", "plain"],
        &["mv", "ftp://h/a"],
        &["mv", "ftp://h/a", "ftp://other/b"],
        &["mv", "ftp://h/a", "ftp://h/~/b"],
        &["chmod", "999", "ftp://h/a"],
        &["chmod", "--files", "644", "ftp://h/a"],
        &["sum", "--algorithm", "sha3", "ftp://h/a"],
        &["raw", "ftp://h/"],
        &["find", "ftp://h/", "--depth", "x"],
    ] {
        let output = bare(home.path()).args(words).output().unwrap();
        ends(&output, 2);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn find_prints_paths_as_targets_are_written() {
    let site = Site::new();
    let find = |words: &str, path: &str| {
        let output = site.run(words, &[&site.url(path)]);
        ends(&output, 0);
        stdout(&output)
    };
    assert_eq!(
        lines(&find("find --name *.txt", "/docs")),
        ["/docs/guide.txt", "/docs/2025/archive/notes.txt"]
    );
    assert_eq!(
        lines(&find("find --name notes.txt", "/docs/2025/archive/notes.txt")).len(),
        1
    );
    assert_eq!(
        find("find --name *.TXT", "/docs"),
        "",
        "capitals are letters of their own"
    );
    assert_eq!(find("find --name .h*", "/"), find("find --name ?hidden", "/"));
    assert_eq!(lines(&find("find --depth 0", "/docs")).len(), 4);
    assert_eq!(lines(&find("find", "/docs")).len(), 9);
    let output = site.run("find --json --name guide*", &[&site.url("/")]);
    ends(&output, 0);
    assert_eq!(json(&output)[0]["path"], "/docs/guide.txt");
    ends(&site.run("find", &[&site.url("/gone")]), 7);
    // below the document path of a saved server
    site.save("document-path = \"/docs\"");
    let output = site.run("find --name guide.txt", &["web:"]);
    ends(&output, 0);
    assert_eq!(stdout(&output), "/guide.txt\n");
    let output = site.run("find --explore-depth 1", &["web:"]);
    ends(&output, 0);
    assert!(stderr(&output).contains("cut at depth 1"), "{}", stderr(&output));
}

#[test]
fn cat_writes_what_is_in_files() {
    let site = Site::new();
    let notes = std::fs::read(site.demo.folder().join("docs/2025/archive/notes.txt")).unwrap();
    let output = site.run(
        "cat",
        &[&site.url("/docs/2025/archive/*.txt"), &site.url("/empty")],
    );
    ends(&output, 0);
    assert_eq!(output.stdout, notes);
    ends(&site.run("cat", &[&site.url("/gone")]), 7);
    ends(&site.run("cat", &[&site.url("/docs")]), 2);
    ends(
        &bare(site.home.path()).args(["cat", "plain"]).output().unwrap(),
        2,
    );
}

#[test]
fn folders_are_made_moved_counted_and_deleted_on_the_disk() {
    let site = Site::new();
    let disk = |path: &str| site.demo.folder().join(path);
    ends(&site.run("mkdir", &[&site.url("/new")]), 0);
    ends(&site.run("mkdir", &[&site.url("/new")]), 7);
    ends(&site.run("mkdir", &[&site.url("/p/q/r")]), 7);
    ends(
        &site.run(
            "mkdir -p",
            &[&site.url("/p/q/r"), &site.url("/p/q/s"), &site.url("/new")],
        ),
        0,
    );
    assert!(disk("p/q/r").is_dir() && disk("p/q/s").is_dir() && disk("new").is_dir());
    ends(&site.run("mkdir -p", &[&site.url("/empty/x")]), 9);

    // under a new name, into a folder, and never over anything
    ends(&site.run("mv", &[&site.url("/empty"), "/new/name"]), 0);
    assert!(disk("new/name").is_file() && !disk("empty").exists());
    ends(&site.run("mv", &[&site.url("/new/name"), "/p/q/"]), 0);
    ends(&site.run("mv", &[&site.url("/p/q/name"), "p/q/r"]), 0);
    assert!(disk("p/q/r/name").is_file());
    let output = site.run("mv --json", &[&site.url("/p/q/r/name"), "/docs/guide.txt"]);
    ends(&output, 9);
    assert!(
        json(&output)[0]["error"]
            .as_str()
            .unwrap()
            .contains("exists already")
    );
    ends(&site.run("mv", &[&site.url("/gone"), "/x"]), 7);

    let output = site.run("du", &[&site.url("/docs/2025/archive")]);
    ends(&output, 0);
    assert_eq!(stdout(&output), "11\t/docs/2025/archive\n");
    let output = site.run("du --json", &[&site.url("/docs/2025/archive/notes.txt")]);
    let wanted = json!({"path": "/docs/2025/archive/notes.txt", "bytes": 11, "files": 1, "folders": 0,
        "complete": true, "cut": null});
    assert_eq!(json(&output), [wanted]);
    let output = site.run("du", &[&site.url("/")]);
    ends(&output, 0);
    ends(&site.run("du", &[&site.url("/gone")]), 7);

    // a folder only with -r; the document path never
    let output = site.run("rm", &[&site.url("/p")]);
    ends(&output, 2);
    assert!(stderr(&output).contains("-r") && disk("p").is_dir());
    for path in ["/", ""] {
        let output = site.run("rm -rf", &[&site.url(path)]);
        ends(&output, 8);
        assert!(
            stderr(&output).contains("the document path itself"),
            "{}",
            stderr(&output)
        );
    }
    assert!(disk("docs").is_dir());
    let output = site.run("rm -r --json", &[&site.url("/p"), &site.url("/gone")]);
    ends(&output, 1);
    let said = json(&output);
    assert_eq!(
        said[0],
        json!({"event": "done", "path": "/p", "files": 1, "folders": 4})
    );
    assert_eq!(
        (&said[1]["event"], &said[1]["path"]),
        (&json!("failed"), &json!("/gone"))
    );
    assert_eq!(said[2], json!({"event": "summary", "done": 1, "failed": 1}));
    assert!(!disk("p").exists());
    ends(&site.run("rm", &[&site.url("/gone")]), 7);
    ends(&site.run("rm -f", &[&site.url("/gone")]), 0);
    // below a saved server's document path, by another path of the same server
    site.save("document-path = \"/docs\"");
    ends(&site.run("mv", &["web:guide.txt", "web:/2027/"]), 0);
    assert!(disk("docs/2027/guide.txt").is_file());
    ends(&site.run("mv", &["web:2027/guide.txt", "../outside"]), 8);
    ends(&site.run("rm", &["web:../README.txt"]), 8);
}

/// What the server does not let go is named, the rest goes, and only the folders round it stay.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deletion_keeps_the_rest_from_nothing() {
    let server = Script::new(Protocol::Ftp)
        .file("/d/a", "a")
        .file("/d/b", "b")
        .file("/d/e/c", "c")
        .once("DELE", say("550 Permission denied."))
        .on("RMD", say("250 Gone."))
        .start()
        .await;
    let (code, out, said) = run(&server, "rm -r --json -j 1 URL/d").await;
    assert_eq!(code, 1, "{said}");
    assert_eq!(server.files(), ["/d/a"], "{said}");
    assert_eq!(server.count("RMD"), 1, "of /d/e alone: {:?}", server.heard());
    assert!(
        said.contains("Could not delete /d/a: the server refuses permission"),
        "{said}"
    );
    assert!(said.contains("2 files and 1 folder deleted"), "{said}");
    assert_eq!(lines(&out).len(), 2, "a failure and the summary: {out}");
}

fn script() -> Script {
    Script::new(Protocol::Ftp)
        .features("EPSV MLST SIZE XMD5")
        .file("/a/f", "content")
        .file("/a/b/g", "g")
        .mode("/a/f", 0o640)
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions() {
    let server = script().start().await;
    assert_eq!(run(&server, "chmod -R u=rwX,go= URL/a").await.0, 0);
    assert_eq!(
        (server.mode_of("/a/f"), server.mode_of("/a/b")),
        (Some(0o600), Some(0o700))
    );
    assert_eq!(run(&server, "chmod -r URL/a/f").await.0, 0);
    assert_eq!(server.mode_of("/a/f"), Some(0o200));
    let (code, out, said) = run(&server, "chmod -R --files --json 644 URL/a URL/gone").await;
    assert_eq!(code, 1, "{said}");
    assert!(
        out.starts_with("{\"event\":\"done\",\"path\":\"/a\",\"files\":2,\"folders\":0}\n"),
        "{out}"
    );
    let without = script().on("SITE", say("502 No.")).start().await;
    let (code, _, said) = run(&without, "chmod 644 URL/a/f").await;
    assert_eq!(code, 7);
    assert!(
        said.contains("no SITE CHMOD") && said.contains("502 No."),
        "{said}"
    );
    assert_eq!(run(&without, "chmod --read-only 644 URL/a/f").await.0, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_on_the_server() {
    let server = script()
        .on("SITE CPFR", say("350 And to what?"))
        .on("SITE CPTO", say("250 Copied."))
        .start()
        .await;
    assert_eq!(run(&server, "cp URL/a/f /a/b/").await.0, 0);
    assert!(
        server
            .heard()
            .iter()
            .any(|heard| heard.line == "SITE CPTO /a/b/f")
    );
    assert_eq!(run(&server, "cp URL/a/b/g URL/a/f").await.0, 9);
    let without = script().on("SITE", say("500 No.")).start().await;
    let (code, _, said) = run(&without, "cp URL/a/f x").await;
    assert_eq!(code, 7);
    assert!(said.contains("mod_copy"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums() {
    let md5 = "9a0364b9e99bb480dd25e1f0284c8555";
    let server = script()
        .on("XMD5 /a/f", say(&format!("250 {md5}")))
        .on("XMD5", say("550 No such file."))
        .start()
        .await;
    let (code, out, _) = run(&server, "sum URL/a/f").await;
    assert_eq!((code, out), (0, format!("MD5 (/a/f) = {md5}\n")));
    let (code, out, said) = run(&server, "sum --json URL/a/f URL/gone").await;
    assert_eq!(code, 1);
    let first = format!("{{\"path\":\"/a/f\",\"algorithm\":\"MD5\",\"checksum\":\"{md5}\"}}");
    assert_eq!(lines(&out)[0], first);
    assert!(
        lines(&out)[1].contains("\"failed\"") && said.contains("550 No such file."),
        "{out} {said}"
    );
    let (code, _, said) = run(&server, "sum -a sha256 URL/a/f").await;
    assert_eq!(code, 7);
    assert!(said.contains("It offers MD5"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_commands() {
    let server = script()
        .on("STAT", say("213-Status\r\n of it\r\n213 End"))
        .on("SITE", say("550 No."))
        .start()
        .await;
    let (code, out, _) = run(&server, "raw URL/a STAT b").await;
    assert_eq!((code, out.as_str()), (0, "213-Status\n of it\n213 End\n"));
    assert!(server.heard().iter().any(|heard| heard.line == "STAT b"));
    let (code, out, _) = run(&server, "raw --json URL/ SITE -x y").await;
    assert_eq!(
        (code, out.as_str()),
        (7, "{\"code\":550,\"lines\":[{\"text\":\"No.\"}]}\n")
    );
    let (code, out, said) = run(&server, "raw URL/ RETR /a/f").await;
    assert_eq!((code, out.as_str()), (8, ""));
    assert!(
        said.contains("data connection") && said.contains("Use get"),
        "{said}"
    );
    assert_eq!(run(&server, "raw --read-only URL/ DELE /a/f").await.0, 8);
    assert_eq!(run(&server, "raw URL/gone NOOP").await.0, 7);
    assert!(server.content("/a/f").is_some());
}

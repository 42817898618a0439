//! Files on standard output and from standard input, lists of names, patterns.

use std::io::Read as _;
use std::process::Stdio;

use super::{Site, ends, json, stderr};

fn there(site: &Site, path: &str, content: impl AsRef<[u8]>) {
    let path = site.demo.folder().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// The program as it writes a file to standard output.
fn to_stdout(site: &Site, path: &str) -> std::process::Command {
    let (pin, url) = (site.demo.pin().to_string(), site.url(path));
    super::endings::command(site, &["get", "--pin", &pin, "--to", "-", &url])
}

#[test]
fn files_on_standard_output_in_order_and_whole() {
    let site = Site::new();
    there(&site, "s/a", "first\n");
    there(&site, "s/b", b"\x00\xff\x1b[2Jsecond");
    let output = site.run("get --to -", &[&site.url("/s/b"), &site.url("/s/a")]);
    ends(&output, 0);
    assert_eq!(output.stdout, b"\x00\xff\x1b[2Jsecondfirst\n");
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
    // what is missing is said, and leaves no gap in the others
    let output = site.run("get --to -", &[&site.url("/s/none"), &site.url("/s/a")]);
    ends(&output, 1);
    assert_eq!(output.stdout, b"first\n");
    assert!(stderr(&output).contains("/s/none"), "{}", stderr(&output));
    ends(&site.run("get --to -", &[&site.url("/s/none")]), 7);
    for folder in ["/s", "/s/"] {
        let output = site.run("get --to -", &[&site.url(folder)]);
        ends(&output, 2);
        assert!(output.stdout.is_empty() && stderr(&output).contains("it is a folder"));
    }
    for option in [
        "--json",
        "-c",
        "--verify",
        "--on-conflict skip",
        "--fsync",
        "--no-times",
        "--permissions",
    ] {
        let output = site.run(&format!("get --to - {option}"), &[&site.url("/s/a")]);
        ends(&output, 2);
        assert!(stderr(&output).contains("with --to -"), "{}", stderr(&output));
    }
}

#[test]
fn who_has_seen_enough_ends_it() {
    let site = Site::new();
    there(&site, "long", vec![b'x'; 30_000_000]);
    let mut child = to_stdout(&site, "/long").spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn an_output_that_cannot_be_written_is_the_disks_fault() {
    let site = Site::new();
    there(&site, "a", "content");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = to_stdout(&site, "/a");
    let output = command.stdout(Stdio::from(full)).output().unwrap();
    ends(&output, 10);
    assert!(stderr(&output).contains("The output cannot be written"));
}

#[test]
fn lists_have_one_name_a_line() {
    let site = Site::new();
    for name in ["a", "b c", "#d", "@e"] {
        there(&site, &format!("l/{name}"), name);
    }
    site.save("");
    std::fs::write(
        site.at("names"),
        "web:/l/a\r\n\r\nweb:/l/b c\nweb:/l/#d\nweb:/l/@e",
    )
    .unwrap();
    ends(&site.run("get --to D @names", &[]), 0);
    for name in ["a", "b c", "#d", "@e"] {
        assert_eq!(std::fs::read_to_string(site.at("D").join(name)).unwrap(), name);
    }
    // the same from a pipe
    let mut command = site.ftpane("get --to P @-");
    ends(
        &command.write_stdin("web:/l/a\nweb:/l/b c\n").output().unwrap(),
        0,
    );
    assert!(site.at("P/b c").is_file());
    std::fs::write(site.at("bad"), "web:/l/a\n\nwbe:/l/a\n").unwrap();
    let output = site.run("get @bad", &[]);
    ends(&output, 2);
    let said = stderr(&output);
    assert!(
        said.contains("bad:3: ") && said.contains("Did you mean 'web'?"),
        "{said}"
    );
    let output = site.run("get @none", &[]);
    ends(&output, 10);
    assert!(stderr(&output).contains("The list none cannot be read"));
    std::fs::write(site.at("nothing"), "\n\n").unwrap();
    ends(&site.run("get @nothing", &[]), 0);
}

#[test]
fn lists_of_what_goes_up() {
    let site = Site::new();
    for name in ["one", "two", "@three"] {
        std::fs::write(site.at(name), name).unwrap();
    }
    std::fs::write(site.at("list"), "one\n@three\n").unwrap();
    ends(&site.run("put @list ./@three two", &[&site.url("/incoming/")]), 1);
    ends(&site.run("put @list two", &[&site.url("/incoming/up")]), 0);
    let there = |path: &str| std::fs::read_to_string(site.demo.folder().join(path)).unwrap();
    assert_eq!(
        (there("incoming/up/one"), there("incoming/up/@three")),
        ("one".into(), "@three".into())
    );
    // a list means a folder, however short it is
    std::fs::write(site.at("short"), "one\n").unwrap();
    ends(&site.run("put @short", &[&site.url("/incoming/short")]), 0);
    assert_eq!(there("incoming/short/one"), "one");
    std::fs::write(site.at("bad"), "one\nmissing\n").unwrap();
    let output = site.run("put @bad", &[&site.url("/incoming/")]);
    ends(&output, 1);
    assert!(
        stderr(&output).contains("bad:2: missing is not uploaded"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn patterns_stand_for_what_is_there() {
    let site = Site::new();
    for name in [
        "g/1.log",
        "g/2.log",
        "g/.3.log",
        "g/x.txt",
        "g/[1].log",
        "g/sub1/in",
        "g/sub2/in",
        "g/sub2/out",
    ] {
        there(&site, name, name);
    }
    let files = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(site.at(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    for (to, pattern, wanted) in [
        ("A", "/g/?.log", &["1.log", "2.log"][..]),
        ("B", "/g/[!1]*.log", &["2.log", "[1].log"]),
        ("C", "/g/.*", &[".3.log"]),
        // what is called so is meant, and a backslash says so for sure
        ("D", "/g/[1].log", &["[1].log"]),
        ("E", "/g/\\[1].l*", &["[1].log"]),
        ("F", "/*/sub[2-9]/out", &["out"]),
        ("G", "/g/sub*", &["sub1", "sub2"]),
        ("H", "/g/%5B1%5D.l*", &["[1].log"]),
    ] {
        let output = site.run(&format!("get --to {to}"), &[&site.url(pattern)]);
        ends(&output, 0);
        assert_eq!(files(to), wanted, "{pattern}");
    }
    for nothing in ["/g/*.none", "/none*/x", "/g/%2A", "/g/\\*", "/g/sub*/none"] {
        let output = site.run("get --to Z", &[&site.url(nothing)]);
        ends(&output, 7);
    }
    // by a saved server's name, and told in JSON by the names that were found
    site.save("document-path = \"/g\"");
    let output = site.run("get --to J --json web:?.log", &[]);
    ends(&output, 0);
    let mut sources: Vec<_> = json(&output)
        .iter()
        .filter_map(|line| line["source"].as_str().map(str::to_owned))
        .collect();
    sources.sort();
    assert_eq!(sources, ["/1.log", "/2.log"]);
    // a folder below the depth is not looked into
    ends(&site.run("get --to K --explore-depth 0 web:sub*/in", &[]), 8);
}

fn put(site: &Site, options: &str, target: &str, input: impl Into<Vec<u8>>) -> std::process::Output {
    let mut command = site.ftpane(&format!("put {options}"));
    command.args(["-", &site.url(target)]);
    command.write_stdin(input).output().unwrap()
}

#[test]
fn standard_input_goes_up_under_the_name_given() {
    let site = Site::new();
    let there = |path: &str| std::fs::read(site.demo.folder().join(path)).unwrap();
    let long: Vec<u8> = (0..3_000_000u32).flat_map(|n| n.to_le_bytes()).collect();
    ends(&put(&site, "", "/incoming/new/long.bin", long.clone()), 0);
    assert!(there("incoming/new/long.bin") == long);
    let output = put(&site, "--json", "/incoming/short", "short");
    ends(&output, 0);
    let done = &json(&output)[0];
    assert_eq!(
        (&done["source"], &done["target"], &done["bytes"]),
        (&"-".into(), &"/incoming/short".into(), &5.into())
    );
    ends(&put(&site, "--verify", "/incoming/short", "other"), 0);
    assert_eq!(there("incoming/short"), b"other");
    ends(&put(&site, "", "/incoming/empty", ""), 0);
    assert_eq!(there("incoming/empty"), b"");
    ends(&put(&site, "--on-conflict fail", "/incoming/short", "no"), 9);
    assert_eq!(there("incoming/short"), b"other");
    let names = std::fs::read_dir(site.demo.folder().join("incoming")).unwrap();
    assert!(
        names
            .flatten()
            .all(|entry| !entry.file_name().to_string_lossy().starts_with('.')),
        "a temporary file was left"
    );
    for folder in ["/incoming", "/incoming/", "/"] {
        let output = put(&site, "", folder, "x");
        ends(&output, 2);
        assert!(
            stderr(&output).contains("no name of its own"),
            "{}",
            stderr(&output)
        );
    }
    ends(&put(&site, "-c", "/incoming/short", "x"), 2);
    ends(&put(&site, "--on-conflict ask", "/incoming/short", "x"), 2);
    std::fs::write(site.at("other"), "").unwrap();
    ends(&put(&site, "other", "/incoming/both/", "x"), 2);
    // a file of that name, in a list and with its folder
    std::fs::write(site.at("-"), "dash").unwrap();
    std::fs::write(site.at("list"), "-\n").unwrap();
    ends(&site.run("put @list", &[&site.url("/incoming/list/")]), 0);
    assert_eq!(there("incoming/list/-"), b"dash");
    ends(&site.run("put ./-", &[&site.url("/incoming/dash")]), 0);
    assert_eq!(there("incoming/dash"), b"dash");
}

#[test]
fn what_is_left_of_standard_input_is_read_from_where_it_stands() {
    let site = Site::new();
    std::fs::write(site.at("lines"), "first\nsecond\nthird\n").unwrap();
    // the shell has read a line of the same file
    let script = format!(
        "read line; exec {} put --pin {} - {}",
        env!("CARGO_BIN_EXE_ftpane"),
        site.demo.pin(),
        site.url("/rest")
    );
    let status = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("FTPANE_PASSWORD", site.demo.secret().reveal())
        .env("FTPANE_CONFIG_DIR", site.at("config"))
        .stdin(std::fs::File::open(site.at("lines")).unwrap())
        .status()
        .unwrap();
    assert!(status.success());
    let rest = std::fs::read_to_string(site.demo.folder().join("rest")).unwrap();
    assert_eq!(rest, "second\nthird\n");
}

#[test]
fn a_signal_says_that_standard_input_is_nowhere() {
    use std::io::Write as _;
    let site = Site::new();
    let mut child = super::endings::command(
        &site,
        &[
            "put",
            "--pin",
            &site.demo.pin().to_string(),
            "-",
            &site.url("/half"),
        ],
    )
    .stdin(Stdio::piped())
    .spawn()
    .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&vec![b'x'; 100_000]).unwrap();
    // the upload has begun, and waits for more
    let begun = || {
        let names = std::fs::read_dir(site.demo.folder()).unwrap().flatten();
        names
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().contains("half"))
    };
    super::endings::until("an upload begins", begun);
    super::kill(&child, "INT");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("give it once more"), "{said}");
    assert!(!site.demo.folder().join("half").exists());
    drop(input);
}

#[test]
fn patterns_of_what_is_deleted() {
    let site = Site::new();
    for name in ["r/1.log", "r/2.log", "r/*.log", "r/keep.txt", "r/sub/1.log"] {
        there(&site, name, name);
    }
    let left = || {
        let mut names: Vec<_> = std::fs::read_dir(site.demo.folder().join("r"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    // what is called so is meant, and nothing else
    ends(&site.run("rm", &[&site.url("/r/\\*.log")]), 0);
    for nothing in ["/r/\\*.log", "/r/%2A.log", "/r/*.none"] {
        ends(&site.run("rm", &[&site.url(nothing)]), 7);
    }
    assert_eq!(left(), ["1.log", "2.log", "keep.txt", "sub"]);
    ends(&site.run("rm --read-only", &[&site.url("/r/*")]), 8);
    ends(&site.run("rm", &[&site.url("/r/*")]), 1);
    assert_eq!(left(), ["sub"], "a folder is not deleted without -r");
    ends(&site.run("rm -r", &[&site.url("/r/s*")]), 0);
    assert!(left().is_empty());
    ends(&site.run("rm", &[&site.url("/r/*")]), 7);
}

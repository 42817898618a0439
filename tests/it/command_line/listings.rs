//! `ls`: forms, depth, saved servers and their document path.

use serde_json::Value;

use super::{Site, ends, json, stderr, stdout};

#[test]
fn a_folder_for_people_is_sorted_and_has_hidden_files() {
    let site = Site::new();
    for url in [site.url("/docs"), site.url("/docs/")] {
        let output = site.run("ls", &[&url]);
        ends(&output, 0);
        let text = stdout(&output);
        let names: Vec<&str> = text.lines().map(|l| l.rsplit_once("  ").unwrap().1).collect();
        assert_eq!(names, ["2025/", "2026/", "2027/", "guide.txt"]);
    }
    let output = site.run("ls", &[&site.url("/")]);
    assert!(stdout(&output).contains(" .hidden\n") && stdout(&output).contains(" 日本語のファイル.txt\n"));
    let output = site.run("ls --sort size", &[&site.url("")]);
    assert!(stdout(&output).lines().next().unwrap().ends_with("big.bin"));
}

#[test]
fn entries_in_json() {
    let site = Site::new();
    let output = site.run("ls --json", &[&site.url("/docs/2025/archive")]);
    ends(&output, 0);
    let lines = json(&output);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["path"], "/docs/2025/archive/notes.txt");
    assert_eq!(lines[0]["name"], "notes.txt");
    assert_eq!(lines[0]["kind"], "file");
    assert_eq!(lines[0]["size"], 11);
    assert_eq!(lines[0]["modified"], "2025-06-15T08:30:00Z");
    assert_eq!(lines[0]["modified_precision"], "second");
    assert!(lines[0]["target"].is_null());
    let one = site.run("ls --json", &[&site.url("/docs/2025/archive/notes.txt")]);
    ends(&one, 0);
    assert_eq!(json(&one), lines);
}

#[test]
fn walking_down_as_far_as_told() {
    let site = Site::new();
    let paths = |words: &str| {
        let output = site.run(words, &[&site.url("/docs")]);
        ends(&output, 0);
        json(&output)
            .iter()
            .map(|l| l["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths("ls -R --json").len(), 9);
    assert_eq!(paths("ls -R --depth 0 --json").len(), 4);
    assert_eq!(paths("ls -R --depth 1 --json").len(), 6);
    let output = site.run("ls -R", &[&site.url("/docs")]);
    let headings: Vec<String> = stdout(&output)
        .lines()
        .filter_map(|l| l.strip_suffix(':').map(str::to_owned))
        .collect();
    assert_eq!(
        headings,
        [
            "/docs",
            "/docs/2025",
            "/docs/2025/archive",
            "/docs/2026",
            "/docs/2026/reports",
            "/docs/2027"
        ]
    );
}

#[test]
fn saved_servers_and_their_document_path() {
    let site = Site::new();
    site.save("document-path = \"/docs\"");
    let output = site.run("ls --json", &["web:2025/archive"]);
    ends(&output, 0);
    assert_eq!(json(&output)[0]["path"], "/2025/archive/notes.txt");
    ends(&site.run("ls", &["web:/../README.txt"]), 8);
    ends(&site.run("ls", &["wbe:"]), 2);
    assert!(stderr(&site.run("ls", &["wbe:"])).contains("'web'"));
    ends(&site.run("get", &["web:guide.txt"]), 0);
    assert_eq!(std::fs::read(site.at("guide.txt")).unwrap(), b"A guide.\n");
    std::fs::write(site.at("config/servers.toml"), "[[server]]\nhots = 1\n").unwrap();
    let output = site.run("ls", &["web:"]);
    ends(&output, 2);
    assert!(stderr(&output).contains("line 2"), "{}", stderr(&output));
}

#[test]
fn paths_below_a_document_path_are_given_back_whole() {
    let site = Site::new();
    let listed = site.run("ls --json --root /docs", &[&site.url("/docs")]);
    ends(&listed, 0);
    let path = "/docs/guide.txt";
    assert!(
        json(&listed).iter().any(|line| line["path"] == path),
        "{listed:?}"
    );
    let got = site.run("get --json --root /docs", &[&site.url(path)]);
    ends(&got, 0);
    assert_eq!(json(&got)[0]["source"], path);
    std::fs::write(site.at("x"), "x").unwrap();
    let put = site.run("put --json --root /docs", &["x", &site.url("/docs/")]);
    ends(&put, 0);
    assert_eq!(json(&put)[0]["target"], "/docs/x");
    ends(&site.run("ls --root /docs", &[&site.url("/README.txt")]), 8);
    ends(&site.run("ls --root /docs", &[&site.url("/guide.txt")]), 8);
}

#[test]
fn the_depth_is_kept_and_what_it_cuts_is_said() {
    let site = Site::new();
    let (top, deep) = (site.url("/docs/"), site.url("/docs/2025/archive/"));
    for depth in [
        "ls --explore-depth 0",
        "ls --explore-depth 1",
        "ls -R --explore-depth 2",
    ] {
        let output = site.run(depth, &[&deep]);
        ends(&output, 8);
        assert!(stderr(&output).contains("depth"), "{}", stderr(&output));
    }
    ends(&site.run("ls --explore-depth 3", &[&deep]), 0);
    // -R goes as deep as is open, --depth only narrows that
    let output = site.run("ls -R --explore-depth 2 --depth 9", &[&top]);
    ends(&output, 0);
    assert!(stdout(&output).contains("archive") && !stdout(&output).contains("notes.txt"));
    assert!(
        stderr(&output).contains("cut at depth 2: /docs/2025/archive"),
        "{}",
        stderr(&output)
    );
    let output = site.run("ls -R --depth 0 --explore-depth 2", &[&top]);
    assert!(!stderr(&output).contains("cut"), "{}", stderr(&output));
    let output = site.run("ls -R --json --explore-depth 2", &[&top]);
    let said =
        |line: &Value| line["event"] == "cut" && line["path"] == "/docs/2025/archive" && line["depth"] == 2;
    assert!(json(&output).iter().any(said), "{}", stdout(&output));
    // a transfer goes on with what is open
    let output = site.run("get --explore-depth 2 --to d", &[&top]);
    ends(&output, 0);
    assert!(stderr(&output).contains("cut at depth 2"), "{}", stderr(&output));
    assert!(site.at("d/2025").is_dir() && !site.at("d/2025/archive").exists());
    ends(&site.run("get --explore-depth 1", &[&deep]), 8);
    std::fs::write(site.at("x"), "").unwrap();
    ends(&site.run("put --explore-depth 2 x", &[&deep]), 8);
    // over a saved server's own
    site.save("explore-depth = 1");
    ends(&site.run("ls", &["web:docs/2025/"]), 8);
    ends(&site.run("ls --explore-depth 2", &["web:docs/2025/"]), 0);
}

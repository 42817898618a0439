//! `LIST -aR`: servers that can, cannot, and lie. What a walk finds is the truth in each case.

use ftpane::model::command::Command;
use ftpane::model::server::Protocol;

use super::{BY_NAME, listed, said, with_sessions};
use crate::harness::engine::remote_place;
use crate::harness::scripted::{Script, Step, close, end_data, say, send, send_without_end};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "odd:"];

/// Six folders with a folder in each; no MLSD.
fn script() -> Script {
    NAMES
        .iter()
        .fold(Script::new(Protocol::Ftp).features("EPSV"), |script, name| {
            script
                .file(&format!("/t/{name}/file"), "x")
                .file(&format!("/t/{name}/sub/below"), "y")
        })
}

fn expected() -> Vec<(String, Vec<String>)> {
    let pair = |name| {
        let path = format!("/t/{name}");
        [
            (path.clone(), vec!["file".to_owned(), "sub".into()]),
            (format!("{path}/sub"), vec!["below".into()]),
        ]
    };
    NAMES.into_iter().flat_map(pair).collect()
}

fn folder(name: &str) -> String {
    format!("drwxr-xr-x 2 me us 0 Jan  2  2024 {name}\r\n")
}

fn file(name: &str) -> String {
    format!("-rw-r--r-- 1 me us 1 Jan  2  2024 {name}\r\n")
}

fn section(heading: &str, entries: &str) -> String {
    format!("{heading}:\r\n{}{}{entries}\r\n", folder("."), folder(".."))
}

/// What `ls -laR` prints, without the sections of which `left_out` is true.
fn recursive(left_out: fn(&str) -> bool) -> String {
    let top: String = NAMES.iter().map(|name| folder(name)).collect();
    let mut text = section(".", &top);
    for name in NAMES {
        for (heading, entries) in [
            (format!("./{name}"), folder("sub") + &file("file")),
            (format!("./{name}/sub"), file("below")),
        ] {
            if !left_out(&heading) {
                text += &section(&heading, &entries);
            }
        }
    }
    text
}

fn lines(text: &str, last: &str) -> Vec<Step> {
    vec![say("150 Coming."), send(text), end_data(), say(last)]
}

fn all(_: &str) -> bool {
    false
}

/// How often the walk of this server listed folders by themselves, and how often all at once.
async fn walked(script: Script) -> (usize, usize) {
    let (server, mut driver) = with_sessions(script, 2).await;
    let told = driver.explore("/t", BY_NAME).await;
    let told: Vec<(String, Vec<String>)> = told
        .into_iter()
        .map(|(path, listing)| {
            let mut names: Vec<String> = listing.unwrap().entries.iter().map(|e| e.name.shown()).collect();
            names.sort();
            (path, names)
        })
        .collect();
    assert_eq!(told, expected());
    let swept = server.heard().iter().filter(|h| h.line == "LIST -aR").count();
    // once more does not ask what is known
    driver.explore("/t", BY_NAME).await;
    let alone = listed(&server).values().sum();
    driver.shutdown().await;
    (alone, swept)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_lists_a_tree() {
    let (server, mut driver) =
        with_sessions(script().on("LIST -aR", lines(&recursive(all), "226 Done.")), 1).await;
    assert_eq!(driver.explore("/t", BY_NAME).await.len(), 12);
    // the top by itself
    let alone: usize = listed(&server).values().sum();
    assert_eq!(alone, 1);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_leaves_out_or_makes_up_is_listed_folder_by_folder() {
    let truth = recursive(all);
    let half = &truth[..truth.find("./c/sub:").unwrap() + 100];
    let limited = format!("{}./e/sub:\r\n\r\n./odd::\r\n", recursive(|path| path > "./e"));
    let cases: Vec<(&str, Vec<Step>)> = vec![
        (
            "not known",
            vec![say("501 Unknown option.")].into_iter().collect(),
        ),
        ("a file's name", vec![say("550 -aR: No such file or directory.")]),
        ("ignored", lines(&NAMES.map(folder).concat(), "226 Done.")),
        ("nothing", lines("", "226 Done.")),
        (
            "sections missing",
            lines(&recursive(|path| path.starts_with("./b")), "226 Done."),
        ),
        (
            "said to be cut",
            lines(half, "226 Output truncated to 10 matches"),
        ),
        ("cut", [lines(half, "426 Broken."), vec![]].concat()),
        ("lost", vec![say("150 Coming."), send(half), end_data(), close()]),
        ("a silent limit", lines(&limited, "226 Done.")),
        (
            "foreign",
            lines(
                &(section("/etc", &file("passwd")) + &section("./../x", &file("y"))),
                "226 Done.",
            ),
        ),
        (
            "mixed up",
            lines(&truth.replace("./c:", "./nobody:"), "226 Done."),
        ),
        (
            "unreadable",
            lines(
                &truth.replace("-rw-r--r-- 1 me us 1 Jan  2  2024 file", "what?"),
                "226 Done.",
            ),
        ),
        (
            "totals",
            lines(&truth.replace(":\r\n", ":\r\ntotal 8\r\n"), "226 Done."),
        ),
    ];
    for (name, steps) in cases {
        println!("--- {name}");
        let (_, swept) = walked(script().on("LIST -aR", steps)).await;
        assert_eq!(swept, 1, "{name}");
    }
}

/// A server that pours out lines nobody asked for is left.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_answer_has_an_end() {
    let endless = section("./nobody", &file("x").repeat(1000));
    let script = script().on("LIST -aR", [say("150 Coming."), send_without_end(endless)]);
    walked(script).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_is_asked_once() {
    let (server, mut driver) = with_sessions(script().on("LIST -aR", say("501 No.")), 1).await;
    for _ in 0..3 {
        assert_eq!(driver.explore("/t", BY_NAME).await.len(), 12);
    }
    let asked = server.heard().iter().filter(|h| h.line == "LIST -aR").count();
    assert_eq!(asked, 1);
    assert!(said(&driver, "LIST -aR"));
    driver.shutdown().await;
}

/// A name with line breaks can look like the section of another folder: that is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_told_twice_is_said() {
    let forged = format!(
        "-rw-r--r-- 1 me us 1 Jan  2  2024 x\r\n\r\n{}",
        section("./e", &file("forged"))
    );
    let text = recursive(all).replacen("./a:", &format!("./zz:\r\n{}{forged}\r\n./a:", folder(".")), 1);
    let script = script().on("LIST -aR", lines(&text, "226 Done."));
    let (_server, mut driver) = with_sessions(script, 1).await;
    driver.explore("/t", BY_NAME).await;
    let failures: Vec<String> = driver.failures.iter().map(ToString::to_string).collect();
    assert!(
        matches!(&failures[..], [said] if said.contains("/t/e ") && said.contains("twice")),
        "{failures:?}"
    );
    driver.shutdown().await;
}

/// Counting asks for lines anyway, also of a server with MLSD; deletion believes single listings only.
#[tokio::test(flavor = "multi_thread")]
async fn counts_use_it_and_deletions_do_not() {
    let script = script()
        .features("EPSV MLST")
        .on("RMD", say("250 Gone."))
        .on("LIST -aR", lines(&recursive(all), "226 Done."));
    let (server, mut driver) = with_sessions(script, 1).await;
    let counted = driver.count(vec![remote_place("/t")]).await.unwrap();
    assert_eq!((counted.files, counted.folders), (12, 13));
    let asked = || server.heard().iter().filter(|h| h.line == "LIST -aR").count();
    assert_eq!(asked(), 1);
    driver
        .act(Command::Delete(vec![remote_place("/t")]))
        .await
        .unwrap();
    assert_eq!((asked(), server.files().len()), (1, 0));
    driver.shutdown().await;
}

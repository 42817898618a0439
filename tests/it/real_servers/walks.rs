//! Walks of the real servers: what they find is what is there, folder by folder or all at once.

use std::path::Path;

use ftpane::model::command::WalkOrder;
use ftpane::model::entry::SortKey;
use ftpane::model::event::Speaker;
use ftpane::model::server::Server;

use super::{ALONE, Ground, demo_secret, ways};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::lab::Lab;

/// Folders with names that look like something else, some empty, some with a folder below.
fn plant(ground: &Path) {
    for (n, name) in [
        "a", "b", " lead", "odd:", "*", "-R", "total 8", ".hidden", "b c", "z",
    ]
    .into_iter()
    .enumerate()
    {
        let below = ground.join("t").join(name).join("below:").join("deep");
        std::fs::create_dir_all(&below).unwrap();
        for n in 0..n {
            std::fs::write(below.join(format!("file {n}")), "x").unwrap();
        }
        std::fs::write(below.parent().unwrap().join("f"), "x").unwrap();
    }
    std::os::unix::fs::symlink("a", ground.join("t/link")).unwrap();
}

fn truth(folder: &Path, shown: &str, into: &mut Vec<(String, Vec<String>)>) {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let path = folder.join(name);
        if path.is_dir() && !path.is_symlink() {
            truth(&path, &format!("{shown}/{name}"), into);
        }
    }
    into.push((shown.to_owned(), names));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn walks_find_what_is_there() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let ground = Ground::new(&lab, "walk");
    plant(&ground.path);
    let top = format!("{}/t", ground.name);
    let mut there = Vec::new();
    truth(&ground.path.join("t"), &top, &mut there);
    there.retain(|(path, _)| *path != top);
    there.sort();
    for way in ways(&lab) {
        println!("--- {} {} {:?}", way.name, way.protocol.scheme(), way.mode);
        let mut driver = Driver::new();
        let server = Server {
            document_path: ground.name.clone(),
            ..way.clone()
        };
        driver.connect(server, demo_secret()).await.unwrap();
        let told = driver.explore(&top, WalkOrder::Sorted(SortKey::Name)).await;
        let mut found: Vec<(String, Vec<String>)> = told
            .into_iter()
            // MLSD of pyftpdlib calls the link a folder
            .filter(|(path, _)| !path.contains("/link"))
            .map(|(path, listing)| {
                let mut names: Vec<String> =
                    listing.unwrap().entries.iter().map(|e| e.name.shown()).collect();
                names.sort();
                (path, names)
            })
            .collect();
        found.sort();
        assert_eq!(found, there, "{}", way.name);

        let counted = driver.count(vec![remote_place(&top)]).await.unwrap();
        // the link is a link, also where MLSD hides it
        assert_eq!(
            (counted.folders, counted.files),
            (31, 45 + 10 + 1),
            "{}",
            way.name
        );
        let swept = driver
            .dialogue
            .iter()
            .any(|line| line.speaker == Speaker::Client && line.text == "LIST -aR");
        let cannot = driver.remarked("LIST -aR");
        println!("LIST -aR: asked {swept}, of use {}", swept && !cannot);
        // as tests/lab sets it up, once it was started anew
        let settings = lab.logs.with_file_name("etc").join(format!("{}.conf", way.name));
        let recurses = std::fs::read_to_string(settings)
            .is_ok_and(|settings| settings.contains("ls_recurse_enable=YES"));
        if recurses || way.name.starts_with("proftpd") || way.name.starts_with("pureftpd") {
            assert!(swept && !cannot, "{}", way.name);
        }
        driver.shutdown().await;
    }
}

//! Files of a server in the person's own editor and pager: fetched, opened, sent back, and nothing
//! lost whatever happens meanwhile. Keyboard, screen and editor are the test's; engine and server are real.

use std::fs;
use std::path::Path;

use ftpane::model::server::Server;
use tempfile::{TempDir, tempdir};

use crate::harness::seat::{Seat, SmallWorld};
use crate::journey_real::{serve, sit};

/// A server with one file, and somebody before the panes with the cursor on it.
struct Desk {
    there: TempDir,
    _here: TempDir,
    _demo: ftpane::demo::Demo,
    world: SmallWorld,
    seat: Seat,
}

impl Desk {
    async fn set(settings: impl FnOnce(Server) -> Server) -> Self {
        let (here, there) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(there.path().join("site.conf"), "old\n").unwrap();
        let demo = serve(there.path()).await;
        let world = SmallWorld::default();
        let mut seat = sit(&demo, here.path(), settings(demo.server()), &world).await;
        seat.see("site.conf").await;
        Self {
            there,
            _here: here,
            _demo: demo,
            world,
            seat,
        }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.there.path().join(name)).unwrap()
    }

    fn write_next(&self, text: &str) {
        *self.world.writes.lock().unwrap() = Some(text.into());
    }

    /// Somebody else writes the file while it is edited.
    fn change_meanwhile(&self, text: &str) {
        let path = self.there.path().join("site.conf");
        *self.world.meanwhile.lock().unwrap() = Some((path, text.into()));
    }

    /// The copy that was opened last.
    fn copy(&self) -> std::path::PathBuf {
        self.world.opened.lock().unwrap().last().unwrap().0.clone()
    }

    /// Names of what is on the server.
    fn names(&self) -> Vec<String> {
        names(self.there.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_edited_goes_back_and_the_copy_goes() {
    let mut desk = Desk::set(|server| server).await;
    desk.write_next("new\n");
    desk.seat.press("f4").await;
    desk.seat.see("is sent back").await;
    assert_eq!(
        (desk.file("site.conf").as_str(), desk.names().len()),
        ("new\n", 1)
    );
    let (copy, opened) = desk.world.opened.lock().unwrap()[0].clone();
    assert_eq!(opened, b"old\n");
    assert!(copy.ends_with("site.conf") && !copy.exists());
    // once more, and nothing is changed: nothing is sent
    let before = fs::metadata(desk.there.path().join("site.conf")).unwrap();
    desk.seat.press("e").await;
    desk.seat.see("was not changed; nothing is sent").await;
    let after = fs::metadata(desk.there.path().join("site.conf")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    assert!(!desk.copy().exists());
    assert_eq!(desk.world.opened.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_changed_is_asked_about() {
    for (key, conf, names) in [
        ("o", "mine\n", &["site.conf"][..]),
        ("l", "theirs, longer\n", &["site.conf"]),
        ("esc", "theirs, longer\n", &["site.conf"]),
        ("k", "theirs, longer\n", &["site (1).conf", "site.conf"]),
    ] {
        let mut desk = Desk::set(|server| server).await;
        desk.write_next("mine\n");
        desk.change_meanwhile("theirs, longer\n");
        desk.seat.press("f4").await;
        let screen = desk.seat.see("Somebody else has changed the file").await;
        assert!(screen.contains("4 B") && screen.contains("15 B"), "{screen}");
        assert_eq!(desk.file("site.conf"), "theirs, longer\n");
        desk.seat.press(key).await;
        let sent = matches!(key, "o" | "k");
        desk.seat
            .see(if sent {
                "is sent back"
            } else {
                "the edited copy is kept"
            })
            .await;
        assert_eq!(
            (desk.file("site.conf").as_str(), &desk.names()[..]),
            (
                conf,
                &names.iter().map(ToString::to_string).collect::<Vec<_>>()[..]
            ),
            "{key}"
        );
        if key == "k" {
            assert_eq!(desk.file("site (1).conf"), "mine\n");
        }
        assert_eq!(desk.copy().exists(), !sent, "{key}");
        if !sent {
            assert_eq!(fs::read_to_string(desk.copy()).unwrap(), "mine\n");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_s_files_are_looked_at_and_not_edited() {
    let mut desk = Desk::set(|server| Server {
        read_only: true,
        ..server
    })
    .await;
    desk.seat.press("f4").await;
    desk.seat.see("nothing can be edited there").await;
    assert!(desk.world.opened.lock().unwrap().is_empty());
    // the person's own pager gets a copy, which goes when it is closed
    desk.seat.press("V").await;
    desk.seat.see("site.conf").await;
    desk.seat
        .settle(|_| !desk.world.opened.lock().unwrap().is_empty())
        .await;
    assert_eq!(desk.world.opened.lock().unwrap()[0].1, b"old\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_back_is_kept() {
    let mut desk = Desk::set(|server| server).await;
    desk.write_next("mine\n");
    // the file gives way to a folder, over which nothing can be written
    desk.change_meanwhile("x");
    desk.seat.press("f4").await;
    desk.seat.see("Somebody else has changed the file").await;
    fs::remove_file(desk.there.path().join("site.conf")).unwrap();
    fs::create_dir(desk.there.path().join("site.conf")).unwrap();
    desk.seat.press("o").await;
    desk.seat.see("is not sent back").await;
    desk.seat.see("The edited copy is kept").await;
    assert_eq!(fs::read_to_string(desk.copy()).unwrap(), "mine\n");
}

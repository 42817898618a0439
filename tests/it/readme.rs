//! What the README shows is what the program is: its keys, its picture.

use ftpane::app::action::keys;

use crate::harness::bench::Bench;
use crate::screens::with_queue;

/// The tables of keys and of settings in the README. `UPDATE_PICTURES=1 cargo test` writes them anew.
#[test]
fn the_readme_names_the_keys_and_settings_in_force() {
    let table = ftpane::app::help::markdown(&keys(None).unwrap());
    holds(
        "<!-- keys: written by a test from the action table -->\n",
        &format!("{table}\n"),
        "<!-- keys end -->",
    );
    holds(
        "<!-- settings: written by a test from the table of settings -->\n",
        &ftpane::config::settings::markdown(),
        "<!-- settings end -->",
    );
}

/// The README has `text` between the two marks.
#[track_caller]
fn holds(begin: &str, text: &str, end: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = readme.split_once(begin).expect("the README has a place for it");
    let (_, after) = rest.split_once(end).expect("the place for it has an end");
    let wanted = format!("{before}{begin}{text}{end}{after}");
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&file, &wanted).unwrap();
        return;
    }
    assert!(
        readme == wanted,
        "the table is out of date; UPDATE_PICTURES=1 writes it anew"
    );
}

/// The picture of the README. `UPDATE_PICTURES=1 cargo test` draws it anew.
#[test]
fn the_readme_shows_what_is_drawn() {
    let mut bench = with_queue(Bench::connected());
    bench.press("down space down space");
    bench.at_size((110, 24));
    let drawn = ftpane::ui::svg::draw(&bench.buffer());
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/panes.svg");
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&file).expect("UPDATE_PICTURES=1 makes the picture");
    assert!(
        kept == drawn,
        "the picture is out of date; UPDATE_PICTURES=1 draws it anew"
    );
}

//! Settings, keys and themes from files, by the real binary in a terminal.

use std::fs;
use std::path::Path;

use crate::harness::pty::{Place, Terminal};

const F5: &str = "\x1b[15~";
const BELL: u8 = 7;

/// Whether a question that comes by itself rings.
fn rings(place: &Place) -> bool {
    fs::write(place.here.path().join("README.txt"), "mine").unwrap();
    let mut terminal = place.demo(&[]);
    terminal.press("/README\r");
    terminal.see("/README");
    terminal.press(F5);
    terminal.see("Download");
    terminal.press("\r");
    terminal.see("The target exists");
    terminal.press("\r");
    terminal.see("1 skipped");
    let rang = terminal.recorded().contains(&BELL);
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
    rang
}

#[test]
fn the_bell_can_be_silenced() {
    let place = Place::new();
    assert!(rings(&place));
    fs::write(place.home.path().join("config.toml"), "bell = false\n").unwrap();
    assert!(!rings(&place));
}

#[test]
fn the_editor_of_the_settings_goes_before_the_environments() {
    let place = Place::new();
    let editor = place.home.path().join("editor");
    fs::write(&editor, "echo by the settings >> \"$2\"; test \"$1\" = -x\n").unwrap();
    fs::write(
        place.home.path().join("config.toml"),
        format!("editor = \"sh '{}' -x\"\n", editor.display()),
    )
    .unwrap();
    let mut command = place.ftpane(&["demo"]);
    command.env("VISUAL", "no-such-editor-anywhere");
    command.env("EDITOR", "no-such-editor-anywhere");
    let mut terminal = Terminal::run(command);
    terminal.see_the_demo();
    terminal.press("/README\r");
    terminal.see("/README");
    terminal.press("e");
    terminal.see("README.txt is sent back");
    terminal.press("v");
    terminal.see("sample tree");
    terminal.press("G");
    terminal.see("by the settings");
    terminal.press("qq");
    assert_eq!(terminal.leave().code, 0);
}

/// The list of servers is shown, with folders as the system has them: one for the person, one for all.
fn with_folders(place: &Place) -> Terminal {
    let home = place.home.path();
    let mut command = place.ftpane(&[]);
    command.env_remove("FTPANE_CONFIG_DIR");
    command.env("HOME", home);
    command.env("XDG_CONFIG_HOME", home.join("own"));
    command.env("XDG_STATE_HOME", home.join("state"));
    command.env("XDG_CONFIG_DIRS", home.join("system"));
    command.env("COLORTERM", "truecolor");
    let mut terminal = Terminal::run(command);
    terminal.see("No servers yet");
    terminal
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn keys_for_all_users_are_in_force_under_ones_own() {
    let place = Place::new();
    let system = place.home.path().join("system/ftpane/keymap.toml");
    write(&system, "[global]\nquit = ['z']\nhelp = ['Z']\n");
    let mut terminal = with_folders(&place);
    terminal.press("Z");
    terminal.see(" Keys ");
    terminal.press("\x1b");
    terminal.see("No servers yet");
    terminal.press("z");
    assert_eq!(terminal.leave().code, 0);

    // one's own go over them, one by one
    let own = place.home.path().join("own/ftpane/keymap.toml");
    write(&own, "[global]\nquit = ['w']\n");
    let mut terminal = with_folders(&place);
    // this key is none any more: what comes after it is still seen
    terminal.press("zZ");
    terminal.see(" Keys ");
    terminal.press("w");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn themes_for_all_users_can_be_chosen_and_are_under_ones_own() {
    let place = Place::new();
    let home = place.home.path();
    write(&home.join("system/ftpane/config.toml"), "theme = 'house'\n");
    let colours = |text: &str| format!("text = '{text}'\nmuted = '{text}'\n");
    write(&home.join("system/ftpane/themes/house.toml"), &colours("#123456"));
    let colour_of_the_text = || {
        let mut terminal = with_folders(&place);
        let screen = terminal.screen();
        let (row, line) = screen
            .rows(0, 100)
            .enumerate()
            .find(|(_, line)| line.contains("No servers yet"))
            .unwrap();
        let column = line.chars().take_while(|c| *c != 'N').count();
        let cell = screen.cell(row.try_into().unwrap(), column.try_into().unwrap());
        let colour = cell.unwrap().fgcolor();
        terminal.press("q");
        assert_eq!(terminal.leave().code, 0);
        colour
    };
    assert_eq!(colour_of_the_text(), vt100::Color::Rgb(0x12, 0x34, 0x56));
    write(&home.join("own/ftpane/themes/house.toml"), &colours("#654321"));
    assert_eq!(colour_of_the_text(), vt100::Color::Rgb(0x65, 0x43, 0x21));
}

//! The mouse: what a click on what is drawn leads to.

use std::time::Duration;

use ftpane::app::View;
use ftpane::app::action::Action;
use ftpane::app::effect::Effect;
use ftpane::app::folder::Side;
use ftpane::app::msg::Msg;
use ftpane::app::order::{Sort, SortBy};
use ftpane::app::pointer::{Gesture, Spot};
use ftpane::model::command::{Answer, Command};

use super::{conflict, remote};
use crate::harness::bench::{Bench, SIZES, server, text_of};

/// Does something with the mouse where the screen shows this text.
fn at(bench: &mut Bench, text: &str, gesture: Gesture) -> Vec<Effect> {
    let screen = text_of(&bench.buffer());
    let (row, line) = screen
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(text))
        .last()
        .unwrap_or_else(|| panic!("'{text}' is not to be seen:\n{screen}"));
    let column = line[..line.rfind(text).unwrap()].chars().count();
    let spot = ftpane::ui::under(&bench.app, column.try_into().unwrap(), row.try_into().unwrap());
    match spot {
        Some(spot) => bench.update(Msg::Pointed(spot, gesture)),
        None => panic!("'{text}' is nothing to point at:\n{screen}"),
    }
}

fn click(bench: &mut Bench, text: &str) -> Vec<Effect> {
    at(bench, text, Gesture::Click)
}

#[test]
fn a_click_moves_the_cursor_and_a_second_one_soon_after_opens() {
    for size in SIZES {
        let mut bench = Bench::connected();
        bench.at_size(size);
        assert_eq!(click(&mut bench, "public_html"), []);
        assert_eq!(bench.app.remote.current().unwrap().name.shown(), "public_html");
        bench.now += Duration::from_secs(2);
        assert_eq!(
            click(&mut bench, "public_html"),
            [],
            "a slow second click is a first one"
        );
        bench.now += Duration::from_millis(200);
        let effects = click(&mut bench, "public_html");
        let Some(Effect::Engine(Command::List { place, .. })) = effects.first() else {
            panic!("{effects:?}")
        };
        assert_eq!(*place, remote("/srv/www/public_html"));
    }
}

#[test]
fn a_click_goes_to_the_other_pane_and_the_wheel_moves_what_it_is_over() {
    let mut bench = Bench::connected();
    bench.at_size((120, 40));
    click(&mut bench, "README.md");
    assert_eq!(bench.app.active, Side::Local);
    let before = bench.app.local.cursor.at;
    at(&mut bench, "release-9.tar", Gesture::WheelDown);
    assert_eq!(
        (bench.app.remote.cursor.at, bench.app.local.cursor.at),
        (3, before)
    );
    at(&mut bench, "release-9.tar", Gesture::WheelUp);
    assert_eq!((bench.app.remote.cursor.at, bench.app.active), (0, Side::Local));
}

#[test]
fn keys_in_the_line_of_hints_can_be_clicked() {
    let mut bench = Bench::connected();
    bench.at_size((80, 24));
    click(&mut bench, "F7 folder");
    assert!(bench.screen().contains("New folder"));
}

#[test]
fn a_click_on_a_choice_takes_it_and_beside_the_dialog_nothing_happens() {
    let mut bench = Bench::connected();
    bench.say(conflict(1));
    for size in SIZES {
        bench.at_size(size);
        assert_eq!(ftpane::ui::under(&bench.app, 0, 0), None);
        let text = text_of(&bench.buffer());
        assert!(text.contains("The target exists"), "{text}");
    }
    bench.at_size((80, 24));
    let effects = click(&mut bench, "Skip");
    assert!(
        matches!(
            &effects[..],
            [Effect::Engine(Command::Answer {
                answer: Answer::Conflict(..),
                ..
            })]
        ),
        "{effects:?}"
    );
}

/// A question comes uncalled for: the click was meant for what it covers.
#[test]
fn a_click_does_not_answer_what_has_just_appeared() {
    let mut bench = Bench::connected();
    bench.update(Msg::Engine(conflict(1)));
    bench.at_size((80, 24));
    assert_eq!(click(&mut bench, "Skip"), []);
    assert_eq!(bench.app.dialogs.len(), 1);
}

#[test]
fn a_double_click_connects() {
    let mut bench = Bench::new(vec![server("web"), server("archive")]);
    bench.at_size((120, 40));
    click(&mut bench, "archive");
    assert_eq!(bench.app.view, View::Servers);
    click(&mut bench, "archive");
    assert_eq!(bench.app.link.attempt().unwrap().server.name, "archive");
}

#[test]
fn every_place_of_every_screen_can_be_pointed_at() {
    for size in [(120, 40), (80, 24), (40, 10), (12, 3), (1, 1)] {
        for keys in ["down", "Q", "L", "?", "n", "f8", "S"] {
            let mut bench = Bench::connected();
            bench.press(keys);
            bench.at_size(size);
            for row in 0..=size.1 {
                for column in 0..=size.0 {
                    if let Some(spot) = ftpane::ui::under(&bench.app, column, row) {
                        let inside = column < size.0 && row < size.1;
                        assert!(inside || matches!(spot, Spot::Dialog), "{keys} {column} {row}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_click_goes_to_a_field_and_a_second_one_turns_it() {
    for size in [(80, 24), (120, 40)] {
        let mut bench = Bench::new(vec![server("web")]);
        bench.press("e");
        bench.at_size(size);
        click(&mut bench, "Read only       [");
        assert_eq!(bench.app.open_form().unwrap().focus().label(), "Read only");
        assert!(!bench.app.open_form().unwrap().server().read_only);
        bench.now += Duration::from_secs(5);
        click(&mut bench, "Read only       [");
        assert!(bench.app.open_form().unwrap().server().read_only);
        // a text is gone to, and stays as it is
        click(&mut bench, "Host            web");
        click(&mut bench, "Host            web");
        let form = bench.app.open_form().unwrap();
        assert_eq!(
            (form.focus().label(), &*form.server().host),
            ("Host", "web.example.org")
        );
        at(&mut bench, "Host            web", Gesture::WheelDown);
        assert_eq!(bench.app.open_form().unwrap().focus().label(), "Port");
    }
}

#[test]
fn a_click_goes_to_a_line_of_a_picker_and_a_second_one_soon_after_chooses_it() {
    for size in SIZES {
        let mut bench = Bench::connected();
        bench.at_size(size);
        bench.press("T");
        click(&mut bench, "contrast  ");
        let theme = ftpane::config::theme::Theme::named("contrast");
        assert_eq!(Some(&bench.app.theme), theme.as_ref(), "it is shown at once");
        bench.now += Duration::from_millis(200);
        let effects = click(&mut bench, "contrast  ");
        assert_eq!(effects, [Effect::KeepTheme("contrast".into())]);
        assert!(bench.app.picker.is_none());
    }
}

#[test]
fn the_name_of_a_column_sorts_by_it_and_once_more_the_other_way() {
    let mut bench = Bench::connected();
    bench.at_size((120, 40));
    bench.press("tab");
    for (name, by) in [
        ("size", SortBy::Size),
        ("modified", SortBy::Time),
        ("mode", SortBy::Permissions),
    ] {
        for reversed in [false, true] {
            bench.now += Duration::from_secs(2);
            assert_eq!(click(&mut bench, name), []);
            assert_eq!(bench.app.remote.sort, Sort { by, reversed }, "{name}");
        }
        assert_eq!(bench.app.active, Side::Remote);
    }
    let spot = ftpane::ui::under(&bench.app, 64, 2);
    assert_eq!(spot, Some(Spot::Heading(Side::Remote, Action::SortName)));
    // at the frame beside them there is nothing to sort by
    assert!(!matches!(
        ftpane::ui::under(&bench.app, 60, 2),
        Some(Spot::Heading(..))
    ));
}

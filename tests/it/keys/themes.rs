//! Choosing colours by keys: the screen itself is the preview.

use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::config::colours::Depth;
use ftpane::config::theme::{Role, Theme};
use ftpane::model::failure::{Class, Failure};

use ratatui::style::Color;

use crate::harness::bench::{Bench, text_of};

#[test]
fn each_theme_is_shown_as_one_goes_through_the_list_and_esc_goes_back() {
    let mut bench = Bench::connected();
    let before = bench.app.theme.clone();
    bench.press("T");
    assert!(
        bench.screen().contains("For a dark terminal"),
        "{}",
        bench.screen()
    );
    bench.press("down");
    assert_eq!(Some(&bench.app.theme), Theme::named("light").as_ref());
    bench.type_in("nor");
    assert_eq!(Some(&bench.app.theme), Theme::named("nord").as_ref());
    bench.type_in("xx");
    assert_eq!(bench.app.theme, before, "nothing fits: nothing is worn");
    bench.press("backspace backspace");
    assert_eq!(Some(&bench.app.theme), Theme::named("nord").as_ref());
    bench.press("esc");
    assert_eq!(bench.app.theme, before);
    let effects = bench.press("T down down enter");
    assert_eq!(Some(&bench.app.theme), Theme::named("contrast").as_ref());
    assert_eq!(effects, [Effect::KeepTheme("contrast".into())]);
    bench.update(Msg::ThemeKept("contrast".into(), Ok(())));
    let said = "The colours of contrast are kept in config.toml";
    assert!(bench.screen().contains(said), "{}", bench.screen());
    let failure = Failure::new(Class::Local, "The setting is not kept", "read-only file system");
    bench.update(Msg::ThemeKept("contrast".into(), Err(failure)));
    assert!(
        bench.screen().contains("read-only file system"),
        "{}",
        bench.screen()
    );
}

/// What is marked under the cursor looks like both, in every theme and depth.
#[test]
fn a_mark_under_the_cursor_is_seen() {
    for name in Theme::shipped() {
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen, Depth::Mono] {
            let mut bench = Bench::connected();
            bench.app.theme = Theme::named(name).unwrap().shown_in(depth);
            bench.press("space up");
            bench.at_size((80, 24));
            let (buffer, theme) = (bench.buffer(), &bench.app.theme);
            let cell = &buffer[(43, 3)];
            let style = theme.style(Role::CursorMark);
            assert_eq!(
                (cell.symbol(), Some(cell.fg), Some(cell.bg)),
                ("l", style.fg, style.bg.or(Some(Color::Reset))),
                "{name} {depth:?}"
            );
        }
    }
}

#[test]
fn in_ascii_no_screen_holds_anything_else() {
    for keys in ["down", "Q", "L", "?", "n", "f5", ":", "T", "S"] {
        let mut bench = crate::screens::with_queue(Bench::connected());
        bench.app.ascii = true;
        bench.press(keys);
        for size in crate::harness::bench::SIZES {
            bench.at_size(size);
            let text = text_of(&bench.buffer());
            assert!(text.is_ascii(), "{keys}:\n{text}");
        }
    }
}

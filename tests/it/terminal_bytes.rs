//! How many bytes go to the terminal: over a slow line each of them is waited for.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ftpane::app::effect::Effect;
use ftpane::app::folder::Side;
use ftpane::app::msg::Msg;
use ftpane::config::colours::Depth;
use ftpane::config::theme::Theme;
use ftpane::model::command::Command;
use ftpane::model::event::Progress;
use ftpane::model::job::JobId;
use ftpane::term::screen::Screen;
use ratatui::Terminal;
use ratatui::layout::Size;

use crate::harness::bench::{Bench, file, folder, link};
use crate::screens::with_queue;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal of 120x40 before a bench.
struct Counted {
    sink: Sink,
    terminal: Terminal<Screen<Sink>>,
}

impl Counted {
    fn new(bench: &mut Bench) -> Self {
        bench.at_size((120, 40));
        let sink = Sink::default();
        let screen = Screen::new(sink.clone(), || Ok(Size::new(120, 40)));
        let terminal = Terminal::new(screen).unwrap();
        Self { sink, terminal }
    }

    /// Draws a frame; the bytes it took.
    fn frame(&mut self, bench: &Bench) -> usize {
        self.sink.0.lock().unwrap().clear();
        self.terminal
            .draw(|frame| ftpane::ui::draw(frame, &bench.app))
            .unwrap();
        self.sink.0.lock().unwrap().len()
    }
}

/// Both panes full from top to bottom, of entries of all kinds.
fn fill(bench: &mut Bench) {
    for (keys, side) in [("ctrl-r", Side::Remote), ("tab ctrl-r", Side::Local)] {
        let effects = bench.press(keys);
        let Some(Effect::Engine(Command::List { place, generation })) = effects.into_iter().last() else {
            panic!("{side:?} is not listed")
        };
        let entries = (0..60).map(|n| match n % 3 {
            0 => folder(&format!("folder-{n:02}-of-some-length")),
            1 => file(
                &format!("a-file-{n:02}-with-a-name-longer-than-its-column.html"),
                1 << (n % 40),
                1 + n % 28,
            ),
            _ => link(&format!("link-{n:02}"), "../releases/current"),
        });
        bench.listed(place, generation, entries.collect());
    }
}

#[test]
fn a_cursor_move_a_whole_screen_and_nothing() {
    let mut bench = with_queue(Bench::connected());
    fill(&mut bench);
    // where a theme has a ground of its own, every cell of it is painted
    for name in Theme::shipped() {
        bench.app.theme = Theme::named(name).unwrap().shown_in(Depth::Indexed);
        let whole = Counted::new(&mut bench).frame(&bench);
        println!("{name}: {whole}");
        assert!(whole <= 8 << 10, "a whole screen in {name} takes {whole} bytes");
    }
    bench.app.theme = Theme::default();
    let mut terminal = Counted::new(&mut bench);
    terminal.frame(&bench);
    for key in ["down", "down", "down", "down", "up"] {
        bench.press(key);
        let moved = terminal.frame(&bench);
        assert!(moved > 0 && moved <= 300, "{key} takes {moved} bytes");
    }
    assert_eq!(terminal.frame(&bench), 0);
    terminal.terminal.clear().unwrap();
    let again = terminal.frame(&bench);
    assert!(again <= 8 << 10, "a whole screen drawn again takes {again} bytes");
}

/// Four transfers at full speed: what one sample of the progress costs, times the samples of a second.
#[test]
fn transfers_at_full_speed() {
    let mut bench = with_queue(Bench::connected());
    let mut terminal = Counted::new(&mut bench);
    terminal.frame(&bench);
    let (mut bytes, mut seconds) = (0, 0);
    let (mut a, mut b) = (33_030_144, 91_268_055);
    for sample in 0..80u64 {
        a += 481_231 + sample * 1_371;
        b += 10_730_811 - sample * 913;
        bench.now += Duration::from_millis(250);
        bench.update(Msg::Progress(Progress {
            running: vec![(JobId(1), a), (JobId(2), b)],
            rate: 44_582_912 + sample * 99_171,
            moved: a + b,
            total: 986_100_790,
            files_done: 1,
            files: 6,
            seconds_left: Some(70 - sample / 4),
            ..Progress::default()
        }));
        bytes += terminal.frame(&bench);
        seconds += usize::from(sample % 4 == 3);
    }
    let rate = bytes / seconds;
    assert!(rate <= 2 << 10, "{rate} bytes a second");
}

//! A terminal that takes its bytes when it likes: the loop goes on, and what it shows is never stale.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use ftpane::app::msg::Msg;
use ftpane::app::{App, Start};
use ftpane::model::command::Command;
use ftpane::model::event::Event;
use ftpane::model::secret::Secret;
use ftpane::term::outlet::Outlet;
use ftpane::term::screen::Screen;
use ftpane::term::{Idle, Input, Loop, received};
use ratatui::Terminal;
use ratatui::layout::Size;
use tokio::sync::{mpsc, watch};

use crate::harness::bench::{file, listing, server, start};
use crate::harness::seat::{Puppet, SmallWorld};

const PATIENCE: Duration = Duration::from_secs(60);

/// Takes a piece only when somebody reads it.
struct Slow(SyncSender<Vec<u8>>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.send(bytes.to_vec()).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_frame_is_on_its_way_and_the_next_shows_what_is_true_then() {
    const ROUNDS: u32 = 20;
    let (engine, mut puppet) = Puppet::new();
    let (to, from) = sync_channel(0);
    let outlet = Outlet::to(Slow(to)).unwrap();
    let screen = Screen::new(outlet.clone(), || Ok(Size::new(80, 24)));
    let connect = Some((server("web"), Some(Secret::new("pw"))));
    let (app, effects) = App::new(Start {
        connect,
        ..start(Vec::new())
    });
    let (told, _) = watch::channel(Idle::default());
    let (keyboard, keys) = mpsc::unbounded_channel();
    let terminal = Terminal::new(screen).unwrap();
    let mut driver = Loop::new(app, terminal, outlet, engine, SmallWorld::default(), told);
    let task = tokio::spawn(async move { driver.run(effects, received(keys)).await.unwrap() });
    let press = |key: &str| keyboard.send(Input::Msg(Msg::Key(key.parse().unwrap()))).unwrap();

    // nobody takes a frame, and it does what it is told nevertheless
    assert!(matches!(puppet.command().await, Command::List { .. }));
    assert!(matches!(puppet.command().await, Command::Connect { .. }));
    press("tab");
    for round in 0..ROUNDS {
        press("ctrl-r");
        let Command::List { place, generation } = puppet.command().await else {
            panic!("no listing is asked for")
        };
        puppet.say(Event::Listed {
            place,
            generation,
            result: Ok(listing(vec![file(&format!("round-{round}"), 1, 1)])),
        });
    }
    // now somebody does: the frame that waited, and then what is true by then
    let last = format!("round-{}", ROUNDS - 1);
    let frames = tokio::task::spawn_blocking(move || {
        let mut screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        let mut frames = 0;
        while !screen.screen().contents().contains(&last) {
            screen.process(
                &from
                    .recv_timeout(PATIENCE)
                    .expect("the last listing is never shown"),
            );
            frames += 1;
        }
        (frames, from)
    });
    let (frames, _unread) = frames.await.unwrap();
    assert!(
        frames <= 3,
        "{frames} frames for {ROUNDS} changes that nobody saw"
    );
    press("q");
    assert_eq!(task.await.unwrap(), 0);
}

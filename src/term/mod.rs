//! The shell round the interface: it reads keys, draws frames and fulfils wishes.
//!
//! With the engine this is the only place that spawns tasks. The loop is generic over screen,
//! input and world, so that tests drive it with a channel for a keyboard and a buffer for a
//! screen.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt as _, select};
use ratatui::Terminal;
use ratatui::layout::Size;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::effect::Effect;
use crate::app::errand::{ErrandId, Program};
use crate::app::msg::Msg;
use crate::app::{App, Start};
use crate::config::secrets::Trouble;
use crate::engine::{Engine, PARTING};
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::ui;
use face::Face;
use outlet::Outlet;

mod begin;
mod cells;
pub mod clock;
mod edited;
pub mod face;
pub mod input;
mod keyboard;
mod lines;
pub mod outlet;
pub mod outside;
pub mod plain;
mod program;
pub mod screen;
mod signals;
mod tty;

pub use crate::config::looks::Looks;
pub use begin::{Wanted, begin, check_keymap};
pub use input::Input;
pub use outside::{Outside, World};
pub use signals::received;

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// The shortest time between two samples of the progress.
const SAMPLE: Duration = Duration::from_millis(250);
/// How long what is being saved at the end may take: the file may be locked by another instance.
const SAVING: Duration = Duration::from_secs(3);
/// How long the last frame may take to leave, at the end.
const LAST_FRAME: Duration = Duration::from_secs(2);
/// How many events are taken in before the screen gets its turn.
const BURST: usize = 4_096;

/// How far the loop has come: told each time when it waits and has nothing left to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Idle {
    /// Inputs taken in.
    pub inputs: u64,
    /// Events of the engine taken in.
    pub events: u64,
    /// Frames drawn.
    pub frames: u64,
    /// Whether it waits for the world: a password, the servers file.
    pub waiting: bool,
    /// Whether it has ended.
    pub over: bool,
}

/// Runs the interface in this terminal until it ends; gives the exit code. With `mouse` the mouse is
/// listened to. Must run on the main
/// thread (`block_on`), so that a panic of the loop gives the terminal back.
pub async fn run(mut start: Start, engine: Engine, world: impl Outside, mouse: bool) -> io::Result<u8> {
    let signals = signals::signals()?;
    let tty = tty::Tty::take(mouse)?;
    let size = crossterm::terminal::size()?;
    start.size = size;
    let mut outlet = Outlet::to_terminal()?;
    let screen = screen::Screen::new(outlet.clone(), || {
        crossterm::terminal::size().map(|(columns, rows)| Size::new(columns, rows))
    });
    let mut terminal = Terminal::new(screen)?;
    let (app, effects) = App::new(start);
    // the first picture comes before anything else is set up
    terminal.draw(|frame| ui::draw(frame, &app))?;
    let keys = keyboard::events().filter_map(|event| async move {
        match event {
            Ok(event) => input::input(event),
            // the terminal is gone: as if it had hung up
            Err(_) => Some(Input::End(129)),
        }
    });
    let (idle, _) = watch::channel(Idle::default());
    let mut driver = Loop::new(app, terminal, outlet.clone(), engine, world, idle);
    let code = driver.run(effects, select(Box::pin(keys), signals)).await;
    let code = code.unwrap_or_else(|error| {
        // it takes nothing any more: as if it had hung up
        tracing::warn!("the terminal is gone: {error}");
        129
    });
    tty.leave(&mut outlet, LAST_FRAME).await;
    driver.goodbye().await;
    Ok(code)
}

/// The terminal changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handover {
    /// To the shell, until that gives it back.
    Suspend,
    /// Back to us, after somebody else stopped the program.
    Reclaim,
}

/// The loop.
#[derive(Debug)]
pub struct Loop<F, O> {
    app: App,
    face: F,
    /// A frame is drawn when the one before has left.
    outlet: Outlet,
    engine: Engine,
    world: O,
    idle: watch::Sender<Idle>,
    begun: Instant,
    drawn: Option<Instant>,
    dirty: bool,
    /// The next frame is drawn whole.
    whole: bool,
    /// What is to be done with the terminal once nothing is on its way to it.
    handover: Option<Handover>,
    told: Idle,
    /// Answers of the world.
    answers: mpsc::UnboundedReceiver<Msg>,
    answer: mpsc::UnboundedSender<Msg>,
    awaited: usize,
    /// Changes of files that are under way: the program does not end before them.
    saves: JoinSet<()>,
    end: Option<u8>,
    /// Whether another program has the terminal: nothing is drawn then.
    away: bool,
    /// What else is to be opened, one after the other.
    opening: VecDeque<(ErrandId, Program, PathBuf)>,
}

impl<F: Face, O: Outside> Loop<F, O> {
    /// A loop that has not begun.
    pub fn new(
        app: App,
        face: F,
        outlet: Outlet,
        engine: Engine,
        world: O,
        idle: watch::Sender<Idle>,
    ) -> Self {
        let (answer, answers) = mpsc::unbounded_channel();
        Self {
            app,
            face,
            outlet,
            engine,
            world,
            idle,
            begun: Instant::now(),
            drawn: None,
            dirty: true,
            whole: false,
            handover: None,
            told: Idle::default(),
            answers,
            answer,
            awaited: 0,
            saves: JoinSet::new(),
            end: None,
            away: false,
            opening: VecDeque::new(),
        }
    }

    /// Runs until the interface or a signal ends it; gives the exit code.
    pub async fn run(
        &mut self,
        first: Vec<Effect>,
        mut input: impl Stream<Item = Input> + Unpin,
    ) -> Result<u8, F::Error> {
        self.fulfil(first)?;
        let mut sampled: Option<Instant> = None;
        let (mut engine_runs, mut progress_runs, mut progress_waits) = (true, true, false);
        loop {
            if let Some(code) = self.end {
                self.told.over = true;
                self.idle.send_replace(self.told);
                return Ok(code);
            }
            let now = Instant::now();
            let frame_at = self.drawn.map_or(now, |drawn| drawn + FRAME);
            let free = self.outlet.is_free();
            if free && let Some(handover) = self.handover.take() {
                self.hand_over(handover);
            }
            if free {
                self.open_next();
            }
            if free && self.is_to_be_drawn() && now >= frame_at {
                self.draw()?;
            }
            let waits = self.is_to_be_drawn() || self.handover.is_some() || !self.opening.is_empty();
            let free = self.outlet.is_free();
            if !self.is_to_be_drawn() && !progress_waits {
                self.told.waiting = self.awaited > 0;
                self.idle.send_replace(self.told);
            }
            let tick_at = self.app.next_tick().map(|at| self.begun + at);
            let sample_at = sampled.map_or(now, |sampled| sampled + SAMPLE);
            tokio::select! {
                biased;
                given = input.next() => {
                    self.told.inputs += 1;
                    match given {
                        Some(Input::Msg(msg)) => {
                            // what a terminal shows after it was another size is known to nobody, even if
                            // it is the old one again
                            self.whole |= matches!(msg, Msg::Resize(..));
                            self.update(msg)?;
                        }
                        // Ctrl-C was meant for the program that has the terminal
                        Some(Input::End(130)) if self.away => {}
                        Some(Input::End(code)) => self.end = Some(code),
                        Some(Input::Line(line)) => {
                            self.dirty = true;
                            // what a line means hangs on how long a question has stood
                            self.update(Msg::Tick)?;
                            for msg in self.face.hear(&self.app, &line) {
                                self.update(msg)?;
                            }
                        }
                        Some(Input::Mouse(column, row, gesture)) => {
                            if let Some(spot) = ui::under(&self.app, column, row) {
                                self.update(Msg::Pointed(spot, gesture))?;
                            }
                        }
                        Some(Input::Stop) => self.handover = Some(Handover::Suspend),
                        Some(Input::Continued) if self.away => {}
                        Some(Input::Continued) => self.handover = Some(Handover::Reclaim),
                        // nobody can press a key any more
                        None => self.end = Some(129),
                    }
                }
                Some(msg) = self.answers.recv() => {
                    self.awaited = self.awaited.saturating_sub(1);
                    if matches!(msg, Msg::Returned(..)) {
                        self.come_back();
                    }
                    self.update(msg)?;
                }
                event = self.engine.events.recv(), if engine_runs => {
                    engine_runs = event.is_some();
                    let (mut next, mut taken) = (event, 0);
                    while let Some(event) = next.take() {
                        self.told.events += 1;
                        self.update(Msg::Engine(event))?;
                        taken += 1;
                        if taken < BURST {
                            next = self.engine.events.try_recv().ok();
                        }
                    }
                }
                changed = self.engine.progress.changed(), if progress_runs && !progress_waits => {
                    progress_runs = changed.is_ok();
                    progress_waits = progress_runs;
                }
                () = sleep_until(sample_at), if progress_waits => {
                    progress_waits = false;
                    sampled = Some(Instant::now());
                    let progress = self.engine.progress.borrow_and_update().clone();
                    self.update(Msg::Progress(progress))?;
                }
                () = self.outlet.free(), if waits && !free => {}
                () = sleep_until(frame_at), if self.is_to_be_drawn() && free => {}
                () = sleep_until(tick_at.unwrap_or(now)), if tick_at.is_some() => self.update(Msg::Tick)?,
            }
        }
    }

    /// Lets what is being saved be saved, and the engine clean up and say goodbye to the servers; a
    /// Ctrl-C cuts that short.
    pub async fn goodbye(&mut self) {
        let parted = async {
            let saved = async { while self.saves.join_next().await.is_some() {} };
            if timeout(SAVING, saved).await.is_err() {
                tracing::warn!("ended before everything was saved");
            }
            if self.engine.commands.send(Command::Shutdown).is_err() {
                return;
            }
            let ended = async {
                while let Some(event) = self.engine.events.recv().await {
                    if event == Event::Ended {
                        break;
                    }
                }
            };
            let _ = timeout(PARTING, ended).await;
        };
        tokio::select! {
            () = parted => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }

    fn update(&mut self, msg: Msg) -> Result<(), F::Error> {
        let effects = self.app.update(msg, self.begun.elapsed());
        self.face.note(&self.app);
        self.dirty = true;
        self.fulfil(effects)
    }

    fn fulfil(&mut self, effects: Vec<Effect>) -> Result<(), F::Error> {
        for effect in effects {
            match effect {
                // an engine that has ended takes no wishes; its last event was said
                Effect::Engine(command) => drop(self.engine.commands.send(command)),
                Effect::ResolveSecret(connection, server) => {
                    if let Some(warning) = self.world.warn_of(&server) {
                        self.update(Msg::Notice(warning))?;
                    }
                    let found = self.world.resolve((*server).clone());
                    self.later(async move {
                        match found.await {
                            Ok(secret) => Msg::SecretResolved(connection, Ok(secret)),
                            Err(Trouble::Failed(failure)) => Msg::SecretResolved(connection, Err(failure)),
                            Err(Trouble::Locked(lock)) => {
                                Msg::Locked(lock, Box::new(Effect::ResolveSecret(connection, server)))
                            }
                        }
                    });
                }
                Effect::ResolveAnswer(question, connection, server) => {
                    let found = self.world.resolve(*server);
                    self.later(async move {
                        Msg::AnswerResolved(question, connection, found.await.map_err(Failure::from))
                    });
                }
                Effect::ChangeServers(change) => {
                    let saved = self.world.change(change.clone());
                    self.awaited += 1;
                    let answer = self.answer.clone();
                    self.saves.spawn(async move {
                        let told = match saved.await {
                            Ok(all) => Msg::ServersSaved(Ok(all)),
                            Err(Trouble::Failed(failure)) => Msg::ServersSaved(Err(failure)),
                            Err(Trouble::Locked(lock)) => {
                                Msg::Locked(lock, Box::new(Effect::ChangeServers(change)))
                            }
                        };
                        let _ = answer.send(told);
                    });
                }
                Effect::ChangeBookmarks(change) => {
                    let saved = self.world.change_bookmarks(change);
                    self.awaited += 1;
                    let answer = self.answer.clone();
                    self.saves.spawn(async move {
                        let _ = answer.send(Msg::BookmarksSaved(saved.await));
                    });
                }
                Effect::KeepTheme(name) => {
                    let kept = self.world.keep_theme(name.clone());
                    self.awaited += 1;
                    let answer = self.answer.clone();
                    self.saves.spawn(async move {
                        let _ = answer.send(Msg::ThemeKept(name, kept.await));
                    });
                }
                Effect::ReadServers => {
                    let read = self.world.read_servers();
                    self.later(async move { Msg::ServersRead(read.await) });
                }
                Effect::LookForImports => {
                    let found = self.world.look_for_imports();
                    self.later(async move {
                        match found.await {
                            Ok(looked) => Msg::ImportsFound(looked),
                            Err(failure) => Msg::ServersSaved(Err(failure)),
                        }
                    });
                }
                Effect::LookForEdits => {
                    let left = self.world.edits_left();
                    self.later(async move { Msg::EditsLeft(left.await.map(Box::new)) });
                }
                Effect::RememberUse(name) => {
                    let used = self.world.remember_use(name.clone());
                    self.later(async move { Msg::ServerUsed(name, used.await) });
                }
                Effect::RememberActiveFirst(server, active) => {
                    self.world.remember_active_first(server, active)
                }
                Effect::Unlock(passphrase) => self.world.unlock(passphrase),
                Effect::MakePrivateFolder(errand, of) => {
                    let made = self.world.private_folder(of);
                    self.later(async move { Msg::PrivateFolder(errand, made.await) });
                }
                Effect::RemovePrivateFolder(folder) => {
                    let removed = self.world.remove_private_folder(folder);
                    self.later(async move { Msg::EditsLeft(removed.await.map(Box::new)) });
                }
                // once nothing is on its way to the terminal
                Effect::Open {
                    errand,
                    program,
                    path,
                } => self.opening.push_back((errand, program, path)),
                Effect::CopyText(text) if self.face.keep_text(&text) => {}
                Effect::CopyText(text) => {
                    if let Err(error) = self.world.copy_text(&text, &mut self.outlet) {
                        tracing::warn!("could not copy a text: {error}");
                    }
                }
                Effect::Redraw => self.redraw(),
                Effect::Suspend => self.handover = Some(Handover::Suspend),
                Effect::Bell => {
                    if let Err(error) = self.world.bell(&mut self.outlet) {
                        tracing::debug!("could not ring the bell: {error}");
                    }
                }
                Effect::Notify(text) => {
                    if let Err(error) = self.world.notify(&text, &mut self.outlet) {
                        tracing::debug!("could not notify: {error}");
                    }
                }
                Effect::Quit => self.end = Some(0),
            }
        }
        Ok(())
    }

    /// Does something while the loop goes on; its message comes when it is done.
    fn later(&mut self, work: impl Future<Output = Msg> + Send + 'static) {
        self.awaited += 1;
        let answer = self.answer.clone();
        tokio::spawn(async move { answer.send(work.await) });
    }

    fn is_to_be_drawn(&self) -> bool {
        self.dirty && !self.away
    }

    /// Gives the terminal to the next program that is to have it.
    fn open_next(&mut self) {
        if self.away {
            return;
        }
        if let Some((errand, program, path)) = self.opening.pop_front() {
            self.away = true;
            self.face.lend(true);
            let returned = self.world.hand_over(program, path);
            self.later(async move { Msg::Returned(errand, returned.await) });
        }
    }

    /// Takes the terminal again.
    fn come_back(&mut self) {
        self.away = false;
        self.face.lend(false);
        if let Err(error) = self.world.take_back() {
            tracing::warn!("could not take the terminal back: {error}");
        }
        self.redraw();
    }

    fn hand_over(&mut self, handover: Handover) {
        let (done, what) = match handover {
            // a shell is to show what is typed, also where a password was asked for
            Handover::Suspend => (self.face.leave().and_then(|()| self.world.suspend()), "suspend"),
            Handover::Reclaim => (self.world.reclaim(), "take the terminal back"),
        };
        if let Err(error) = done {
            tracing::warn!("could not {what}: {error}");
        }
        if !self.away {
            self.redraw();
        }
    }

    fn redraw(&mut self) {
        (self.dirty, self.whole) = (true, true);
        self.drawn = None;
    }

    fn draw(&mut self) -> Result<(), F::Error> {
        let whole = std::mem::take(&mut self.whole);
        self.face.show(&self.app, whole)?;
        self.dirty = false;
        self.drawn = Some(Instant::now());
        self.told.frames += 1;
        Ok(())
    }
}

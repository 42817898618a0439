//! The whole interface with a channel for a keyboard and a buffer for a screen.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ftpane::app::effect::Change;
use ftpane::app::errand::{Program, Returned};
use ftpane::app::msg::Msg;
use ftpane::app::{App, Start};
use ftpane::config::bookmarks::{self, Bookmark};
use ftpane::config::import::Looked;
use ftpane::config::secrets::Trouble;
use ftpane::config::servers::ServersError;
use ftpane::engine::Engine;
use ftpane::model::command::Command;
use ftpane::model::event::{Event, Progress};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::Direction;
use ftpane::model::key::Key;
use ftpane::model::secret::Secret;
use ftpane::model::server::Server;
use ftpane::model::stamp::Stamp;
use ftpane::term::outlet::Outlet;
use ftpane::term::{Idle, Input, Loop, Outside, received};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::bench::text_of;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A screen that can be looked at while the loop draws on it.
#[derive(Clone)]
pub(crate) struct Glass(Arc<Mutex<TestBackend>>);

impl Glass {
    fn new(columns: u16, rows: u16) -> Self {
        Self(Arc::new(Mutex::new(TestBackend::new(columns, rows))))
    }

    fn with<T>(&self, look: impl FnOnce(&mut TestBackend) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }
}

impl Backend for Glass {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.with(|b| b.draw(content))
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.with(|b| b.hide_cursor())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.with(|b| b.show_cursor())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.with(|b| b.get_cursor_position())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.with(|b| b.set_cursor_position(position))
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.with(|b| b.clear())
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        self.with(|b| b.clear_region(clear_type))
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.with(|b| b.size())
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.with(|b| b.window_size())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.with(|b| b.flush())
    }
}

/// A file that was opened, and what stood in it then.
type Opened = (PathBuf, Vec<u8>);

/// A world that keeps the servers in memory and knows one password.
#[derive(Clone, Default)]
pub(crate) struct SmallWorld {
    pub(crate) servers: Arc<Mutex<Vec<Server>>>,
    pub(crate) suspended: Arc<Mutex<u32>>,
    pub(crate) rung: Arc<Mutex<u32>>,
    /// What the next program writes into the file it opens; nothing where this is `None`.
    pub(crate) writes: Arc<Mutex<Option<String>>>,
    /// What somebody else writes into which file while the next program has the terminal.
    pub(crate) meanwhile: Arc<Mutex<Option<(PathBuf, String)>>>,
    /// What was opened, and what stood in it then.
    pub(crate) opened: Arc<Mutex<Vec<Opened>>>,
    /// The texts that were copied.
    pub(crate) copied: Arc<Mutex<Vec<String>>>,
    private: Arc<Private>,
    pub(crate) bookmarks: Arc<Mutex<Vec<Bookmark>>>,
    /// The theme that was kept last.
    pub(crate) theme: Arc<Mutex<Option<String>>>,
}

/// A folder of this world's own.
struct Private(tempfile::TempDir);

impl Default for Private {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Outside for SmallWorld {
    fn resolve(
        &self,
        _server: Server,
    ) -> impl Future<Output = Result<Option<Secret>, Trouble>> + Send + 'static {
        std::future::ready(Ok(Some(Secret::new("from-the-world"))))
    }

    fn change(&self, change: Change) -> impl Future<Output = Result<Vec<Server>, Trouble>> + Send + 'static {
        let mut all = self.servers.lock().unwrap();
        // a server may be gone meanwhile: by other keys
        let mut set = |name: &str, change: &mut dyn FnMut(&mut Server)| {
            let found = all.iter_mut().find(|server| server.name == name).map(change);
            found.ok_or_else(|| {
                let why = ServersError::Unknown(name.to_owned()).to_string();
                Trouble::Failed(Failure::new(Class::Local, "Could not save", why))
            })
        };
        let changed = match change {
            Change::Keep(name, source, _) => set(&name, &mut |server| server.password = source.clone()),
            Change::Replace(name, changed, _) => set(&name, &mut |server| *server = (*changed).clone()),
            Change::InPlace(name) => set(&name, &mut |server| server.in_place = true),
            Change::Pin(name, pin) => set(&name, &mut |server| server.pin = pin),
            Change::OnConflict(name, direction, policy) => set(&name, &mut |server| match direction {
                Direction::Download => server.on_conflict_download = policy,
                Direction::Upload => server.on_conflict_upload = policy,
            }),
            Change::Add(server, _) => {
                all.push(*server);
                Ok(())
            }
            Change::Remove(name) => {
                all.retain(|server| server.name != name);
                Ok(())
            }
            Change::Import(taken) => {
                all.extend(taken.into_iter().map(|taken| taken.server));
                Ok(())
            }
        };
        std::future::ready(changed.map(|()| all.clone()))
    }

    fn change_bookmarks(
        &self,
        change: bookmarks::Change,
    ) -> impl Future<Output = Result<Vec<Bookmark>, Failure>> + Send + 'static {
        let mut all = self.bookmarks.lock().unwrap();
        match change {
            bookmarks::Change::Add(bookmark) => all.push(bookmark),
            bookmarks::Change::Remove(bookmark) => all.retain(|b| *b != bookmark),
            bookmarks::Change::RenameServer(..) => {}
        }
        std::future::ready(Ok(all.clone()))
    }

    fn keep_theme(&self, name: String) -> impl Future<Output = Result<(), Failure>> + Send + 'static {
        *self.theme.lock().unwrap() = Some(name);
        std::future::ready(Ok(()))
    }

    fn read_servers(&self) -> impl Future<Output = Result<Vec<Server>, Failure>> + Send + 'static {
        std::future::ready(Ok(self.servers.lock().unwrap().clone()))
    }

    fn look_for_imports(&self) -> impl Future<Output = Result<Looked, Failure>> + Send + 'static {
        std::future::ready(Ok(Looked::default()))
    }

    fn remember_use(&self, _: String) -> impl Future<Output = Stamp> + Send + 'static {
        std::future::ready(Stamp::exact(1_767_323_045))
    }

    fn unlock(&self, _: Secret) {}

    fn private_folder(&self, _: String) -> impl Future<Output = Result<PathBuf, Failure>> + Send + 'static {
        let folder = self.private.0.path().join("edited");
        std::fs::create_dir_all(&folder).unwrap();
        std::future::ready(Ok(folder))
    }

    fn remove_private_folder(
        &self,
        folder: PathBuf,
    ) -> impl Future<Output = Option<Failure>> + Send + 'static {
        std::fs::remove_dir_all(folder).unwrap();
        std::future::ready(None)
    }

    fn hand_over(&mut self, _: Program, path: PathBuf) -> impl Future<Output = Returned> + Send + 'static {
        let written = self.writes.lock().unwrap().take();
        self.opened
            .lock()
            .unwrap()
            .push((path.clone(), std::fs::read(&path).unwrap_or_default()));
        if let Some(written) = &written {
            std::fs::write(&path, written).unwrap();
        }
        if let Some((path, text)) = self.meanwhile.lock().unwrap().take() {
            std::fs::write(path, text).unwrap();
        }
        std::future::ready(Returned {
            changed: written.is_some(),
            unsaved: false,
            failure: None,
        })
    }

    fn take_back(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn copy_text(&mut self, text: &str, _: &mut Outlet) -> io::Result<()> {
        self.copied.lock().unwrap().push(text.to_owned());
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        *self.suspended.lock().unwrap() += 1;
        Ok(())
    }

    fn bell(&mut self, _: &mut Outlet) -> io::Result<()> {
        *self.rung.lock().unwrap() += 1;
        Ok(())
    }
}

/// The other ends of an engine's channels, in the hands of a test.
pub(crate) struct Puppet {
    commands: mpsc::UnboundedReceiver<Command>,
    events: mpsc::UnboundedSender<Event>,
    pub(crate) progress: watch::Sender<Progress>,
}

impl Puppet {
    pub(crate) fn new() -> (Engine, Self) {
        let (commands, commands_in) = mpsc::unbounded_channel();
        let (events_out, events) = mpsc::unbounded_channel();
        let (progress_out, progress) = watch::channel(Progress::default());
        let engine = Engine {
            commands,
            events,
            progress,
        };
        let puppet = Self {
            commands: commands_in,
            events: events_out,
            progress: progress_out,
        };
        (engine, puppet)
    }

    /// The next command; there must be one.
    pub(crate) async fn command(&mut self) -> Command {
        tokio::time::timeout(PATIENCE, self.commands.recv())
            .await
            .expect("no command comes")
            .expect("the loop is gone")
    }

    /// Answers every command from now on as `answer` says, until the loop is gone.
    pub(crate) fn play(mut self, mut answer: impl FnMut(Command) -> Vec<Event> + Send + 'static) {
        tokio::spawn(async move {
            while let Some(command) = self.commands.recv().await {
                for event in answer(command) {
                    // the loop may be gone by now
                    let _ = self.events.send(event);
                }
            }
        });
    }

    /// Says something as the engine.
    pub(crate) fn say(&self, event: Event) {
        self.events.send(event).expect("the loop is gone");
    }

    /// Whether every command was looked at.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.commands.try_recv().is_err()
    }
}

/// Somebody at a keyboard before a screen.
pub(crate) struct Seat {
    keyboard: mpsc::UnboundedSender<Input>,
    glass: Glass,
    idle: watch::Receiver<Idle>,
    sent: u64,
    task: JoinHandle<u8>,
}

impl Seat {
    /// Sits down before an interface of this size.
    pub(crate) fn take(start: Start, engine: Engine, world: impl Outside + Send + 'static) -> Self {
        let (columns, rows) = start.size;
        let glass = Glass::new(columns, rows);
        let (app, effects) = App::new(start);
        let (keyboard, keys) = mpsc::unbounded_channel();
        let (told, idle) = watch::channel(Idle::default());
        let terminal = Terminal::new(glass.clone()).unwrap();
        let outlet = Outlet::to(io::sink()).unwrap();
        let mut driver = Loop::new(app, terminal, outlet, engine, world, told);
        let task = tokio::spawn(async move {
            let code = match driver.run(effects, received(keys)).await {
                Ok(code) => code,
                Err(never) => match never {},
            };
            driver.goodbye().await;
            code
        });
        Self {
            keyboard,
            glass,
            idle,
            sent: 0,
            task,
        }
    }

    pub(crate) fn give(&mut self, input: Input) {
        self.sent += 1;
        self.keyboard.send(input).expect("the loop is gone");
    }

    /// The same where the loop may have ended by what was given before.
    pub(crate) fn give_if_there(&mut self, input: Input) {
        self.sent += u64::from(self.keyboard.send(input).is_ok());
    }

    /// Presses keys, written with a space between them, and waits until the screen shows what
    /// came of them.
    pub(crate) async fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.give(Input::Msg(Msg::Key(key.parse().unwrap())));
        }
        self.settle(|_| true).await;
    }

    pub(crate) async fn type_in(&mut self, text: &str) {
        for c in text.chars() {
            self.give(Input::Msg(Msg::Key(Key::char(c))));
        }
        self.settle(|_| true).await;
    }

    /// Waits until all that was pressed is taken in, and what `further` wants has come.
    pub(crate) async fn settle(&mut self, mut further: impl FnMut(&Idle) -> bool) -> Idle {
        let sent = self.sent;
        let come = self
            .idle
            .wait_for(|i| i.over || (i.inputs >= sent && !i.waiting && further(i)));
        let idle = tokio::time::timeout(PATIENCE, come).await.map(|i| i.map(|i| *i));
        match idle {
            Ok(Ok(idle)) => idle,
            other => panic!(
                "it never settles ({other:?}, {:?} after {sent}); the screen shows\n{}",
                *self.idle.borrow(),
                self.screen()
            ),
        }
    }

    /// Says something as the engine, and waits until it is taken in.
    pub(crate) async fn hear(&mut self, puppet: &Puppet, events: Vec<Event>) {
        let before = self.idle.borrow().events;
        let more = u64::try_from(events.len()).unwrap();
        for event in events {
            puppet.say(event);
        }
        self.settle(|i| i.events >= before + more).await;
    }

    /// Waits until the screen shows a text; gives the screen.
    pub(crate) async fn see(&mut self, text: &str) -> String {
        self.see_times(text, 1).await
    }

    /// Waits until the screen shows one of these; gives the screen.
    pub(crate) async fn see_one_of(&mut self, texts: &[&str]) -> String {
        let glass = self.glass.clone();
        let shows = |screen: &str| texts.iter().any(|text| screen.contains(text));
        self.settle(|_| glass.with(|b| shows(&text_of(b.buffer())))).await;
        self.screen()
    }

    /// The same where the text is to be there so many times: in both panes.
    pub(crate) async fn see_times(&mut self, text: &str, times: usize) -> String {
        let glass = self.glass.clone();
        let shows = |screen: &str| screen.matches(text).count() >= times;
        self.settle(|_| glass.with(|b| shows(&text_of(b.buffer())))).await;
        let screen = self.screen();
        assert!(shows(&screen), "'{text}' is not to be seen:\n{screen}");
        screen
    }

    /// What the screen shows now.
    pub(crate) fn screen(&self) -> String {
        self.glass.with(|b| text_of(b.buffer()))
    }

    /// Frames drawn so far.
    pub(crate) fn frames(&self) -> u64 {
        self.idle.borrow().frames
    }

    /// Events taken in so far.
    pub(crate) fn events(&self) -> u64 {
        self.idle.borrow().events
    }

    /// Nobody can press a key any more; the exit code, once it has ended.
    pub(crate) async fn hang_up(mut self) -> u8 {
        let (nothing, _) = mpsc::unbounded_channel();
        self.keyboard = nothing;
        self.leave().await
    }

    /// The exit code, once it has ended.
    pub(crate) async fn leave(self) -> u8 {
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("it does not end")
            .expect("the loop panicked")
    }
}

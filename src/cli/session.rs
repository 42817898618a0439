//! One run of the engine, as the command line drives it: requests down, events up, questions to
//! the terminal, the dialogue into its file.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Stdin};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::connection::Connection;
use super::password::{Found, Passwords};
use super::place::Place;
use super::signal::Signals;
use super::speech::Speech;
use crate::config::active_first;
use crate::config::paths::Paths;
use crate::config::settings::Settings;
use crate::engine::{self, Engine, Options};
use crate::model::charset::Charset;
use crate::model::command::{Command, Exploration, Generation, Place as Somewhere, Reading};
use crate::model::event::{Counted, Event, Progress, Seen};
use crate::model::facts::TlsFacts;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Care, ConnectionId, Direction, Policy};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server, TlsBackend};
use crate::model::size;
use crate::model::text::system_says;
use crate::plan::fence::Fence;

mod answering;

/// How often the progress line is drawn.
const TICK: Duration = Duration::from_millis(250);

/// Why a run ends early.
#[derive(Debug)]
pub(super) enum End {
    /// This failed, and with it the request.
    Failed(Failure),
    /// A signal came; the exit code.
    Signal(u8),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A connected server.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) id: ConnectionId,
    /// The document path, absolute.
    pub(super) root: RemotePath,
    /// How far the engine goes there: what is cut by it can be said.
    pub(super) fence: Fence,
    /// In which character set the server has its names.
    pub(super) charset: Charset,
    /// What is done with each file besides transferring it.
    pub(super) care: Care,
}

/// The engine and what stands round it.
#[derive(Debug)]
pub(super) struct Session {
    engine: Engine,
    /// Where it is remembered which servers need active mode.
    memory: Option<PathBuf>,
    signals: Signals,
    pub(super) speech: Speech,
    /// Whether what is left at the end outlasts this run.
    pub(super) keeps_queue: bool,
    /// Whether somebody can be asked.
    pub(super) interactive: bool,
    stdin: BufReader<Stdin>,
    tick: Interval,
    patience: Patience,
    passwords: Passwords,
    generation: u64,
    connections: u32,
    /// The saved servers among those connected to, by their names.
    saved: HashMap<ConnectionId, String>,
    /// A signal has come while the end of the first was waited for: nothing is waited for any more.
    hurried: bool,
    /// What a person has said for always: for questions that came while the person was thinking.
    for_always: HashMap<(ConnectionId, Direction), Policy>,
    /// What a person has said for all conflicts. It holds for every server of the request, each of
    /// which has a batch of its own, and for questions that came while the person was thinking.
    for_all: Option<Policy>,
}

impl Session {
    /// Starts the engine; with `takes_input` for an upload of standard input.
    pub(super) fn start(connection: &Connection, quiet: bool, takes_input: bool) -> Result<Self, Failure> {
        let input =
            match takes_input {
                true => Some(input().map_err(|e| {
                    Failure::new(Class::Local, "Standard input cannot be read", system_says(&e))
                })?),
                false => None,
            };
        let signals = Signals::listen()
            .map_err(|e| Failure::new(Class::Other, "Signals cannot be listened for", e.to_string()))?;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // without a home folder nothing is remembered
        let paths = Paths::find().ok();
        let memory = paths.as_ref().map(Paths::active_first);
        let keeps_queue = paths.is_some();
        let settings = paths
            .as_ref()
            .map(Settings::load)
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            keeps_queue,
            engine: engine::start(Options {
                limit_rate: connection.limit_rate.or(settings.limit_rate),
                browsing: false,
                silent: true,
                transcript: connection.transcript()?,
                active_first: memory.as_deref().map(active_first::load).unwrap_or_default(),
                queue: paths.map(|paths| paths.queue()),
                input,
                ..Options::default()
            }),
            memory,
            signals,
            speech: Speech::new(quiet),
            // what is typed is what is uploaded
            interactive: !takes_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            stdin: BufReader::new(tokio::io::stdin()),
            tick,
            patience: connection.patience(settings.patience),
            passwords: Passwords::new(connection.password_command.as_deref()),
            generation: 0,
            connections: 0,
            saved: HashMap::new(),
            hurried: false,
            for_always: HashMap::new(),
            for_all: None,
        })
    }

    /// Finds the password of a place and connects to its server.
    pub(super) async fn connect(&mut self, place: &mut Place) -> Result<Live, End> {
        let Found { secret, keep } = self.find_password(place).await?;
        let to_keep = secret.clone().filter(|_| keep);
        let connection = self.next_connection();
        if place.saved {
            self.saved.insert(connection, place.server.name.clone());
        }
        self.send(Command::Connect {
            connection,
            server: Box::new(place.server.clone()),
            secret,
            patience: self.patience,
        });
        loop {
            match self.event().await? {
                Event::Connected {
                    connection: id,
                    server,
                    root,
                    facts,
                } if id == connection => {
                    if let Some(secret) = to_keep {
                        self.keep(&place.server, secret).await?;
                    }
                    self.warn_of_weak_tls(&server, facts.tls.as_ref());
                    let fence = Fence::new(root.clone(), server.depth());
                    let charset = server.charset;
                    return Ok(Live {
                        id,
                        root,
                        fence,
                        charset,
                        care: server.care(),
                    });
                }
                Event::ConnectionFailed(id, failure) if id == connection => return Err(failure.into()),
                _ => {}
            }
        }
    }

    async fn find_password(&mut self, place: &mut Place) -> Result<Found, End> {
        let find = self.passwords.find(place, Some(&mut self.stdin), &self.speech);
        tokio::select! {
            biased;
            code = self.signals.next() => Err(End::Signal(code)),
            found = find => Ok(found?),
        }
    }

    fn next_connection(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId(self.connections)
    }

    /// Finds the password of a place and has the doctor look at its server; its events carry the number
    /// returned.
    pub(super) async fn request_diagnosis(
        &mut self,
        place: &mut Place,
        probe_upload: bool,
    ) -> Result<ConnectionId, End> {
        let Found { secret, .. } = self.find_password(place).await?;
        let connection = self.next_connection();
        self.send(Command::Diagnose {
            connection,
            server: Box::new(place.server.clone()),
            secret,
            patience: self.patience,
            probe_upload,
        });
        Ok(connection)
    }

    /// Keeps a password that was typed and right.
    async fn keep(&mut self, server: &Server, secret: Secret) -> Result<(), End> {
        let keep = self.passwords.keep(server, secret, &mut self.stdin, &self.speech);
        tokio::select! {
            biased;
            code = self.signals.next() => Err(End::Signal(code)),
            kept = keep => Ok(kept?),
        }
    }

    /// Says what was allowed for this server and came of it, each time.
    fn warn_of_weak_tls(&self, server: &Server, tls: Option<&TlsFacts>) {
        let (true, Some(tls)) = (server.allows_weak_tls(), tls) else {
            return;
        };
        let address = server.address();
        self.speech.warn(&match tls.weak.as_slice() {
            [] if server.tls_backend == TlsBackend::System => format!(
                "weak TLS is allowed for {address}, and the system's library does not tell whether it came to that"
            ),
            [] => format!("weak TLS is allowed for {address} and was not needed; better take that back"),
            weak => format!(
                "the connection to {address} is weakly encrypted ({}): others may be able to read or change what goes over it",
                weak.join(", ")
            ),
        });
    }

    /// Lists one folder.
    pub(super) async fn list(&mut self, live: &Live, path: &RemotePath) -> Result<Arc<Listing>, End> {
        let wanted = self.request_listing(live, path);
        loop {
            if let Event::Listed {
                generation, result, ..
            } = self.event().await?
                && generation == wanted
            {
                return Ok(result?);
            }
        }
    }

    /// Asks what stands at a path, without a listing.
    pub(super) async fn look_at(&mut self, live: &Live, path: &RemotePath) -> Result<Seen, End> {
        let wanted = self.next_generation();
        self.send(Command::LookAt {
            place: Somewhere::Remote(live.id, path.clone()),
            generation: wanted,
        });
        loop {
            match self.event().await? {
                Event::Looked { generation, seen } if generation == wanted => return Ok(seen),
                _ => {}
            }
        }
    }

    /// The number of a request to come.
    pub(super) fn next_generation(&mut self) -> Generation {
        self.generation += 1;
        Generation(self.generation)
    }

    /// Counts what is at and below a path.
    pub(super) async fn count(&mut self, live: &Live, path: &RemotePath) -> Result<Counted, End> {
        let wanted = self.next_generation();
        self.send(Command::Count {
            places: vec![Somewhere::Remote(live.id, path.clone())],
            generation: wanted,
        });
        loop {
            match self.event().await? {
                Event::Counted { generation, result } if generation == wanted => return Ok(result?),
                _ => {}
            }
        }
    }

    /// Asks for a listing; its [`Event::Listed`] carries the number returned.
    pub(super) fn request_listing(&mut self, live: &Live, path: &RemotePath) -> Generation {
        self.generation += 1;
        let generation = Generation(self.generation);
        self.send(Command::List {
            place: Somewhere::Remote(live.id, path.clone()),
            generation,
        });
        generation
    }

    /// Asks for a walk; its events carry the number returned.
    pub(super) fn request_walk(&mut self, mut wanted: Exploration) -> Generation {
        self.generation += 1;
        wanted.generation = Generation(self.generation);
        let generation = wanted.generation;
        self.send(Command::Explore(wanted));
        generation
    }

    /// Asks for a whole file; its pieces carry the number returned.
    pub(super) fn request_reading(&mut self, live: &Live, path: &RemotePath) -> Generation {
        self.generation += 1;
        let generation = Generation(self.generation);
        self.send(Command::Read(Reading {
            place: Somewhere::Remote(live.id, path.clone()),
            from: 0,
            length: None,
            generation,
        }));
        generation
    }

    /// A request to the engine. That it is gone shows at the next event.
    pub(super) fn send(&self, command: Command) {
        let _ = self.engine.commands.send(command);
    }

    /// The next event that concerns the request; dialogue, remarks and questions are dealt with
    /// on the way.
    pub(super) async fn event(&mut self) -> Result<Event, End> {
        loop {
            if let Some(event) = self.event_or_tick(false).await? {
                return Ok(event);
            }
        }
    }

    /// [`Session::event`], and `None` when the progress line is due.
    pub(super) async fn event_or_tick(&mut self, ticks: bool) -> Result<Option<Event>, End> {
        loop {
            let event = tokio::select! {
                biased;
                code = self.signals.next() => return Err(End::Signal(code)),
                event = self.engine.events.recv() => event,
                _ = self.tick.tick(), if ticks && self.speech.shows_progress() => return Ok(None),
            };
            match event {
                None | Some(Event::Ended) => {
                    return Err(Failure::new(Class::Other, "Not finished", "the engine has ended").into());
                }
                Some(Event::Notice(text)) => self.speech.remark(&text),
                Some(Event::Unkept(text)) => {
                    self.keeps_queue = false;
                    self.speech.remark(&text);
                }
                Some(Event::ActiveFirst(server, active)) => {
                    if let Some(path) = &self.memory
                        && let Err(error) = active_first::remember(path, &server, active)
                    {
                        self.speech.remark(&active_first::unwritten(path, &error));
                    }
                }
                Some(Event::ServerAway { failure, wait, .. }) => {
                    let (what, why) = (failure.what, failure.why);
                    let wait = size::duration(wait.as_secs());
                    self.speech
                        .remark(&format!("{what}: {why}; trying again in {wait}"));
                }
                Some(Event::Connecting(..) | Event::Facts(..) | Event::Dialogue(_)) => {}
                Some(Event::Question { id, question }) => {
                    let answer = self.answer(question).await?;
                    self.send(Command::Answer { question: id, answer });
                }
                Some(event) => return Ok(Some(event)),
            }
        }
    }

    /// Does something that may take its time, unless a signal comes.
    pub(super) async fn unless_ended<T>(&mut self, work: impl Future<Output = T>) -> Result<T, End> {
        tokio::select! {
            biased;
            code = self.signals.next() => Err(End::Signal(code)),
            done = work => Ok(done),
        }
    }

    /// All of standard input.
    pub(super) async fn read_input(&mut self) -> Result<std::io::Result<Vec<u8>>, End> {
        let mut all = Vec::new();
        tokio::select! {
            biased;
            code = self.signals.next() => Err(End::Signal(code)),
            read = self.stdin.read_to_end(&mut all) => Ok(read.map(|_| all)),
        }
    }

    /// Somebody has said twice that it is to end.
    pub(super) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// How much is moving.
    pub(super) fn progress(&self) -> Progress {
        self.engine.progress.borrow().clone()
    }

    /// Says goodbye to the servers; one that does not answer is left.
    pub(super) async fn finish(mut self) {
        self.speech.clear_progress();
        if self.hurried {
            return;
        }
        self.send(Command::Shutdown);
        let end = Instant::now() + engine::PARTING;
        loop {
            let event = tokio::select! {
                event = self.engine.events.recv() => event,
                () = sleep_until(end) => return,
                _ = self.signals.next() => return,
            };
            match event {
                None | Some(Event::Ended) => return,
                Some(_) => {}
            }
        }
    }

    /// One line from the terminal; empty at its end.
    pub(super) async fn ask(&mut self, prompt: &str) -> Result<String, End> {
        self.speech.prompt(prompt);
        let mut line = String::new();
        tokio::select! {
            read = self.stdin.read_line(&mut line) => {
                let _ = read;
                Ok(line)
            }
            code = self.signals.next() => Err(End::Signal(code)),
        }
    }
}

/// Standard input where it stands now.
#[cfg(unix)]
fn input() -> std::io::Result<std::fs::File> {
    use std::os::fd::AsFd as _;
    Ok(std::io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Standard input where it stands now.
#[cfg(windows)]
fn input() -> std::io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle as _;
    Ok(std::io::stdin().as_handle().try_clone_to_owned()?.into())
}

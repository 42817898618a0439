//! The interface's state, and what each message does to it: `update(Msg) -> Vec<Effect>`.
//!
//! Pure: no clock, no file, no terminal, no channel. What is to be done outside is said as a
//! value ([`effect::Effect`]), and what came of it comes back as another ([`msg::Msg`]); both can
//! be compared and replayed. `ui` draws this state, `term` feeds it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::bookmarks::Bookmark;
use crate::config::theme::{Named, Theme};
use crate::model::command::{Generation, QuestionId};
use crate::model::job::{BatchId, ConnectionId, Direction};
use crate::model::key::Key;
use crate::model::path::RemotePath;
use crate::model::server::{Patience, Server};

pub mod action;
mod answer;
mod arrivals;
mod bookmarks;
mod choosing;
mod compare;
pub mod connect;
mod controls;
pub mod cursor;
pub mod dialog;
pub mod doctor;
pub mod effect;
pub mod errand;
mod events;
pub mod failures;
pub mod files;
pub mod folder;
pub mod form;
mod fuzzy;
pub mod goto;
pub mod help;
pub mod hints;
pub mod history;
pub mod in_step;
pub mod input;
mod jump;
mod keyboard;
pub mod log;
pub mod measure;
mod mode_bits;
pub mod msg;
pub mod order;
pub mod pager;
mod palette;
pub mod pane;
mod panes;
mod passphrase;
pub mod picker;
pub mod pointer;
pub mod queue;
pub mod rates;
pub mod search;
pub mod servers;
mod start;
mod themes;
pub mod typed;
mod unfinished;
pub mod welcome;
pub mod wrapping;
pub mod zone;

use action::{Context, Keys};
use arrivals::Arrivals;
use connect::Link;
use cursor::Cursor;
use dialog::{Choice, Dialog, Subject};
use effect::Effect;
use errand::Errand;
use folder::Side;
use form::Form;
use msg::Msg;
use pager::Pager;
use pane::Pane;
use picker::Picker;
pub use start::Start;
use zone::Zone;

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The list of servers.
    Servers,
    /// The panes.
    Panes,
    /// The pager.
    Pager,
    /// What a search has found.
    Found,
    /// The queue.
    Queue,
    /// The log.
    Log,
    /// The help.
    Help,
    /// The doctor.
    Doctor,
}

/// The interface's state.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What fills the screen.
    pub view: View,
    /// What filled it before queue, log or help was opened.
    pub beneath: View,
    /// The list of servers.
    pub servers: servers::Servers,
    /// What the remote pane is connected to.
    pub link: Link,
    /// The left pane.
    pub local: Pane,
    /// The right pane.
    pub remote: Pane,
    /// The pane with the focus.
    pub active: Side,
    /// Whether the panes go in step.
    pub in_step: in_step::InStep,
    /// The last search.
    pub search: Option<search::Search>,
    /// The queue.
    pub queue: queue::Queue,
    /// The log.
    pub log: log::Log,
    /// Files of a server on their way to a program of the person's own, and back.
    errands: Vec<Errand>,
    last_errand: u64,
    /// The commands that were sent in the server's own words, oldest first.
    raw_sent: Vec<String>,
    /// The file that is looked into.
    pub pager: Option<Pager>,
    /// The help.
    pub help: help::Help,
    /// The palette, the bookmarks, or a path that is typed, while it is open.
    pub picker: Option<Picker>,
    /// The bookmarked folders.
    bookmarks: Vec<Bookmark>,
    /// What `~` is on this machine.
    home: Option<PathBuf>,
    /// The server form, while it is open.
    pub form: Option<Form>,
    /// The doctor's look at a server, while it is open.
    pub doctor: Option<doctor::Doctor>,
    /// The name of the server the form wants saved.
    saving: Option<String>,
    /// The first one is shown.
    pub dialogs: VecDeque<Dialog>,
    /// A line for the person that passes.
    pub notice: Option<String>,
    /// The keys.
    pub keys: Keys,
    /// The colours.
    pub theme: Theme,
    /// The colours there are to choose from.
    themes: Vec<Named>,
    /// Nothing beyond ASCII is drawn.
    pub ascii: bool,
    /// Local time.
    pub zone: Zone,
    /// Time-outs of connections.
    patience: Patience,
    /// The folder the first connection opens; empty is its document path.
    first_path: Vec<u8>,
    /// The beginning of a sequence of keys.
    pub pressed: Vec<Key>,
    /// The server whose connection was lost, and the folder shown then: one comes back to it.
    lost: Option<(Server, RemotePath)>,
    /// How far a lost session is with being made again, as it is said in the notice.
    step: Option<String>,
    /// What earlier runs have left and the person wants done.
    taking_up: unfinished::Wanted,
    /// Whether what is not finished at the end is offered at the next start.
    keeps_queue: bool,
    /// The connection whose certificate the person refused: its failure is no news.
    refused: Option<ConnectionId>,
    /// Time since the start, as last told.
    now: Duration,
    /// The start, in Unix seconds.
    begun: i64,
    /// What the pager was opened over.
    pager_over: View,
    /// From when on a letter answers the question that is shown.
    letters_from: Duration,
    /// What was clicked last, and when: a second click soon after it opens.
    clicked: Option<(pointer::Spot, Duration)>,
    /// When the notice goes, as time since the start.
    notice_until: Option<Duration>,
    /// Which way each batch goes that is not over.
    batches: HashMap<BatchId, Direction>,
    /// The batches that are over and not spoken of yet.
    over: HashSet<BatchId>,
    /// Since when there is something to transfer.
    busy_since: Option<Duration>,
    arrivals: Arrivals,
    generations: u64,
    connections: u32,
    next_batch: u32,
}

/// A question of the engine comes uncalled for: for so long a letter does not answer it, it was
/// meant for what was shown before. Enter takes what loses nothing in any case.
const SURPRISE: Duration = Duration::from_millis(500);
/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(8);

impl App {
    /// Takes in a message; `now` is the time since the start.
    pub fn update(&mut self, msg: Msg, now: Duration) -> Vec<Effect> {
        self.now = now;
        let notice = self.notice.clone();
        let asked = self.is_surprising();
        let effects = match msg {
            Msg::Key(key) => self.press(key),
            Msg::Do(action) => self.perform(action),
            Msg::Write(text) => self.write(text.reveal()),
            Msg::Pointed(spot, gesture) => self.point(spot, gesture),
            Msg::Paste(text) => self.paste(text.reveal()),
            Msg::Resize(columns, rows) => {
                self.size = (columns, rows);
                self.refit_pager()
            }
            Msg::Engine(event) => self.engine(event),
            Msg::Progress(progress) => {
                self.queue.measure(progress, now);
                Vec::new()
            }
            Msg::Tick => {
                if self.notice_until.is_some_and(|until| now >= until) {
                    self.notice = None;
                }
                self.time_visit();
                self.show_arrivals()
            }
            Msg::Notice(text) => {
                self.say(text);
                Vec::new()
            }
            Msg::SecretResolved(connection, result) => self.secret_resolved(connection, result),
            Msg::Locked(lock, wanted) => {
                self.ask_passphrase(lock, wanted);
                Vec::new()
            }
            Msg::AnswerResolved(question, connection, result) => {
                self.answer_resolved(question, connection, result)
            }
            Msg::ServersRead(read) => {
                self.servers_read(read);
                Vec::new()
            }
            Msg::ImportsFound(looked) => {
                self.offer_import(looked);
                Vec::new()
            }
            Msg::EditsLeft(left) => {
                self.dialogs.extend(left.map(|left| Dialog::failure(*left)));
                Vec::new()
            }
            Msg::ServerUsed(name, at) => {
                self.servers.used.insert(name, at);
                Vec::new()
            }
            Msg::ThemeKept(name, result) => {
                self.theme_kept(&name, result);
                Vec::new()
            }
            Msg::BookmarksSaved(result) => self.bookmarks_saved(result),
            Msg::PrivateFolder(errand, made) => self.private_folder(errand, made),
            Msg::Returned(errand, returned) => self.returned(errand, returned),
            Msg::ServersSaved(Ok(all)) => {
                let saved = self.saving.take();
                let form = self.form.take_if(|_| saved.is_some());
                self.servers.set(all, saved.as_deref());
                let before = form.as_ref().and_then(Form::existing);
                self.server_renamed(before, saved.as_deref())
            }
            Msg::ServersSaved(Err(failure)) => {
                self.saving = None;
                self.failed(failure);
                Vec::new()
            }
        };
        if self.notice != notice || (self.notice.is_some() && self.notice_until.is_none()) {
            self.notice_until = self.notice.as_ref().map(|_| now + NOTICE);
        }
        if !asked && self.is_surprising() {
            self.letters_from = now + SURPRISE;
        }
        self.settle();
        effects
    }

    /// The engine's question that is shown.
    fn question(&self) -> Option<QuestionId> {
        self.dialogs.front().and_then(Dialog::question_id)
    }

    /// Time since the start, as last told.
    pub fn since_start(&self) -> Duration {
        self.now
    }

    /// Now, in Unix seconds.
    pub fn unix_now(&self) -> i64 {
        self.begun.saturating_add_unsigned(self.now.as_secs())
    }

    /// Whether what is shown has come uncalled for.
    fn is_surprising(&self) -> bool {
        let is_offer = |dialog: &Dialog| matches!(dialog.subject, Subject::Unfinished(_));
        self.question().is_some() || self.dialogs.front().is_some_and(is_offer)
    }

    /// When [`Msg::Tick`] is wanted, as time since the start.
    pub fn next_tick(&self) -> Option<Duration> {
        // the seconds to the next try of a server run down
        let second = Duration::from_secs(self.now.as_secs() + 1);
        let away = (!self.queue.away.is_empty()).then_some(second);
        let others = self.notice_until.into_iter().chain(self.arrivals.next());
        others.chain(away).chain(self.next_second_of_visit()).min()
    }

    /// The pane of a side.
    pub fn pane(&self, side: Side) -> &Pane {
        match side {
            Side::Local => &self.local,
            Side::Remote => &self.remote,
        }
    }

    fn pane_mut(&mut self, side: Side) -> &mut Pane {
        match side {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        }
    }

    /// The form, unless the doctor is looking at what stands in it.
    pub fn open_form(&self) -> Option<&Form> {
        self.form.as_ref().filter(|_| self.doctor.is_none())
    }

    /// The context of a view.
    pub fn context_of(&self, view: View) -> Context {
        match view {
            View::Servers => Context::Servers,
            View::Panes => Context::Panes,
            View::Pager => Context::Pager,
            View::Found => Context::Found,
            View::Queue => Context::Queue,
            View::Log => Context::Log,
            View::Help => Context::Help,
            View::Doctor => Context::Doctor,
        }
    }

    /// The context keys are looked up in.
    pub fn context(&self) -> Context {
        match self.dialogs.front() {
            Some(dialog) if dialog.line.is_some() => Context::Text,
            Some(_) => Context::Dialog,
            None if self.open_form().is_some() => Context::Text,
            None if self.picker.is_some() => Context::Picker,
            None if self.is_typing() => Context::Text,
            None => self.context_of(self.view),
        }
    }

    /// Whether a dialog or a picker lies over what is shown.
    pub fn is_covered(&self) -> bool {
        !self.dialogs.is_empty() || self.picker.is_some()
    }

    /// Opens queue, log or help over what is shown, or closes it.
    fn show(&mut self, view: View) {
        if self.view == view {
            self.view = match view {
                View::Help => self.help.from,
                _ => self.beneath,
            };
            return;
        }
        // the help is left for what it explains
        let from = match self.view {
            View::Help => self.help.from,
            from => from,
        };
        if matches!(
            self.view,
            View::Servers | View::Panes | View::Pager | View::Found | View::Doctor
        ) {
            self.beneath = self.view;
        }
        self.view = view;
        if view == View::Queue {
            self.queue.look();
        }
        self.help = help::Help::over(from);
        self.log.cursor = Cursor::default();
    }

    fn quit(&mut self) -> Vec<Effect> {
        let unfinished = self.queue.counts.unfinished();
        if self.queue.unfinished() == 0 || self.asks_to_quit() {
            return vec![Effect::Quit];
        }
        let subject = Subject::Quit {
            unfinished,
            kept: self.keeps_queue && !self.queue.unkept,
        };
        self.dialogs
            .push_front(Dialog::new(subject, [Choice::Stay, Choice::Quit]));
        Vec::new()
    }

    /// Said where something needs a connection.
    fn no_connection(&self) -> String {
        let key = self.key_of(Context::Panes, action::Action::Servers);
        format!("There is no connection; {key} shows the list of servers")
    }

    fn say(&mut self, text: String) {
        self.notice = Some(text);
    }

    fn next_generation(&mut self) -> Generation {
        self.generations += 1;
        Generation(self.generations)
    }

    fn next_connection(&mut self) -> ConnectionId {
        self.connections += 1;
        ConnectionId(self.connections)
    }

    fn next_batch(&mut self) -> BatchId {
        self.next_batch += 1;
        BatchId(self.next_batch)
    }
}

/// What a server is called on the screen: its name, or where it is.
pub fn server_title(server: &Server) -> String {
    let title = if server.name.is_empty() {
        server.address()
    } else {
        server.name.clone()
    };
    crate::model::text::escape_str(&title)
}

//! What the interface begins with, and the state it begins in.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use super::action::Keys;
use super::arrivals::Arrivals;
use super::connect::Link;
use super::dialog::Dialog;
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::pane::Pane;
use super::zone::Zone;
use super::{App, View, help, in_step, log, queue, servers, unfinished};
use crate::config::bookmarks::Bookmark;
use crate::config::last_used::LastUsed;
use crate::config::theme::{Named, Theme};
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server};

/// What the interface begins with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The saved servers.
    pub servers: Vec<Server>,
    /// Why the saved servers could not be read.
    pub unread: Option<String>,
    /// The server to connect to at once, with its password where it is known.
    pub connect: Option<(Server, Option<Secret>)>,
    /// The folder to open then, relative to the document path, as it was written.
    pub path: Vec<u8>,
    /// The folder of the left pane; absolute.
    pub folder: PathBuf,
    /// The person's home folder: what `~` is.
    pub home: Option<PathBuf>,
    /// The bookmarked folders.
    pub bookmarks: Vec<Bookmark>,
    /// The keys.
    pub keys: Keys,
    /// The colours.
    pub theme: Theme,
    /// The colours there are to choose from.
    pub themes: Vec<Named>,
    /// Nothing beyond ASCII is drawn.
    pub ascii: bool,
    /// When each saved server was last used.
    pub used: LastUsed,
    /// Whether names that begin with a dot are shown at first.
    pub show_hidden: bool,
    /// Local time.
    pub zone: Zone,
    /// When it begins, in Unix seconds.
    pub begun: i64,
    /// Time-outs of connections.
    pub patience: Patience,
    /// Something the person should know first.
    pub notice: Option<String>,
    /// Whether what is not finished at the end is offered at the next start.
    pub keeps_queue: bool,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
}

impl App {
    /// The state at the start, and what is to be done first.
    pub fn new(start: Start) -> (Self, Vec<Effect>) {
        let mut app = Self {
            size: start.size,
            view: View::Servers,
            beneath: View::Servers,
            servers: match start.unread {
                Some(why) => servers::Servers::unread(why),
                None => servers::Servers::new(start.servers),
            },
            link: Link::Down,
            local: Pane::new(Folder::Local(start.folder)),
            remote: Pane::new(Self::nowhere()),
            active: Side::Local,
            in_step: in_step::InStep::default(),
            search: None,
            begun: start.begun,
            pager_over: View::Panes,
            queue: queue::Queue::default(),
            log: log::Log::default(),
            pager: None,
            errands: Vec::new(),
            last_errand: 0,
            raw_sent: Vec::new(),
            help: help::Help::over(View::Servers),
            picker: None,
            bookmarks: start.bookmarks,
            home: start.home,
            form: None,
            doctor: None,
            saving: None,
            dialogs: VecDeque::new(),
            notice: None,
            keys: start.keys,
            theme: start.theme,
            themes: start.themes,
            ascii: start.ascii,
            zone: start.zone,
            patience: start.patience,
            first_path: start.path,
            pressed: Vec::new(),
            lost: None,
            step: None,
            taking_up: unfinished::Wanted::default(),
            keeps_queue: start.keeps_queue,
            refused: None,
            now: Duration::ZERO,
            letters_from: Duration::ZERO,
            clicked: None,
            notice_until: None,
            batches: HashMap::new(),
            over: HashSet::new(),
            busy_since: None,
            arrivals: Arrivals::default(),
            generations: 0,
            connections: 0,
            next_batch: 0,
        };
        app.servers.used = start.used;
        app.local.hidden = start.show_hidden;
        app.remote.hidden = start.show_hidden;
        if let Some(text) = start.notice {
            // it may be long and matters longer than a line that passes
            let what = "Something in your files cannot be used";
            let dialog = Dialog::failure(Failure::new(Class::Usage, what, text));
            app.dialogs.push_back(dialog);
        }
        let mut effects = app.refresh(Side::Local, None);
        if app.keeps_queue {
            effects.push(Effect::LookForEdits);
        }
        if let Some((server, secret)) = start.connect {
            effects.extend(app.connect(server, secret));
        }
        app.settle();
        (app, effects)
    }
}

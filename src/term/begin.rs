//! From the arguments and the files of this person to a running interface.

use std::path::Path;

use crate::app::Start;
use crate::app::action::{self, Keys, keys};
use crate::config::colours::Depth;
use crate::config::looks::{Looks, Told};
use crate::config::mistake::Mistake;
use crate::config::paths::Paths;
use crate::config::secrets::Secrets;
use crate::config::servers::Servers;
use crate::config::settings::Settings;
use crate::config::store;
use crate::config::theme::{self, Named, Theme};
use crate::config::{active_first, bookmarks, last_used};
use crate::engine::{self, Options};
use crate::model::failure::{Class, Failure};
use crate::model::nearest::did_you_mean;
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server};
use crate::model::text::{shown_path, system_says};

use super::{World, clock, plain, run};

/// What the arguments say of the interface.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Connect to this server at once, with its password where one is known.
    pub connect: Option<(Server, Option<Secret>)>,
    /// And open this folder, relative to the document path, as it was written.
    pub path: Vec<u8>,
    /// Time-outs and tries of every connection.
    pub patience: Patience,
    /// How the terminal is used.
    pub looks: Looks,
    /// Whether the queue outlasts the run: not where nothing is to be left behind.
    pub keeps_queue: bool,
    /// Settings of the engine.
    pub options: Options,
}

/// Reads the person's files and runs the interface; gives the exit code. A file that cannot be
/// understood is said in the interface and left alone. Must run on the main thread.
///
/// # Errors
///
/// When there is no home folder, no current folder or no terminal.
pub async fn begin(wanted: Wanted) -> Result<u8, Failure> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |e: std::io::Error| Failure::new(Class::Local, what, system_says(&e))
    };
    let paths = Paths::find()?;
    let mut notices = Vec::new();
    let mut unread = None;
    let servers = Servers::load(paths.servers()).unwrap_or_else(|error| {
        let why = Failure::from(error).to_string();
        notices.push(why.clone());
        unread = Some(why);
        Servers::unread(paths.servers())
    });
    let mut wrong = Vec::new();
    let mut settings = Settings::lenient(&paths, &mut wrong);
    notices.extend(wrong.iter().map(Failure::to_string));
    let keys = own_keys(&paths, &mut notices)?;
    let told = Told::by(|name| std::env::var(name).ok());
    let (theme, themes) = own_themes(&paths, &wanted.looks, &settings, told, &mut notices)?;
    let bookmarks = bookmarks::load(&paths.bookmarks()).unwrap_or_else(|failure| {
        notices.push(failure.to_string());
        Vec::new()
    });
    let start = Start {
        servers: servers.list().to_vec(),
        unread,
        connect: wanted.connect,
        path: wanted.path,
        folder: std::env::current_dir().map_err(failed("The current folder is gone"))?,
        home: std::env::home_dir().filter(|home| home.is_absolute()),
        bookmarks,
        keys,
        theme,
        themes,
        ascii: wanted.looks.ascii || settings.ascii || told.ascii,
        used: last_used::load(&paths.last_used()),
        show_hidden: settings.show_hidden,
        zone: clock::local_zone(),
        begun: clock::unix_now(),
        patience: wanted.patience,
        notice: (!notices.is_empty()).then(|| notices.join(" · ")),
        keeps_queue: wanted.keeps_queue,
        // the terminal's own follows
        size: (80, 24),
    };
    let engine = engine::start(Options {
        browsing: true,
        active_first: active_first::load(&paths.active_first()),
        queue: wanted.keeps_queue.then(|| paths.queue()),
        ..wanted.options
    });
    let secrets = Secrets::at(paths.secrets())?;
    let is_plain = wanted.looks.plain || told.plain;
    // what reads lines aloud has no use for what only terminals understand
    settings.notify &= !is_plain;
    let world = World::new(servers, secrets, paths).under(&settings);
    if is_plain {
        let what = "The interface needs an input and an output";
        return plain::run(start, engine, world).await.map_err(failed(what));
    }
    run(start, engine, world, settings.mouse && !wanted.looks.no_mouse)
        .await
        .map_err(|e| failed("The interface needs a terminal")(e).hint("In scripts use ls, get and put"))
}

/// What is wrong with the text of a keymap; `file` is its name for the error.
///
/// # Errors
///
/// The first mistake in it.
pub fn check_keymap(text: &str, file: &str) -> Result<(), Mistake> {
    keys(Some((text, file))).map(drop)
}

/// The default keys, and over them what the system's and the person's own files say.
fn own_keys(paths: &Paths, notices: &mut Vec<String>) -> Result<Keys, Failure> {
    let mut all = keys(None).map_err(|e| Failure::new(Class::Other, "The default keys", e.to_string()))?;
    for path in paths.keymaps() {
        let shown = path.display().to_string();
        let text = store::read(&path).map_err(|e| system_says(&e));
        let read = |text: String| action::read(&text, &shown).map_err(|e| e.to_string());
        match text.and_then(|text| text.map(read).transpose()) {
            Ok(Some(keys)) => all.lay_over(keys),
            Ok(None) => {}
            Err(why) => notices.push(format!("A file of keys is not in force: {why}")),
        }
    }
    Ok(all)
}

/// The themes there are, and the one to begin with: what the command line names, none where NO_COLOR is
/// set (no-color.org), the person's own, what the settings name. One that cannot be read is said and left out.
fn own_themes(
    paths: &Paths,
    looks: &Looks,
    settings: &Settings,
    told: Told,
    notices: &mut Vec<String>,
) -> Result<(Theme, Vec<Named>), Failure> {
    let mut themes = Named::shipped();
    let named = theme::files(paths).into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        (name.into_owned(), path)
    });
    // one that is named by its path is called by it
    let wanted = looks.theme.as_deref();
    let by_path = wanted.into_iter().chain([settings.theme.as_str()]);
    let by_path = by_path.filter(|name| theme::is_path(name));
    let by_path = by_path.map(|name| (name.to_owned(), paths.folder().join(name)));
    for (name, path) in named.chain(by_path).collect::<Vec<_>>() {
        match read_theme(&name, &path) {
            Ok(Some(named)) => themes.push(named),
            Ok(None) => notices.push(format!("A theme is left out: {} is not there", shown_path(&path))),
            Err(why) => notices.push(format!("A theme is left out: {why}")),
        }
    }
    let depth = match (told.no_colour, &looks.theme) {
        (true, None) => Depth::Mono,
        // no colours are seen, or are wanted in spite of what TERM says
        (_, Some(_)) => told.depth.max(Depth::Sixteen),
        (false, None) => told.depth,
    };
    for named in &mut themes {
        named.theme = named.theme.clone().shown_in(depth);
    }
    let called = |name: &str| themes.iter().find(|named| named.name == name);
    let found = match wanted {
        Some(name) => called(name),
        None => called("theme").or_else(|| called(&settings.theme)),
    };
    match (found, wanted) {
        (Some(named), _) => Ok((named.theme.clone(), themes)),
        (None, None) => Ok((Theme::default().shown_in(depth), themes)),
        (None, Some(name)) => {
            let names = themes.iter().map(|named| named.name.as_str());
            let near = did_you_mean(name, names.clone());
            let why = format!("there is no theme '{name}'{near}");
            let all = names.collect::<Vec<_>>().join(", ");
            Err(Failure::new(Class::Usage, "--theme", why).hint(format!("There are {all}")))
        }
    }
}

fn read_theme(name: &str, path: &Path) -> Result<Option<Named>, String> {
    let text = store::read(path).map_err(|e| system_says(&e))?;
    let read = |text: String| Named::read(name, &text, &path.display().to_string());
    text.map(read).transpose().map_err(|e| e.to_string())
}

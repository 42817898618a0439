//! `ftpane config`: where the files of this person are, what can stand in them, and whether what
//! stands there is right.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::printer::{self, Printer};
use super::reference;
use super::speech::Speech;
use crate::config::bookmarks;
use crate::config::keymap;
use crate::config::mistake::Mistake;
use crate::config::paths::Paths;
use crate::config::servers::Servers;
use crate::config::settings::{self, Setting, Settings};
use crate::config::store;
use crate::config::theme::{self, Theme};
use crate::model::failure::{Class, Failure};
use crate::model::nearest::nearest;
use crate::model::size::count;
use crate::model::text::system_says;

/// Says what is wrong with the text of a keymap, the second text being its file's name. The actions that
/// keys can have are the interface's, which the command line does not know.
pub type KeymapCheck = fn(&str, &str) -> Result<(), Mistake>;

const PATH_HELP: &str = "\
Examples:
  ftpane config path
  $EDITOR \"$(ftpane config path keys)\"";

const DEFAULT_HELP: &str = "\
Examples:
  mkdir -m 700 -p \"$(dirname \"$(ftpane config path settings)\")\"
  ftpane config default > \"$(ftpane config path settings)\"
  ftpane config default keys | less";

const CHECK_HELP: &str = "\
Examples:
  ftpane config check && echo good

Exit code 2 where something is wrong; each mistake is said with its file and line.";

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum ConfigCommand {
    /// Say where the files are
    #[command(after_help = PATH_HELP)]
    Path(Wanted),
    /// Print a file with all that can stand in it, and what it does
    #[command(after_help = DEFAULT_HELP)]
    Default(Wanted),
    /// Look for mistakes in settings, servers, keys, themes and bookmarks
    #[command(after_help = CHECK_HELP)]
    Check,
}

#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Only this one [default: for path all, for default the settings]
    #[arg(value_name = "WHAT")]
    what: Option<What>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// config.toml
    Settings,
    /// servers.toml
    Servers,
    /// keymap.toml
    Keys,
    /// theme.toml
    Theme,
    /// bookmarks.toml
    Bookmarks,
    /// secrets.store
    Secrets,
    /// What earlier runs have left unfinished
    Queue,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Servers => "servers",
            Self::Keys => "keys",
            Self::Theme => "theme",
            Self::Bookmarks => "bookmarks",
            Self::Secrets => "secrets",
            Self::Queue => "queue",
        }
    }

    /// The file, or the files, the one that wins last.
    fn paths(self, paths: &Paths) -> Vec<PathBuf> {
        match self {
            Self::Settings => paths.settings(),
            Self::Servers => vec![paths.servers()],
            Self::Keys => paths.keymaps(),
            Self::Theme => vec![paths.theme()],
            Self::Bookmarks => vec![paths.bookmarks()],
            Self::Secrets => vec![paths.secrets()],
            Self::Queue => vec![paths.queue()],
        }
    }
}

/// Runs it; the exit code.
pub(super) fn run(command: &ConfigCommand, keymap: KeymapCheck) -> u8 {
    let speech = Speech::new(false);
    let done = match command {
        ConfigCommand::Path(wanted) => show_paths(wanted.what),
        ConfigCommand::Default(wanted) => print_default(wanted.what),
        ConfigCommand::Check => check(keymap, &speech),
    };
    done.unwrap_or_else(|failure| {
        speech.fail(&failure);
        failure.class.exit_code()
    })
}

fn print(lines: impl IntoIterator<Item = String>) -> Result<u8, Failure> {
    let mut printer = Printer::new();
    let mut lines = lines.into_iter();
    let printed = lines.try_for_each(|line| printer.line(&line));
    printer::written(printed.and_then(|()| printer.flush()))?;
    Ok(0)
}

fn show_paths(what: Option<What>) -> Result<u8, Failure> {
    let paths = Paths::find()?;
    if let Some(what) = what {
        // the person's own, for a script
        let own = what.paths(&paths).pop();
        return print(own.map(|path| path.display().to_string()));
    }
    let mut lines = Vec::new();
    for what in What::value_variants() {
        for path in what.paths(&paths) {
            let there = if path.exists() { "" } else { "  (not there)" };
            lines.push(format!("{:9} {}{there}", what.word(), path.display()));
        }
    }
    print(lines)
}

fn print_default(what: Option<What>) -> Result<u8, Failure> {
    let text = match what.unwrap_or(What::Settings) {
        What::Settings => settings::default_file(),
        What::Keys => keymap::DEFAULT.to_owned(),
        What::Theme => theme::DEFAULT.to_owned(),
        other => {
            let why = "there is no default of it: ftpane makes it when something is saved";
            return Err(Failure::new(
                Class::Usage,
                format!("config default {}", other.word()),
                why,
            ));
        }
    };
    print([text.trim_end().to_owned()])
}

/// Checks every file that is there.
fn check(keymap: KeymapCheck, speech: &Speech) -> Result<u8, Failure> {
    let paths = Paths::find()?;
    let mut wrong = Vec::new();
    let mut right = Vec::new();
    let mut judge = |path: PathBuf, verdict: Result<Option<String>, Failure>| match verdict {
        Ok(Some(says)) => right.push(format!("{}: {says}", path.display())),
        Ok(None) => {}
        Err(failure) => wrong.push(failure),
    };
    for path in paths.settings() {
        let verdict = Settings::knowing(&paths).with_file(&path);
        judge(path, verdict.map(|there| there.map(|_| "good".to_owned())));
    }
    if paths.servers().exists() {
        let servers = Servers::load(paths.servers()).map_err(Failure::from);
        judge(
            paths.servers(),
            servers.map(|all| Some(count(all.list().len() as u64, "server", "servers"))),
        );
    }
    for path in paths.keymaps() {
        judge(path.clone(), checked(path, "The keys", keymap));
    }
    let theme = |text: &str, file: &str| Theme::parse(text, file).map(drop);
    for path in theme::files(&paths) {
        judge(path.clone(), checked(path, "The theme", theme));
    }
    if paths.bookmarks().exists() {
        let bookmarks = bookmarks::load(&paths.bookmarks());
        judge(
            paths.bookmarks(),
            bookmarks.map(|all| Some(count(all.len() as u64, "bookmark", "bookmarks"))),
        );
    }
    // what the variables say, apart from the files
    let mut all = Vec::new();
    Settings::lenient(&paths, &mut all);
    wrong.extend(
        all.into_iter()
            .filter(|failure| failure.what.starts_with("The variable")),
    );

    for stranger in strangers() {
        speech.remark(&stranger);
    }
    if right.is_empty() && wrong.is_empty() {
        speech.remark("there are no files yet: the defaults hold");
    }
    print(right)?;
    for failure in &wrong {
        speech.fail(failure);
    }
    if let Some(first) = wrong.first() {
        return Ok(first.class.exit_code());
    }
    Ok(0)
}

/// Variables that are settings written wrong, as it seems. They may be anybody's, so they are no mistake.
fn strangers() -> Vec<String> {
    let settings = settings::TABLE.iter().map(Setting::variable);
    let others = reference::ENVIRONMENT.iter().map(|(name, _)| (*name).to_owned());
    let known: Vec<String> = settings.chain(others).collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let strangers = names.filter(|name| name.starts_with("FTPANE_") && !known.contains(name));
    let mut said: Vec<String> = strangers
        .filter_map(|name| {
            let near = nearest(&name, known.iter().map(String::as_str))?;
            Some(format!("the variable {name} is not read; did you mean '{near}'?"))
        })
        .collect();
    said.sort();
    said
}

/// The verdict on a file; `None` where it is not there.
fn checked(
    path: PathBuf,
    what: &str,
    read: impl Fn(&str, &str) -> Result<(), Mistake>,
) -> Result<Option<String>, Failure> {
    let shown = path.display().to_string();
    let text = store::read(&path).map_err(|e| {
        Failure::new(
            Class::Local,
            what,
            format!("{shown} cannot be read: {}", system_says(&e)),
        )
    })?;
    let Some(text) = text else {
        return Ok(None);
    };
    read(&text, &shown).map_err(|mistake| Failure::new(Class::Usage, what, mistake.to_string()))?;
    Ok(Some("good".to_owned()))
}

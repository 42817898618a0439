//! The command line: what was written, made into requests to the same engine that the interface
//! uses, and its events made into lines and an exit code.
//!
//! Results go to stdout, everything else to stderr. Forms and exit codes are a contract: scripts
//! depend on them.

mod arguments;
mod chmod;
mod completions;
mod config;
mod connection;
mod connections;
mod deeds;
mod doctor;
mod du;
pub mod dump;
mod examples;
mod expansion;
mod get;
mod json;
mod list_file;
pub mod log;
mod ls;
mod manual;
mod mkdir;
mod mv;
mod outcome;
mod passphrase;
mod password;
mod place;
mod printer;
mod probe;
mod prompt;
mod put;
mod question;
mod queue;
mod raw;
mod reference;
mod rm;
mod servers;
mod session;
mod signal;
mod speech;
mod stream;
mod sum;
mod transfer;

use std::ffi::{OsStr, OsString};

use clap::error::{ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use crate::config::looks::Looks;
use crate::config::paths::Paths;
use crate::config::settings::Settings;
use crate::engine::Options;
use crate::model::failure::{Class, Failure};
use crate::model::nearest::nearest;
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server};
use crate::model::target::blot;
use crate::model::text::escape_str;
use arguments::{Arguments, Output, Subcommands};
pub use config::KeymapCheck;
use connection::Connection;
use password::Passwords;
use place::{Place, look_up};
use session::{End, Session};
use speech::Speech;

/// What was asked for.
#[derive(Debug)]
pub enum Request {
    /// The interface.
    Interface(Box<Interface>),
    /// The embedded server.
    Demo {
        /// Without the interface.
        serve_only: bool,
        /// How the interface uses the terminal.
        looks: Looks,
    },
    /// Anything that ends by itself.
    Command(Command),
}

/// How the interface begins.
#[derive(Debug)]
pub struct Interface {
    /// Connect to this server, with the options of the command line, and with its password where
    /// one is known already; `None` is the list of servers.
    pub connect: Option<(Server, Option<Secret>)>,
    /// The folder to open then, relative to the document path, as it was written.
    pub path: Vec<u8>,
    /// How it uses the terminal.
    pub looks: Looks,
    /// Time-outs and tries of every connection.
    pub patience: Patience,
    /// Settings of the engine.
    pub options: Options,
}

/// A request that [`run`] carries out.
pub struct Command(Box<Subcommands>);

impl std::fmt::Debug for Command {
    /// The arguments are not shown: a URL among them may have a password in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command").finish_non_exhaustive()
    }
}

/// Reads the arguments. Help, version and mistakes are printed here, and what else needs no more than
/// the arguments: nothing is started for it.
///
/// # Errors
///
/// The exit code: 0 after what was printed here, 2 after a mistake, or that of a failure that was
/// said on stderr.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Request, u8> {
    let arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).is_some_and(|word| word == completions::ASK) {
        completions::print_names();
        return Err(0);
    }
    let stranger = stranger(&arguments);
    let arguments = Arguments::try_parse_from(arguments).map_err(|e| {
        // a first word may be a target, so a command written wrong is none to clap
        if let (Some(failure), ErrorKind::ArgumentConflict | ErrorKind::UnknownArgument) =
            (stranger, e.kind())
        {
            Speech::new(false).fail(&failure);
            return Class::Usage.exit_code();
        }
        let text = e.render().to_string();
        // a mistake is said with the words that were written; a URL with a password may be one
        let blotted = e.context().fold(text.clone(), |text, (_, value)| match value {
            ContextValue::String(written) => text.replace(written, &blot(written)),
            _ => text,
        });
        match e.use_stderr() {
            true if blotted != text => Speech::new(false).line(blotted.trim_end()),
            true => drop(e.print()),
            false => return ended(printer::written(e.print())),
        }
        Class::Usage.exit_code()
    })?;
    let printed = match &arguments.command {
        Some(Subcommands::Completions { shell }) => Some(completions::print(*shell)),
        Some(Subcommands::Man { command }) => Some(manual::print(command)),
        _ => None,
    };
    if let Some(printed) = printed {
        return Err(ended(printed));
    }
    let request = log::start().and_then(|()| match arguments.command {
        Some(Subcommands::Demo { looks, serve_only }) => Ok(Request::Demo {
            serve_only,
            looks: looks.into(),
        }),
        Some(command) => Ok(Request::Command(Command(Box::new(command)))),
        None => interface(arguments.target, arguments.looks.into(), &arguments.connection),
    });
    request.map_err(|failure| {
        Speech::new(false).fail(&failure);
        failure.class.exit_code()
    })
}

/// The exit code after something that was only to be printed.
fn ended(printed: Result<(), Failure>) -> u8 {
    printed.map_or_else(
        |failure| {
            Speech::new(false).fail(&failure);
            failure.class.exit_code()
        },
        |()| 0,
    )
}

/// What is said of a first word that is neither a command nor a target, or an option in a command's place.
fn stranger(arguments: &[OsString]) -> Option<Failure> {
    let word = arguments.get(1)?.to_str()?;
    let known = commands();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if word.starts_with('-') {
        let words = arguments.iter().filter_map(|word| word.to_str());
        let command = words.skip(2).find(|word| known.contains(word))?;
        let why = format!("the options of '{command}' stand behind it");
        return Some(
            Failure::new(Class::Usage, escape_str(&blot(word)), why).hint(format!(
                "Write it as 'ftpane {command} {word} ...'",
                word = escape_str(&blot(word))
            )),
        );
    }
    if known.contains(&word) || word.contains([':', '/']) {
        return None;
    }
    let failure = Failure::new(Class::Usage, escape_str(word), "there is no such command");
    Some(match nearest(word, known) {
        Some(near) => failure.hint(format!("Did you mean '{near}'?")),
        None => failure.hint("'ftpane --help' shows those there are; a saved server is written NAME:"),
    })
}

fn commands() -> Vec<String> {
    let definition = Arguments::command();
    let names = definition.get_subcommands().map(clap::Command::get_name);
    names.map(str::to_owned).collect()
}

/// What is said of a target alone that names no server, and is a command written wrong perhaps.
fn no_target(target: &OsStr, failure: Failure) -> Failure {
    let word = target.to_str().filter(|word| !word.contains([':', '/']));
    let Some(word) = word.filter(|word| !matches!(look_up(word), Ok(Some(_)))) else {
        return failure;
    };
    let known = commands();
    match nearest(word, known.iter().map(String::as_str)) {
        None => failure,
        Some(near) => Failure::new(
            Class::Usage,
            escape_str(word),
            "it is no command, and names no server",
        )
        .hint(format!(
            "Did you mean '{near}'? A server is written SERVER:PATH, or as a URL such as ftpes://host/path"
        )),
    }
}

fn interface(target: Option<OsString>, looks: Looks, connection: &Connection) -> Result<Request, Failure> {
    let (connect, path) = match target {
        None => (None, Vec::new()),
        Some(target) => {
            let place = Place::read(&target, connection);
            let mut place = place.map_err(|failure| no_target(&target, failure))?;
            if place.whole {
                let why = "the path does not begin where the login lands, as the document path does";
                return Err(Failure::new(Class::Usage, place.written, why)
                    .hint("Write it as /~/..., or --root from the server's root"));
            }
            let speech = Speech::new(false);
            let mut passwords = Passwords::new(connection.password_command.as_deref());
            // the interface asks by itself
            let nobody = None::<&mut tokio::io::Empty>;
            let find = passwords.find(&mut place, nobody, &speech);
            let secret = runtime()?.block_on(find)?.secret;
            (Some((place.server, secret)), place.path)
        }
    };
    // a mistake in them is said in the interface
    let paths = Paths::find().ok();
    let settings = paths.map(|paths| Settings::lenient(&paths, &mut Vec::new()));
    let settings = settings.unwrap_or_default();
    Ok(Request::Interface(Box::new(Interface {
        connect,
        path,
        looks,
        patience: connection.patience(settings.patience),
        options: Options {
            limit_rate: connection.limit_rate.or(settings.limit_rate),
            browsing: true,
            transcript: connection.transcript()?,
            // read with the other files of this person
            ..Options::default()
        },
    })))
}

/// Carries out a request; the exit code. `keymap` is for `config check`.
pub async fn run(command: Command, keymap: KeymapCheck) -> u8 {
    let command = &*command.0;
    match command {
        Subcommands::Ls(ls) => carry_out(command, &ls.connection, ls.output).await,
        Subcommands::Find(find) => carry_out(command, &find.connection, find.output).await,
        Subcommands::Cat(cat) => {
            let (json, quiet) = (false, cat.quiet);
            carry_out(command, &cat.connection, Output { json, quiet }).await
        }
        Subcommands::Get(get) => carry_out(command, &get.connection, get.output).await,
        Subcommands::Put(put) => carry_out(command, &put.connection, put.output).await,
        Subcommands::Mv(mv) => carry_out(command, &mv.ends.connection, mv.ends.output).await,
        Subcommands::Cp(cp) => carry_out(command, &cp.ends.connection, cp.ends.output).await,
        Subcommands::Rm(rm) => carry_out(command, &rm.connection, rm.output).await,
        Subcommands::Mkdir(mkdir) => carry_out(command, &mkdir.connection, mkdir.output).await,
        Subcommands::Chmod(chmod) => carry_out(command, &chmod.connection, chmod.output).await,
        Subcommands::Sum(sum) => carry_out(command, &sum.connection, sum.output).await,
        Subcommands::Du(du) => carry_out(command, &du.connection, du.output).await,
        Subcommands::Raw(raw) => carry_out(command, &raw.connection, raw.output).await,
        Subcommands::Doctor(doctor) => carry_out(command, &doctor.connection, doctor.output).await,
        Subcommands::Queue(queue) => {
            let (connection, output) = queue.connects();
            carry_out(command, &connection, output).await
        }
        Subcommands::Servers(command) => servers::run(command).await,
        Subcommands::Config(command) => config::run(command, keymap),
        Subcommands::Passphrase => passphrase::run().await,
        Subcommands::Demo { .. } | Subcommands::Completions { .. } | Subcommands::Man { .. } => {
            Class::Usage.exit_code()
        }
    }
}

async fn carry_out(command: &Subcommands, connection: &Connection, output: Output) -> u8 {
    let takes_input = matches!(command, Subcommands::Put(put) if put.reads_input());
    let mut session = match Session::start(connection, output.quiet, takes_input) {
        Ok(session) => session,
        Err(failure) => {
            Speech::new(false).fail(&failure);
            return failure.class.exit_code();
        }
    };
    let done = match command {
        Subcommands::Ls(ls) => ls::run(ls, &mut session).await,
        Subcommands::Find(find) => ls::find(find, &mut session).await,
        Subcommands::Cat(cat) => match connections::read(&cat.targets, &cat.connection) {
            Ok(places) => stream::run(places, &mut session).await,
            Err(failure) => Err(failure.into()),
        },
        Subcommands::Get(get) => get::run(get, &mut session).await,
        Subcommands::Put(put) => put::run(put, &mut session).await,
        Subcommands::Mv(arguments) => mv::mv(arguments, &mut session).await,
        Subcommands::Cp(arguments) => mv::cp(arguments, &mut session).await,
        Subcommands::Rm(rm) => rm::run(rm, &mut session).await,
        Subcommands::Mkdir(mkdir) => mkdir::run(mkdir, &mut session).await,
        Subcommands::Chmod(chmod) => chmod::run(chmod, &mut session).await,
        Subcommands::Sum(sum) => sum::run(sum, &mut session).await,
        Subcommands::Du(du) => du::run(du, &mut session).await,
        Subcommands::Raw(raw) => raw::run(raw, &mut session).await,
        Subcommands::Doctor(doctor) => doctor::run(doctor, &mut session).await,
        Subcommands::Queue(queue) => queue::run(queue, &mut session).await,
        Subcommands::Servers(_)
        | Subcommands::Config(_)
        | Subcommands::Demo { .. }
        | Subcommands::Passphrase
        | Subcommands::Completions { .. }
        | Subcommands::Man { .. } => Ok(Class::Usage.exit_code()),
    };
    let code = match done {
        Ok(code) => code,
        Err(End::Signal(code)) => {
            if let Some(left) = left_by_a_signal(command) {
                session.speech.remark(&format!("stopped; {left}"));
            }
            code
        }
        Err(End::Failed(failure)) => {
            session.speech.fail(&failure);
            failure.class.exit_code()
        }
    };
    session.finish().await;
    code
}

/// What is to be known of a command that a signal has ended, at whatever moment. Transfers and streams say it
/// themselves, with what they have counted.
fn left_by_a_signal(command: &Subcommands) -> Option<&'static str> {
    Some(match command {
        Subcommands::Ls(_) | Subcommands::Find(_) => "what was printed is not all",
        Subcommands::Rm(_) => "what was not deleted yet is still there, and the same command deletes it",
        Subcommands::Chmod(_) => "some permissions may be set already, and the same command sets them all",
        Subcommands::Mv(_) | Subcommands::Cp(_) | Subcommands::Mkdir(_) => {
            "it may have been done already: 'ftpane ls' shows it"
        }
        Subcommands::Raw(_) => "the server may have done already what was asked of it",
        Subcommands::Du(_) | Subcommands::Sum(_) | Subcommands::Doctor(_) => "it was not finished",
        _ => return None,
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Class::Other, "Not started", e.to_string()))
}

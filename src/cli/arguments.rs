//! The words of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::chmod::Chmod;
use super::completions::{For, TARGET, TARGET_OR_FILE};
use super::config::ConfigCommand;
use super::connection::Connection;
use super::du::Du;
use super::examples;
use super::mkdir::Mkdir;
use super::mv::{Cp, Mv};
use super::raw::Raw;
use super::reference;
use super::rm::Rm;
use super::servers::ServersCommand;
use super::sum::Sum;
use crate::config::looks;
use crate::model::entry::SortKey;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, INPUT, Policy};
use crate::model::server::Server;
use crate::model::unfinished::Meant;

/// Two-pane file manager for FTP and FTPS servers.
#[derive(Debug, Parser)]
#[command(name = "ftpane", version, after_help = reference::after_help(), args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Subcommands>,
    /// Open the interface connected to this; without it, at the list of servers
    #[arg(value_name = "TARGET", value_hint = TARGET)]
    pub(super) target: Option<OsString>,
    #[command(flatten)]
    pub(super) looks: Looks,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// What the interface does with the terminal.
#[derive(Debug, Default, Args)]
pub(super) struct Looks {
    /// The interface leaves the mouse to the terminal, which selects text with it
    #[arg(long)]
    pub(super) no_mouse: bool,
    /// The colours of the interface: dark, light, contrast, mono, gruvbox, nord, NAME.toml in `themes` in the
    /// folder of the settings, or the path of a file
    #[arg(long, value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// The interface draws with ASCII alone, as it does where the locale is C or no UTF-8
    #[arg(long)]
    pub(super) ascii: bool,
    /// The interface in lines, for screen readers and terminals that only print: nothing is overwritten, no
    /// colours. So it is where TERM is dumb
    #[arg(long)]
    pub(super) plain: bool,
}

impl From<Looks> for looks::Looks {
    fn from(given: Looks) -> Self {
        Self {
            no_mouse: given.no_mouse,
            theme: given.theme,
            ascii: given.ascii,
            plain: given.plain,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
    /// The interface on an embedded FTPS server with a sample tree; nothing is left behind
    #[command(after_help = examples::DEMO)]
    Demo {
        #[command(flatten)]
        looks: Looks,
        /// Only serve: print URL (with login) and certificate, and wait for Ctrl-C
        #[arg(long)]
        serve_only: bool,
    },
    /// List a folder, or one file
    #[command(after_help = examples::LS)]
    Ls(Ls),
    /// Look for names below a folder
    #[command(after_help = examples::FIND)]
    Find(Find),
    /// Write files to standard output
    #[command(after_help = examples::CAT)]
    Cat(Cat),
    /// Download files, and folders with all that is in them
    #[command(after_help = examples::GET)]
    Get(Get),
    /// Upload files, and folders with all that is in them
    #[command(after_help = examples::PUT)]
    Put(Put),
    /// Give a file or a folder another path on its server
    #[command(after_help = examples::MV)]
    Mv(Mv),
    /// Delete files, and with -r folders
    #[command(after_help = examples::RM)]
    Rm(Rm),
    /// Make folders
    #[command(after_help = examples::MKDIR)]
    Mkdir(Mkdir),
    /// Set permissions
    #[command(after_help = examples::CHMOD)]
    Chmod(Chmod),
    /// Copy on the server, where it can
    #[command(after_help = examples::CP)]
    Cp(Cp),
    /// Checksums of files, where the server offers them
    #[command(after_help = examples::SUM)]
    Sum(Sum),
    /// How much is in a folder
    #[command(after_help = examples::DU)]
    Du(Du),
    /// Send one command, and print the answer
    #[command(after_help = examples::RAW)]
    Raw(Raw),
    /// Find out what works of a server, what does not, and what would mend it
    Doctor(Doctor),
    /// What earlier runs have left unfinished
    #[command(subcommand)]
    Queue(QueueCommand),
    /// The saved servers
    #[command(subcommand)]
    Servers(ServersCommand),
    /// Settings, keys and theme: where they are, what they can hold, whether they are right
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Change the passphrase of the secret store
    #[command(after_help = examples::PASSPHRASE)]
    Passphrase,
    /// Print the script by which a shell completes words, saved servers among them
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: For,
    },
    /// Print the manual page of ftpane, or of one of its commands
    #[command(after_help = examples::MAN)]
    Man {
        /// The command
        command: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum QueueCommand {
    /// Show it
    #[command(after_help = examples::QUEUE_LIST)]
    List(QueueList),
    /// Go on with it: conflicts are treated as was asked for then
    #[command(after_help = examples::QUEUE_RUN)]
    Run(Box<QueueRun>),
    /// Forget it, and delete its temporary files on this machine
    #[command(after_help = examples::QUEUE_DROP)]
    Drop(QueueDrop),
}

#[derive(Debug, Args)]
pub(super) struct QueueList {
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct QueueRun {
    /// Only these, as the list shows them [default: all]
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<Meant>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
pub(super) struct QueueDrop {
    /// Only these, as the list shows them [default: all]
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<Meant>,
    /// Without asking
    #[arg(short, long)]
    pub(super) yes: bool,
    /// No remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct Ls {
    /// What to list
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    pub(super) target: OsString,
    /// With all folders below
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
    /// With -R: at most so many levels below the target; never more than --explore-depth allows
    #[arg(long, value_name = "N", requires = "recursive")]
    pub(super) depth: Option<usize>,
    /// The order; with --json that of the server unless given
    #[arg(long, value_name = "KEY")]
    pub(super) sort: Option<Sort>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
pub(super) struct Find {
    /// The folder to look in, and below
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    pub(super) target: OsString,
    /// Only names that fit: * is any text, ? one character, [a-z] one of these; hidden names too
    #[arg(long, value_name = "GLOB")]
    pub(super) name: Option<OsString>,
    /// At most so many levels below the target (0: only what is in it); never more than --explore-depth allows
    #[arg(long, value_name = "N")]
    pub(super) depth: Option<usize>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

const DOCTOR_HELP: &str = "\
Each step is told as it ends, then a verdict for each thing that was found, with the flags that
would mend it, and what the firewall must let through, ready to be sent to whoever runs it. Every
session is the doctor's own; as many as -j says are opened at once. Nothing is changed on the
server, unless --probe-upload is given: then a small file is stored and deleted again.

Exit codes: 0 nothing found but notes, else that of the first failure (see ftpane --help).

Examples:
  ftpane doctor web:
  ftpane doctor --json ftpes://me@ftp.example.org
  ftpane doctor --mode active --port-range 50000-50010 web:";

#[derive(Debug, Args)]
#[command(after_help = DOCTOR_HELP)]
pub(super) struct Doctor {
    /// The server; a path is looked at as its document path
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    pub(super) target: OsString,
    /// Store a small file in the document path and delete it again; never on a read-only server
    #[arg(long)]
    pub(super) probe_upload: bool,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
pub(super) struct Cat {
    /// Which files; *, ? and [a-z] stand for what is there
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    pub(super) targets: Vec<OsString>,
    /// No progress and no remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    Name,
    /// Largest first
    Size,
    /// Newest first
    Time,
}

impl Sort {
    pub(super) fn key(self) -> SortKey {
        match self {
            Self::Name => SortKey::Name,
            Self::Size => SortKey::Size,
            Self::Time => SortKey::Time,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Get {
    /// What to download: x makes TO/x, a folder with a slash at its end puts its contents into TO; *, ? and [a-z]
    /// stand for what is there; @FILE is a list of targets, one a line
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    pub(super) targets: Vec<OsString>,
    /// The folder to put it into, made where it is missing; - is standard output, for files only
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) to: PathBuf,
    /// Wait for the disk with each file; else once a second, and before the end
    #[arg(long)]
    pub(super) fsync: bool,
    #[command(flatten)]
    pub(super) transfer: Transfer,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
#[command(override_usage = "ftpane put [OPTIONS] <LOCAL>... <TARGET>")]
pub(super) struct Put {
    /// What to upload, and at last the TARGET: into it where it is a folder or ends in a slash, else under that name;
    /// - alone is standard input; @FILE is a list of local paths, one a line (a file of that name: ./@FILE)
    #[arg(value_names = ["LOCAL", "TARGET"], required = true, num_args = 2.., value_hint = TARGET_OR_FILE)]
    pub(super) places: Vec<OsString>,
    /// Write straight to the target where a folder refuses temporary names or renaming: not safe
    #[arg(long)]
    pub(super) in_place: bool,
    #[command(flatten)]
    pub(super) transfer: Transfer,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

impl Put {
    /// Whether standard input is uploaded.
    pub(super) fn reads_input(&self) -> bool {
        let sources = self.places.split_last().map_or(&[][..], |(_, sources)| sources);
        sources.iter().any(|source| source == INPUT)
    }
}

#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// Go on where an earlier run has left off, if the source is unchanged; skip what is complete, replace the
    /// rest whole (--on-conflict resume)
    #[arg(short = 'c', long = "continue", conflicts_with = "on_conflict")]
    pub(super) resume: bool,
    /// What to do where the target exists [default: what the server's entry says; if that is ask, or
    /// nothing is saved: ask on a terminal, else overwrite]
    #[arg(long, value_name = "WHAT", value_parser = policy)]
    pub(super) on_conflict: Option<Policy>,
    /// Compare each file by the server's checksum before it is put in its place; by size where it has none
    #[arg(long)]
    pub(super) verify: bool,
    /// Let each file have the time of its transfer, not its source's
    #[arg(long)]
    pub(super) no_times: bool,
    /// Give each file its source's permissions (SITE CHMOD on a server)
    #[arg(long)]
    pub(super) permissions: bool,
}

impl Transfer {
    /// Puts what is said here over the server's entry.
    pub(super) fn apply(&self, server: &mut Server) {
        server.verify |= self.verify;
        server.keep_times &= !self.no_times;
        server.keep_permissions |= self.permissions;
    }

    /// The policy of what goes to or from a server; `interactive` where somebody can be asked.
    pub(super) fn policy(&self, interactive: bool, server: &Server, direction: Direction) -> Policy {
        match (self.resume, self.on_conflict, server.on_conflict(direction)) {
            (true, ..) => Policy::Resume,
            (false, Some(policy), _) => policy,
            (false, None, Policy::Ask) if !interactive => Policy::Overwrite,
            (false, None, policy) => policy,
        }
    }

    /// Fails where somebody is to be asked and nobody can be.
    pub(super) fn check(&self, interactive: bool) -> Result<(), Failure> {
        match self.on_conflict {
            Some(Policy::Ask) if !interactive => Err(Failure::new(
                Class::Usage,
                "--on-conflict ask",
                "nobody can be asked: input and error output are no terminal",
            )
            .hint("Say what to do: one of the others that --help names.")),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Output {
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// No progress and no remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

fn policy(text: &str) -> Result<Policy, String> {
    Policy::ALL
        .into_iter()
        .find(|p| p.word() == text)
        .ok_or_else(|| format!("one of {}", Policy::ALL.map(Policy::word).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_done_where_a_target_exists() {
        let policy = |line: &str, interactive, saved| {
            let Some(Subcommands::Get(get)) = parse(line).unwrap().command else {
                panic!("no get");
            };
            let server = Server {
                on_conflict_download: saved,
                on_conflict_upload: Policy::Fail,
                ..Server::default()
            };
            get.transfer.policy(interactive, &server, Direction::Download)
        };
        for (line, interactive, saved, wanted) in [
            ("ftpane get w:x", true, Policy::Ask, Policy::Ask),
            ("ftpane get w:x", false, Policy::Ask, Policy::Overwrite),
            ("ftpane get w:x", true, Policy::Newer, Policy::Newer),
            ("ftpane get w:x", false, Policy::Skip, Policy::Skip),
            ("ftpane get -c w:x", false, Policy::Skip, Policy::Resume),
            (
                "ftpane get --on-conflict ask w:x",
                true,
                Policy::Skip,
                Policy::Ask,
            ),
            (
                "ftpane get --on-conflict size w:x",
                false,
                Policy::Skip,
                Policy::Size,
            ),
        ] {
            assert_eq!(
                policy(line, interactive, saved),
                wanted,
                "{line} {interactive} {saved:?}"
            );
        }
    }

    #[test]
    fn targets_and_commands() {
        assert!(parse("ftpane").unwrap().target.is_none());
        assert_eq!(
            parse("ftpane web:/x --mode active").unwrap().target,
            Some("web:/x".into())
        );
        assert!(parse("ftpane put a").is_err(), "a target is needed");
        assert!(parse("ftpane ls --depth 2 web:").is_err(), "only with -R");
        assert!(parse("ftpane get -c --on-conflict skip web:x").is_err());
        assert!(parse("ftpane get --on-conflict maybe web:x").is_err());
    }
}

//! The words of `ftpane servers`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Args, Subcommand};

use crate::cli::completions::SERVER;
use crate::cli::connection::Connection;
use crate::config::import::Format;

const ADD_HELP: &str = "\
Examples:
  ftpane servers add web ftpes://anna@ftp.example.org/www --group Customers
  ftpane servers add archive ftps://me@10.0.0.5 --read-only --password-command 'pass show archive'
  ftpane servers add old ftp://ftp.example.org --mode active --port-range 50000-50100

The password is never saved in the file of servers. With --password-from store it is asked for, or taken
from FTPANE_PASSWORD, and kept in the secret store; so is the password of a URL.";

const LIST_HELP: &str = "\
Examples:
  ftpane servers list
  ftpane servers list --json | jq -r 'select(.\"read-only\") | .name'";

const SHOW_HELP: &str = "\
Examples:
  ftpane servers show web";

const REMOVE_HELP: &str = "\
Examples:
  ftpane servers remove old 'old 2'";

const EXPORT_HELP: &str = "\
Examples:
  ftpane servers export customers.toml --group Customers
  ftpane servers import customers.toml --dry-run     on another machine

Passwords, accounts, password commands, and files and folders of this machine are left out.";

const EDIT_HELP: &str = "\
Examples:
  ftpane servers edit web --name www --group Customers
  ftpane servers edit web --set read-only=true --set on-conflict-upload=newer
  ftpane servers edit web --unset external-ip --password-from store";

const IMPORT_HELP: &str = "\
Examples:
  ftpane servers import auto --dry-run
  ftpane servers import sitemanager.xml --group Customers
  ftpane servers import lftp bookmarks

What each is read from, where FILE is not given:
  filezilla  ~/.config/filezilla/sitemanager.xml     winscp   WinSCP.ini
  lftp       ~/.local/share/lftp/bookmarks, and rc   termscp  ~/.config/termscp/bookmarks.toml
  rclone     ~/.config/rclone/rclone.conf            ncftp    ~/.ncftp/bookmarks
  netrc      ~/.netrc                                ftpane   what 'ftpane servers export' wrote

Passwords go to the secret store, which asks for its passphrase or takes FTPANE_PASSPHRASE; where there is
neither they are left out, and said.";

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(in crate::cli) enum ServersCommand {
    /// List the saved servers
    #[command(after_help = LIST_HELP)]
    List(List),
    /// Show all that is saved of a server, as the file has it
    #[command(after_help = SHOW_HELP)]
    Show(Show),
    /// Save a new server
    Add(Box<Add>),
    /// Change a saved server
    Edit(Box<Edit>),
    /// Delete saved servers, and what is kept of their passwords
    #[command(after_help = REMOVE_HELP)]
    Remove(Remove),
    /// Take over the servers of another program
    Import(Import),
    /// Write the saved servers to a file to share, without any password
    #[command(after_help = EXPORT_HELP)]
    Export(Export),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The server's name
    #[arg(value_name = "NAME", value_hint = SERVER)]
    pub(super) name: String,
    /// As a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub(in crate::cli) struct Add {
    /// What it is called from now on: NAME:PATH
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Protocol, user, host, port and document path: ftp://, ftpes:// or ftps://USER@HOST:PORT/PATH
    #[arg(value_name = "URL")]
    pub(super) url: String,
    #[command(flatten)]
    pub(super) fields: Fields,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
#[command(after_help = EDIT_HELP)]
pub(in crate::cli) struct Edit {
    /// The server's name
    #[arg(value_name = "NAME", value_hint = SERVER)]
    pub(super) server: String,
    /// Another name
    #[arg(long, value_name = "NEW")]
    pub(super) name: Option<String>,
    /// Another protocol, user, host, port and document path
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    #[command(flatten)]
    pub(super) fields: Fields,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// What a saved server has and a connection has not.
#[derive(Debug, Args)]
pub(in crate::cli) struct Fields {
    /// The group it is listed in
    #[arg(long)]
    pub(super) group: Option<String>,
    /// Anything worth remembering; never a password
    #[arg(long)]
    pub(super) note: Option<String>,
    /// Where its password comes from: ask, store, keyring, netrc, challenge or environment:VARIABLE
    #[arg(long, value_name = "WHERE", conflicts_with = "password_command")]
    pub(super) password_from: Option<String>,
    /// Any field by its name in servers.toml: --set verify=true
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(super) set: Vec<String>,
    /// Any field as it is in a new server: --unset external-ip
    #[arg(long, value_name = "FIELD")]
    pub(super) unset: Vec<String>,
    /// No remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Remove {
    /// The servers' names
    #[arg(value_name = "NAME", value_hint = SERVER, required = true)]
    pub(super) names: Vec<String>,
    /// No remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = IMPORT_HELP)]
pub(in crate::cli) struct Import {
    /// Whose servers, or a file alone, which is known by what is in it; auto looks in the usual places of all
    #[arg(value_name = "FORMAT", value_parser = SourceParser)]
    pub(super) from: Source,
    /// Another file than the program's usual one
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) file: Option<PathBuf>,
    /// Only say what would be taken, what cannot be and why
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// The group to put all of them in, instead of their own
    #[arg(long)]
    pub(super) group: Option<String>,
    /// Leave the passwords out
    #[arg(long)]
    pub(super) without_passwords: bool,
    /// No remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// What is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// What is in the usual places of all programs.
    Auto,
    /// What one program has saved.
    Of(Format),
    /// A file of whichever of them.
    File(PathBuf),
}

/// Reads a [`Source`]: whatever is no word for a format is a file's path.
#[derive(Debug, Clone)]
struct SourceParser;

impl TypedValueParser for SourceParser {
    type Value = Source;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let format = Format::ALL.into_iter().find(|format| value == format.word());
        Ok(match format {
            Some(format) => Source::Of(format),
            None if value == AUTO => Source::Auto,
            None => Source::File(value.into()),
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(words().map(PossibleValue::new)))
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The file, which must not be there yet; without it, stdout
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Only the servers of this group
    #[arg(long)]
    pub(super) group: Option<String>,
    /// No remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

const AUTO: &str = "auto";

/// The words for what is imported, where it is no file.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    [AUTO].into_iter().chain(Format::ALL.map(Format::word))
}

//! What the help and the manual say besides commands and options: targets, passwords, exit codes,
//! variables, files.

use std::fmt::Write as _;

/// How a target is written.
pub(super) const TARGETS: &str = "\
TARGET is SERVER:PATH with a saved server's name, or a URL: ftp:// (not encrypted),
ftpes:// (explicit TLS) or ftps:// (implicit TLS), as in ftpes://user@host/folder/file.
In a URL /~/x is relative to the login folder.";

/// Where passwords come from.
pub(super) const PASSWORDS: &str = "\
Passwords, in this order: in the URL (others can see it), --password-command,
FTPANE_PASSWORD, the source saved with the server, ~/.netrc, a prompt on the terminal.
A typed password is kept where the saved server's source is the store or the keyring.";

/// How the program ends, for scripts.
pub(super) const EXIT_CODES: [(u8, &str); 14] = [
    (0, "all done"),
    (1, "something failed while other things went on"),
    (2, "usage"),
    (3, "the server was not reached, or lost"),
    (4, "login refused"),
    (5, "TLS or certificate refused"),
    (6, "no data connection"),
    (
        7,
        "no such file, or the server refuses it: permission, no room there",
    ),
    (8, "refused here: read only, document path, depth"),
    (9, "conflict or verification; nothing was overwritten"),
    (10, "local disk"),
    (129, "ended by SIGHUP"),
    (130, "ended by SIGINT (Ctrl-C)"),
    (143, "ended by SIGTERM"),
];

/// The variables that are no settings.
pub(super) const ENVIRONMENT: [(&str, &str); 7] = [
    (
        "FTPANE_CONFIG_DIR",
        "another folder for servers and settings; the system's settings are not looked at then",
    ),
    ("FTPANE_PASSWORD", "the password"),
    (
        "FTPANE_PASSPHRASE",
        "the passphrase of the secret store, where nobody can type it",
    ),
    (
        "FTPANE_PROXY_PASSWORD",
        "the password of the proxy; variables such as ALL_PROXY are not looked at",
    ),
    (
        "FTPANE_LOG",
        "a file for ftpane's own log (never the dialogue, never a secret)",
    ),
    ("NETRC", "another file than ~/.netrc"),
    (
        "FTPANE_THEME ...",
        "any setting of config.toml ('ftpane config default' names them)",
    ),
];

/// What the interface asks of the environment, too: for the manual.
pub(super) const OF_THE_TERMINAL: [(&str, &str); 4] = [
    (
        "VISUAL, EDITOR, PAGER",
        "the programs for files, where the settings name none",
    ),
    (
        "TERM, COLORTERM, NO_COLOR",
        "the colours of the interface; where TERM is dumb, it is in lines",
    ),
    ("LC_ALL, LC_CTYPE, LANG", "ASCII alone where they name no UTF-8"),
    (
        "XDG_CONFIG_HOME, XDG_CONFIG_DIRS, XDG_STATE_HOME",
        "where the files below lie, if not in ~/.config, /etc/xdg and ~/.local/state",
    ),
];

/// The files, as they lie where no variable says otherwise; `ftpane config path` says where they are.
pub(super) const FILES: [(&str, &str); 13] = [
    (
        "~/.config/ftpane/servers.toml",
        "the saved servers, without passwords",
    ),
    (
        "~/.config/ftpane/config.toml",
        "settings; what differs from the default",
    ),
    ("~/.config/ftpane/keymap.toml", "keys of your own"),
    ("~/.config/ftpane/theme.toml", "colours of your own"),
    (
        "~/.config/ftpane/themes/NAME.toml",
        "further themes to choose from",
    ),
    ("~/.config/ftpane/bookmarks.toml", "bookmarked folders"),
    (
        "~/.config/ftpane/secrets.store",
        "the secret store: passwords, encrypted with a passphrase",
    ),
    (
        "/etc/xdg/ftpane/",
        "config.toml, keymap.toml and themes/ for all users, below their own",
    ),
    (
        "~/.local/state/ftpane/queue/",
        "what runs have left unfinished; no password is in it",
    ),
    ("~/.local/state/ftpane/edited/", "files that are being edited"),
    (
        "~/.local/state/ftpane/last-used",
        "when each server was last used",
    ),
    (
        "~/.local/state/ftpane/active-first",
        "the servers where 'auto' begins with active mode",
    ),
    ("~/.netrc", "logins that other programs share; only read"),
];

/// What the help of the whole program ends with.
pub(super) fn after_help() -> String {
    let mut out = format!("{TARGETS}\n\n{PASSWORDS}\n\nExit codes:\n");
    for (code, says) in EXIT_CODES {
        let _ = writeln!(out, "  {code:>3}  {says}");
    }
    out.push_str("\nEnvironment:\n");
    for (name, says) in ENVIRONMENT {
        let _ = writeln!(out, "  {name:21}  {says}");
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::paths::Paths;
    use crate::model::failure::Class;

    #[test]
    fn every_exit_code_is_told() {
        use Class::{
            Cancelled, Conflict, Data, Guarded, Local, Login, Other, Refused, Tls, Unreachable, Usage,
        };
        for class in [
            Cancelled,
            Conflict,
            Data,
            Guarded,
            Local,
            Login,
            Other,
            Refused,
            Tls,
            Unreachable,
            Usage,
        ] {
            assert!(
                EXIT_CODES.iter().any(|(code, _)| *code == class.exit_code()),
                "{class:?}"
            );
        }
    }

    #[test]
    fn every_file_is_told() {
        let paths = Paths::in_folder("/x");
        let own = [
            paths.servers(),
            paths.keymap(),
            paths.theme(),
            paths.bookmarks(),
            paths.secrets(),
            paths.queue(),
            paths.edited(),
            paths.last_used(),
            paths.active_first(),
        ];
        for path in own.iter().chain(&paths.settings()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(
                FILES
                    .iter()
                    .any(|(file, _)| file.trim_end_matches('/').ends_with(name)),
                "{name}"
            );
        }
    }
}

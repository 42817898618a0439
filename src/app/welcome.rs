//! What stands where no server is listed: what to have ready, or why the list cannot be read.

use super::action::{Action, Context};
use super::wrapping::wrap;
use super::{App, View};
use crate::config::theme::Role;

/// What to have ready, and what can be tried without anything saved.
pub const READY: [(&str, Role); 6] = [
    ("What to have ready", Role::Title),
    (
        "· A running FTP or FTPS server, such as FileZilla Server, and its settings: host name, port, user, and \
         whether it speaks explicit TLS (port 21) or implicit TLS (port 990).",
        Role::Text,
    ),
    (
        "· Its ports open in the firewalls: that port, and in passive mode the server's range above 1023.",
        Role::Text,
    ),
    (
        "· For passive mode behind NAT, a server that announces an address seen from outside.",
        Role::Text,
    ),
    ("", Role::Text),
    (
        "Without saving anything: ftpane ftpes://user@host/ connects at once, and ftpane demo shows all this on \
         a server of its own.",
        Role::Muted,
    ),
];

impl App {
    /// The lines that stand in the place of a list without servers, each with its colour. However few rows
    /// there are, all of them can be scrolled to.
    pub fn welcome(&self) -> Vec<(String, Role)> {
        let key = |action| self.key_of(Context::Servers, action);
        let mut texts: Vec<(String, Role)> = Vec::new();
        match self.servers.why_unread() {
            Some(why) => texts.extend([
                ("Your servers are not shown.".to_owned(), Role::Title),
                (String::new(), Role::Text),
                (why.to_owned(), Role::Error),
                (String::new(), Role::Text),
                (
                    format!("Once it is mended, {} reads it again.", key(Action::Refresh)),
                    Role::Text,
                ),
            ]),
            None => {
                texts.extend([
                    ("No servers yet.".to_owned(), Role::Title),
                    (
                        format!(
                            "{} enters a new one, and so does a pasted URL; {} takes over those of FileZilla, WinSCP, \
                             lftp and others. They are kept in a file of your own, never with a password.",
                            key(Action::NewServer),
                            key(Action::ImportServers)
                        ),
                        Role::Text,
                    ),
                    (String::new(), Role::Text),
                ]);
                texts.extend(READY.map(|(text, role)| (text.to_owned(), role)));
            }
        }
        // the frame, and a blank beside it
        let columns = usize::from(self.size.0.saturating_sub(4));
        let broken = |(text, role): (String, Role)| {
            let mut lines = wrap(&text, columns);
            if lines.is_empty() {
                lines.push(String::new());
            }
            lines.into_iter().map(move |line| (line, role))
        };
        texts.into_iter().flat_map(broken).collect()
    }

    /// Rows for [`App::welcome`].
    pub fn welcome_rows(&self) -> usize {
        usize::from(self.body_rows().saturating_sub(2))
    }

    /// Whether what stands in the place of the list is longer than the screen.
    pub(super) fn welcome_goes_on(&self) -> bool {
        self.view == View::Servers
            && self.servers.all().is_empty()
            && self.welcome().len() > self.welcome_rows()
    }

    /// Moves the window on it.
    pub(super) fn scroll_welcome(&mut self, movement: Action) {
        let (len, rows) = (self.welcome().len(), self.welcome_rows());
        self.servers.cursor.scroll(movement, len, rows);
    }
}

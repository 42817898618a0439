//! What a dialog says: the text of each subject, line by line.

mod connection;
mod files;
mod questions;

use ratatui::text::{Line, Span};

use crate::app::action::{Action, Context};
use crate::app::dialog::{Dialog, KEEPERS, POLICIES, Subject, amount};
use crate::app::failures::Failures;
use crate::app::folder::{name_at, shown, shown_name, shown_place};
use crate::app::pager::Asks;
use crate::app::zone::Zone;
use crate::app::{App, server_title};
use crate::config::secrets::Lock;
use crate::config::theme::{Role, Theme};
use crate::model::command::Place;
use crate::model::event::Wanted;
use crate::model::failure::Failure;
use crate::model::job::{BatchRequest, Direction, Policy};
use crate::model::server::PasswordSource;
use crate::model::size::{bytes, count};
use crate::model::stamp::Stamp;
use crate::model::text::escape_str;
use crate::model::unfinished::Unfinished;
use crate::ui::text::{fit_end, wrap};
use crate::ui::when;

/// So many of what failed besides the first are named.
const MORE: usize = 5;

/// The text of a dialog as it grows.
pub(super) struct Page<'a> {
    pub(super) lines: Vec<Line<'static>>,
    columns: usize,
    theme: &'a Theme,
    zone: &'a Zone,
}

impl<'a> Page<'a> {
    pub(super) fn of(dialog: &Dialog, app: &'a App, columns: usize) -> Self {
        let mut page = Self {
            lines: Vec::new(),
            columns,
            theme: &app.theme,
            zone: &app.zone,
        };
        match &dialog.subject {
            Subject::Transfer { request, to } => page.transfer(request, to),
            Subject::Delete { places, counted, .. } => page.delete(places, counted.as_ref()),
            Subject::NewFolder { folder } => page.path("in", &folder.shown()),
            Subject::Pattern { .. } => {
                page.say("What fits: * is any text, ? one character", Role::Text);
            }
            Subject::Search { folder } => {
                page.path("below", &folder.shown());
                page.say(
                    "A part of the name, or a pattern such as *.log. Further conditions: larger:1M smaller:2G newer:7d \
                     older:1y depth:2 kind:file|folder|link",
                    Role::Text,
                );
            }
            Subject::Errand(asks) => page.errand(asks),
            Subject::Files(asks) => {
                let typed = dialog.line.as_ref().map_or("", |line| line.text());
                page.files(asks, typed);
            }
            Subject::Compare => page.say(
                "Marks in both panes what a transfer would bring over: what is on one side only, newer or \
                 different. Folders are compared by name, what is in them is not looked at.",
                Role::Text,
            ),
            Subject::InFile(Asks::Search) => page.say(
                "A text, or bytes written as 0x0d0a. Capitals count once one is typed.",
                Role::Text,
            ),
            Subject::InFile(Asks::GoTo) => page.say(
                "A line such as 120, a byte such as @4096 or 0x1000, or a share such as 50%.",
                Role::Text,
            ),
            Subject::Rename { folder, names, .. } => {
                page.path("in", &folder.shown());
                match &names[..] {
                    [name] => page.path("from", &shown_name(name)),
                    _ => {
                        page.names(names.iter().map(shown_name));
                        page.say("Into which folder?", Role::Text);
                    }
                }
            }
            Subject::Password {
                server,
                refused,
                keep,
            } => {
                if let Some(failure) = refused {
                    page.failure(failure);
                    page.gap();
                }
                let text = format!(
                    "Password of {} for {}",
                    escape_str(server.login()),
                    server_title(server)
                );
                if let Some(at) = keep {
                    page.keepers(*at);
                    page.gap();
                }
                page.say(&text, Role::Text);
            }
            Subject::Passphrase { lock, first, .. } => page.passphrase(*lock, first.is_some()),
            Subject::Secret { server, wanted, .. } => {
                let (server, user, proxy) = (server_title(server), escape_str(server.login()), &server.proxy);
                let text = match (wanted, proxy) {
                    (Wanted::ProxyPassword, Some(proxy)) => {
                        format!(
                            "Password of the proxy {} for {server}",
                            escape_str(&proxy.to_string())
                        )
                    }
                    (Wanted::Account(_), _) => format!("{server} asks for an account of {user}:"),
                    _ => format!("{server} asks {user}:"),
                };
                page.say(&text, Role::Text);
                if let Some(said) = wanted.said() {
                    page.say(said, Role::Title);
                }
                page.gap();
            }
            Subject::Certificate {
                server,
                certificate,
                pinned,
                ..
            } => {
                let edit = app.key_of(Context::Servers, Action::EditServer);
                page.certificate(server, certificate, pinned.as_ref(), &edit);
            }
            Subject::Conflict {
                direction,
                source,
                target,
                scope,
                server,
                ..
            } => {
                page.conflict(*direction, source, target);
                let toggle = app.key_of(Context::Dialog, Action::Toggle);
                page.reach(*direction, *scope, server.as_deref(), &toggle);
            }
            Subject::InPlace {
                server,
                target,
                refusal,
                ..
            } => page.in_place(server, target, refusal),
            Subject::Connection => match app.link.session() {
                Some(session) => page.connection(session, app.remote.root.as_ref()),
                None => page.say("The connection is gone.", Role::Text),
            },
            Subject::Limit => page.say(
                "Bytes a second of all transfers together, such as 500K or 2M; 0 or nothing is no limit.",
                Role::Text,
            ),
            Subject::Job {
                local,
                remote,
                direction,
                said,
            } => {
                let (from, to) = match direction {
                    Direction::Download => (remote, local),
                    Direction::Upload => (local, remote),
                };
                page.path("from", from);
                page.path("to", to);
                page.gap();
                page.say(said, Role::Text);
            }
            Subject::CancelAll { unfinished } => {
                let text = format!(
                    "Take everything out of the queue? {} not over.",
                    match unfinished {
                        1 => "1 file is".to_owned(),
                        n => format!("{n} files are"),
                    }
                );
                page.say(&text, Role::Warning);
            }
            Subject::Failure(failures) => page.failures(failures),
            Subject::ConnectionFailed(failure) => page.failure(failure),
            Subject::RemoveServer(name) => {
                let text = format!(
                    "Delete the entry of {}? Nothing on the server is touched.",
                    escape_str(name)
                );
                page.say(&text, Role::Text);
            }
            Subject::Unfinished(left) => page.unfinished(left),
            Subject::Import(looked) => page.import(looked),
            Subject::Quit { unfinished, kept } => {
                let verb = if *unfinished == 1 { "is" } else { "are" };
                page.say(
                    &format!(
                        "{} {verb} not finished.",
                        count(*unfinished, "transfer", "transfers")
                    ),
                    Role::Warning,
                );
                let them = if *unfinished == 1 { "it" } else { "them" };
                let kept = match kept {
                    true => format!("; the next start offers {them} again"),
                    false => String::new(),
                };
                page.say(
                    &format!("Quitting stops {them}{kept}. No partial file stands under a final name, here or on the server."),
                    Role::Text,
                );
            }
        }
        page
    }

    fn unfinished(&mut self, left: &[Unfinished]) {
        const FIRST: usize = 4;
        self.say("Earlier runs did not come to their end:", Role::Text);
        let all = left.len();
        for left in left.iter().take(if all > FIRST + 1 { FIRST } else { all }) {
            let title = server_title(&left.server);
            let way = match left.direction {
                Direction::Download => format!("from {title}"),
                Direction::Upload => format!("to {title}"),
            };
            let more = if left.walked { "" } else { ", more to be found" };
            let files = count(left.files, "file", "files");
            let since = when::long(&left.asked, self.zone);
            let size = match left.bytes {
                0 => String::new(),
                n => format!(", {}", bytes(n)),
            };
            let text = format!("{since} {way}: {files} left{size}{more}");
            self.say(&text, Role::Warning);
        }
        if all > FIRST + 1 {
            self.say(&format!("and {} more", all - FIRST), Role::Muted);
        }
        self.gap();
        self.say(
            "Resume connects and puts them into the queue. Drop forgets them and deletes their temporary files \
             here. Later leaves them; u in the queue shows them again.",
            Role::Muted,
        );
    }

    pub(super) fn say(&mut self, text: &str, role: Role) {
        let style = self.theme.style(role);
        let lines = wrap(text, self.columns);
        self.lines
            .extend(lines.into_iter().map(|l| Line::styled(l, style)));
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    fn path(&mut self, label: &str, path: &str) {
        let room = self.columns.saturating_sub(6);
        self.lines.push(Line::from(vec![
            Span::styled(format!("{label:<6}"), self.theme.style(Role::Muted)),
            Span::styled(fit_end(path, room), self.theme.style(Role::Text)),
        ]));
    }

    /// A label and a text that may take several lines.
    fn pair(&mut self, label: &str, text: &str, role: Role) {
        const LABEL: usize = 12;
        let room = self.columns.saturating_sub(LABEL).max(1);
        for (place, part) in wrap(text, room).into_iter().enumerate() {
            let label = if place == 0 { label } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), self.theme.style(Role::Muted)),
                Span::styled(part, self.theme.style(role)),
            ]));
        }
    }

    fn moment(&self, stamp: Option<Stamp>) -> String {
        stamp.map_or("?".to_owned(), |stamp| when::long(&stamp, self.zone))
    }

    /// The first few of many names.
    fn names(&mut self, names: impl ExactSizeIterator<Item = String>) {
        const FIRST: usize = 4;
        let all = names.len();
        let role = Role::Text;
        for name in names.take(if all > FIRST + 1 { FIRST } else { all }) {
            let text = fit_end(&name, self.columns.saturating_sub(2));
            self.lines
                .push(Line::styled(format!("  {text}"), self.theme.style(role)));
        }
        if all > FIRST + 1 {
            self.say(&format!("  and {} more", all - FIRST), Role::Muted);
        }
    }

    fn failure(&mut self, failure: &Failure) {
        self.say(&failure.what, Role::Error);
        self.say(&failure.why, Role::Text);
        if let Some(reply) = &failure.reply {
            self.say(&format!("The server said: {reply}"), Role::Reply);
        }
        if let Some(hint) = &failure.hint {
            self.gap();
            self.say(hint, Role::Text);
        }
    }

    /// The first in full, of the others what failed, and why where that is another reason.
    fn failures(&mut self, failures: &Failures) {
        self.failure(&failures.first);
        if failures.since.is_empty() {
            return;
        }
        self.gap();
        self.say(
            &format!("{} more failed:", failures.since.len() + failures.more),
            Role::Text,
        );
        let mut last = &failures.first;
        for failure in failures.since.iter().take(MORE) {
            self.say(&failure.what, Role::Error);
            if (&failure.why, &failure.reply) != (&last.why, &last.reply) {
                let said = failure.reply.as_deref().map(|reply| format!(": {reply}"));
                self.say(
                    &format!("{}{}", failure.why, said.unwrap_or_default()),
                    Role::Muted,
                );
            }
            last = failure;
        }
        let rest = failures.since.len().saturating_sub(MORE) + failures.more;
        if rest > 0 {
            self.say(&format!("and {rest} more"), Role::Muted);
        }
    }

    fn keepers(&mut self, at: usize) {
        self.say("Keep it, once it was right (↑ ↓):", Role::Muted);
        for (place, keeper) in KEEPERS.iter().enumerate() {
            let words = match keeper {
                None => "nowhere",
                Some(PasswordSource::Keyring) => "in the desktop's keyring",
                Some(_) => "in ftpane's encrypted store",
            };
            self.option(words, place == at);
        }
    }

    fn passphrase(&mut self, lock: Lock, again: bool) {
        match (lock, again) {
            (Lock::New, false) => self.say(
                "Choose a passphrase: passwords are kept in a file of this machine, encrypted with it. It is asked \
                 for once a run, and nobody can bring it back.",
                Role::Text,
            ),
            (Lock::New, true) => self.say("The same passphrase again", Role::Text),
            (Lock::Closed, _) => self.say("Its passphrase, once for this run", Role::Text),
            (Lock::Wrong, _) => {
                self.say("The passphrase is wrong.", Role::Error);
                self.gap();
                self.say("Its passphrase, once for this run", Role::Text);
                self.gap();
                self.say(
                    "Forgotten? Nobody can bring it back: delete secrets.store, which starts a new one.",
                    Role::Muted,
                );
            }
        }
    }

    /// One of several, chosen or not.
    fn option(&mut self, words: &str, chosen: bool) {
        let (sign, role) = match chosen {
            true => ("(•)", Role::Title),
            false => ("( )", Role::Text),
        };
        self.say(&format!("{sign} {words}"), role);
    }

    fn transfer(&mut self, request: &BatchRequest, to: &str) {
        let upload = request.direction == Direction::Upload;
        self.names(request.items.iter().map(|item| match upload {
            true => shown(&item.local),
            false => item.remote.shown(),
        }));
        self.path("to", to);
        self.gap();
        self.say("Where the target exists (↑ ↓):", Role::Muted);
        for policy in POLICIES {
            self.option(policy_words(policy), policy == request.policy);
        }
    }

    fn delete(&mut self, places: &[Place], counted: Option<&Result<crate::model::event::Counted, Failure>>) {
        self.names(
            places
                .iter()
                .map(|p| name_at(p).map_or_else(|| shown_place(p), |n| shown_name(&n))),
        );
        self.gap();
        match counted {
            None => self.say("counting what is in it …", Role::Muted),
            Some(Err(failure)) => self.failure(failure),
            Some(Ok(counted)) => {
                let text = format!("{}: gone for good.", amount(counted));
                self.say(&text, Role::Error);
                if let Some(depth) = counted.cut {
                    let text = format!(
                        "Cut at depth {depth}: what lies deeper is not counted, and a folder that reaches deeper is not deleted."
                    );
                    self.say(&text, Role::Warning);
                }
                if counted.incomplete {
                    self.say(
                        "There may be more: a listing on the way was not complete.",
                        Role::Warning,
                    );
                }
            }
        }
    }
}

fn policy_words(policy: Policy) -> &'static str {
    match policy {
        Policy::Ask => "ask each time",
        Policy::Overwrite => "overwrite it",
        Policy::Newer => "overwrite it if the source is newer",
        Policy::Size => "overwrite it if the sizes differ",
        Policy::Resume => "continue it where that is provably right",
        Policy::Rename => "keep both, the new one under another name",
        Policy::Skip => "leave it",
        Policy::Fail => "fail",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_and_doubt_has_words_of_its_own() {
        let mut words: Vec<&str> = Policy::ALL.iter().map(|p| policy_words(*p)).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Policy::ALL.len());
        assert!(words.iter().all(|w| w.len() <= 48));
    }
}

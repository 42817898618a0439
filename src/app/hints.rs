//! The line of hints: the keys that matter where one is, the most useful first.

use super::App;
use super::action::{Action, Context};
use super::connect::Link;
use super::dialog;
use super::folder::Side;
use super::palette::acts_on_server;
use super::pane::Content;
use super::picker::Subject;
use crate::config::keymap::shown;
use crate::model::key::{Code, Key};

/// A key and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key as a person reads it.
    pub key: String,
    /// One or two words.
    pub word: &'static str,
    /// Whether it would do something now.
    pub enabled: bool,
    /// What a click on it does.
    pub action: Action,
}

impl App {
    /// The hints, most useful first; the screen shows as many as fit.
    pub fn hints(&self) -> Vec<Hint> {
        use Action as A;
        let context = self.context();
        if !self.pressed.is_empty() {
            return self.continuations(context);
        }
        let actions: &[A] = match context {
            Context::Dialog => &[A::Accept, A::Back, A::Next],
            Context::Text => &[A::Accept, A::Back],
            Context::Picker => match self.picker.as_ref().map(|picker| &picker.subject) {
                Some(Subject::Path(_)) => &[A::Accept, A::Complete, A::Back, A::Down],
                Some(Subject::Bookmarks) => &[A::Accept, A::Back, A::Forget, A::Down],
                _ => &[A::Accept, A::Back, A::Down],
            },
            Context::Servers if self.servers.why_unread().is_some() => {
                &[A::Refresh, A::Help, A::Quit, A::Log]
            }
            Context::Servers if self.servers.all().is_empty() => {
                &[A::NewServer, A::ImportServers, A::Help, A::Quit, A::Log]
            }
            Context::Servers => &[
                A::Connect,
                A::NewServer,
                A::EditServer,
                A::CopyServer,
                A::RemoveServer,
                A::Doctor,
                A::Filter,
                A::Help,
                A::Quit,
                A::Fold,
                A::ImportServers,
                A::Log,
                A::Queue,
            ],
            Context::Queue => &[
                A::Back,
                A::Pause,
                A::Cancel,
                A::Retry,
                A::MoveTop,
                A::Details,
                A::Help,
                A::NextView,
                A::ClearFinished,
                A::Limit,
                A::PauseAll,
                A::RetryAll,
                A::CancelBatch,
            ],
            Context::Pager => &[
                A::Back,
                A::Search,
                A::SearchNext,
                A::Position,
                A::Hex,
                A::Wrap,
                A::PageDown,
                A::Last,
                A::Help,
                A::SearchPrevious,
                A::NextCharset,
                A::Refresh,
            ],
            Context::Found => &[
                A::Reveal,
                A::Back,
                A::Transfer,
                A::View,
                A::Delete,
                A::Mark,
                A::Find,
                A::Help,
            ],
            Context::Doctor => &[
                A::Back,
                A::Apply,
                A::LookAgain,
                A::CopyReport,
                A::Details,
                A::NextView,
                A::PageDown,
                A::Log,
                A::Help,
            ],
            Context::Log => &[A::Back, A::Filter, A::NextView, A::CopyLog, A::Help],
            Context::Help | Context::Global => &[A::Back, A::Filter, A::PageDown, A::PageUp],
            Context::Panes if self.active == Side::Remote && matches!(self.link, Link::Opening(_)) => {
                &[A::Back, A::OtherPane, A::Log, A::Help, A::Quit]
            }
            Context::Panes if self.active == Side::Remote && matches!(self.link, Link::Lost(..)) => &[
                A::Refresh,
                A::Servers,
                A::Doctor,
                A::Enter,
                A::OtherPane,
                A::Log,
                A::Help,
                A::Quit,
            ],
            Context::Panes if matches!(self.pane(self.active).content, Content::Failed(_)) => &[
                A::Refresh,
                A::Leave,
                A::Enter,
                A::Servers,
                A::OtherPane,
                A::Log,
                A::Help,
                A::Quit,
            ],
            Context::Panes => &[
                A::Transfer,
                A::Rename,
                A::NewFolder,
                A::Delete,
                A::View,
                A::OtherPane,
                A::Mark,
                A::Filter,
                A::Help,
                A::Quit,
                A::Servers,
                A::Queue,
                A::Log,
                A::Palette,
                A::Jump,
                A::GoTo,
                A::Bookmarks,
                A::Hidden,
                A::Refresh,
            ],
        };
        let mut actions = actions.to_vec();
        if context == Context::Panes && !self.shows_both() {
            // the other pane is not to be seen: the way to it comes first
            actions.retain(|a| *a != A::OtherPane);
            actions.insert(1.min(actions.len()), A::OtherPane);
        }
        if context == Context::Panes
            && self.pane(self.active).at_top()
            && actions.first() == Some(&A::Refresh)
        {
            // out of a folder that failed there is no way up
            actions.retain(|a| *a != A::Leave);
        }
        if context == Context::Servers && self.welcome_goes_on() {
            actions.insert(1.min(actions.len()), A::PageDown);
        }
        let mut hints: Vec<Hint> = actions.iter().filter_map(|a| self.hint(context, *a)).collect();
        if context == Context::Dialog || context == Context::Text {
            let conflict = self
                .dialogs
                .front()
                .is_some_and(|d| matches!(d.subject, dialog::Subject::Conflict { .. }));
            if conflict {
                hints.extend(self.hint(Context::Dialog, A::Toggle));
            }
        }
        hints
    }

    /// What may follow the keys pressed so far.
    fn continuations(&self, context: Context) -> Vec<Hint> {
        let follows = self.keys.bindings().filter(|b| {
            (b.context == context || b.context == Context::Global) && b.keys.starts_with(&self.pressed)
        });
        follows
            .filter_map(|b| {
                Some(Hint {
                    key: shown(b.keys.get(self.pressed.len()..)?),
                    word: b.action.row().short,
                    enabled: true,
                    action: b.action,
                })
            })
            .collect()
    }

    /// The key that does this there, as a person reads it; its name where no key does. A function key has its
    /// twin beside it: not every terminal lets those through.
    pub fn key_of(&self, context: Context, action: Action) -> String {
        let contexts = [context, Context::Global].into_iter();
        let mut keys = contexts.flat_map(|context| self.keys.of(context, action));
        let is_function = |keys: &[Key]| matches!(keys, [Key { code: Code::F(_), .. }]);
        match (keys.next(), keys.next()) {
            (Some(first), Some(twin)) if is_function(first) => format!("{} or {}", shown(first), shown(twin)),
            (Some(first), _) => shown(first),
            (None, _) => format!("'{}'", action.row().id),
        }
    }

    fn hint(&self, context: Context, action: Action) -> Option<Hint> {
        let keys = [context, Context::Global]
            .into_iter()
            .flat_map(|c| self.keys.of(c, action));
        // the letter takes less room than its function key, and no terminal eats it; a person
        // from mc looks for the function key: where there is one, it is shown
        let is_function = |k: &&[Key]| matches!(k, [Key { code: Code::F(_), .. }]);
        let mut keys = keys.peekable();
        let first = *keys.peek()?;
        let key = keys.find(is_function).unwrap_or(first);
        let function_for_mc = matches!(
            action,
            Action::View | Action::Transfer | Action::Rename | Action::NewFolder | Action::Delete
        );
        Some(Hint {
            key: shown(if function_for_mc { key } else { first }),
            word: action.row().short,
            action,
            enabled: match context {
                Context::Panes | Context::Found => self.refusal(action).is_none(),
                Context::Doctor if action == Action::Apply => self
                    .doctor
                    .as_ref()
                    .is_some_and(|doctor| doctor.chosen().is_some()),
                Context::Servers => {
                    self.servers.current().is_some() || !(acts_on_server(action) || action == Action::Connect)
                }
                _ => true,
            },
        })
    }
}

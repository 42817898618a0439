//! The passphrase of the secret store: asked for when something wants it, once in a run; a new one
//! twice.

use super::App;
use super::dialog::{Dialog, Subject};
use super::effect::Effect;
use super::input::Line;
use crate::config::secrets::Lock;

impl App {
    /// Something is wanted of the store that its passphrase must come before.
    pub(super) fn ask_passphrase(&mut self, lock: Lock, wanted: Box<Effect>) {
        if let Effect::ResolveSecret(connection, _) = &*wanted
            && self.link.attempt().is_none_or(|a| a.connection != *connection)
            && !self.doctor_waits(*connection)
        {
            // that connection was given up meanwhile
            return;
        }
        let subject = Subject::Passphrase {
            lock,
            wanted,
            first: None,
        };
        self.dialogs.push_back(Dialog::asking(subject, Line::masked()));
    }

    /// What was typed: taken, or asked for once more.
    pub(super) fn take_passphrase(&mut self, mut dialog: Dialog) -> Vec<Effect> {
        let typed = dialog.line.replace(Line::masked()).map(|mut l| l.take_secret());
        let Some(typed) = typed.filter(|typed| !typed.reveal().is_empty()) else {
            dialog.complaint = Some("a passphrase is needed".into());
            self.dialogs.push_front(dialog);
            return Vec::new();
        };
        if let Subject::Passphrase { lock, wanted, first } = &mut dialog.subject {
            if *lock != Lock::New || first.as_ref() == Some(&typed) {
                return vec![Effect::Unlock(typed), (**wanted).clone()];
            }
            dialog.complaint = first
                .is_some()
                .then(|| "the two differ; type a new one twice again".into());
            *first = match first {
                Some(_) => None,
                None => Some(typed),
            };
            self.dialogs.push_front(dialog);
        }
        Vec::new()
    }

    /// The person does not want the store opened: what needed it is not done.
    pub(super) fn give_up(&mut self, wanted: &Effect) -> Vec<Effect> {
        match wanted {
            Effect::ResolveSecret(connection, _) if self.doctor_waits(*connection) => self.leave_doctor(),
            Effect::ResolveSecret(..) => self.cancel_connecting(),
            Effect::ChangeServers(_) => {
                self.saving = None;
                self.say("Nothing was changed: the secret store stayed closed".into());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

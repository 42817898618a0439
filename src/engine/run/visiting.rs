//! The doctor's visits, beside everything else.

use std::sync::Arc;

use super::Loop;
use crate::engine::doctor::{Request, diagnose};
use crate::model::command::Command;

impl Loop {
    /// Looks at a server, as [`Command::Diagnose`] says, until that is done or
    /// [`Command::Disconnect`] comes.
    pub(super) fn visit(&mut self, diagnosis: Command) {
        let Command::Diagnose {
            connection: id,
            server,
            secret,
            patience,
            probe_upload,
        } = diagnosis
        else {
            return;
        };
        let request = Request {
            id,
            server: *server,
            secret,
            patience,
            probe_upload,
        };
        let cancel = self.end.child_token();
        self.connecting.insert(id, cancel.clone());
        let (listener, questions) = (self.listener.clone(), Arc::clone(&self.questions));
        let looking = diagnose(request, listener, questions, self.sink.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = looking => {}
                () = cancel.cancelled() => {}
            }
        });
    }
}

//! The doctor's visits, beside everything else.

use std::sync::Arc;

use super::Loop;
use crate::engine::doctor::{Request, diagnose};

impl Loop {
    /// Looks at a server until that is done or [`crate::model::command::Command::Disconnect`] comes.
    pub(super) fn visit(&mut self, request: Request) {
        let cancel = self.end.child_token();
        self.connecting.insert(request.id, cancel.clone());
        let (outlet, questions) = (self.outlet.clone(), Arc::clone(&self.questions));
        let looking = diagnose(request, outlet, questions, Arc::clone(&self.sink));
        self.tasks.spawn(async move {
            tokio::select! {
                () = looking => {}
                () = cancel.cancelled() => {}
            }
        });
    }
}

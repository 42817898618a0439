//! What the engine asks in a run, put to the terminal.

use super::{End, Session};
use crate::cli::password::find_wanted;
use crate::cli::question;
use crate::config::paths::Paths;
use crate::config::servers::Servers;
use crate::model::command::{Answer, CertificateAnswer, InPlaceAnswer, Scope};
use crate::model::event::Question;
use crate::model::failure::Class;
use crate::model::job::{Direction, Policy};

impl Session {
    /// What the person says to a question of the engine; nobody is asked where nobody is there.
    pub(super) async fn answer(&mut self, question: Question) -> Result<Answer, End> {
        match question {
            Question::Certificate {
                server,
                certificate,
                pinned,
                ..
            } => {
                self.speech
                    .line(&question::certificate(&server, &certificate, pinned));
                if pinned.is_some() {
                    self.speech
                        .line("It may be renewed, or somebody stands between. Ask the server's administrator; then give the new fingerprint by --pin, or forget the old one in the server's entry.");
                } else if self.interactive {
                    let yes = self.ask("Accept it for this run? [y/N] ").await?;
                    if matches!(yes.trim(), "y" | "Y" | "yes") {
                        return Ok(Answer::Certificate(CertificateAnswer::Once));
                    }
                }
                Ok(Answer::Certificate(CertificateAnswer::Refuse))
            }
            Question::Secret { server, wanted, .. } => {
                if let Some(said) = wanted.said() {
                    self.speech.line(&format!("The server says: {said}"));
                }
                let find = find_wanted(&server, &wanted, &mut self.stdin);
                let found = tokio::select! {
                    biased;
                    code = self.signals.next() => return Err(End::Signal(code)),
                    found = find => found,
                };
                match found {
                    Ok(secret) => Ok(Answer::Secret(secret)),
                    // the login fails with it, and says what for
                    Err(failure) if failure.class == Class::Login => {
                        self.speech.line(&failure.to_string());
                        Ok(Answer::Dismissed)
                    }
                    Err(failure) => Err(failure.into()),
                }
            }
            Question::InPlace {
                server,
                target,
                refusal,
                ..
            } => {
                if !self.interactive {
                    return Ok(Answer::InPlace(InPlaceAnswer::No));
                }
                self.speech.line(&question::in_place(&server, &target, &refusal));
                let yes = self.ask("Write in place? [y/N] ").await?;
                Ok(Answer::InPlace(match yes.trim() {
                    "y" | "Y" | "yes" => InPlaceAnswer::Once,
                    _ => InPlaceAnswer::No,
                }))
            }
            Question::Conflict {
                connection,
                direction,
                source,
                target,
                can_resume,
                ..
            } => {
                if !self.interactive {
                    return Ok(Answer::Dismissed);
                }
                let always = self.for_always.get(&(connection, direction));
                if let Some(policy) = always.copied().or(self.for_all) {
                    return Ok(Answer::Conflict(policy, Scope::Batch));
                }
                let name = self.saved.get(&connection).cloned();
                let asked = question::conflict(direction, &source, &target, can_resume);
                self.speech.line(&asked);
                if let Some(name) = &name {
                    self.speech.line(&question::always(direction, name));
                }
                loop {
                    let text = self.ask("> ").await?;
                    if text.is_empty() {
                        return Ok(Answer::Dismissed);
                    }
                    if let Some((policy, scope)) = question::conflict_answer(&text, can_resume) {
                        match (scope, &name) {
                            (Scope::Once, _) => {}
                            (Scope::Batch, _) => self.for_all = Some(policy),
                            (Scope::Always, None) => continue,
                            (Scope::Always, Some(name)) => {
                                self.for_always.insert((connection, direction), policy);
                                self.keep_policy(name, direction, policy);
                            }
                        }
                        return Ok(Answer::Conflict(policy, scope));
                    }
                }
            }
        }
    }

    /// Writes into the server's entry what is done about conflicts from now on.
    fn keep_policy(&self, name: &str, direction: Direction, policy: Policy) {
        let kept = Paths::find().and_then(|paths| {
            let mut servers = Servers::load(paths.servers())?;
            Ok(servers.on_conflict(name, direction, policy)?)
        });
        match kept {
            Ok(()) => self.speech.remark(&format!(
                "kept in the entry of {name}: {} from now on",
                policy.word()
            )),
            Err(failure) => self
                .speech
                .warn(&format!("it holds for this run only: {failure}")),
        }
    }
}

//! `ftpane servers add` and `edit`.

use tokio::io::AsyncRead;

use super::Saved;
use super::arguments::{Add, Edit, Fields};
use crate::cli::connection::Connection;
use crate::cli::prompt;
use crate::config::change::Change;
use crate::config::servers::fields;
use crate::config::{bookmarks, last_used, secrets};
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::target::{Url, blot};
use crate::model::text::escape_str;

const IN_URL: &str = "the password in the URL can be seen by other users of this machine; --password-from \
    store asks for it";

impl<R: AsyncRead + Unpin> Saved<'_, R> {
    pub(super) async fn add(&mut self, add: &Add) -> Result<(), Failure> {
        let name = escape_str(&add.name);
        if self.servers.find(&add.name).is_some() {
            return Err(refused(&name, "a server of this name is saved already")
                .hint(format!("'ftpane servers edit {name}' changes it")));
        }
        let mut server = Server {
            name: add.name.clone(),
            ..Server::default()
        };
        let in_url = take_url(&mut server, &add.url, &add.connection)?;
        let secret = self
            .fill(&mut server, in_url, &add.fields, &add.connection)
            .await?;
        let kept = secret.is_some();
        self.change(Change::Add(Box::new(server), secret)).await?;
        self.speech
            .remark(&format!("saved {name}{}", with_password(kept)));
        Ok(())
    }

    pub(super) async fn edit(&mut self, edit: &Edit) -> Result<(), Failure> {
        let before = self.named(&edit.server)?.clone();
        let mut server = before.clone();
        let mut in_url = None;
        if let Some(url) = &edit.url {
            in_url = take_url(&mut server, url, &edit.connection)?;
        }
        if let Some(name) = &edit.name {
            server.name.clone_from(name);
        }
        let secret = self
            .fill(&mut server, in_url, &edit.fields, &edit.connection)
            .await?;
        let name = escape_str(&server.name);
        if server == before && secret.is_none() {
            self.speech.remark(&format!("{name} is as it was"));
            return Ok(());
        }
        let kept = secret.is_some();
        let after = server.name.clone();
        self.change(Change::Replace(edit.server.clone(), Box::new(server), secret))
            .await?;
        if after != edit.server {
            self.follow(&edit.server, &after);
        }
        self.speech
            .remark(&format!("saved {name}{}", with_password(kept)));
        Ok(())
    }

    /// What is remembered of a server goes along with its new name; the server is saved already, so what
    /// cannot be written is only said.
    fn follow(&self, before: &str, after: &str) {
        let renamed = bookmarks::Change::RenameServer(before.to_owned(), after.to_owned());
        if let Err(failure) = bookmarks::change(&self.paths.bookmarks(), &renamed) {
            self.speech
                .warn(&format!("its bookmarks keep the old name: {failure}"));
        }
        let path = self.paths.last_used();
        if let Err(error) = last_used::rename(&path, before, after) {
            self.speech.warn(&format!(
                "when it was last used is forgotten: {}: {error}",
                path.display()
            ));
        }
    }

    /// Fills in what the options say; the password that is to be kept, if there is one.
    async fn fill(
        &mut self,
        server: &mut Server,
        in_url: Option<Secret>,
        fields: &Fields,
        connection: &Connection,
    ) -> Result<Option<Secret>, Failure> {
        let name = escape_str(&server.name);
        if let Some(option) = connection.of_this_run() {
            let why = format!("{option} holds for one run, and a server cannot keep it");
            return Err(
                refused(&name, why).hint("'ftpane config default' shows what can be set for all runs")
            );
        }
        connection.apply(server).map_err(|why| refused(&name, why))?;
        if let Some(group) = &fields.group {
            server.group.clone_from(group);
        }
        if let Some(note) = &fields.note {
            server.note.clone_from(note);
        }
        if let Some(command) = &connection.password_command {
            server.password = PasswordSource::Command(command.clone());
        }
        if let Some(from) = &fields.password_from {
            server.password = source(from).ok_or_else(|| {
                refused(
                    &name,
                    "--password-from is one of ask, store, keyring, netrc, challenge and environment:VARIABLE, \
                     never the password itself",
                )
            })?;
        } else if in_url.is_some() {
            server.password = PasswordSource::Store;
        }
        for field in &fields.unset {
            *server = fields::unset(server, field).map_err(|e| refused(&name, e.to_string()))?;
        }
        for pair in &fields.set {
            let Some((field, value)) = pair.split_once('=') else {
                return Err(refused(
                    &name,
                    "--set is written FIELD=VALUE, as in --set verify=true",
                ));
            };
            *server = fields::set(server, field.trim(), value).map_err(|e| refused(&name, e.to_string()))?;
        }
        // the name may have come with --set
        let name = escape_str(&server.name);
        fields::check(server).map_err(|e| refused(&name, e.to_string()))?;
        if server.password == PasswordSource::Keyring && !secrets::HAS_KEYRING {
            let why = "password: this ftpane was built without the desktop's keyring";
            return Err(refused(&name, why).hint("--password-from store keeps it encrypted"));
        }
        self.password(server, in_url, fields.password_from.is_some())
            .await
    }

    /// The password to be kept: that of the URL, or where it was asked for by `--password-from`, the
    /// variable's or a typed one.
    async fn password(
        &mut self,
        server: &Server,
        in_url: Option<Secret>,
        asked: bool,
    ) -> Result<Option<Secret>, Failure> {
        let keeps = matches!(server.password, PasswordSource::Store | PasswordSource::Keyring);
        if in_url.is_some() {
            self.speech.warn(IN_URL);
            if !keeps {
                self.speech
                    .warn("it is not kept: the server's password comes from elsewhere");
            }
            return Ok(in_url.filter(|_| keeps));
        }
        if !keeps || !asked {
            return Ok(None);
        }
        if let Some(secret) = secrets::environment(secrets::PASSWORD_VARIABLE)? {
            return Ok(Some(secret));
        }
        if !prompt::is_possible() {
            self.speech
                .remark("no password is kept yet: the first connection asks for it");
            return Ok(None);
        }
        let url = server.url();
        let (asked, none) = (
            format!("Password of {url}, to be kept: "),
            format!("No password for {url}"),
        );
        let secret = prompt::ask(&asked, &none, "Give it by FTPANE_PASSWORD", self.terminal).await?;
        Ok(Some(secret).filter(|secret| !secret.reveal().is_empty()))
    }
}

fn with_password(kept: bool) -> &'static str {
    if kept { ", and its password" } else { "" }
}

/// Takes protocol, host, port, user and document path of a URL; its password, if it has one.
fn take_url(server: &mut Server, text: &str, connection: &Connection) -> Result<Option<Secret>, Failure> {
    let failed = |why: String| Failure::new(Class::Usage, blot(&escape_str(text)), why);
    if !text.contains("://") {
        let hint = "Write ftpes://USER@HOST/, ftps://USER@HOST/ or ftp://USER@HOST/";
        return Err(failed("this is no URL".into()).hint(hint));
    }
    let url = Url::parse(text).map_err(|e| failed(e.to_string()))?;
    let charset = connection.charset.unwrap_or(server.charset);
    let path = url.document_path(charset).ok_or_else(|| {
        failed("its path is no text in the server's character set; --charset says which".into())
    })?;
    let from = url.server();
    server.protocol = from.protocol;
    server.host = from.host;
    server.port = from.port;
    server.user = from.user;
    server.document_path = path;
    Ok(url.password)
}

/// Where a password comes from, as it is written in `--password-from`.
fn source(word: &str) -> Option<PasswordSource> {
    Some(match word {
        "ask" => PasswordSource::Ask,
        "store" => PasswordSource::Store,
        "keyring" => PasswordSource::Keyring,
        "netrc" => PasswordSource::Netrc,
        "challenge" => PasswordSource::Challenge,
        word => PasswordSource::Environment(word.strip_prefix("environment:")?.to_owned()),
    })
}

fn refused(name: &str, why: impl Into<String>) -> Failure {
    Failure::new(Class::Usage, format!("'{name}' is not saved"), why)
}

//! What of files is copied to the clipboard of the person's terminal: paths, URLs, command lines.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::folder::{Folder, shown_place};
use crate::model::command::Place;

impl App {
    /// Copies what is selected as a text to the clipboard of the person's terminal.
    pub(in crate::app) fn copy_text(&mut self, what: Copied) -> Vec<Effect> {
        let places = self.selected_places();
        let Some(first) = places.first() else {
            self.say("There is nothing to copy".into());
            return Vec::new();
        };
        let session = self.link.session();
        let server = session.map(|session| &session.attempt.server);
        let text = match what {
            Copied::Path => Ok(lines(places.iter().map(path_text))),
            Copied::Url => match (server, first) {
                (Some(server), Place::Remote(..)) => Ok(lines(places.iter().map(|place| match place {
                    Place::Remote(_, path) => server.url_of(path),
                    Place::Local(_) => path_text(place),
                }))),
                _ => Err("A URL is of something on a server".to_owned()),
            },
            Copied::CommandLine => match (server, first) {
                (Some(server), Place::Remote(..)) => Ok(command_line(
                    &["get", "--to"],
                    &self.local.folder,
                    &places,
                    server,
                )),
                (Some(server), Place::Local(_)) => {
                    Ok(command_line(&["put"], &self.remote.folder, &places, server))
                }
                (None, _) => Err(self.no_connection()),
            },
        };
        match text {
            Ok(text) => {
                self.say(format!("Copied: {}", crate::model::text::escape_str(&text)));
                vec![Effect::CopyText(text)]
            }
            Err(why) => {
                self.say(why);
                Vec::new()
            }
        }
    }
}

/// What is copied of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Copied {
    /// Their paths.
    Path,
    /// Their URLs, without the password.
    Url,
    /// The command line that transfers them to the other pane's folder.
    CommandLine,
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join("\n")
}

/// A path as text: bytes that are none are written as they are shown.
fn path_text(place: &Place) -> String {
    let bytes = match place {
        Place::Local(path) => path.as_os_str().as_encoded_bytes(),
        Place::Remote(_, path) => path.as_bytes(),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => shown_place(place),
    }
}

/// `ftpane get --to DIR TARGET...` or `ftpane put LOCAL... TARGET`, quoted for a shell.
fn command_line(
    words: &[&str],
    to: &Folder,
    places: &[Place],
    server: &crate::model::server::Server,
) -> String {
    let target = |place: &Place| match place {
        Place::Remote(_, path) if server.name.is_empty() => server.url_of(path),
        Place::Remote(..) => format!("{}:{}", server.name, path_text(place)),
        Place::Local(_) => path_text(place),
    };
    let to = target(&to.place(crate::model::job::ConnectionId(0)));
    let sources = places.iter().map(target);
    let mut all: Vec<String> = ["ftpane"].iter().chain(words).map(ToString::to_string).collect();
    match words.contains(&"get") {
        true => {
            all.push(to);
            all.extend(sources);
        }
        false => {
            all.extend(sources);
            // into the folder, whatever stands there
            all.push(if to.ends_with('/') { to } else { to + "/" });
        }
    }
    let quoted: Vec<String> = all.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

/// A word as a POSIX shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,~".contains(c);
    // a ~ at the beginning would be a home folder
    match !word.is_empty() && !word.starts_with('~') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::ConnectionId;
    use crate::model::path::RemotePath;
    use crate::model::server::Server;

    #[test]
    fn command_lines_are_safe_in_a_shell() {
        for (word, want) in [
            ("plain-1.txt", "plain-1.txt"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$(rm)", "'$(rm)'"),
            ("~x", "'~x'"),
            ("", "''"),
            ("caf\u{e9}", "'caf\u{e9}'"),
        ] {
            assert_eq!(quoted(word), want);
        }
        let path = |text: &str| RemotePath::parse(text.as_bytes()).unwrap();
        let saved = Server {
            name: "web".into(),
            host: "h".into(),
            ..Server::default()
        };
        let there = [Place::Remote(ConnectionId(1), path("/a b"))];
        let here = [Place::Local("/x/f".into())];
        let (local, remote) = (Folder::Local("/x".into()), Folder::Remote(path("/in")));
        let get = |server: &Server| command_line(&["get", "--to"], &local, &there, server);
        assert_eq!(get(&saved), "ftpane get --to /x 'web:/a b'");
        let unsaved = Server {
            name: String::new(),
            user: "me".into(),
            ..saved.clone()
        };
        assert_eq!(get(&unsaved), "ftpane get --to /x ftpes://me@h/a%20b");
        assert_eq!(
            command_line(&["put"], &remote, &here, &saved),
            "ftpane put /x/f web:/in/"
        );
    }
}

//! The lines of `--json`: one object each, in the forms scripts depend on. The README has the table of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::model::charset::Charset;
use crate::model::entry::{Entry, Kind};
use crate::model::stamp::Precision;

/// Bytes as text, and in base64 beside it when they are not that text in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) bytes: Option<String>,
}

impl Text {
    pub(super) fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self {
                text: text.to_owned(),
                bytes: None,
            },
            Err(_) => Self {
                text: String::from_utf8_lossy(bytes).into_owned(),
                bytes: Some(STANDARD.encode(bytes)),
            },
        }
    }

    /// A name of a server: its text, and the bytes the server has where they are others.
    pub(super) fn of_server(name: &[u8], charset: Charset) -> Self {
        let text = String::from_utf8_lossy(name).into_owned();
        let sent = charset.to_server(name).unwrap_or(name.into());
        Self {
            bytes: (*sent != *text.as_bytes()).then(|| STANDARD.encode(&sent)),
            text,
        }
    }
}

/// An entry of a listing.
#[derive(Debug, Serialize)]
pub(super) struct EntryLine {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_bytes: Option<String>,
    kind: &'static str,
    size: Option<u64>,
    modified: Option<String>,
    modified_precision: Option<&'static str>,
    permissions: Option<String>,
    target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_bytes: Option<String>,
}

impl EntryLine {
    /// `path` is the entry's own, as it is given back in a target.
    pub(super) fn new(path: &[u8], entry: &Entry, charset: Charset) -> Self {
        let of_server = |name| Text::of_server(name, charset);
        let (path, name) = (of_server(path), of_server(entry.name.as_bytes()));
        let target = entry.target.as_deref().map(of_server);
        let modified = entry.modified.and_then(|m| m.rfc3339());
        Self {
            path: path.text,
            path_bytes: path.bytes,
            name: name.text,
            name_bytes: name.bytes,
            kind: match entry.kind {
                Kind::Dir => "dir",
                Kind::File => "file",
                Kind::Link => "link",
                Kind::Other => "other",
            },
            size: entry.size,
            modified_precision: entry
                .modified
                .filter(|_| modified.is_some())
                .map(|m| match m.precision {
                    Precision::Second => "second",
                    Precision::Minute => "minute",
                    Precision::Day => "day",
                }),
            modified,
            permissions: entry.permissions.map(|p| p.symbolic()),
            target_bytes: target.as_ref().and_then(|t| t.bytes.clone()),
            target: target.map(|t| t.text),
        }
    }
}

/// What an earlier run has left of a batch.
#[derive(Debug, Serialize)]
pub(super) struct UnfinishedLine {
    pub(super) id: String,
    pub(super) asked: Option<String>,
    /// The name of the saved server.
    pub(super) server: Option<String>,
    pub(super) url: String,
    pub(super) direction: &'static str,
    pub(super) on_conflict: &'static str,
    pub(super) files: u64,
    pub(super) files_left: u64,
    pub(super) bytes_left: u64,
    /// Whether all folders were looked into: else there may be more files.
    pub(super) complete: bool,
    /// The first few sources.
    pub(super) paths: Vec<PathLine>,
}

/// A path.
#[derive(Debug, Serialize)]
pub(super) struct PathLine {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl From<Text> for PathLine {
    fn from(text: Text) -> Self {
        Self {
            path: text.text,
            path_bytes: text.bytes,
        }
    }
}

/// What happened, where it is no entry.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum EventLine {
    /// A line of a listing that fits no known form.
    Unreadable {
        /// The folder.
        path: String,
        /// Its bytes, base64, where they are not UTF-8.
        #[serde(skip_serializing_if = "Option::is_none")]
        path_bytes: Option<String>,
        /// The line, base64.
        line_bytes: String,
    },
    /// A listing that may lack entries.
    Incomplete {
        /// The folder.
        path: String,
        /// Its bytes, base64, where they are not UTF-8.
        #[serde(skip_serializing_if = "Option::is_none")]
        path_bytes: Option<String>,
        /// Why.
        reason: String,
    },
    /// A folder that was not looked into, since it lies below the server's depth.
    Cut {
        /// The folder.
        path: String,
        /// Its bytes, base64, where they are not UTF-8.
        #[serde(skip_serializing_if = "Option::is_none")]
        path_bytes: Option<String>,
        /// The depth.
        depth: u32,
    },
    /// A file is complete.
    Done(TransferLine),
    /// A file, or what was asked for, failed.
    Failed(TransferLine),
    /// A file, or a folder below the depth, was left out; `error` says why.
    Skipped(TransferLine),
    /// The last line of a transfer.
    Summary {
        /// Files completed.
        done: u64,
        /// Failures.
        failed: u64,
        /// Files left out.
        skipped: u64,
        /// Content bytes moved.
        bytes: u64,
        /// From the first request to the last answer.
        seconds: f64,
    },
}

impl EventLine {
    pub(super) fn cut(path: Text, depth: u32) -> Self {
        Self::Cut {
            path: path.text,
            path_bytes: path.bytes,
            depth,
        }
    }

    pub(super) fn unreadable(path: Text, line: &[u8]) -> Self {
        Self::Unreadable {
            path: path.text,
            path_bytes: path.bytes,
            line_bytes: STANDARD.encode(line),
        }
    }

    pub(super) fn incomplete(path: Text, reason: &str) -> Self {
        Self::Incomplete {
            path: path.text,
            path_bytes: path.bytes,
            reason: reason.to_owned(),
        }
    }
}

/// One transfer.
#[derive(Debug, Serialize)]
pub(super) struct TransferLine {
    pub(super) source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_bytes: Option<String>,
    pub(super) target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_bytes: Option<String>,
    pub(super) bytes: u64,
    pub(super) seconds: f64,
    pub(super) error: Option<String>,
}

impl TransferLine {
    pub(super) fn new(source: Option<Text>, target: Option<Text>) -> Self {
        Self {
            source_bytes: source.as_ref().and_then(|s| s.bytes.clone()),
            source: source.map(|s| s.text),
            target_bytes: target.as_ref().and_then(|t| t.bytes.clone()),
            target: target.map(|t| t.text),
            bytes: 0,
            seconds: 0.0,
            error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Permissions;
    use crate::model::path::Name;
    use crate::model::stamp::Stamp;

    fn json(line: &impl Serialize) -> String {
        serde_json::to_string(line).unwrap()
    }

    #[test]
    fn an_entry_as_promised() {
        let mut entry = Entry::new(Name::new(b"a.txt").unwrap(), Kind::File);
        entry.size = Some(12);
        entry.modified = Some(Stamp::exact(1_767_323_045));
        entry.permissions = Some(Permissions(0o644));
        assert_eq!(
            json(&EntryLine::new(b"/pub/a.txt", &entry, Charset::default())),
            r#"{"path":"/pub/a.txt","name":"a.txt","kind":"file","size":12,"modified":"2026-01-02T03:04:05Z","modified_precision":"second","permissions":"rw-r--r--","target":null}"#
        );
    }

    #[test]
    fn bytes_can_be_had_back() {
        let mut entry = Entry::new(Name::new(b"caf\xe9").unwrap(), Kind::Link);
        entry.target = Some(Box::from(&b"\xff"[..]));
        let line: serde_json::Value =
            serde_json::from_str(&json(&EntryLine::new(b"/caf\xe9", &entry, Charset::default()))).unwrap();
        let back = |key: &str| STANDARD.decode(line[key].as_str().unwrap()).unwrap();
        assert_eq!(back("name_bytes"), b"caf\xe9");
        assert_eq!(back("path_bytes"), b"/caf\xe9");
        assert_eq!(back("target_bytes"), b"\xff");
        assert!(line["size"].is_null() && line["modified"].is_null() && line["permissions"].is_null());
    }

    #[test]
    fn a_name_in_another_character_set_is_text_and_the_servers_bytes() {
        let latin: Charset = "latin1".parse().unwrap();
        let entry = Entry::new(Name::new("é".as_bytes()).unwrap(), Kind::File);
        let line: serde_json::Value =
            serde_json::from_str(&json(&EntryLine::new("/é".as_bytes(), &entry, latin))).unwrap();
        assert_eq!(
            (line["name"].as_str(), line["path"].as_str()),
            (Some("é"), Some("/é"))
        );
        let back = |key: &str| STANDARD.decode(line[key].as_str().unwrap()).unwrap();
        assert_eq!(
            (back("name_bytes"), back("path_bytes")),
            (b"\xe9".to_vec(), b"/\xe9".to_vec())
        );
        let plain = Entry::new(Name::new(b"a").unwrap(), Kind::File);
        assert!(!json(&EntryLine::new(b"/a", &plain, latin)).contains("bytes"));
    }

    #[test]
    fn events() {
        let mut line = TransferLine::new(Some(Text::new(b"/a")), Some(Text::new(b"b")));
        line.error = Some("no".into());
        assert_eq!(
            json(&EventLine::Failed(line)),
            r#"{"event":"failed","source":"/a","target":"b","bytes":0,"seconds":0.0,"error":"no"}"#
        );
        assert_eq!(
            json(&EventLine::unreadable(Text::new(b"/"), b"?")),
            r#"{"event":"unreadable","path":"/","line_bytes":"Pw=="}"#
        );
        assert_eq!(
            json(&EventLine::unreadable(Text::new(b"/\xff"), b"?")),
            r#"{"event":"unreadable","path":"/�","path_bytes":"L/8=","line_bytes":"Pw=="}"#
        );
        assert_eq!(
            json(&EventLine::incomplete(Text::new(b"/\xff"), "why")),
            r#"{"event":"incomplete","path":"/�","path_bytes":"L/8=","reason":"why"}"#
        );
    }
}

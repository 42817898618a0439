//! The lines of `--json`: one object each, in the forms scripts depend on. The README has the table of them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::model::charset::Charset;
use crate::model::checksum::Checksum;
use crate::model::entry::{Entry, Kind};
use crate::model::event::{Counted, RawReply};
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

    /// The path of a target as it was written, always from the document path or the server's root: with a slash.
    pub(super) fn of_target(source: &[u8]) -> Self {
        Self::new(&rooted(source))
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

/// A target's path with the slash that may be left out behind `SERVER:`.
pub(super) fn rooted(source: &[u8]) -> Cow<'_, [u8]> {
    match source.starts_with(b"/") {
        true => source.into(),
        false => [b"/", source].concat().into(),
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

/// Something that was changed, or could not be.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum DeedLine {
    /// It was done.
    Done {
        path: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        path_bytes: Option<String>,
        /// The new path, or the copy's.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to_bytes: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        files: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        folders: Option<u64>,
    },
    /// It failed, or a part of it.
    Failed {
        path: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        path_bytes: Option<String>,
        error: String,
    },
    /// The last line.
    Summary { done: u64, failed: u64 },
}

impl DeedLine {
    pub(super) fn done(path: Text) -> Self {
        Self::Done {
            path: path.text,
            path_bytes: path.bytes,
            to: None,
            to_bytes: None,
            files: None,
            folders: None,
        }
    }

    /// With where it went.
    pub(super) fn to(mut self, target: Text) -> Self {
        if let Self::Done { to, to_bytes, .. } = &mut self {
            (*to, *to_bytes) = (Some(target.text), target.bytes);
        }
        self
    }

    /// With how much it was.
    pub(super) fn counted(mut self, counted: &Counted) -> Self {
        if let Self::Done { files, folders, .. } = &mut self {
            (*files, *folders) = (Some(counted.files), Some(counted.folders));
        }
        self
    }

    pub(super) fn failed(path: Text, error: String) -> Self {
        Self::Failed {
            path: path.text,
            path_bytes: path.bytes,
            error,
        }
    }

    pub(super) fn summary(done: u64, failed: u64) -> Self {
        Self::Summary { done, failed }
    }
}

/// A file's checksum.
#[derive(Debug, Serialize)]
pub(super) struct ChecksumLine {
    #[serde(flatten)]
    path: PathLine,
    algorithm: &'static str,
    checksum: String,
}

impl ChecksumLine {
    pub(super) fn new(path: Text, sum: &Checksum) -> Self {
        Self {
            path: path.into(),
            algorithm: sum.algorithm.word(),
            checksum: sum.to_string(),
        }
    }
}

/// How much is below a path.
#[derive(Debug, Serialize)]
pub(super) struct CountedLine {
    #[serde(flatten)]
    path: PathLine,
    bytes: u64,
    files: u64,
    folders: u64,
    /// Whether all of it could be looked into.
    complete: bool,
    /// The server's depth, where something lies deeper.
    cut: Option<u32>,
}

impl CountedLine {
    pub(super) fn new(path: Text, counted: &Counted) -> Self {
        Self {
            path: path.into(),
            bytes: counted.bytes,
            files: counted.files,
            folders: counted.folders,
            complete: !counted.incomplete,
            cut: counted.cut,
        }
    }
}

/// A server's answer.
#[derive(Debug, Serialize)]
pub(super) struct RawLine {
    code: u16,
    lines: Vec<ReplyLine>,
}

#[derive(Debug, Serialize)]
struct ReplyLine {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

impl RawLine {
    pub(super) fn new(reply: &RawReply, charset: Charset) -> Self {
        let line = |line: &Vec<u8>| {
            let Text { text, bytes } = Text::of_server(line, charset);
            ReplyLine { text, bytes }
        };
        Self {
            code: reply.code,
            lines: reply.lines.iter().map(line).collect(),
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
        /// Content bytes of the files completed.
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
    fn a_target_is_told_from_its_root() {
        for (source, path) in [("a/b", "/a/b"), ("/a/b", "/a/b"), ("", "/"), ("/~/a", "/~/a")] {
            assert_eq!(Text::of_target(source.as_bytes()), Text::new(path.as_bytes()));
        }
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

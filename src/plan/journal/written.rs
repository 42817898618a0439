//! Items and paths as they are written: bytes that are no UTF-8 in base64.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::entry::{Kind, Permissions};
use crate::model::job::{Direction, Item, JobId, Rank};
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;

/// A path of either side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WrittenPath(Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Bytes { base64: String },
}

impl Serialize for WrittenPath {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => to.serialize_str(text),
            Err(_) => Form::Bytes {
                base64: STANDARD.encode(&self.0),
            }
            .serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for WrittenPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(Self(text.into_bytes())),
            Form::Bytes { base64 } => {
                let bytes = STANDARD.decode(base64);
                bytes.map(Self).map_err(serde::de::Error::custom)
            }
        }
    }
}

impl WrittenPath {
    /// Of the side that an item comes from.
    pub fn source(direction: Direction, item: &Item) -> Self {
        match direction {
            Direction::Download => Self::remote(&item.remote),
            Direction::Upload => Self::local(&item.local),
        }
    }

    /// The folder that an item goes into.
    pub fn target_folder(direction: Direction, item: &Item) -> Option<Self> {
        match direction {
            Direction::Download => item.local.parent().map(Self::local),
            Direction::Upload => item.remote.parent().map(|path| Self::remote(&path)),
        }
    }

    /// Of the side that an item goes to.
    pub fn target(direction: Direction, item: &Item) -> Self {
        match direction {
            Direction::Download => Self::local(&item.local),
            Direction::Upload => Self::remote(&item.remote),
        }
    }

    fn remote(path: &RemotePath) -> Self {
        Self(path.as_bytes().to_vec())
    }

    fn local(path: &Path) -> Self {
        // one path has several spellings (`a//b`): the same file is written the same way
        let path: PathBuf = path.components().collect();
        Self(bytes(&path))
    }

    fn to_remote(&self) -> Option<RemotePath> {
        RemotePath::parse(&self.0).ok()
    }

    fn to_local(&self) -> Option<PathBuf> {
        path(&self.0)
    }
}

#[cfg(unix)]
fn bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(std::ffi::OsStr::from_bytes(bytes).into())
}

/// Paths that are no text cannot be written down here.
#[cfg(not(unix))]
fn bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// An [`Item`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenItem {
    pub(super) local: WrittenPath,
    pub(super) remote: WrittenPath,
    pub(super) kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permissions: Option<u16>,
}

impl WrittenItem {
    /// An item as it is written; its local path is absolute.
    pub fn new(item: &Item) -> Self {
        Self {
            local: WrittenPath::local(&item.local),
            remote: WrittenPath::remote(&item.remote),
            kind: item.kind,
            size: item.size,
            modified: item.modified,
            permissions: item.permissions.map(|bits| bits.0),
        }
    }

    /// The item again; `None` where a path of it cannot be one here.
    pub(super) fn item(&self) -> Option<Item> {
        Some(Item {
            local: self.local.to_local()?,
            remote: self.remote.to_remote()?,
            kind: self.kind,
            size: self.size,
            modified: self.modified,
            permissions: self.permissions.map(Permissions),
        })
    }
}

/// A job of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenJob {
    pub(super) id: JobId,
    pub(super) item: WrittenItem,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rank: Option<Rank>,
}

impl WrittenJob {
    /// A job as it is written.
    pub fn new(id: JobId, item: &Item) -> Self {
        Self {
            id,
            item: WrittenItem::new(item),
            rank: None,
        }
    }

    /// The same with its place in the queue.
    pub fn at(self, rank: Rank) -> Self {
        let rank = Some(rank);
        Self { rank, ..self }
    }
}

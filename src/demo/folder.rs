//! The served folder: unftp-sbe-fs with what a demo needs mended.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::io::{AsyncRead, BufReader};
use unftp_core::auth::DefaultUser;
use unftp_core::storage::{Fileinfo, Metadata, Permissions, Result, StorageBackend};
use unftp_sbe_fs::{Filesystem, Meta};

/// How often a listing is tried while names come and go in the folder.
const LIST_TRIES: u32 = 20;

/// One open folder, shared by all connections.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    inner: Arc<Filesystem>,
    root: Arc<Path>,
}

impl Folder {
    /// Opens it; nothing outside it can be reached through this.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            inner: Arc::new(Filesystem::new(path)?),
            root: path.canonicalize()?.into(),
        })
    }

    /// What a link leads to, as long as that is inside.
    fn behind(&self, path: &Path) -> Option<std::fs::Metadata> {
        let path = path.strip_prefix("/").unwrap_or(path);
        let end = self.root.join(path).canonicalize().ok()?;
        end.starts_with(&self.root)
            .then(|| std::fs::metadata(end).ok())
            .flatten()
    }

    fn see(&self, path: &Path, own: Meta) -> Seen {
        let behind = own.is_symlink().then(|| self.behind(path)).flatten();
        Seen { own, behind }
    }
}

/// What a path is. libunftp's MLSD and SIZE know no links: they would give the length of the
/// link's text for that of the file, so a link to a file looks like the file.
#[derive(Debug)]
pub(super) struct Seen {
    own: Meta,
    behind: Option<std::fs::Metadata>,
}

impl Metadata for Seen {
    fn len(&self) -> u64 {
        self.behind
            .as_ref()
            .map_or(self.own.len(), std::fs::Metadata::len)
    }

    fn is_dir(&self) -> bool {
        self.behind
            .as_ref()
            .map_or(self.own.is_dir(), std::fs::Metadata::is_dir)
    }

    fn is_file(&self) -> bool {
        self.behind
            .as_ref()
            .map_or(self.own.is_file(), std::fs::Metadata::is_file)
    }

    fn is_symlink(&self) -> bool {
        self.behind.is_none() && self.own.is_symlink()
    }

    fn modified(&self) -> Result<SystemTime> {
        match &self.behind {
            Some(behind) => Ok(behind.modified()?),
            None => self.own.modified(),
        }
    }

    fn gid(&self) -> u32 {
        self.own.gid()
    }

    fn uid(&self) -> u32 {
        self.own.uid()
    }

    fn links(&self) -> u64 {
        self.own.links()
    }

    fn permissions(&self) -> Permissions {
        self.own.permissions()
    }

    fn readlink(&self) -> Option<&Path> {
        self.own.readlink()
    }
}

#[async_trait]
impl StorageBackend<DefaultUser> for Folder {
    type Metadata = Seen;

    fn supported_features(&self) -> u32 {
        StorageBackend::<DefaultUser>::supported_features(&*self.inner)
    }

    async fn metadata<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<Seen> {
        let path = path.as_ref();
        Ok(self.see(path, self.inner.metadata(user, path).await?))
    }

    /// The inner listing fails as a whole when a name vanishes between being read and being
    /// looked at, which every upload's last rename brings about: so it is tried again.
    async fn list<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
    ) -> Result<Vec<Fileinfo<PathBuf, Seen>>> {
        let path = path.as_ref();
        let mut listed = self.inner.list(user, path).await;
        for _ in 1..LIST_TRIES {
            if listed.is_ok() || self.inner.metadata(user, path).await.is_err() {
                break;
            }
            listed = self.inner.list(user, path).await;
        }
        let seen = |info: Fileinfo<PathBuf, Meta>| Fileinfo {
            metadata: self.see(&path.join(&info.path), info.metadata),
            path: info.path,
        };
        Ok(listed?.into_iter().map(seen).collect())
    }

    /// The inner reader asks the disk for 4 KiB at a time; a large buffer goes past that.
    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
        start: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        let inner = self.inner.get(user, path, start).await?;
        Ok(Box::new(BufReader::with_capacity(256 * 1024, inner)))
    }

    async fn put<P, R>(&self, user: &DefaultUser, input: R, path: P, start: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        self.inner.put(user, input, path, start).await
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.inner.del(user, path).await
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.inner.mkd(user, path).await
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, from: P, to: P) -> Result<()> {
        self.inner.rename(user, from, to).await
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.inner.rmd(user, path).await
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.inner.cwd(user, path).await
    }
}

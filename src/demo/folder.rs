//! The served folder: unftp-sbe-fs with what a demo needs mended.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::{AsyncRead, BufReader};
use unftp_core::auth::DefaultUser;
use unftp_core::storage::{Fileinfo, Result, StorageBackend};
use unftp_sbe_fs::{Filesystem, Meta};

/// How often a listing is tried while names come and go in the folder.
const LIST_TRIES: u32 = 20;

/// One open folder, shared by all connections.
#[derive(Debug, Clone)]
pub(super) struct Folder(Arc<Filesystem>);

impl Folder {
    /// Opens it; nothing outside it can be reached through this.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Filesystem::new(path).map(|f| Self(Arc::new(f)))
    }
}

#[async_trait]
impl StorageBackend<DefaultUser> for Folder {
    type Metadata = Meta;

    fn supported_features(&self) -> u32 {
        StorageBackend::<DefaultUser>::supported_features(&*self.0)
    }

    async fn metadata<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<Meta> {
        self.0.metadata(user, path).await
    }

    /// The inner listing fails as a whole when a name vanishes between being read and being
    /// looked at, which every upload's last rename brings about: so it is tried again.
    async fn list<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
    ) -> Result<Vec<Fileinfo<PathBuf, Meta>>> {
        let path = path.as_ref();
        let mut listed = self.0.list(user, path).await;
        for _ in 1..LIST_TRIES {
            if listed.is_ok() || self.0.metadata(user, path).await.is_err() {
                break;
            }
            listed = self.0.list(user, path).await;
        }
        listed
    }

    /// The inner reader asks the disk for 4 KiB at a time; a large buffer goes past that.
    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
        start: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        let inner = self.0.get(user, path, start).await?;
        Ok(Box::new(BufReader::with_capacity(256 * 1024, inner)))
    }

    async fn put<P, R>(&self, user: &DefaultUser, input: R, path: P, start: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        self.0.put(user, input, path, start).await
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.0.del(user, path).await
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.0.mkd(user, path).await
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, from: P, to: P) -> Result<()> {
        self.0.rename(user, from, to).await
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.0.rmd(user, path).await
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.0.cwd(user, path).await
    }
}

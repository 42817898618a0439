//! Who waits while a connection is made: hears how far it is, and is asked what only shows itself
//! to be needed on the way.

use std::net::SocketAddr;

use crate::model::event::Wanted;
use crate::model::secret::Secret;

/// Whoever waits for a login.
#[async_trait::async_trait]
pub(crate) trait Attendant: Send + Sync {
    /// What is being done now, in words.
    fn step(&self, text: String);

    /// A TCP connection stands: to the server, or to its proxy.
    fn stands(&self, _to: SocketAddr) {}

    /// Something did not go as it was meant to, and the connection stands all the same.
    fn notice(&self, text: String);

    /// Something more is needed; `None` where nobody says it. The server waits meanwhile, as long
    /// as it likes.
    async fn ask(&self, wanted: Wanted) -> Option<Secret>;
}

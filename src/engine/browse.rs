//! Connecting and listing: what somebody at the screen waits for.

use std::path::PathBuf;
use std::sync::Arc;

use super::arrival::Arrival;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::{blocking, unbroken, unix_now};
use crate::ftp::error::local;
use crate::ftp::onlooker::Onlooker;
use crate::model::command::{Generation, Place};
use crate::model::entry::Entry;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::model::text::shown_path;

/// Opens the browsing session and tells how it went.
pub(super) async fn connect(pool: Arc<Pool>, listener: Listener) {
    let told = match unbroken(open(&pool)).await {
        Ok(root) => Event::Connected {
            connection: pool.id,
            server: Arc::clone(&pool.connection.server),
            root,
            facts: Box::new(pool.facts()),
        },
        Err(failure) => Event::ConnectionFailed(pool.id, failure),
    };
    listener.tell(told);
}

async fn open(pool: &Arc<Pool>) -> Result<RemotePath, Failure> {
    let mut lease = pool.lease(Purpose::Browsing).await?;
    let root = lease.fence().root().clone();
    if !pool.connection.server.document_path.is_empty() {
        let what = format!("Could not open the document path {root}");
        lease.enter_root().await.map_err(|e| {
            e.failure(what)
                .hint("Correct the document path in the server's entry; empty is the server's root.")
        })?;
    }
    Ok(root)
}

/// The document path as an absolute one: empty is the root, `~` where the login landed.
pub(super) fn document_root(
    document_path: &str,
    login_folder: Option<&RemotePath>,
) -> Result<RemotePath, Failure> {
    let refused = |why: String| Failure::new(Class::Usage, "The document path cannot be used", why);
    let below_login = document_path
        .strip_prefix('~')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let resolved = match (below_login, login_folder) {
        (None, _) => RemotePath::parse(document_path.as_bytes()),
        (Some(rest), Some(folder)) => folder.resolve(rest.trim_start_matches('/').as_bytes()),
        (Some(_), None) => {
            return Err(refused(
                "it begins where the login lands, and the server does not say where that is".into(),
            ));
        }
    };
    resolved.map_err(|e| refused(e.to_string()))
}

/// Lists a folder on either side and tells the result.
pub(super) async fn list(pool: Option<Arc<Pool>>, place: Place, generation: Generation, listener: Listener) {
    let result = unbroken(async {
        let mut arrival = Arrival::new(place.clone(), generation, listener.clone());
        let look = move |come: &[Entry]| arrival.look(come);
        match (&place, &pool) {
            (Place::Local(path), _) => list_local_before(path.clone(), look).await,
            (Place::Remote(_, path), Some(pool)) => {
                let mut lease = pool.lease(Purpose::Browsing).await?;
                let listed = lease
                    .list_before(path, unix_now(), Some(Onlooker::new(look)))
                    .await;
                listed.map_err(|e| e.failure(format!("Could not list {path}")))
            }
            (Place::Remote(..), None) => Err(not_connected()),
        }
    })
    .await;
    if let Some(pool) = &pool {
        pool.tell_facts();
    }
    listener.tell(Event::Listed {
        place,
        generation,
        result: result.map(Arc::new),
    });
}

/// Lists a folder of this machine.
pub(super) async fn list_local(path: PathBuf) -> Result<Listing, Failure> {
    list_local_before(path, |_| {}).await
}

/// The same; somebody looks at what has come so far.
async fn list_local_before(
    path: PathBuf,
    look: impl FnMut(&[Entry]) + Send + 'static,
) -> Result<Listing, Failure> {
    let what = format!("Could not list {}", shown_path(&path));
    let listed = blocking(move || crate::local::list::list_before(&path, look)).await?;
    listed.map_err(|error| local(what, &error))
}

/// The answer to a request for a connection that is not there.
pub(super) fn not_connected() -> Failure {
    Failure::new(
        Class::Unreachable,
        "Not done",
        "there is no connection to that server",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_paths() {
        let login = RemotePath::parse(b"/home/me").unwrap();
        for (given, want) in [
            ("", "/"),
            ("/srv/www/", "/srv/www"),
            ("srv", "/srv"),
            ("~", "/home/me"),
            ("~/pub", "/home/me/pub"),
            ("~//pub", "/home/me/pub"),
            ("~x", "/~x"),
        ] {
            assert_eq!(
                document_root(given, Some(&login)).unwrap().as_bytes(),
                want.as_bytes(),
                "{given}"
            );
        }
    }
}

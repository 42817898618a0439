//! Somebody who watches a listing arrive.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use tokio::time::sleep;

use crate::model::entry::Entry;

/// How often he is shown what has come, where nothing more does.
const LOOK: Duration = Duration::from_millis(100);

type Look = dyn FnMut(&[Entry]) + Send + Sync;

/// Is shown the entries that have come so far, again and again.
pub(crate) struct Onlooker(Box<Look>);

impl Onlooker {
    pub(crate) fn new(look: impl FnMut(&[Entry]) + Send + Sync + 'static) -> Self {
        Self(Box::new(look))
    }

    /// Shows him what has come, now and while more is awaited.
    pub(super) async fn beside<T>(&mut self, come: &[Entry], more: impl Future<Output = T>) -> T {
        let mut more = pin!(more);
        loop {
            (self.0)(come);
            tokio::select! {
                biased;
                done = &mut more => return done,
                () = sleep(LOOK) => {}
            }
        }
    }
}

impl fmt::Debug for Onlooker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Onlooker")
    }
}

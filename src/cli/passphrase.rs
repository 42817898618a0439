//! `ftpane passphrase`: another passphrase for the secret store.

use tokio::io::{AsyncRead, BufReader};

use super::password::{new_passphrase, passphrase};
use super::signal::until_signal;
use super::speech::Speech;
use crate::config::paths::Paths;
use crate::config::secrets::{Secrets, StoreError};
use crate::model::failure::{Class, Failure};

/// Changes it; the exit code.
pub(super) async fn run() -> u8 {
    let speech = Speech::new(false);
    let mut terminal = BufReader::new(tokio::io::stdin());
    until_signal(change(&mut terminal, &speech), &speech).await
}

async fn change(terminal: &mut (impl AsyncRead + Unpin), speech: &Speech) -> Result<u8, Failure> {
    let secrets = Secrets::at(Paths::find()?.secrets())?;
    let store = secrets.store();
    if !store.exists() {
        let why = "there is none yet: the first password that is kept makes it";
        return Err(Failure::new(Class::Usage, "The secret store", why));
    }
    loop {
        match store.prepare(false) {
            Ok(()) => break,
            Err(StoreError::Locked(lock)) => secrets.unlock(passphrase(lock, terminal).await?),
            Err(error) => return Err(error.into()),
        }
    }
    store.change_passphrase(new_passphrase(terminal).await?)?;
    speech.remark("the secret store has its new passphrase");
    Ok(0)
}

use super::*;

fn server(name: &str, password: PasswordSource) -> Server {
    Server {
        name: name.into(),
        password,
        ..Server::default()
    }
}

fn secrets(folder: &tempfile::TempDir) -> Secrets {
    let secrets = Secrets::at(folder.path().join("secrets")).unwrap();
    secrets.unlock(Secret::new("pass phrase"));
    secrets
}

#[tokio::test]
async fn each_source_gives_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = secrets(&folder);
    assert_eq!(secrets.find(&server("a", PasswordSource::Ask)).await, Ok(None));
    let unset = PasswordSource::Environment("FTPANE_TEST_IS_NOT_SET".into());
    let Err(Trouble::Failed(failure)) = secrets.find(&server("a", unset)).await else {
        panic!("found in a variable that is not set");
    };
    assert!(failure.to_string().contains("not set"), "{failure}");
    // every test run has a PATH
    let set = PasswordSource::Environment("PATH".into());
    assert!(secrets.find(&server("a", set)).await.unwrap().is_some());
    #[cfg(unix)]
    {
        let command = PasswordSource::Command("echo s3cret".into());
        let found = secrets.find(&server("a", command)).await;
        assert_eq!(found, Ok(Some(Secret::new("s3cret"))));
    }
    // a store that is not there has none, and asks for no passphrase
    assert_eq!(secrets.find(&server("a", PasswordSource::Store)).await, Ok(None));
}

#[test]
fn a_kept_password_follows_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = secrets(&folder);
    let (old, new) = (
        server("old", PasswordSource::Store),
        server("new", PasswordSource::Store),
    );
    let look = |of: &Server| secrets.look(of).unwrap().map(|s| s.reveal().to_owned());
    let carry = |before: Option<&Server>, after: Option<&Server>, secret: Option<&str>| {
        let moved = Moved::between(before, after, secret.map(Secret::new));
        secrets.prepare(&moved).unwrap();
        secrets.carry(&moved).unwrap();
    };
    carry(None, Some(&old), Some("first"));
    assert_eq!(look(&old).as_deref(), Some("first"));
    // changed, with and without a new password
    carry(Some(&old), Some(&old), None);
    assert_eq!(look(&old).as_deref(), Some("first"));
    carry(Some(&old), Some(&old), Some("second"));
    assert_eq!(look(&old).as_deref(), Some("second"));
    // called otherwise
    carry(Some(&old), Some(&new), None);
    assert_eq!((look(&old), look(&new).as_deref()), (None, Some("second")));
    carry(Some(&new), Some(&old), Some("third"));
    assert_eq!((look(&new), look(&old).as_deref()), (None, Some("third")));
    // asked for from now on; a password that was given all the same has no place
    carry(Some(&old), Some(&server("old", PasswordSource::Ask)), Some("x"));
    assert_eq!(look(&old), None);
    // nothing that a server of this name has left behind is given to another
    carry(None, Some(&old), Some("of another host"));
    carry(None, Some(&old), None);
    assert_eq!(look(&old), None);
    carry(None, Some(&new), Some("of another host"));
    carry(Some(&old), Some(&new), None);
    assert_eq!(look(&new), None);
    // deleted
    carry(None, Some(&old), Some("fourth"));
    carry(Some(&old), None, None);
    assert_eq!(look(&old), None);
}

#[test]
fn what_needs_the_passphrase_says_so_before_anything_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let locked = Secrets::at(folder.path().join("secrets")).unwrap();
    let web = server("web", PasswordSource::Store);
    let new = Moved::between(None, Some(&web), Some(Secret::new("s3cret")));
    let gone = Moved::between(Some(&web), None, None);
    let unknown = Moved::between(None, Some(&web), None);
    assert_eq!(
        locked.prepare(&unknown),
        Ok(()),
        "a new server whose password is not known yet"
    );
    assert_eq!(locked.carry(&unknown), Ok(()));
    assert_eq!(locked.prepare(&new), Err(Trouble::Locked(Lock::New)));
    assert_eq!(locked.prepare(&gone), Ok(()), "there is nothing to delete");
    secrets(&folder).carry(&new).unwrap();
    for moved in [&new, &gone, &unknown] {
        assert_eq!(locked.prepare(moved), Err(Trouble::Locked(Lock::Closed)));
    }
    // settings that have nothing to do with the password ask for nothing
    let same = Moved::between(Some(&web), Some(&web), None);
    assert_eq!(locked.prepare(&same), Ok(()));
}

#[cfg(not(feature = "keyring"))]
#[test]
fn without_the_keyring_a_server_that_names_it_gets_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let Err(Trouble::Failed(failure)) = secrets(&folder).look(&server("web", PasswordSource::Keyring)) else {
        panic!("there is no keyring");
    };
    let text = failure.to_string();
    assert!(
        text.contains("--features keyring") && text.contains("store"),
        "{text}"
    );
}

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::model::part_name::part_name;

fn notes(all: &Path) -> usize {
    fs::read_dir(all).unwrap().count()
}

/// On a file system that has no locks.
fn without_locks(all: &Path) -> Edited {
    Edited {
        lock: |_| Err(TryLockError::Error(io::ErrorKind::Unsupported.into())),
        ..Edited::at(all.to_owned())
    }
}

/// Says that another process has made a folder.
fn make_over(folder: &Path, process: u32) {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(note_of(folder))
        .unwrap();
    let note = Note {
        process: Some(process),
        ..read(&mut file).unwrap()
    };
    write(&mut file, &note).unwrap();
}

/// The number of a process that has ended.
fn ended() -> u32 {
    let mut process = std::process::Command::new("true").spawn().unwrap();
    process.wait().unwrap();
    process.id()
}

#[test]
fn without_locks_the_process_tells_who_lives_and_nothing_is_removed() {
    let home = tempfile::tempdir().unwrap();
    let edited = without_locks(home.path());
    let (changed, same) = (fetched(&edited, "text"), fetched(&edited, "text"));
    fs::write(changed.join("f"), "teXt").unwrap();
    let another = without_locks(home.path());
    assert_eq!(another.left(), [], "this process lives");
    let process = ended();
    make_over(&changed, process);
    make_over(&same, process);
    for _ in 0..2 {
        let left = another.left();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].folder, changed);
    }
    assert!(same.join("f").exists(), "its editor may have it");
    edited.remove(&same);
    assert!(!same.exists());
    // who finds locks again cleans
    fs::write(changed.join("f"), "text").unwrap();
    assert_eq!(Edited::at(home.path().to_owned()).left(), []);
    assert_eq!(notes(home.path()), 0);
}

#[test]
fn a_file_that_was_never_made_goes_after_a_day() {
    let home = tempfile::tempdir().unwrap();
    let edited = Edited::at(home.path().to_owned());
    let (young, old) = (home.path().join(".new-young"), home.path().join(".new-old"));
    fs::write(&young, "").unwrap();
    let file = File::create(&old).unwrap();
    let two_days_ago = std::time::SystemTime::now() - 2 * MADE_AT_ONCE;
    file.set_modified(two_days_ago).unwrap();
    fs::write(home.path().join("other"), "").unwrap();
    assert_eq!(edited.left(), []);
    assert!(young.exists() && !old.exists() && home.path().join("other").exists());
}

/// A folder with a copy in it that was fetched for an editor.
fn fetched(edited: &Edited, text: &str) -> PathBuf {
    let folder = edited.make("web:/f".into()).unwrap();
    let copy = folder.join("f");
    fs::write(&copy, text).unwrap();
    let mut lock = edited.lock_of(&copy).unwrap();
    note_fetched(&mut lock, fingerprint(&copy).unwrap()).unwrap();
    folder
}

#[test]
fn what_an_editor_has_still_stays_until_a_later_run() {
    let home = tempfile::tempdir().unwrap();
    let edited = Edited::at(home.path().to_owned());
    let folder = fetched(&edited, "text");
    let editor = edited.lock_of(&folder.join("f")).unwrap();
    let said = edited.remove(&folder).unwrap();
    assert!(said.why.contains(&shown_path(&folder)), "{said:?}");
    assert!(folder.join("f").exists());
    assert_eq!(edited.remove(&folder), None, "it is nobody's here any more");
    let later = Edited::at(home.path().to_owned());
    assert_eq!(later.left(), []);
    assert!(folder.join("f").exists(), "the editor has it");
    fs::write(folder.join("f"), "changed").unwrap();
    drop(editor);
    assert_eq!(later.left().len(), 1);
    // nobody has one that is done with
    let other = fetched(&edited, "text");
    assert_eq!(edited.remove(&other), None);
    assert!(!other.exists());
}

#[test]
fn folders_are_private_and_go_again() {
    let home = tempfile::tempdir().unwrap();
    let all = home.path().join("state/edited");
    let edited = Edited::at(all.clone());
    let one = edited.make("one".into()).unwrap();
    let other = edited.make("other".into()).unwrap();
    assert_ne!(one, other);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in [&one, &other, &all] {
        assert_eq!(mode(folder), 0o700);
    }
    assert_eq!(mode(&note_of(&one)), 0o600);
    fs::write(one.join("f"), "x").unwrap();
    edited.remove(&one);
    edited.remove(home.path());
    assert!(!one.exists() && other.exists(), "only what was made here goes");
    assert_eq!(notes(&all), 2);
}

#[test]
fn what_is_in_use_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let edited = Edited::at(home.path().to_owned());
    let folder = fetched(&edited, "text");
    let another = Edited::at(home.path().to_owned());
    assert_eq!(another.left(), []);
    // the run is killed, its editor lives
    let of_the_editor = edited.lock_of(&folder.join("f")).unwrap();
    drop(edited);
    assert_eq!(another.left(), []);
    assert!(folder.join("f").exists());
    drop(of_the_editor);
    assert_eq!(another.left(), []);
    assert_eq!(notes(home.path()), 0, "as it was fetched: the server has it");
}

#[test]
fn what_was_changed_is_told_as_long_as_it_is_there() {
    let home = tempfile::tempdir().unwrap();
    let edited = Edited::at(home.path().to_owned());
    let (changed, recovered) = (fetched(&edited, "text"), fetched(&edited, "text"));
    // of the same length, so that only its content tells
    fs::write(changed.join("f"), "teXt").unwrap();
    // what an editor keeps of what was not saved
    fs::write(recovered.join(".f.swp"), "typed").unwrap();
    drop(edited);
    let later = Edited::at(home.path().to_owned());
    for _ in 0..2 {
        let left = later.left();
        let folders: Vec<&PathBuf> = left.iter().map(|left| &left.folder).collect();
        assert!(folders.contains(&&changed) && folders.contains(&&recovered) && folders.len() == 2);
        assert!(left.iter().all(|left| left.of == "web:/f"));
    }
    fs::remove_dir_all(&changed).unwrap();
    fs::remove_dir_all(&recovered).unwrap();
    assert_eq!(later.left(), []);
    assert_eq!(notes(home.path()), 0);
}

#[test]
fn what_the_queue_offers_is_left_to_it_and_what_cannot_be_read_is_told() {
    let home = tempfile::tempdir().unwrap();
    let edited = Edited::at(home.path().to_owned());
    let origin = Origin {
        installation: 1,
        run: 2,
        job: 3,
        source: 4,
    };
    let folder = edited.make("web:/f".into()).unwrap();
    let part = folder.join(std::str::from_utf8(&part_name(b"f", &origin)).unwrap());
    fs::write(&part, "half").unwrap();
    let unreadable = fetched(&edited, "text");
    fs::write(note_of(&unreadable), "no note").unwrap();
    // killed between its end and the editor
    let whole = edited.make("web:/whole".into()).unwrap();
    fs::write(whole.join("whole"), "whole").unwrap();
    let empty = edited.make("web:/g".into()).unwrap();
    drop(edited);
    let left = Edited::at(home.path().to_owned()).left();
    let left: Vec<(&str, &Path)> = left.iter().map(|l| (l.of.as_str(), l.folder.as_path())).collect();
    assert_eq!(left.len(), 2);
    assert!(left.contains(&("a file of a server", &unreadable)) && left.contains(&("web:/whole", &whole)));
    assert!(part.exists() && unreadable.join("f").exists() && whole.join("whole").exists());
    assert!(!empty.exists());
}

#[test]
fn what_was_kept_is_not_taken_for_what_was_fetched_when_it_is_looked_at_again() {
    let home = tempfile::tempdir().unwrap();
    let edited = Edited::at(home.path().to_owned());
    let folder = fetched(&edited, "text");
    let copy = folder.join("f");
    fs::write(&copy, "changed, and not sent back").unwrap();
    let mut lock = edited.lock_of(&copy).unwrap();
    note_fetched(&mut lock, fingerprint(&copy).unwrap()).unwrap();
    drop((edited, lock));
    assert_eq!(Edited::at(home.path().to_owned()).left().len(), 1);
    assert!(copy.exists());
}

#[test]
fn what_was_sent_is_not_told_again_though_the_editor_has_it_still() {
    for (then, told) in [(None, 0), (Some("saved later, and not sent"), 1)] {
        let home = tempfile::tempdir().unwrap();
        let edited = Edited::at(home.path().to_owned());
        let folder = fetched(&edited, "text");
        let copy = folder.join("f");
        // an editor that gives back the terminal and works on has the lock
        let lock = edited.lock_of(&copy).unwrap();
        fs::write(&copy, "sent").unwrap();
        note_returned(&copy, fingerprint(&copy).unwrap()).unwrap();
        assert!(edited.remove(&folder).is_some(), "it is open still");
        assert!(Edited::at(home.path().to_owned()).left().is_empty());
        if let Some(text) = then {
            fs::write(&copy, text).unwrap();
        }
        drop((edited, lock));
        assert_eq!(Edited::at(home.path().to_owned()).left().len(), told);
        assert_eq!(copy.exists(), told > 0);
    }
}

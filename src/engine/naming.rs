//! The names of copies, before their jobs are made: what stands at the target is looked at where
//! a name can be spelled in another way, and [`crate::plan::naming`] decides.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocking;
use super::pool::{Pool, Purpose};
use super::targets::Targets;
use crate::local::names::{bytes_of, is_case_blind, join};
use crate::model::job::{Direction, Item};
use crate::model::path::{Name, RemotePath};
use crate::plan::naming::{Called, call, clash, has_forms};

/// Gives the items of a batch that go into the same folder the names of their copies, and says in
/// words what got a number. Where the target's folder cannot be looked at, the names stay.
pub(super) async fn settle(
    direction: Direction,
    items: Vec<&mut Item>,
    pool: &Arc<Pool>,
    targets: &Targets,
) -> Vec<String> {
    match direction {
        Direction::Download => download(items, is_case_blind).await,
        Direction::Upload => {
            upload(items, pool, targets).await;
            Vec::new()
        }
    }
}

async fn download(items: Vec<&mut Item>, is_blind: fn(&Path) -> io::Result<bool>) -> Vec<String> {
    let mut folders: BTreeMap<PathBuf, Vec<(Name, &mut Item)>> = BTreeMap::new();
    for item in items {
        let name = item.local.file_name().map(|name| Name::new(&bytes_of(name)));
        if let (Some(Ok(name)), Some(folder)) = (name, item.local.parent()) {
            let folder = folder.to_path_buf();
            folders.entry(folder).or_default().push((name, item));
        }
    }
    let mut said = Vec::new();
    for (folder, mut items) in folders {
        let names: Vec<Name> = items.iter().map(|(name, _)| name.clone()).collect();
        let clashes = clash(&names);
        if !clashes && !names.iter().any(has_forms) {
            continue;
        }
        let looked_at = folder.clone();
        let look = move || {
            // a disk that cannot be asked will not take the files either
            let blind = clashes && is_blind(&looked_at).unwrap_or(false);
            (names_in(&looked_at), blind)
        };
        let Ok((standing, blind)) = blocking(look).await else {
            continue;
        };
        for ((name, item), called) in items.iter_mut().zip(call(&names, &standing, blind)) {
            let (Called::Standing(new) | Called::Numbered(new)) = &called else {
                continue;
            };
            let Ok(path) = join(&folder, new) else { continue };
            item.local = path;
            if matches!(called, Called::Numbered(_)) {
                said.push(format!(
                    "{} becomes '{new}' here: this disk does not tell '{name}' from another name of its folder",
                    item.remote
                ));
            }
        }
    }
    said
}

fn names_in(folder: &Path) -> HashSet<Name> {
    let Ok(found) = std::fs::read_dir(folder) else {
        return HashSet::new();
    };
    found
        .flatten()
        .filter_map(|entry| Name::new(&bytes_of(&entry.file_name())).ok())
        .collect()
}

async fn upload(items: Vec<&mut Item>, pool: &Arc<Pool>, targets: &Targets) {
    let mut folders: BTreeMap<RemotePath, Vec<(Name, &mut Item)>> = BTreeMap::new();
    for item in items {
        if let (Some(folder), Some(name)) = (item.remote.parent(), item.remote.name()) {
            folders.entry(folder).or_default().push((name, item));
        }
    }
    for (folder, mut items) in folders {
        let names: Vec<Name> = items.iter().map(|(name, _)| name.clone()).collect();
        targets.capitals.note(&folder, &names);
        if !names.iter().any(has_forms) {
            continue;
        }
        let Some(standing) = names_on_server(pool, targets, &folder).await else {
            continue;
        };
        for ((_, item), called) in items.iter_mut().zip(call(&names, &standing, false)) {
            if let Called::Standing(new) = called {
                item.remote = folder.join(&new);
            }
        }
    }
}

/// The names in a folder of the server; `None` where it cannot be listed, most likely because it
/// is still to be made.
async fn names_on_server(pool: &Arc<Pool>, targets: &Targets, folder: &RemotePath) -> Option<HashSet<Name>> {
    let mut lease = pool.lease(Purpose::Work).await.ok()?;
    let content = targets.content(&mut lease, folder, false).await.ok()?;
    Some(content.names().cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Kind;

    fn items(folder: &Path, names: &[&str]) -> Vec<Item> {
        let item = |name: &&str| Item {
            local: folder.join(name),
            remote: RemotePath::parse(name.as_bytes()).unwrap(),
            kind: Kind::File,
            size: None,
            modified: None,
            permissions: None,
        };
        names.iter().map(item).collect()
    }

    async fn settled(
        folder: &Path,
        names: &[&str],
        is_blind: fn(&Path) -> io::Result<bool>,
    ) -> (Vec<String>, Vec<String>) {
        let mut items = items(folder, names);
        let said = download(items.iter_mut().collect(), is_blind).await;
        let name = |item: &Item| item.local.file_name().unwrap().to_str().unwrap().to_owned();
        (items.iter().map(name).collect(), said)
    }

    #[tokio::test]
    async fn the_second_of_two_names_gets_a_number_where_the_disk_is_blind() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let clashing = ["readme.txt", "README.txt", "other"];
        let (names, said) = settled(here, &clashing, |_| Ok(true)).await;
        assert_eq!(names, ["readme (1).txt", "README.txt", "other"]);
        assert!(
            said[0].starts_with("/readme.txt becomes 'readme (1).txt' here"),
            "{said:?}"
        );
        // what is there keeps its place, here and in a folder still to be made
        std::fs::write(here.join("readme.txt"), "").unwrap();
        let (names, _) = settled(here, &clashing, |_| Ok(true)).await;
        assert_eq!(names, ["readme.txt", "README (1).txt", "other"]);
        let (names, _) = settled(&here.join("new"), &clashing, |_| Ok(true)).await;
        assert_eq!(names[0], "readme (1).txt");
        for is_blind in [
            |_: &Path| Ok(false),
            |_: &Path| Err(io::ErrorKind::PermissionDenied.into()),
        ] {
            assert_eq!(
                settled(here, &clashing, is_blind).await,
                (clashing.map(str::to_owned).to_vec(), vec![])
            );
        }
        // who does not clash costs no question
        let unasked: fn(&Path) -> io::Result<bool> = |_| panic!("asked");
        assert_eq!(
            settled(here, &["a", "b", "caf\u{e9}"], unasked).await.0[2],
            "caf\u{e9}"
        );
    }
}

//! The disk of a scripted server: files by path, in memory.

use std::collections::{BTreeMap, BTreeSet};

use ftpane::model::part_name::is_part_name;

#[derive(Debug, Default)]
pub(super) struct Disk {
    files: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
    links: BTreeMap<String, String>,
    modes: BTreeMap<String, u16>,
    /// It takes names for one that differ in capitals only.
    blind: bool,
    /// What files with names of their own have been, where that is kept.
    past: Option<Vec<(String, Option<Vec<u8>>)>>,
}

impl Disk {
    pub(super) fn write(&mut self, path: &str, content: &[u8]) {
        let mut above = path;
        while let Some((folder, _)) = above.rsplit_once('/') {
            self.folders.insert(folder.into());
            above = folder;
        }
        self.files.insert(path.into(), content.to_vec());
        self.changed(path);
    }

    /// Keeps from now on what every file has been; temporary ones of ours are left out.
    pub(super) fn remember(&mut self) {
        self.past = Some(Vec::new());
    }

    pub(super) fn past(&self) -> Vec<(String, Option<Vec<u8>>)> {
        self.past.clone().unwrap_or_default()
    }

    fn changed(&mut self, path: &str) {
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(past) = &mut self.past
            && !is_part_name(name.as_bytes())
        {
            past.push((path.into(), self.files.get(path).cloned()));
        }
    }

    pub(super) fn blind(&mut self) {
        self.blind = true;
    }

    /// The path with each name as it stands on the disk, where that is blind to capitals.
    pub(super) fn standing(&self, path: &str) -> String {
        if !self.blind {
            return path.into();
        }
        let mut out = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let wanted = format!("{out}/{name}");
            let all = self.files.keys().chain(&self.folders);
            let found = all
                .filter(|known| known.eq_ignore_ascii_case(&wanted))
                .min()
                .cloned();
            out = found.unwrap_or(wanted);
        }
        if out.is_empty() { "/".into() } else { out }
    }

    pub(super) fn link(&mut self, path: &str, target: &str) {
        self.links.insert(path.into(), target.into());
    }

    /// The path with its links followed, as a system does.
    pub(super) fn follow(&self, path: &str) -> String {
        let mut out = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            match part {
                ".." => out.truncate(out.rfind('/').unwrap_or(0)),
                name => {
                    let here = format!("{out}/{name}");
                    out = match self.links.get(&here) {
                        Some(target) if target.starts_with('/') => self.follow(target),
                        Some(target) => self.follow(&format!("{out}/{target}")),
                        None => here,
                    };
                }
            }
        }
        if out.is_empty() { "/".into() } else { out }
    }

    /// Names and targets of the links directly in a folder.
    pub(super) fn links(&self, folder: &str) -> Vec<(String, String)> {
        let folder = format!("{}/", folder.trim_end_matches('/'));
        let name = |path: &String| {
            let name = path.strip_prefix(&folder)?;
            (!name.contains('/')).then(|| name.to_owned())
        };
        let named = |(path, target): (&String, &String)| Some((name(path)?, target.clone()));
        self.links.iter().filter_map(named).collect()
    }

    /// Makes sure that a file is there and no longer than this.
    pub(super) fn cut(&mut self, path: &str, length: usize) {
        let mut content = self.files.remove(path).unwrap_or_default();
        content.truncate(length);
        self.write(path, &content);
    }

    pub(super) fn append(&mut self, path: &str, content: &[u8]) {
        self.files
            .entry(path.into())
            .or_default()
            .extend_from_slice(content);
        self.changed(path);
    }

    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).cloned()
    }

    pub(super) fn files(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    pub(super) fn is_folder(&self, path: &str) -> bool {
        path == "/" || self.folders.contains(path.trim_end_matches('/'))
    }

    pub(super) fn make_folder(&mut self, path: &str) -> bool {
        !self.files.contains_key(path) && self.folders.insert(path.into())
    }

    pub(super) fn set_mode(&mut self, path: &str, mode: u16) -> bool {
        let is_there = self.files.contains_key(path) || self.folders.contains(path);
        if is_there {
            self.modes.insert(path.into(), mode);
        }
        is_there
    }

    pub(super) fn mode(&self, path: &str) -> Option<u16> {
        self.modes.get(path).copied()
    }

    /// Whether something of this name is there, be it a link.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.links.contains_key(path) || self.folders.contains(path)
    }

    pub(super) fn remove(&mut self, path: &str) -> bool {
        let removed = self.links.remove(path).is_some() || self.files.remove(path).is_some();
        self.changed(path);
        removed
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(content) = self.files.remove(from) else {
            return false;
        };
        // what stood there is replaced, be it a link
        self.links.remove(to);
        self.files.insert(to.into(), content);
        match self.modes.remove(from) {
            Some(mode) => self.modes.insert(to.into(), mode),
            None => self.modes.remove(to),
        };
        self.changed(from);
        self.changed(to);
        true
    }

    /// Names directly in a folder; the size of files, `None` for folders.
    pub(super) fn list(&self, folder: &str) -> Vec<(String, Option<usize>)> {
        let folder = format!("{}/", folder.trim_end_matches('/'));
        let name = |path: &String| {
            let name = path.strip_prefix(&folder)?;
            (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
        };
        let folders = self.folders.iter().filter_map(|path| Some((name(path)?, None)));
        let files = self
            .files
            .iter()
            .filter_map(|(path, content)| Some((name(path)?, Some(content.len()))));
        folders.chain(files).collect()
    }
}

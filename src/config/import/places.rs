//! Where other programs keep their servers.

use std::path::{Path, PathBuf};

use super::{Format, Found, load};
use crate::config::{netrc, store};
use crate::model::failure::Failure;

/// The places that are looked at, in this order, whether something is there or not.
pub fn places() -> Vec<(Format, PathBuf)> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|f| !f.is_empty())
            .map(PathBuf::from)
    };
    let mut out = Vec::new();
    let mut add = |format, base: Option<PathBuf>, below: &str| {
        out.extend(base.map(|base| (format, base.join(below))));
    };
    let home = folder("HOME");
    let below_home = |below: &str| home.as_ref().map(|home| home.join(below));
    let config = folder("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
    let data = folder("XDG_DATA_HOME").or_else(|| below_home(".local/share"));
    add(Format::FileZilla, config.clone(), "filezilla/sitemanager.xml");
    add(Format::FileZilla, home.clone(), ".filezilla/sitemanager.xml");
    // in Flatpak's box
    let flatpak = ".var/app/org.filezillaproject.Filezilla/config/filezilla/sitemanager.xml";
    add(Format::FileZilla, home.clone(), flatpak);
    add(Format::FileZilla, folder("APPDATA"), "FileZilla/sitemanager.xml");
    add(Format::WinScp, folder("APPDATA"), "WinSCP.ini");
    add(Format::WinScp, home.clone(), "WinSCP.ini");
    add(Format::Lftp, data, "lftp/bookmarks");
    add(Format::Lftp, home.clone(), ".lftp/bookmarks");
    add(Format::Termscp, config.clone(), "termscp/bookmarks.toml");
    add(Format::Ncftp, home.clone(), ".ncftp/bookmarks");
    let rclone = config.map(|config| config.join("rclone/rclone.conf"));
    let rclone = folder("RCLONE_CONFIG").or(rclone);
    out.extend(rclone.map(|file| (Format::Rclone, file)));
    // where it was before 2017, and is still read
    out.extend(home.map(|home| (Format::Rclone, home.join(".rclone.conf"))));
    if let Some(path) = netrc::path() {
        out.push((Format::Netrc, path));
    }
    out
}

/// What was found in the usual places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looked {
    /// The files that are there, whether they could be read or not.
    pub files: Vec<(Format, PathBuf)>,
    /// What they hold, one after the other.
    pub found: Found,
    /// Why some could not be read.
    pub broken: Vec<Failure>,
}

/// Looks in the usual places of one program, or of all. One file that cannot be read keeps the
/// others from nothing.
pub fn look(format: Option<Format>) -> Looked {
    let mut looked = Looked::default();
    let wanted = |one: Format| format.is_none_or(|format| format == one);
    for (format, path) in places() {
        if !wanted(format) || !path.is_file() {
            continue;
        }
        match load(format, &path) {
            Ok(found) => looked.found.append(found),
            Err(failure) => looked.broken.push(failure),
        }
        looked.files.push((format, path));
    }
    looked
}

/// Whether a file is where its program keeps it.
pub(super) fn is_usual(format: Format, path: &Path) -> bool {
    let same = |usual: &Path| match (usual.canonicalize(), path.canonicalize()) {
        (Ok(usual), Ok(path)) => usual == path,
        _ => usual == path,
    };
    places().iter().any(|(of, usual)| *of == format && same(usual))
}

/// What lftp reads at its start; files that are not there, or cannot be read, say nothing.
pub(super) fn lftp_settings() -> String {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|f| !f.is_empty())
            .map(PathBuf::from)
    };
    let home = folder("HOME");
    let below_home = |below: &str| home.as_ref().map(|home| home.join(below));
    let config = folder("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
    let files = [
        Some(PathBuf::from("/etc/lftp.conf")),
        below_home(".lftprc"),
        below_home(".lftp/rc"),
        config.map(|config| config.join("lftp/rc")),
    ];
    let texts = files
        .into_iter()
        .flatten()
        .map(|path| store::read(&path).ok().flatten());
    texts.flatten().collect::<Vec<_>>().join("\n")
}

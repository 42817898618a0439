//! Whose file it is, told by what is in it, and where that says nothing, by its name.

use std::ffi::OsStr;
use std::path::Path;

use super::{Format, ncftp};
use crate::model::target::split_scheme;

/// `None` where neither tells. A file that is broken further down is still known, so that its mistake can be
/// said.
pub(super) fn recognise(text: &str, path: &Path) -> Option<Format> {
    by_content(text).or_else(|| by_name(path))
}

fn by_content(text: &str) -> Option<Format> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    if text.starts_with('<') {
        return text.contains("<FileZilla3").then_some(Format::FileZilla);
    }
    if text.starts_with(ncftp::HEADING) {
        return Some(Format::Ncftp);
    }
    let lines = || text.lines().map(str::trim);
    let entries = || lines().filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    // a remote of it may be called as a section of another format
    let is_rclone = || {
        let names_a_type = |line: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == "type");
        let first = entries().next().unwrap_or_default();
        first.starts_with('[') && !first.starts_with("[[") && entries().any(names_a_type)
    };
    if is_rclone() {
        return Some(Format::Rclone);
    }
    // `[NAME]`, or `[NAME.` and what is below it
    let is_table = |line: &str, name: &str| {
        let rest = line.strip_prefix('[').and_then(|line| line.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with([']', '.']))
    };
    // one line that no other format has
    let telling = lines().find_map(|line| match line {
        _ if line.starts_with("RCLONE_ENCRYPT_V") => Some(Format::Rclone),
        _ if line.starts_with("[Sessions\\") || line.starts_with("[Configuration\\") => Some(Format::WinScp),
        _ if line.starts_with("[[server]]") => Some(Format::Own),
        _ if is_table(line, "bookmarks") || is_table(line, "recents") => Some(Format::Termscp),
        _ => None,
    });
    telling.or_else(|| {
        let second = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        match entries().next()?.split_whitespace().next()? {
            "machine" | "default" | "macdef" => Some(Format::Netrc),
            first if first.starts_with('[') => None,
            // a bookmark may be a host alone, and settings may stand before them
            _ => entries()
                .filter_map(second)
                .any(|site| split_scheme(&site).is_some())
                .then_some(Format::Lftp),
        }
    })
}

fn by_name(path: &Path) -> Option<Format> {
    let lower = |name: &OsStr| name.to_string_lossy().to_ascii_lowercase();
    let name = lower(path.file_name()?);
    let folder = path
        .parent()
        .and_then(Path::file_name)
        .map(lower)
        .unwrap_or_default();
    match name.as_str() {
        "sitemanager.xml" | "filezilla.xml" => Some(Format::FileZilla),
        "winscp.ini" => Some(Format::WinScp),
        "bookmarks.toml" => Some(Format::Termscp),
        "rclone.conf" | ".rclone.conf" => Some(Format::Rclone),
        ".netrc" | "_netrc" | "netrc" => Some(Format::Netrc),
        "servers.toml" => Some(Format::Own),
        "bookmarks" if folder.ends_with("ncftp") => Some(Format::Ncftp),
        "bookmarks" if folder.ends_with("lftp") => Some(Format::Lftp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_known_by_what_is_in_it() {
        for (text, format) in [
            (
                "\u{feff}<?xml version=\"1.0\"?>\r\n<FileZilla3 version=\"3\"><Servers/>",
                Some(Format::FileZilla),
            ),
            ("<html></html>", None),
            (
                "NcFTP bookmark-file version: 8\nNumber of bookmarks: 0\n",
                Some(Format::Ncftp),
            ),
            (
                "; x\r\n[Configuration\\Interface]\r\nX=1\r\n",
                Some(Format::WinScp),
            ),
            ("[Sessions\\a]\nHostName=h\n", Some(Format::WinScp)),
            ("# a comment\n[[server]]\nname = \"a\"\n", Some(Format::Own)),
            ("[bookmarks.web]\nprotocol = \"FTP\"\n", Some(Format::Termscp)),
            ("[bookmarks]\n\n[recents]\n", Some(Format::Termscp)),
            (
                "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc=",
                Some(Format::Rclone),
            ),
            ("[web server]\nhost = h\ntype = ftp\n", Some(Format::Rclone)),
            ("[bookmarks]\ntype = ftp\nhost = h\n", Some(Format::Rclone)),
            ("[recents-of-mine]\ntype = ftp\nhost = h\n", Some(Format::Rclone)),
            ("[bookmarks-of-mine]\nhost = h\n", None),
            ("[Configurations]\nhost = h\n", None),
            (
                "set ssl:verify no\nold host\nweb ftp://me@h/\n",
                Some(Format::Lftp),
            ),
            ("[core]\n\tbare = false\n", None),
            ("web\tftp://me@h/\n", Some(Format::Lftp)),
            ("# logins\nmachine h login me password x\n", Some(Format::Netrc)),
            ("default login me\n", Some(Format::Netrc)),
            ("some words of prose\n", None),
            ("", None),
        ] {
            assert_eq!(recognise(text, Path::new("/x/file")), format, "{text:?}");
        }
    }

    #[test]
    fn a_name_tells_where_nothing_else_does() {
        for (path, format) in [
            ("/a/sitemanager.xml", Some(Format::FileZilla)),
            ("WinSCP.ini", Some(Format::WinScp)),
            ("/h/.ncftp/bookmarks", Some(Format::Ncftp)),
            ("/h/.local/share/lftp/bookmarks", Some(Format::Lftp)),
            ("/h/.netrc", Some(Format::Netrc)),
            ("bookmarks", None),
            ("/", None),
        ] {
            assert_eq!(recognise("broken", Path::new(path)), format, "{path}");
        }
        // what is in it goes before what it is called
        let lftp = recognise("web ftp://h/", Path::new("/h/.netrc"));
        assert_eq!(lftp, Some(Format::Lftp));
    }
}

//! Files as other systems write them, cut off, far too long, or not of the form at all.

use super::*;

/// The files as other systems write them hold the same.
#[test]
fn line_ends_marks_and_encodings_of_windows() {
    let winscp = "[Sessions\\web]\nHostName=ftp.example.org\nFSProtocol=5\nUserName=m%C3%BCller\n";
    let netrc = "machine h.example login anna password s3cret\nmacdef x\nbye\n\nmachine other\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for (format, whole) in [
        (Format::FileZilla, text("sitemanager.xml")),
        (Format::Lftp, text("lftp-bookmarks")),
        (Format::Termscp, text("bookmarks.toml")),
        (Format::Rclone, text("rclone.conf")),
        (Format::Ncftp, text("ncftp-bookmarks")),
        (Format::WinScp, winscp.to_owned()),
        (Format::Netrc, netrc.to_owned()),
    ] {
        let want = read(format, &whole, "f").unwrap();
        assert!(!want.taken.is_empty());
        let dos = whole.replace('\n', "\r\n");
        let marked = format!("\u{feff}{dos}");
        let units: Vec<u16> = marked.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for (how, bytes) in [
            ("CRLF", dos.as_bytes()),
            ("UTF-8 with a mark", marked.as_bytes()),
            ("UTF-16LE", &little),
            ("UTF-16BE", &big),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(load(format, &path).unwrap(), want, "{} {how}", format.word());
            // cut in the middle of a character
            if how.starts_with("UTF-16") {
                std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
                let failure = load(format, &path).unwrap_err();
                assert!(failure.why.contains("neither UTF-8 nor UTF-16"), "{failure}");
            }
        }
    }
}

/// A file that was cut off anywhere is read as far as it goes, or refused with its line; nothing that is
/// said has a password in it.
#[test]
fn files_that_were_cut_off() {
    for (format, name) in [
        (Format::FileZilla, "sitemanager.xml"),
        (Format::Lftp, "lftp-bookmarks"),
        (Format::Termscp, "bookmarks.toml"),
        (Format::Rclone, "rclone.conf"),
        (Format::Ncftp, "ncftp-bookmarks"),
    ] {
        let whole = text(name);
        let all = read(format, &whole, "f").unwrap();
        let secrets: Vec<&str> = all
            .taken
            .iter()
            .filter_map(|taken| Some(taken.secret.as_ref()?.reveal()))
            .collect();
        for (at, _) in whole.char_indices() {
            let said = match read(format, &whole[..at], "the file") {
                Ok(found) => {
                    // what is half a URL may be the name of a host
                    let entries = |found: &Found| found.taken.len() + found.left.len();
                    assert!(entries(&found) <= entries(&all), "{name} {at}");
                    let settled = settle(found, &[], None);
                    let remarks = settled.taken.into_iter().flat_map(|taken| taken.remarks);
                    let left = settled.left.into_iter().map(|left| left.why);
                    remarks
                        .chain(left)
                        .chain(settled.remarks)
                        .collect::<Vec<_>>()
                        .join("\n")
                }
                Err(mistake) => {
                    let said = mistake.to_string();
                    assert!(
                        said.contains("the file") && said.contains("line "),
                        "{name} {at}: {said}"
                    );
                    said
                }
            };
            for secret in &secrets {
                assert!(!said.contains(secret), "{name} {at}: {said}");
            }
        }
    }
}

/// More than anybody has, in one file or in one line.
#[test]
fn huge_files_are_refused_or_read_to_their_end() {
    let many = |one: &str| one.repeat(10_001);
    for (format, text) in [
        (
            Format::FileZilla,
            format!(
                "<FileZilla3><Servers>{}</Servers></FileZilla3>",
                many("<Server><Host>h</Host></Server>")
            ),
        ),
        (Format::WinScp, many("[Sessions\\a]\nFSProtocol=5\nHostName=h\n")),
        (Format::Lftp, many("a ftp://h/\n")),
        (Format::Rclone, many("[a]\ntype = ftp\nhost = h\n")),
        (Format::Netrc, many("machine h login l password p\n")),
    ] {
        let said = match read(format, &text, "f") {
            // programs that merge what has the same name
            Ok(found) => {
                assert!(found.taken.len() <= MOST, "{}", format.word());
                continue;
            }
            Err(mistake) => mistake.to_string(),
        };
        assert!(
            said.contains("more than 10000 servers"),
            "{}: {said}",
            format.word()
        );
    }
    let long = "x".repeat(3_000_000);
    for format in Format::ALL {
        if let Ok(found) = read(format, &format!("[{long}]\n{long} {long}={long}"), "f") {
            assert!(found.taken.iter().all(|taken| taken.server.name.len() <= 2_000));
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is in a file, reading it ends, and what is taken can be saved once it is settled.
        #[test]
        fn any_text_is_read(
            text in "(\\[[a-zA-Z\\\\/% ]{0,12}\\]|[a-zA-Z:,=<>/&;\"'%*# \\t\u{e9}0-9]{0,30}|\n|\\\\|<Server>|</Server>|ftp://|=){0,30}",
        ) {
            let dressed = [
                text.clone(),
                format!("<FileZilla3><Servers><Server><Host>h</Host><RemoteDir>{text}</RemoteDir></Server></Servers></FileZilla3>"),
                format!("[Sessions\\a]\nFSProtocol=5\nHostName=h\nPassword={text}\n{text}"),
                format!("[a]\ntype=ftp\nhost=h\npass={text}"),
                format!("NcFTP bookmark-file version: 8\n\n{text}"),
                format!("name {text}"),
            ];
            for text in dressed {
                for format in Format::ALL {
                    if let Ok(found) = read(format, &text, "f") {
                        let settled = settle(found, &[], None);
                        for taken in &settled.taken {
                            prop_assert!(crate::config::validity::faults(&taken.server).is_empty());
                        }
                    }
                }
            }
        }
    }
}

//! NcFTP's `bookmarks`, version 8 of the form: a heading of two lines, then one line a bookmark,
//! fields with commas between them and `\` before a comma of their own.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use super::{Found, Taken, line, number};
use crate::config::mistake::Mistake;
use crate::model::server::{ConnectionMode, Protocol, Server};

const HEADING: &str = "NcFTP bookmark-file version:";
const KNOWN: [u8; 2] = [7, 8];

/// The places of the fields that are of use here.
const NAME: usize = 0;
const HOST: usize = 1;
const USER: usize = 2;
const PASSWORD: usize = 3;
const ACCOUNT: usize = 4;
const FOLDER: usize = 5;
const PORT: usize = 7;
const PASSIVE: usize = 11;
const COMMENT: usize = 14;
const LOCAL_FOLDER: usize = 21;

pub(super) fn read(text: &str, file: &str) -> Result<Found, Mistake> {
    let first = text.lines().next().unwrap_or_default();
    let Some(version) = first.strip_prefix(HEADING) else {
        let why = format!("this is no bookmarks file of NcFTP, which begins with '{HEADING} 8'");
        return Err(Mistake::at(text, file, 0, why));
    };
    let version = version.trim();
    if !version.parse().is_ok_and(|version| KNOWN.contains(&version)) {
        let why = format!("its version {} is not known here; 7 and 8 are", line(version));
        return Err(Mistake::at(text, file, 0, why));
    }
    let mut found = Found::default();
    for entry in text.lines().skip(2).filter(|entry| !entry.trim().is_empty()) {
        take(&fields(entry), &mut found);
    }
    Ok(found)
}

fn fields(entry: &str) -> Vec<Zeroizing<String>> {
    let mut out = vec![Zeroizing::new(String::new())];
    let mut chars = entry.trim_end_matches(['\r', '\n']).chars();
    while let Some(c) = chars.next() {
        let c = match c {
            ',' => {
                out.push(Zeroizing::new(String::new()));
                continue;
            }
            '\\' => chars.next(),
            c => Some(c),
        };
        if let Some(last) = out.last_mut() {
            last.extend(c);
        }
    }
    out
}

fn take(fields: &[Zeroizing<String>], found: &mut Found) {
    let field = |at: usize| fields.get(at).map_or("", |field| field.as_str());
    let mut taken = Taken::new(Server {
        name: line(field(NAME)),
        protocol: Protocol::Ftp,
        host: line(field(HOST)),
        // 0 is the default
        port: number(Some(field(PORT))).filter(|port| ![0, 21].contains(port)),
        user: field(USER).to_owned(),
        account: field(ACCOUNT).to_owned(),
        note: line(field(COMMENT)),
        ..Server::default()
    });
    taken.remark("NcFTP does not encrypt, and neither does this entry: choose FTPS where the server can");
    match field(PASSWORD).strip_prefix("*encoded*") {
        None => taken.keep(field(PASSWORD)),
        Some(encoded) => {
            let bytes = STANDARD
                .decode(encoded)
                .or_else(|_| STANDARD_NO_PAD.decode(encoded));
            let bytes = bytes.map(Zeroizing::new);
            match bytes.as_ref().map(|bytes| std::str::from_utf8(bytes)) {
                Ok(Ok(text)) => taken.keep(text.trim_end_matches('\0')),
                _ => taken.remark("its password cannot be read, and is left out"),
            }
        }
    }
    // it remembers there that the server knows no PASV
    if field(PASSIVE) == "0" {
        taken.server.mode = ConnectionMode::Active;
    }
    taken.begin_in(field(FOLDER));
    if field(LOCAL_FOLDER).starts_with('/') {
        taken.server.start_folder = Some(field(LOCAL_FOLDER).into());
    }
    found.taken.push(taken);
}

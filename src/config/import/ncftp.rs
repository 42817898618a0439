//! NcFTP's `bookmarks`, versions 3 to 8 of the form: a heading of two lines, then one line a bookmark, with
//! commas between its fields. `\` stands before a character that means itself, and since version 8 `$` and two
//! hexadecimal digits for a byte. Each version has put further fields behind those of the one before.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use super::{Found, Taken, line, number};
use crate::config::mistake::Mistake;
use crate::model::server::{ConnectionMode, Protocol, Server};

/// What such a file begins with.
pub(super) const HEADING: &str = "NcFTP bookmark-file version:";
const KNOWN: std::ops::RangeInclusive<u8> = 3..=8;
/// The first version in which a `$` is no character like any other.
const WITH_DOLLARS: u8 = 8;

/// The places of the fields that are of use here.
const NAME: usize = 0;
const HOST: usize = 1;
const USER: usize = 2;
const PASSWORD: usize = 3;
const ACCOUNT: usize = 4;
const FOLDER: usize = 5;
const TYPE: usize = 6;
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
    let Some(version) = version.parse().ok().filter(|version| KNOWN.contains(version)) else {
        let why = format!("its version {} is not known here; 3 to 8 are", line(version));
        return Err(Mistake::at(text, file, 0, why));
    };
    let mut found = Found::default();
    for entry in text.lines().skip(2).filter(|entry| !entry.trim().is_empty()) {
        take(&fields(entry, version >= WITH_DOLLARS), &mut found);
    }
    Ok(found)
}

/// The fields of a line; `None` is one that is no UTF-8.
fn fields(entry: &str, dollars: bool) -> Vec<Option<Zeroizing<String>>> {
    let mut out = Vec::new();
    let mut field = Zeroizing::new(Vec::with_capacity(entry.len()));
    let mut bytes = entry.trim_end_matches(['\r', '\n']).bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' => {
                out.push(text(&field));
                field.clear();
            }
            b'\\' => field.extend(bytes.next()),
            b'$' if dollars => {
                // what is no number stands for nothing, there too
                field.extend(byte_of(bytes.next(), bytes.next()));
            }
            byte => field.push(byte),
        }
    }
    out.push(text(&field));
    out
}

/// The byte of two hexadecimal digits.
fn byte_of(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

fn text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    Some(Zeroizing::new(std::str::from_utf8(bytes).ok()?.to_owned()))
}

fn take(fields: &[Option<Zeroizing<String>>], found: &mut Found) {
    let field = |at: usize| {
        fields
            .get(at)
            .and_then(Option::as_ref)
            .map_or("", |field| field.as_str())
    };
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
    for (at, what) in [
        (USER, "user"),
        (PASSWORD, "password"),
        (ACCOUNT, "account"),
        (FOLDER, "folder"),
        (COMMENT, "comment"),
        (LOCAL_FOLDER, "local folder"),
    ] {
        if matches!(fields.get(at), Some(None)) {
            taken.remark(format!("its {what} is no UTF-8, and is left out"));
        }
    }
    if field(TYPE) == "A" {
        taken.remark("NcFTP sends its files as text; here they are copied byte by byte");
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

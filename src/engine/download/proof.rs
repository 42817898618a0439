//! Whether what was received is the whole file.

use crate::engine::task::UNTOUCHED;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;

/// Proves that what was received is the whole file, or fails. The server's 226 alone proves
/// nothing: a line that was cut looks to the client like the end of the data.
///
/// `size` is what the file has by the listing or, where that does not agree, by the server's word.
pub(in crate::engine) fn proved(
    from: &RemotePath,
    received: u64,
    size: Option<u64>,
    closed_properly: Option<bool>,
) -> Result<Option<String>, Failure> {
    let short = |why: String| {
        Failure::new(Class::Unreachable, format!("Could not download {from}"), why)
            .hint(UNTOUCHED)
            .transient()
    };
    match (size, closed_properly) {
        (Some(size), _) if size > received => Err(short(format!(
            "{received} bytes came and the file has {size}; the transfer was cut"
        ))),
        // nothing of that is worth keeping
        (Some(size), _) if size < received => {
            let why = format!("{received} bytes came and the file has {size}: what came is not that file");
            Err(Failure {
                class: Class::Conflict,
                ..short(why)
            })
        }
        (Some(_), Some(false)) => Ok(Some(
            "the server did not end the data properly; the size is right".into(),
        )),
        (None, Some(false)) => Err(short(
            "the server did not end the data properly and does not tell the file's size".into(),
        )),
        (None, None) => Ok(Some(
            "the server does not tell the file's size; its word is the only proof".into(),
        )),
        _ => Ok(None),
    }
}

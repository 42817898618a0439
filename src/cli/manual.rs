//! `ftpane man`: the pages of the manual, made from the same definition as the help.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::arguments::Arguments;
use super::completions::written;
use crate::model::failure::{Class, Failure};
use crate::model::text::escape_str;

/// Prints the page of the program, or that of the command these words name.
///
/// # Errors
///
/// No such command; an output that cannot be written.
pub(super) fn print(words: &[String]) -> Result<(), Failure> {
    let page = page(words)?;
    let mut out = io::stdout().lock();
    written(out.write_all(&page).and_then(|()| out.flush()))
}

fn page(words: &[String]) -> Result<Vec<u8>, Failure> {
    let mut definition = Arguments::command();
    // each command learns its whole name
    definition.build();
    let mut command: &Command = &definition;
    for word in words {
        let next = command.find_subcommand(word).filter(|next| !next.is_hide_set());
        command = next.ok_or_else(|| {
            let what = format!("man {}", escape_str(&words.join(" ")));
            Failure::new(Class::Usage, what, "there is no such command").hint("'ftpane --help' lists them.")
        })?;
    }
    let mut page = Vec::new();
    let rendered = Man::new(command.clone()).render(&mut page);
    rendered.map_err(|e| Failure::new(Class::Other, "The page cannot be made", e.to_string()))?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_the_program_and_for_each_command() {
        let text = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            page(&words).map(|page| String::from_utf8(page).unwrap())
        };
        let whole = text(&[]).unwrap();
        assert!(
            whole.starts_with(".ie") || whole.contains(".TH ftpane 1"),
            "{whole}"
        );
        assert!(
            whole.contains("ftpane\\-get(1)") && whole.contains("FTPANE_PASSWORD"),
            "{whole}"
        );
        assert!(!whole.contains("__servers"), "{whole}");
        let get = text(&["get"]).unwrap();
        assert!(get.contains(".TH ftpane-get 1"), "{get}");
        assert!(
            get.contains("\\-\\-limit\\-rate") && get.contains("Examples"),
            "{get}"
        );
        assert!(text(&["queue", "run"]).unwrap().contains("ftpane-queue-run"));
        assert_eq!(text(&["frob"]).unwrap_err().class, Class::Usage);
        assert!(text(&["__servers"]).is_err());
    }
}

//! `ftpane man`: the pages of the manual, made from the same definition as the help.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::arguments::Arguments;
use super::printer::written;
use super::reference::{ENVIRONMENT, EXIT_CODES, FILES, OF_THE_TERMINAL, PASSWORDS, TARGETS};
use crate::config::settings;
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
    let rendered = render(command, words.is_empty(), &mut page);
    rendered.map_err(|e| Failure::new(Class::Other, "The page cannot be made", e.to_string()))?;
    Ok(page)
}

/// Writes a page: what clap knows, and behind it what the help ends with, in the sections of a manual.
fn render(command: &Command, whole: bool, page: &mut Vec<u8>) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let man = Man::new(command.clone())
        .source(format!("ftpane {version}"))
        .manual("ftpane manual");
    man.render_title(page)?;
    man.render_name_section(page)?;
    let mut before = Roff::new();
    before.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    as_it_stands(&mut before, usage.trim_start_matches("Usage:").lines());
    before.to_writer(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    let mut behind = Roff::new();
    match whole {
        true => reference(&mut behind),
        false => {
            let help = command.get_after_help().map(ToString::to_string);
            explained(&mut behind, &help.unwrap_or_default());
            behind
                .control("SH", ["SEE ALSO"])
                .text([bold("ftpane"), roman("(1)")]);
        }
    }
    behind.to_writer(page)
}

/// Lines that are not filled.
fn as_it_stands<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line.trim())]);
    }
    roff.control("fi", []);
}

/// What the help of a command ends with: paragraphs, and under their headings lines that stand as they are.
fn explained(roff: &mut Roff, help: &str) {
    for (at, paragraph) in help.split("\n\n").filter(|text| !text.is_empty()).enumerate() {
        let heading = paragraph
            .split_once('\n')
            .filter(|(first, _)| first.ends_with(':'));
        match heading {
            Some((heading, lines)) => {
                roff.control("SH", [heading.trim_end_matches(':').to_uppercase().as_str()]);
                as_it_stands(roff, lines.lines());
            }
            None => {
                let control = if at == 0 {
                    ("SH", vec!["NOTES"])
                } else {
                    ("PP", vec![])
                };
                roff.control(control.0, control.1).text([roman(paragraph)]);
            }
        }
    }
}

/// What holds for all commands.
fn reference(roff: &mut Roff) {
    for (heading, text) in [("TARGETS", TARGETS), ("PASSWORDS", PASSWORDS)] {
        roff.control("SH", [heading]).text([roman(text)]);
    }
    let mut listed = |heading: &str, rows: &mut dyn Iterator<Item = (String, &str)>| {
        roff.control("SH", [heading]);
        for (name, says) in rows {
            roff.control("TP", []).text([bold(name)]).text([roman(says)]);
        }
    };
    let mut codes = EXIT_CODES.iter().map(|(code, says)| (code.to_string(), *says));
    listed("EXIT STATUS", &mut codes);
    let own = ENVIRONMENT.iter().filter(|(name, _)| !name.contains(' '));
    let named = own
        .chain(&OF_THE_TERMINAL)
        .map(|(name, says)| ((*name).to_owned(), *says));
    let settings = settings::TABLE
        .iter()
        .map(|setting| (setting.variable(), setting.help));
    listed("ENVIRONMENT", &mut named.chain(settings));
    let mut files = FILES.iter().map(|(name, says)| ((*name).to_owned(), *says));
    listed("FILES", &mut files);
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
        for heading in ["TARGETS", "PASSWORDS", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
            assert!(
                whole.contains(&format!(".SH \"{heading}\"")) || whole.contains(&format!(".SH {heading}")),
                "{heading}"
            );
        }
        for setting in settings::TABLE {
            assert!(whole.contains(&setting.variable()), "{}", setting.key);
        }
        let get = text(&["get"]).unwrap();
        assert!(get.contains(".TH ftpane-get 1"), "{get}");
        assert!(
            get.contains(".SH EXAMPLES") && get.contains(".SH \"SEE ALSO\""),
            "{get}"
        );
        assert!(text(&["queue", "run"]).unwrap().contains("ftpane-queue-run"));
        // every command has a page, and on it every option
        let mut definition = Arguments::command();
        definition.build();
        let mut all: Vec<(Vec<&str>, &Command)> = vec![(Vec::new(), &definition)];
        while let Some((words, command)) = all.pop() {
            let page = text(&words).unwrap();
            for option in command.get_opts().filter_map(|option| option.get_long()) {
                let escaped = format!("--{option}").replace('-', "\\-");
                assert!(page.contains(&escaped), "{words:?} {option}");
            }
            for below in command.get_subcommands() {
                assert!(page.contains(below.get_name()), "{words:?} {}", below.get_name());
                all.push(([&words[..], &[below.get_name()]].concat(), below));
            }
        }
        assert_eq!(text(&["frob"]).unwrap_err().class, Class::Usage);
        assert!(text(&["__servers"]).is_err());
    }
}

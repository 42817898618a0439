//! The doctor's report, line by line: as it is drawn, and as it is copied.

use super::{Doctor, State};
use crate::app::server_title;
use crate::app::wrapping::wrap;
use crate::model::diagnosis::{Diagnosis, Examined, Fix, Level, Verdict};
use crate::model::size::count;

/// How wide the report is as a text.
const TEXT_COLUMNS: usize = 100;
/// From how many columns on what came of a step stands beside it.
const WIDE: usize = 60;
/// How far texts below a heading stand in.
const INDENT: usize = 2;

/// What a line is, for its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Words.
    Text,
    /// A heading.
    Title,
    /// The beginning of a verdict that all is well, of a note, of a failure.
    Verdict(Level),
    /// A setting that would mend something; the one that is taken next, or not.
    Fix(bool),
    /// A step that went well, or not.
    Step(bool),
    /// What was sent or seen.
    Detail,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub tone: Tone,
    /// Its text.
    pub text: String,
}

/// What was found, in a few words.
pub(super) fn summary(diagnosis: &Diagnosis) -> String {
    let of = |level| diagnosis.verdicts.iter().filter(|v| v.level == level).count() as u64;
    match (of(Level::Failure), of(Level::Note)) {
        (0, 0) => "nothing is the matter".into(),
        (0, notes) => count(notes, "note", "notes"),
        (failures, 0) => count(failures, "failure", "failures"),
        (failures, notes) => format!(
            "{}, {}",
            count(failures, "failure", "failures"),
            count(notes, "note", "notes")
        ),
    }
}

/// Gathers lines of at most so many columns.
struct Rows {
    columns: usize,
    rows: Vec<Row>,
}

impl Rows {
    /// A text that is broken where it is too long, its further lines set in.
    fn put(&mut self, tone: Tone, first: &str, indent: usize, text: &str) {
        let columns = self.columns.saturating_sub(indent).max(10);
        let margin = " ".repeat(indent);
        for (place, line) in wrap(text, columns).into_iter().enumerate() {
            let begin = match place {
                0 => format!("{first:indent$}"),
                _ => margin.clone(),
            };
            self.rows.push(Row {
                tone,
                text: format!("{begin}{line}"),
            });
        }
    }

    /// A line as it is: a row of a table.
    fn as_is(&mut self, tone: Tone, text: impl Into<String>) {
        self.rows.push(Row {
            tone,
            text: text.into(),
        });
    }
}

impl Doctor {
    /// The whole report in lines of at most `columns`, but for rows of tables.
    pub fn rows(&self, columns: usize) -> Vec<Row> {
        let mut rows = self.report(columns, self.details);
        if let State::Running(Some(step)) = &self.state {
            let (words, waited) = (step.words(), self.waited.as_secs());
            let text = match waited {
                0 => format!("...     {words}"),
                _ if columns >= WIDE => format!("...     {words:16} {waited:7} s"),
                _ => format!("...    {words} {waited} s"),
            };
            rows.push(Row {
                tone: Tone::Detail,
                text,
            });
        }
        rows
    }

    /// The same for who is told each line once: nothing in it changes by itself.
    pub fn told(&self) -> Vec<Row> {
        self.report(usize::from(u16::MAX), self.details)
    }

    /// The whole report as a text to send, with what was sent and seen.
    pub fn text(&self) -> String {
        let mut text = format!("ftpane doctor: {}\n\n", server_title(&self.server));
        for row in self.report(TEXT_COLUMNS, true) {
            text.push_str(row.text.trim_end());
            text.push('\n');
        }
        text
    }

    fn report(&self, columns: usize, details: bool) -> Vec<Row> {
        let mut out = Rows {
            columns,
            rows: Vec::new(),
        };
        match &self.state {
            State::Waiting | State::Running(_) => self.put_steps(&mut out, details),
            State::Failed(failure) => {
                self.put_steps(&mut out, details);
                out.put(Tone::Verdict(Level::Failure), "", 0, &failure.to_string());
            }
            State::Done(diagnosis) => {
                for verdict in &diagnosis.verdicts {
                    self.put_verdict(&mut out, verdict);
                }
                out.as_is(Tone::Text, "");
                out.as_is(Tone::Title, "Steps");
                self.put_steps(&mut out, details);
                out.as_is(Tone::Text, "");
                out.as_is(Tone::Title, "Not known");
                for unknown in &diagnosis.unknown {
                    out.put(Tone::Text, "-", INDENT, &format!("{unknown}."));
                }
                out.as_is(Tone::Text, "");
                let mut firewall = diagnosis.firewall.lines_in(columns).into_iter();
                out.put(Tone::Title, "", 0, &firewall.next().unwrap_or_default());
                for line in firewall {
                    let words = line.trim_start();
                    match line.chars().count() <= columns {
                        true => out.as_is(Tone::Text, line),
                        // a row may be broken like words where the screen is that narrow
                        false => out.put(Tone::Text, "", line.len() - words.len(), words),
                    }
                }
            }
        }
        out.rows
    }

    fn put_verdict(&self, out: &mut Rows, verdict: &Verdict) {
        let (level, code) = (verdict.level.word(), verdict.code.word());
        let head = match level == code {
            true => format!("{code}: {}", verdict.says),
            false => format!("{level} {code}: {}", verdict.says),
        };
        out.put(Tone::Verdict(verdict.level), "", 0, &head);
        if let Some(reply) = &verdict.reply {
            out.put(Tone::Detail, "<", INDENT, reply);
        }
        if let Some(hint) = &verdict.hint {
            out.put(Tone::Text, "", INDENT, &format!("{hint}."));
        }
        for fix in &verdict.fix {
            let chosen = self.chosen() == Some(fix);
            let (sign, words) = (if chosen { ">" } else { "" }, self.fix_words(fix));
            out.put(Tone::Fix(chosen), sign, INDENT, &words);
        }
    }

    fn fix_words(&self, fix: &Fix) -> String {
        match self.applied.contains(fix) {
            true => format!("Applied: {}", fix.words()),
            false => format!("Would mend it: {}", fix.words()),
        }
    }

    fn put_steps(&self, out: &mut Rows, details: bool) {
        for examined in &self.steps {
            put_step(out, examined, details);
        }
    }
}

fn put_step(out: &mut Rows, examined: &Examined, details: bool) {
    let sign = if examined.ok { "ok" } else { "FAILED" };
    let (step, seconds) = (examined.step.words(), examined.took.as_secs_f64());
    let tone = Tone::Step(examined.ok);
    // where there is room, what came of it stands beside it
    if out.columns >= WIDE {
        let head = format!("{sign:6}  {step:16} {seconds:7.3} s  ");
        let indent = head.len();
        out.put(tone, &head, indent, &examined.says);
    } else {
        out.as_is(tone, format!("{sign:6} {step} {seconds:.3} s"));
        out.put(Tone::Text, "", INDENT, &examined.says);
    }
    if details {
        for (sign, lines) in [(">", &examined.sent), ("<", &examined.seen)] {
            for line in lines {
                out.put(Tone::Detail, &format!("        {sign}"), 10, line);
            }
        }
    }
}

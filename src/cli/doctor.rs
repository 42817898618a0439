//! `ftpane doctor`: what works of a server, for people or as JSON.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::arguments::Doctor;
use super::connection::Connection;
use super::place::Place;
use super::printer::{self, Printer};
use super::session::{End, Session};
use crate::model::diagnosis::{Diagnosis, Examined, Fix, Step, Verdict};
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::size::duration;
use crate::model::target::Target;

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Doctor, session: &mut Session) -> Result<u8, End> {
    let target = host(&arguments.target, &arguments.connection);
    let mut place = Place::read(&target, &arguments.connection)?;
    narrow(&mut place)?;
    let wanted = session
        .request_diagnosis(&mut place, arguments.probe_upload)
        .await?;
    let mut report = Report {
        json: arguments.output.json,
        quiet: arguments.output.quiet,
        printer: Printer::new(),
    };
    let mut running: Option<(Step, Instant)> = None;
    loop {
        if let Some((step, since)) = running {
            session.speech.progress(&waiting(step, since.elapsed()));
        }
        let printed = match session.event_or_tick(running.is_some()).await? {
            None => continue,
            Some(Event::Examining(id, step)) if id == wanted => {
                running = Some((step, Instant::now()));
                continue;
            }
            Some(Event::Examined(id, examined)) if id == wanted => {
                running = running.filter(|(step, _)| *step != examined.step);
                session.speech.clear_progress();
                report.step(&examined)
            }
            Some(Event::Diagnosed(id, result)) if id == wanted => {
                session.speech.clear_progress();
                let diagnosis = result?;
                printer::written(report.diagnosis(&diagnosis))?;
                return Ok(diagnosis.exit_code());
            }
            Some(_) => continue,
        };
        // where nobody reads it, the exit code is still to come
        printer::written(printed)?;
    }
}

/// What is waited for, and for how long by now.
fn waiting(step: Step, so_far: Duration) -> String {
    match so_far.as_secs() {
        0 => format!("{} ...", step.words()),
        seconds => format!("{} ... {}", step.words(), duration(seconds)),
    }
}

/// Beside --root the slash at the end of `URL/` is no path: it ends the host.
fn host<'a>(target: &'a OsStr, connection: &Connection) -> Cow<'a, OsStr> {
    let text = target.to_str().filter(|_| connection.root.is_some());
    let bare = text.and_then(|text| {
        let url = matches!(Target::parse(text), Ok(Target::Url(url)) if url.path == b"/");
        text.strip_suffix('/').filter(|_| url)
    });
    bare.map_or(Cow::Borrowed(target), |bare| Cow::Owned(bare.into()))
}

/// A path in the target is looked at as the document path.
fn narrow(place: &mut Place) -> Result<(), Failure> {
    if place.path.is_empty() {
        return Ok(());
    }
    if place.whole {
        let why = "the path does not begin where the login lands, as the document path does";
        return Err(Failure::new(Class::Usage, place.written.clone(), why)
            .hint("Write it as /~/..., or --root from the server's root"));
    }
    let below = place.remote(&RemotePath::root())?;
    let Ok(below) = std::str::from_utf8(below.as_bytes()) else {
        let why = "a document path is written in UTF-8";
        return Err(Failure::new(Class::Usage, place.written.clone(), why));
    };
    if below != "/" {
        let root = place.server.document_path.trim_end_matches('/');
        place.server.document_path = format!("{root}{below}");
    }
    Ok(())
}

struct Report {
    json: bool,
    quiet: bool,
    printer: Printer,
}

impl Report {
    fn step(&mut self, examined: &Examined) -> io::Result<()> {
        if self.json {
            self.printer.json(&StepLine::new(examined))?;
        } else if !self.quiet {
            let sign = if examined.ok { "ok" } else { "FAILED" };
            self.printer.line(&format!(
                "{sign:6}  {:16}  {:>7.3} s  {}",
                examined.step.words(),
                examined.took.as_secs_f64(),
                examined.says
            ))?;
            for (sign, lines) in [('>', &examined.sent), ('<', &examined.seen)] {
                for line in lines {
                    self.printer.line(&format!("            {sign} {line}"))?;
                }
            }
        }
        // they come as they end
        self.printer.flush()
    }

    fn diagnosis(&mut self, diagnosis: &Diagnosis) -> io::Result<()> {
        for verdict in &diagnosis.verdicts {
            match self.json {
                true => self.printer.json(&VerdictLine::new(verdict))?,
                false => self.verdict(verdict)?,
            }
        }
        if !self.json && !self.quiet {
            self.printer.line("\nNot known:")?;
            for unknown in &diagnosis.unknown {
                self.printer.line(&format!("  {unknown}."))?;
            }
            self.printer.line("")?;
            for line in diagnosis.firewall.lines() {
                self.printer.line(&line)?;
            }
        }
        self.printer.flush()
    }

    fn verdict(&mut self, verdict: &Verdict) -> io::Result<()> {
        if !self.quiet {
            self.printer.line("")?;
        }
        let (level, code) = (verdict.level.word(), verdict.code.word());
        let head = match level == code {
            true => code.to_owned(),
            false => format!("{level} {code}"),
        };
        self.printer.line(&format!("{head}: {}", verdict.says))?;
        if let Some(reply) = &verdict.reply {
            self.printer.line(&format!("  The server said: {reply}"))?;
        }
        if let Some(hint) = &verdict.hint {
            self.printer.line(&format!("  {hint}."))?;
        }
        for fix in &verdict.fix {
            let flags = fix.flags().join(" ");
            self.printer.line(&format!("  Would mend it: {flags}"))?;
        }
        Ok(())
    }
}

/// `{"event":"step",...}`; several lines in one text, `null` where there are none.
#[derive(Serialize)]
struct StepLine {
    event: &'static str,
    step: &'static str,
    ok: bool,
    seconds: f64,
    sent: Option<String>,
    seen: Option<String>,
    says: String,
}

impl StepLine {
    fn new(examined: &Examined) -> Self {
        let joined = |lines: &[String]| (!lines.is_empty()).then(|| lines.join("\n"));
        Self {
            event: "step",
            step: examined.step.word(),
            ok: examined.ok,
            seconds: seconds(examined.took),
            sent: joined(&examined.sent),
            seen: joined(&examined.seen),
            says: examined.says.clone(),
        }
    }
}

/// `{"event":"verdict",...}`; the flags are those of the first setting that would mend it.
#[derive(Serialize)]
struct VerdictLine {
    event: &'static str,
    level: &'static str,
    code: &'static str,
    says: String,
    fix: Vec<String>,
}

impl VerdictLine {
    fn new(verdict: &Verdict) -> Self {
        let flags = verdict.fix.first().map(Fix::flags);
        Self {
            event: "verdict",
            level: verdict.level.word(),
            code: verdict.code.word(),
            says: verdict.text(),
            fix: flags.unwrap_or_default(),
        }
    }
}

/// To the millisecond.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

//! `ftpane ls` and `ftpane find`: what is in a folder, or below it, for people or as JSON.

use std::ffi::OsStr;
use std::io;
use std::sync::Arc;

use super::arguments::{Find, Ls, Sort};
use super::connection::Connection;
use super::json::{EntryLine, EventLine, Text};
use super::outcome::Outcome;
use super::place::Place;
use super::printer::{self, Printer};
use super::probe::Probe;
use super::session::{End, Live, Session};
use crate::local::names::bytes_of;
use crate::model::command::{Command, Exploration, Generation, Place as Somewhere, WalkOrder};
use crate::model::entry::{Entry, Kind, SortKey};
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::listing::{Dialect, Listing};
use crate::model::path::RemotePath;
use crate::model::size;
use crate::model::stamp::Precision;
use crate::plan::glob::Glob;
use crate::plan::naming::lookalikes;

/// What is said of an entry.
enum Form {
    /// A line with all that is known.
    Columns,
    /// Its path, if its name fits this pattern.
    Paths(Option<Glob>),
}

/// What is wanted.
struct Wanted<'a> {
    target: &'a OsStr,
    connection: &'a Connection,
    sort: Option<SortKey>,
    depth: usize,
    json: bool,
    form: Form,
}

/// Runs `ls`; the exit code.
pub(super) async fn run(arguments: &Ls, session: &mut Session) -> Result<u8, End> {
    let json = arguments.output.json;
    let wanted = Wanted {
        target: &arguments.target,
        connection: &arguments.connection,
        sort: (arguments.sort.map(Sort::key)).or((!json).then_some(SortKey::Name)),
        depth: match (arguments.recursive, arguments.depth) {
            (false, _) => 0,
            (true, depth) => depth.unwrap_or(usize::MAX),
        },
        json,
        form: Form::Columns,
    };
    list(wanted, session).await
}

/// Runs `find`; the exit code.
pub(super) async fn find(arguments: &Find, session: &mut Session) -> Result<u8, End> {
    let json = arguments.output.json;
    let wanted = Wanted {
        target: &arguments.target,
        connection: &arguments.connection,
        sort: (!json).then_some(SortKey::Name),
        depth: arguments.depth.unwrap_or(usize::MAX),
        json,
        form: Form::Paths(arguments.name.as_ref().map(|name| Glob::new(&bytes_of(name)))),
    };
    list(wanted, session).await
}

async fn list(wanted: Wanted<'_>, session: &mut Session) -> Result<u8, End> {
    let mut place = Place::read(wanted.target, wanted.connection)?;
    let live = session.connect(&mut place).await?;
    let target = place.remote(&live.root)?;
    let target = Probe::default().spelled(session, &live, target).await?;
    let mut lister = Lister {
        shown_root: if place.saved {
            live.root.clone()
        } else {
            RemotePath::root()
        },
        sort: wanted.sort,
        json: wanted.json,
        form: wanted.form,
        printer: Printer::new(),
        outcome: Outcome::default(),
        cut: None,
        target: target.clone(),
        depth: wanted.depth,
        live,
    };
    match lister.run(session, &target, wanted.depth).await {
        Ok(()) => Ok(lister.outcome.exit_code()),
        // whoever read our output has seen enough
        Err(Halt::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(lister.outcome.exit_code()),
        Err(Halt::Output(e)) => Err(printer::unwritten(&e).into()),
        Err(Halt::End(end)) => {
            let _ = lister.printer.flush();
            Err(end)
        }
    }
}

enum Halt {
    End(End),
    Output(io::Error),
}

impl From<End> for Halt {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

struct Lister {
    live: Live,
    /// Paths are printed as they are written in a target: below this.
    shown_root: RemotePath,
    sort: Option<SortKey>,
    json: bool,
    form: Form,
    printer: Printer,
    outcome: Outcome,
    /// Folders below the server's depth, and the first of them.
    cut: Option<(RemotePath, u64)>,
    /// Where the walk began, and how many levels below it were asked for.
    target: RemotePath,
    depth: usize,
}

impl Lister {
    async fn run(&mut self, session: &mut Session, target: &RemotePath, depth: usize) -> Result<(), Halt> {
        let listing = match session.list(&self.live, target).await {
            Ok(listing) => listing,
            Err(End::Failed(failure)) if failure.class == Class::Refused => {
                return match self.as_file(session, target).await? {
                    Some(entry) => self.print_file(target, &entry),
                    None => Err(End::Failed(failure).into()),
                };
            }
            Err(end) => return Err(end.into()),
        };
        // LIST of a file lists the file itself
        if listing.dialect != Dialect::Mlsd
            && let [only] = listing.entries.as_slice()
            && Some(&only.name) == target.name().as_ref()
            && let Some(entry) = self.as_file(session, target).await?
        {
            return self.print_file(target, &entry);
        }
        if depth == 0 && matches!(self.form, Form::Columns) {
            self.print_folder(session, target, &listing)?;
            self.outcome.success();
        } else {
            self.walk(session, target, listing).await?;
            self.say_cut(session);
        }
        self.printer.flush()?;
        Ok(())
    }

    /// The entry of something that is no folder, from its parent's listing.
    async fn as_file(&self, session: &mut Session, path: &RemotePath) -> Result<Option<Entry>, Halt> {
        let (Some(parent), Some(name)) = (path.parent(), path.name()) else {
            return Ok(None);
        };
        if *path == self.live.root {
            return Ok(None);
        }
        match session.list(&self.live, &parent).await {
            Ok(listing) => Ok(listing
                .entries
                .iter()
                .find(|e| e.name == name && e.kind != Kind::Dir)
                .cloned()),
            Err(End::Failed(_)) => Ok(None),
            Err(end) => Err(end.into()),
        }
    }

    fn print_file(&mut self, path: &RemotePath, entry: &Entry) -> Result<(), Halt> {
        self.print_entry(path, entry, false)?;
        self.outcome.success();
        self.printer.flush()?;
        Ok(())
    }

    /// Walks down. People get the folders in order, JSON as they come; each as soon as it is its turn.
    async fn walk(
        &mut self,
        session: &mut Session,
        target: &RemotePath,
        first: Arc<Listing>,
    ) -> Result<(), Halt> {
        let wanted = session.request_walk(Exploration {
            connection: self.live.id,
            folder: target.clone(),
            listing: Arc::clone(&first),
            levels: u32::try_from(self.depth).ok(),
            order: match self.sort {
                Some(sort) if !self.json => WalkOrder::Sorted(sort),
                _ => WalkOrder::AsItComes,
            },
            generation: Generation::default(),
        });
        self.print_result(session, target, &Ok(first), true)?;
        loop {
            // what people see comes in time, not when the buffer is full
            self.printer.flush()?;
            match session.event().await? {
                Event::Listed {
                    generation,
                    place: Somewhere::Remote(_, path),
                    result,
                } if generation == wanted => {
                    self.print_result(session, &path, &result, true)?;
                    session.send(Command::DealtWith(wanted));
                }
                Event::Failed(failure) => {
                    session.speech.fail(&failure);
                    self.outcome.failure(&failure);
                }
                Event::Explored { generation, result } if generation == wanted => {
                    return result.map_err(|failure| Halt::End(End::Failed(failure)));
                }
                _ => {}
            }
        }
    }

    /// Notes the folders that the server's depth keeps closed; those beyond `--depth` were not
    /// asked for and are not worth a word.
    fn note_cut(&mut self, path: &RemotePath, listing: &Listing) -> Result<(), Halt> {
        for entry in listing.entries.iter().filter(|e| e.kind == Kind::Dir) {
            let folder = path.join(&entry.name);
            let Some(depth) = self.live.fence.cuts(&folder) else {
                continue;
            };
            if self.json {
                self.printer.json(&EventLine::cut(self.text(&folder), depth))?;
            }
            self.cut.get_or_insert((folder, 0)).1 += 1;
        }
        Ok(())
    }

    fn say_cut(&self, session: &Session) {
        let (Some((first, count)), Some(depth)) = (&self.cut, self.live.fence.levels()) else {
            return;
        };
        let others = match count - 1 {
            0 => String::new(),
            more => format!(" and {}", size::count(more, "other folder", "other folders")),
        };
        session
            .speech
            .remark(&format!("cut at depth {depth}: {first}{others} not listed"));
    }

    fn print_result(
        &mut self,
        session: &Session,
        path: &RemotePath,
        result: &Result<Arc<Listing>, Failure>,
        heading: bool,
    ) -> Result<(), Halt> {
        match result {
            Ok(listing) => {
                if heading && !self.json && matches!(self.form, Form::Columns) {
                    self.printer.heading(&self.shown(path))?;
                }
                self.print_folder(session, path, listing)?;
                let level = path.depth_below(&self.target).unwrap_or(0);
                if level < self.depth {
                    self.note_cut(path, listing)?;
                }
                self.outcome.success();
            }
            Err(failure) => {
                session.speech.fail(failure);
                self.outcome.failure(failure);
            }
        }
        Ok(())
    }

    fn print_folder(&mut self, session: &Session, path: &RemotePath, listing: &Listing) -> Result<(), Halt> {
        let alike = lookalikes(listing.entries.iter().map(|entry| &entry.name));
        for entry in self.sorted(listing) {
            self.print_entry(&path.join(&entry.name), entry, alike.contains(&entry.name))?;
        }
        if self.json {
            for line in &listing.unreadable {
                self.printer.json(&EventLine::unreadable(self.text(path), line))?;
            }
            if let Some(reason) = &listing.incomplete {
                self.printer
                    .json(&EventLine::incomplete(self.text(path), reason))?;
            }
            if let Some(text) = left_out(path, listing) {
                session.speech.warn(&text);
            }
        }
        if !listing.is_whole() {
            let why = match &listing.incomplete {
                Some(reason) => reason.clone(),
                None => format!("{} of its lines could not be read", listing.unreadable_count),
            };
            let failure = Failure::new(
                Class::Other,
                format!("The listing of {} is not complete", path.shown()),
                why,
            );
            session.speech.fail(&failure);
            self.outcome.failure(&failure);
        }
        Ok(())
    }

    fn print_entry(&mut self, path: &RemotePath, entry: &Entry, alike: bool) -> Result<(), Halt> {
        if let Form::Paths(Some(pattern)) = &self.form
            && !pattern.fits_hidden(entry.name.as_bytes())
        {
            return Ok(());
        }
        if self.json {
            let line = EntryLine::new(&self.shown(path), entry, self.live.charset);
            self.printer.json(&line)?;
        } else if let Form::Paths(_) = self.form {
            let shown = self.shown(path);
            self.printer.text(&shown)?;
        } else {
            self.printer.entry(&columns(entry), entry, alike)?;
        }
        Ok(())
    }

    /// The path below the document path of a saved server, whole for a URL.
    fn shown(&self, path: &RemotePath) -> Vec<u8> {
        match path.below(&self.shown_root) {
            Some(names) => names
                .iter()
                .fold(RemotePath::root(), |path, name| path.join(name))
                .as_bytes()
                .to_vec(),
            None => path.as_bytes().to_vec(),
        }
    }

    fn text(&self, path: &RemotePath) -> Text {
        Text::of_server(&self.shown(path), self.live.charset)
    }

    fn sorted<'l>(&self, listing: &'l Listing) -> Vec<&'l Entry> {
        let mut all: Vec<&Entry> = listing.entries.iter().collect();
        if let Some(sort) = self.sort {
            all.sort_by(|a, b| sort.compare(a, b));
        }
        all
    }
}

/// Unreadable lines that were counted only, too many to be kept.
fn left_out(path: &RemotePath, listing: &Listing) -> Option<String> {
    let kept = u64::try_from(listing.unreadable.len()).unwrap_or(u64::MAX);
    (listing.unreadable_count > kept).then(|| {
        format!(
            "{} unreadable lines in the listing of {}; the output has the first {kept} of them",
            listing.unreadable_count,
            path.shown()
        )
    })
}

/// Kind and permissions, size, time: `-rw-r--r--         12  2026-01-02 03:04  `.
fn columns(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::Dir => 'd',
        Kind::File => '-',
        Kind::Link => 'l',
        Kind::Other => '?',
    };
    let permissions = entry.permissions.map_or(" ".repeat(9), |p| p.symbolic());
    let size = match (entry.kind, entry.size) {
        (Kind::Dir, _) => "-".to_owned(),
        (_, Some(size)) => size.to_string(),
        (_, None) => "?".to_owned(),
    };
    let time = entry.modified.and_then(|m| {
        let text = m.rfc3339()?;
        let (day, time) = text.split_once('T')?;
        Some(match m.precision {
            Precision::Day => format!("{day}      "),
            _ => format!("{day} {}", time.get(..5)?),
        })
    });
    let time = time.unwrap_or_else(|| format!("{:16}", "?"));
    format!("{kind}{permissions} {size:>12}  {time}  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Permissions;
    use crate::model::path::Name;
    use crate::model::stamp::Stamp;

    fn entry(name: &str, size: Option<u64>, seconds: i64) -> Entry {
        let mut entry = Entry::new(Name::new(name.as_bytes()).unwrap(), Kind::File);
        entry.size = size;
        entry.modified = Some(Stamp::exact(seconds));
        entry
    }

    #[test]
    fn unreadable_lines_that_are_not_given_out_are_counted() {
        let (path, mut listing) = (RemotePath::root(), Listing::default());
        for _ in 0..Listing::KEPT_UNREADABLE {
            listing.note_unreadable(b"?");
        }
        assert_eq!(left_out(&path, &listing), None);
        listing.note_unreadable(b"?");
        let (all, kept) = (listing.unreadable_count, Listing::KEPT_UNREADABLE);
        let text = left_out(&path, &listing).unwrap();
        assert!(
            text.starts_with(&format!("{all} ")) && text.contains(&format!("first {kept} ")),
            "{text}"
        );
    }

    #[test]
    fn lines_for_people() {
        let mut file = entry("a", Some(12), 1_767_323_045);
        file.permissions = Some(Permissions(0o644));
        assert_eq!(columns(&file), "-rw-r--r--           12  2026-01-02 03:04  ");
        let unknown = Entry::new(Name::new(b"x").unwrap(), Kind::Dir);
        assert_eq!(columns(&unknown), "d                     -  ?                 ");
    }
}

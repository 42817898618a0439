//! Listings one after the other, for walks: at the end of a listing's data the way into the next
//! folder is written (CWD, PWD where that is to be judged, EPSV), before the 226 is read. The command
//! that lists is written when the answers are known to be good, while the data connection is made:
//! that costs no round trip more, and nothing is listed where the server is not known to stand.
//!
//! Here only what goes as it should is a listing. Whatever is odd, refused, cut or empty for no
//! reason is `None`, and the folder is to be listed by itself ([`Session::list`]), which knows what
//! to make of it.

use super::data::Prepared;
use super::error::Error;
use super::list::sections::{Section, Sections};
use super::list::{Bounds, Command, Parser};
use super::listing::{CHUNK, says_cut};
use super::session::{Session, line};
use super::transfer::{Asked, Closed, Ending, Request, Transfer};
use crate::model::listing::{Dialect, Listing};
use crate::model::path::RemotePath;

/// How a folder is listed, out of several ways to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Links are told from folders, as [`Session::list_with_links`] does.
    pub(crate) links: bool,
}

/// A listing whose data have come, and whose last word has not.
#[derive(Debug)]
pub(crate) struct Unconfirmed {
    pub(crate) folder: RemotePath,
    manner: Manner,
    closed: Closed,
    parser: Parser,
}

/// What came of going on to a folder.
#[derive(Debug)]
pub(crate) struct Approach {
    /// The listing before, now confirmed.
    pub(crate) confirmed: Option<Listing>,
    /// Where the server stands, if that was asked and said.
    pub(crate) at: Option<RemotePath>,
    /// The data connection to come; `None`: the folder is to be listed by itself.
    pub(crate) prepared: Option<Approached>,
}

/// A data connection to come.
#[derive(Debug)]
pub(crate) struct Approached(Prepared);

/// A recursive listing that is being read.
#[derive(Debug)]
pub(crate) struct Sweep {
    transfer: Transfer,
    sections: Sections,
    buffer: Vec<u8>,
    /// Bytes since a section was taken that was of use.
    pub(crate) idle_bytes: u64,
}

impl Session {
    /// Whether this folder can be listed by writing ahead: all that has to be learned of such a
    /// server is known.
    pub(crate) fn may_go_on_to(&self, folder: &RemotePath) -> bool {
        self.writes_ahead()
            && self.offer().is_some()
            && self.control.noops().unanswered() == 0
            && self.settle_iac(folder)
    }

    fn by_lines(&self, manner: Manner) -> bool {
        manner.links || !self.uses_mlsd()
    }

    /// Ends `last` and goes into `folder`, in one write; asks where that is, if `proof` is wanted.
    pub(crate) async fn go_on_to(
        &mut self,
        last: Option<Unconfirmed>,
        folder: &RemotePath,
        manner: Manner,
        proof: bool,
    ) -> Result<Approach, Error> {
        let enters = proof || self.by_lines(manner);
        let mut approach = Approach {
            confirmed: None,
            at: None,
            prepared: None,
        };
        if last.is_none() {
            self.settled().await?;
        }
        let enter = line("CWD", folder);
        let mut lines: Vec<&[u8]> = Vec::with_capacity(3);
        if enters {
            lines.push(&enter);
        }
        if proof {
            lines.push(b"PWD");
        }
        let offer = self.offer().ok_or(Error::Poisoned)?;
        lines.push(offer.line());
        let written = self.control.send(&lines);
        if let Some(last) = last {
            approach.confirmed = self.confirm(last).await;
        }
        written?;
        let answered = self.answers(enters, proof).await;
        if answered.as_ref().is_err_and(super::exchange::is_astray) {
            self.stumbled();
        }
        let (entered, at) = answered?;
        approach.at = at;
        let reply = self.next_reply().await?;
        match self.taken(offer, reply) {
            Ok(prepared) => approach.prepared = entered.then_some(Approached(prepared)),
            Err(_) => self.stumbled(),
        }
        Ok(approach)
    }

    /// Whether the server has gone into the folder, and where it says it is.
    async fn answers(&mut self, enters: bool, proof: bool) -> Result<(bool, Option<RemotePath>), Error> {
        let entered = !enters || self.next_reply().await?.is_positive();
        let at = match proof {
            true => self.next_reply().await?.landing(),
            false => None,
        };
        Ok((entered, at))
    }

    /// Lists the folder the session has gone on to, up to the end of the data.
    pub(crate) async fn list_there(
        &mut self,
        approached: Approached,
        folder: &RemotePath,
        manner: Manner,
        now: i64,
    ) -> Result<Unconfirmed, Error> {
        let charset = self.connection().server.charset;
        let (command, kind, now) = match self.by_lines(manner) {
            true => (self.list_command().to_vec(), Command::List, self.wall_clock(now)),
            false => (line("MLSD", folder), Command::Mlsd, now),
        };
        let request = Request::list(command);
        self.control.send(&[&request.command])?;
        let mut transfer = self.start(approached.0, &request, Asked::Alone).await?;
        let mut parser = Parser::new(kind, now, Bounds::default()).in_charset(charset);
        let mut buffer = vec![0u8; CHUNK];
        loop {
            match transfer.read(self, &mut buffer).await? {
                0 => break,
                n => parser.feed(&buffer[..n]),
            }
            if parser.is_full() {
                self.abandon();
                return Err(Error::Poisoned);
            }
        }
        Ok(Unconfirmed {
            folder: folder.clone(),
            manner,
            closed: transfer.close(self).await?,
            parser,
        })
    }

    /// The listing, where the server's last word is that it is one.
    pub(crate) async fn confirm(&mut self, last: Unconfirmed) -> Option<Listing> {
        let by_lines = self.by_lines(last.manner);
        let said_all = match self.last_word(last.closed).await {
            Ok(ending) => is_all(&ending),
            Err(error) => {
                if super::exchange::is_astray(&error) {
                    self.stumbled();
                }
                false
            }
        };
        let proven_empty = !by_lines || last.parser.saw_itself();
        let mut listing = last.parser.finish(None);
        let good = said_all
            && listing.is_whole()
            && (proven_empty || !listing.entries.is_empty())
            && (!last.manner.links || matches!(listing.dialect, Dialect::Unix | Dialect::Unknown))
            && (last.manner.links || !self.could_tell_clock(&listing));
        if !good {
            return None;
        }
        let kind = if by_lines { Command::List } else { Command::Mlsd };
        self.note_dialect(kind, &listing);
        if !last.manner.links {
            self.put_right(&mut listing);
        }
        Some(listing)
    }

    /// Whether a folder and all that is below it can be asked for at once: by lines that would be
    /// asked for anyway, from a server that is not known to be unable.
    pub(crate) fn may_sweep(&self, manner: Manner) -> bool {
        let learned = self.connection().learned();
        let able = !learned.no_list_all && !learned.no_list_recursive;
        let unix = learned.dialect == Dialect::Unix || (manner.links && learned.dialect == Dialect::Mlsd);
        drop(learned);
        able && unix && self.by_lines(manner)
    }

    /// Asks for the folder the session stands in, and all that is below it.
    pub(crate) async fn sweep(&mut self, top: &RemotePath, now: i64) -> Result<Sweep, Error> {
        let charset = self.connection().server.charset;
        match self.begin(&Request::list(b"LIST -aR".to_vec())).await {
            Ok(transfer) => Ok(Sweep {
                transfer,
                sections: Sections::new(top.clone(), self.wall_clock(now), Bounds::default(), charset),
                buffer: vec![0u8; CHUNK],
                idle_bytes: 0,
            }),
            Err(error) => {
                if matches!(error, Error::Refused(..)) {
                    self.cannot_sweep();
                }
                Err(error)
            }
        }
    }

    /// The next section; `None` at the end of the data.
    pub(crate) async fn next_section(
        &mut self,
        sweep: &mut Sweep,
        manner: Manner,
    ) -> Result<Option<Section>, Error> {
        loop {
            if let Some(section) = sweep.sections.take() {
                return Ok(Some(self.section(section, manner)));
            }
            match sweep.transfer.read(self, &mut sweep.buffer).await? {
                0 => return Ok(None),
                n => {
                    sweep.idle_bytes += n as u64;
                    sweep.sections.feed(&sweep.buffer[..n]);
                }
            }
        }
    }

    /// Reads the last word; the sections that it makes good.
    pub(crate) async fn end_sweep(&mut self, sweep: Sweep, manner: Manner) -> Vec<Section> {
        let ended = self.finish(sweep.transfer).await;
        let whole = ended.as_ref().is_ok_and(is_all);
        if sweep.sections.headings() == 0 || matches!(ended, Err(Error::Refused(..))) {
            self.cannot_sweep();
        } else if !whole {
            self.remark("LIST -aR does not tell all; what it leaves out is listed folder by folder");
        }
        let rest = sweep.sections.finish(whole);
        rest.into_iter()
            .map(|section| self.section(section, manner))
            .collect()
    }

    /// Gives a recursive listing up.
    pub(crate) async fn leave_sweep(&mut self, sweep: Sweep) {
        self.give_up(sweep.transfer).await;
    }

    fn section(&self, mut section: Section, manner: Manner) -> Section {
        if !manner.links {
            self.put_right(&mut section.listing);
        }
        section
    }

    fn cannot_sweep(&self) {
        if !std::mem::replace(&mut self.connection().learned().no_list_recursive, true) {
            self.remark("the server does not list folders with all below them (LIST -aR); going through them one by one");
        }
    }
}

/// Whether the server says that it has listed all.
fn is_all(ending: &Ending) -> bool {
    !says_cut(&ending.reply.shown()) && ending.closed_properly != Some(false)
}

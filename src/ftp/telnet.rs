//! The byte 0xFF in a name: `я` of windows-1251, `ÿ` of latin1 (UTF-8 has no such byte).
//!
//! The control connection is a Telnet connection (RFC 959 §3.1), on which 0xFF begins a command of
//! Telnet's unless it is doubled (RFC 854). ProFTPD and the servers that descend from BSD's undo
//! the doubling; vsftpd, pure-ftpd and others know nothing of it and take both bytes for the name,
//! and no reply tells which they are. So it is found out where it matters, once for each
//! connection: of what exists by asking for it in both ways; of what is made by looking in its
//! folder's listing, whose bytes are nobody's Telnet, what it is called.

use super::error::{Error, Stage};
use super::session::{Session, line};
use crate::model::path::{Name, RemotePath};

/// Telnet's "interpret as command".
pub(super) const IAC: u8 = 0xff;

impl Session {
    fn holds_iac(&self, path: &RemotePath) -> bool {
        let charset = self.connection().server.charset;
        // in UTF-8 only a name that is none holds it
        charset
            .to_server(path.as_bytes())
            .is_ok_and(|sent| sent.contains(&IAC))
    }

    /// To be called before a path is sent; whether it is known how 0xFF in it is taken.
    pub(super) fn settle_iac(&self, path: &RemotePath) -> bool {
        let known = self.connection().learned().doubles_iac;
        self.control.double_iac(known.unwrap_or(true));
        known.is_some() || !self.holds_iac(path)
    }

    /// To be called before the path of something that should exist is sent.
    pub(super) async fn find_iac(&mut self, path: &RemotePath) -> Result<(), Error> {
        if self.settle_iac(path) {
            return Ok(());
        }
        for doubled in [true, false] {
            self.control.double_iac(doubled);
            for verb in ["SIZE", "CWD"] {
                if self.control.ask(&line(verb, path)).await?.is_positive() {
                    self.learn_iac(doubled);
                    return Ok(());
                }
            }
        }
        self.control.double_iac(true);
        Ok(())
    }

    /// To be called when something was made while it was not known how 0xFF is taken: if it got
    /// another name than it should have, it is renamed.
    pub(super) async fn check_iac(&mut self, path: &RemotePath) -> Result<(), Error> {
        let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
            return Ok(());
        };
        let charset = self.connection().server.charset;
        let Ok(sent) = charset.to_server(name.as_bytes()) else {
            return Ok(());
        };
        let twice: Vec<u8> = sent
            .iter()
            .flat_map(|b| std::iter::repeat_n(*b, if *b == IAC { 2 } else { 1 }))
            .collect();
        let Ok(twice) = Name::new(&charset.from_server(&twice)) else {
            return Ok(());
        };
        // for names no year is needed
        let listing = self.list(&folder, 0).await?;
        let stands = |name: &Name| listing.entries.iter().any(|entry| entry.name == *name);
        if stands(&name) {
            self.learn_iac(true);
        } else if stands(&twice) {
            self.learn_iac(false);
            self.control
                .demand(Stage::Command, &line("RNFR", &folder.join(&twice)), 3)
                .await?;
            self.control
                .demand(Stage::Command, &line("RNTO", path), 2)
                .await?;
        }
        Ok(())
    }

    fn learn_iac(&self, doubled: bool) {
        self.connection().learned().doubles_iac = Some(doubled);
        self.control.double_iac(doubled);
        if !doubled {
            self.remark("the server takes the byte 0xFF in names as it is, not doubled as Telnet has it");
        }
    }
}

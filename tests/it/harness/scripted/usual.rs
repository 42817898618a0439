//! What a well-behaved server does about each command, in steps.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ftpane::model::entry::Permissions;
use ftpane::model::server::Protocol;

use super::session::{Session, Way};
use super::{GREETING, PASSWORD, Step, announce, end_data, receive_all, say, send, start_tls};

impl Session {
    pub(super) fn usual(&mut self, line: &str) -> Vec<Step> {
        if line == GREETING {
            return vec![say("220 Scripted server ready.")];
        }
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let path = match verb {
            // these are about the name itself
            "DELE" | "RNFR" | "RNTO" => self.path(line),
            _ => self.disk(|disk| disk.follow(&self.path(line))),
        };
        let path = self.disk(|disk| disk.standing(&path));
        match verb {
            "AUTH" if self.house.protocol == Protocol::FtpsExplicit => vec![say("234 Go on."), start_tls()],
            "AUTH" => vec![say("502 No TLS here.")],
            "PBSZ" => vec![say("200 PBSZ=0")],
            "PROT" => {
                self.protects_data = argument == "P";
                vec![say("200 Data connections are protected.")]
            }
            "USER" => vec![say("331 Password, please.")],
            "PASS" if argument == PASSWORD => vec![say("230 Welcome.")],
            "PASS" => vec![say("530 Login incorrect.")],
            "FEAT" => {
                let features = self.house.features.split(' ').map(|word| format!(" {word}\r\n"));
                vec![say(&format!(
                    "211-Features:\r\n{}211 End",
                    features.collect::<String>()
                ))]
            }
            "OPTS" | "TYPE" | "NOOP" => vec![say("200 As you wish.")],
            "PWD" => vec![say(&format!("257 \"{}\" is where you are.", self.folder))],
            "QUIT" => vec![say("221 Goodbye."), Step::Close],
            "CWD" if self.disk(|disk| disk.is_folder(&path)) => {
                self.folder = path;
                vec![say("250 There you are.")]
            }
            "MKD" if self.disk(|disk| disk.make_folder(&path)) => vec![say(&format!("257 \"{path}\" made."))],
            "MKD" => vec![say("550 It exists.")],
            "DELE" if self.disk(|disk| disk.remove(&path)) => vec![say("250 Gone.")],
            "SIZE" => match self.disk(|disk| disk.read(&path)) {
                Some(content) => vec![say(&format!("213 {}", content.len()))],
                None => vec![say("550 No such file.")],
            },
            "MDTM" if self.disk(|disk| disk.read(&path)).is_some() => vec![say("213 20240102030405")],
            "RNFR" if self.disk(|disk| disk.read(&path)).is_some() => {
                self.renaming = Some(path);
                vec![say("350 And to what?")]
            }
            "RNTO" if self.disk(|disk| disk.has(&path)) && self.house.refusals.over.is_some() => {
                self.renaming = None;
                vec![say(self.house.refusals.over.as_deref().unwrap_or_default())]
            }
            "RNTO" => {
                let from = self.renaming.take().unwrap_or_default();
                match self.disk(|disk| disk.rename(&from, &path)) {
                    true => vec![say("250 Renamed.")],
                    false => vec![say("503 RNFR first.")],
                }
            }
            "REST" => {
                self.offset = argument.parse().unwrap_or(0);
                vec![say("350 From there.")]
            }
            "EPSV" => vec![announce("229 Entering Extended Passive Mode (|||{port}|)")],
            "PASV" => {
                let ip = self.house.ip.to_string().replace('.', ",");
                vec![announce(&format!(
                    "227 Entering Passive Mode ({ip},{{p1}},{{p2}})."
                ))]
            }
            "EPRT" | "PORT" => match active(verb, argument) {
                Some(address) => {
                    self.lay(Way::Active(address));
                    vec![say("200 I will come.")]
                }
                None => vec![say("501 Where?")],
            },
            "MLSD" if self.disk(|disk| disk.is_folder(&path)) => {
                let facts = self
                    .disk(|disk| disk.list(&path))
                    .into_iter()
                    .map(|(name, size)| {
                        let mode =
                            self.disk(|disk| disk.mode(&format!("{}/{name}", path.trim_end_matches('/'))));
                        let mode = mode.map_or(String::new(), |mode| format!("UNIX.mode={mode:04o};"));
                        match size {
                            Some(size) => {
                                format!("type=file;size={size};modify=20240102030405;{mode} {name}\r\n")
                            }
                            None => format!("type=dir;modify=20240102030405;{mode} {name}\r\n"),
                        }
                    });
                let links = self
                    .disk(|disk| disk.links(&path))
                    .into_iter()
                    .map(|(name, to)| format!("type=OS.unix=slink:{to}; {name}\r\n"));
                transfer(facts.chain(links).collect::<String>())
            }
            "LIST" => {
                let lines = self
                    .disk(|disk| disk.list(&self.folder))
                    .into_iter()
                    .map(|(name, size)| {
                        let path = format!("{}/{name}", self.folder.trim_end_matches('/'));
                        let mode = |usual| Permissions(self.disk(|disk| disk.mode(&path)).unwrap_or(usual));
                        match size {
                            Some(size) => {
                                let mode = mode(0o644).symbolic();
                                format!("-{mode} 1 me us {size} Jan  2  2024 {name}\r\n")
                            }
                            None => format!("d{} 2 me us 0 Jan  2  2024 {name}\r\n", mode(0o755).symbolic()),
                        }
                    });
                let links = self
                    .disk(|disk| disk.links(&self.folder))
                    .into_iter()
                    .map(|(name, to)| format!("lrwxrwxrwx 1 me us 9 Jan  2  2024 {name} -> {to}\r\n"));
                transfer(lines.chain(links).collect::<String>())
            }
            "RETR" => match self.disk(|disk| disk.read(&path)) {
                Some(content) => {
                    let offset = std::mem::take(&mut self.offset).min(content.len());
                    transfer(&content[offset..])
                }
                None => vec![say("550 No such file.")],
            },
            "STOR" if self.house.refusals.dot_names.is_some() && path.contains("/.") => {
                vec![say(self.house.refusals.dot_names.as_deref().unwrap_or_default())]
            }
            "SITE" => {
                let mut words = argument.splitn(3, ' ');
                let mode = match words.next() {
                    Some("CHMOD") => words.next().and_then(|mode| u16::from_str_radix(mode, 8).ok()),
                    _ => None,
                };
                let path = self.path(&format!("CHMOD {}", words.next().unwrap_or_default()));
                let path = self.disk(|disk| disk.follow(&path));
                match mode {
                    Some(mode) if self.disk(|disk| disk.set_mode(&path, mode)) => vec![say("200 Changed.")],
                    Some(_) => vec![say("550 No such file.")],
                    None => vec![say("504 Not that.")],
                }
            }
            "STOR" => vec![
                say("150 Send it."),
                receive_all(),
                end_data(),
                say("226 Have it."),
            ],
            "CWD" | "DELE" | "MDTM" | "RNFR" | "MLSD" => vec![say("550 No such file or folder.")],
            _ => vec![say("500 Never heard of it.")],
        }
    }

    pub(super) fn disk<T>(&self, work: impl FnOnce(&mut super::disk::Disk) -> T) -> T {
        work(&mut self.house.disk.lock().unwrap())
    }
}

fn transfer(content: impl AsRef<[u8]>) -> Vec<Step> {
    vec![
        say("150 Here it comes."),
        send(content),
        end_data(),
        say("226 That was it."),
    ]
}

/// The address in EPRT (RFC 2428 §2) or PORT (RFC 959 §4.1.2).
fn active(verb: &str, argument: &str) -> Option<SocketAddr> {
    if verb == "EPRT" {
        let mut fields = argument.split('|').skip(2);
        let ip: IpAddr = fields.next()?.parse().ok()?;
        return Some((ip, fields.next()?.parse().ok()?).into());
    }
    let n: Vec<u8> = argument.split(',').filter_map(|n| n.parse().ok()).collect();
    match n[..] {
        [a, b, c, d, high, low] => Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into()),
        _ => None,
    }
}

//! What the form says beside the field one is in.

use super::draft::Draft;
use super::field::Field;
use crate::config::secrets::HAS_KEYRING;
use crate::model::firewall;
use crate::model::server::{ConnectionMode, Protocol, TlsVersion};

/// The side note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The field's name.
    pub title: &'static str,
    /// The explanation, one paragraph each.
    pub paragraphs: Vec<String>,
    /// Where it concerns connections: what the server's firewall must let through, as
    /// `from -> to` and what passes.
    pub directions: Vec<(String, &'static str)>,
}

pub(super) fn of(field: Field, draft: &Draft) -> Note {
    let server = draft.server();
    let directions = if matches!(
        field,
        Field::Protocol
            | Field::Port
            | Field::Mode
            | Field::PassiveAddress
            | Field::ExternalIp
            | Field::PortRange
            | Field::Proxy
    ) {
        firewall::directions(&server)
            .iter()
            .map(|d| (format!("{} -> {}", d.from(), d.to()), d.purpose.words()))
            .collect()
    } else {
        Vec::new()
    };
    Note {
        title: field.label(),
        paragraphs: paragraphs(field, draft).into_iter().map(str::to_owned).collect(),
        directions,
    }
}

const NO_NAT: &str = "Automatic announces this machine's own address. That works only when it is connected \
    to the internet without a NAT router and its firewall lets connections in on ports above 1024. \
    Behind NAT, write the address seen from outside.";

fn paragraphs(field: Field, draft: &Draft) -> Vec<&'static str> {
    match field {
        Field::Name => vec![
            "What the server is called here and on the command line: NAME:PATH.",
            "A pasted ftp://, ftps:// or ftpes:// URL fills the other fields.",
        ],
        Field::Group => vec!["Servers of one group stand together in the list and fold with it."],
        Field::Note => vec!["Anything worth remembering. Never a password."],
        Field::Protocol => match draft.protocol {
            Protocol::FtpsExplicit => vec![
                "The connection begins in clear on the FTP port; AUTH TLS encrypts it before user and password \
                 are sent. A server that refuses AUTH gets no login.",
            ],
            Protocol::FtpsImplicit => vec![
                "TLS from the first byte, without any command, on a port of its own: 990 unless told otherwise.",
            ],
            Protocol::Ftp => {
                vec!["Nothing is encrypted: user, password and files can be read by anyone on the way."]
            }
        },
        Field::Host => vec![
            "Name or address of the server; an IPv6 address without brackets.",
            "A pasted URL fills protocol, port, user and path too.",
        ],
        Field::Port => vec![
            "The port the server listens on: 21 for FTP and explicit TLS, 990 for implicit TLS. It follows the \
             protocol until you write another; empty it to follow again.",
        ],
        Field::DocumentPath => vec![
            "Browsing starts here and does not leave it upwards. Empty is the server's root; ~ is the folder \
             the login lands in.",
        ],
        Field::SubFolders => vec![
            "Off: only the document path itself is shown and used. On: the folders below it too, as deep as \
             Levels says. Entering a folder, transfers, counting and deleting all keep to it, and say where \
             they were cut.",
        ],
        Field::Levels => vec![
            "How many levels of folders below the document path are open; empty is all of them. 1 opens the \
             folders in it and nothing in those. Worth setting on servers whose trees are huge.",
        ],
        Field::ReadOnly => vec![
            "When on, nothing that could change the server leaves this machine: only commands known to be \
             harmless are sent.",
        ],
        Field::User => vec!["Empty logs in as anonymous."],
        Field::Password => vec![
            if HAS_KEYRING {
                "ask: at each connection. store: kept here, encrypted with a passphrase that is asked for once \
                 a run. command: the first line a program prints, such as pass. environment: from a variable. \
                 netrc: from ~/.netrc. keyring: kept by the desktop."
            } else {
                "ask: at each connection. store: kept here, encrypted with a passphrase that is asked for once \
                 a run. command: the first line a program prints, such as pass. environment: from a variable. \
                 netrc: from ~/.netrc."
            },
            "The file of servers never holds a password.",
            "challenge: asked for at each login with the server's words shown, for one-time passwords. Sessions \
             are kept and shared then: Connections counts for nothing.",
        ],
        Field::Variable => vec!["The variable must be set when ftpane starts."],
        Field::Command => vec![
            "Run by sh; its first line of output is the password. It gets no input from the terminal, and a \
             minute's time.",
        ],
        Field::Secret => vec![
            "A new password to be kept for this server; empty leaves what is kept as it is. Where none is kept \
             the first connection asks for it.",
        ],
        Field::InPlace if draft.in_place() => vec![
            "WARNING: where a folder refuses temporary names or renaming, files are written straight to their \
             targets. The old file is gone from the first byte on, and a broken transfer leaves a partial one. \
             Other folders of the server are written safely all the same.",
        ],
        Field::InPlace => vec![
            "Off: a file is written under a temporary name and renamed when it is whole; where a folder refuses \
             that, you are asked. On: it is written straight to its target there.",
        ],
        Field::Account => vec![
            "What ACCT is answered with where a server asks for an account besides user and password. Empty: \
             you are asked then. It is saved as it is: leave it empty where it is a secret.",
        ],
        Field::OnDownload => vec![
            "What a download does where its file is here already. ask: you are asked, and the command line \
             asks on a terminal and overwrites elsewhere. A batch can begin with another choice, and \
             --on-conflict says another for one command.",
        ],
        Field::OnUpload => vec![
            "What an upload does where its file is on the server already. ask: you are asked, and the command \
             line asks on a terminal and overwrites elsewhere. A batch can begin with another choice, and \
             --on-conflict says another for one command.",
        ],
        Field::AfterLogin => vec![
            "Commands sent after each login, with ';' between them. What the server refuses is said and \
             changes nothing; a server that is read only here is sent none that could change it.",
        ],
        Field::Proxy => vec![
            "Every connection to the server goes through it, and it looks the server's name up. Data \
             connections are passive: nobody can connect to this machine through a proxy. An HTTP proxy must \
             allow CONNECT to the server's ports, the passive ones included.",
            "socks5://HOST:PORT or http://HOST:PORT; USER@ before the host if it asks for one. Only what is \
             written here counts, no variable such as ALL_PROXY.",
        ],
        Field::ProxyPassword => {
            vec!["Where the proxy's password comes from, if it asks for one. It is never saved here."]
        }
        Field::ProxyVariable => vec!["The variable must be set when ftpane starts."],
        Field::ProxyCommand => vec!["Run by sh; its first line of output is the proxy's password."],
        Field::Mode => {
            let mut out = match draft.mode {
                ConnectionMode::Passive => vec![
                    "Passive (recommended): this side opens the data connections, to ports the server names. A \
                     server behind NAT must announce an address seen from outside.",
                ],
                ConnectionMode::Active => {
                    vec!["Active: the server opens the data connections, to ports this side names."]
                }
                ConnectionMode::Auto => vec!["Passive first, and active where that fails."],
            };
            if draft.mode != ConnectionMode::Passive && draft.text(Field::ExternalIp).trim().is_empty() {
                out.push(NO_NAT);
            }
            out
        }
        Field::PassiveAddress => vec![
            "Servers behind NAT often announce an address that cannot be reached. repair: then the address of \
             the control connection is used, and said. as announced: as the server says. control: always that \
             of the control connection.",
        ],
        Field::ExternalIp => vec!["The address the server is told to connect to.", NO_NAT],
        Field::PortRange => vec![
            "The local ports the server may connect to, FIRST-LAST, so that a firewall can be opened for them. \
             Each data connection takes one: a queue of small files needs a few dozen.",
        ],
        Field::TlsBackend => vec![
            "OpenSSL resumes the control connection's TLS session on data connections, which vsftpd, ProFTPD and \
             FileZilla Server demand by default. The system's library (native-tls) cannot, nor does it tell \
             version, cipher, or what is wrong with a certificate; on Linux it is OpenSSL all the same.",
        ],
        Field::TlsMin => match draft.tls_min {
            TlsVersion::V1_0 | TlsVersion::V1_1 => vec![
                "WARNING: TLS 1.0 and 1.1 are broken, and weak keys and signatures come with them: allow them \
                 only for a server that cannot be updated, on a network you trust.",
            ],
            _ => vec!["The oldest TLS version accepted. 1.2 is right unless the server speaks 1.3 for sure."],
        },
        Field::TlsMax => match draft.tls_max {
            TlsVersion::V1_0 | TlsVersion::V1_1 => vec![
                "TLS 1.0 and 1.1 are broken: the newest version that is offered should be lower than 1.2 only \
                 for a server that fails when it is offered more.",
            ],
            _ => vec!["The newest TLS version offered. 1.3 is right unless the server fails with it."],
        },
        Field::WeakTls if draft.weak_tls => vec![
            "WARNING: keys below 2048 bits, SHA-1 signatures and servers without secure renegotiation are let \
             in. Whoever can break them reads user, password and files, or changes them on the way. Keep it \
             for a server that cannot be updated, on a network you trust.",
        ],
        Field::WeakTls => vec![
            "Off: a server whose key or signature can be broken is refused, and what is weak is said. On: it is \
             let in, and the line of the connection says weak.",
        ],
        Field::CaFile => vec![
            "A PEM file of certificate authorities that are trusted for this server besides this machine's: a \
             company's own, for instance. Who signed one certificate only is better pinned.",
        ],
        Field::ClientCertificate => vec![
            "For a server that demands a certificate of its users: a PEM file with yours, and those that signed \
             it after it. It is shown only to a server that asks for one.",
        ],
        Field::ClientKey => vec![
            "The PEM file with the certificate's key, not encrypted and readable by you alone. Empty: it stands \
             in the certificate's file.",
        ],
        Field::Pin => vec![
            "A certificate is pinned for this server: it is accepted whoever signed it, and any other is \
             refused. Switch off to forget it; the next connection judges the certificate anew.",
        ],
        Field::Connections => vec![
            "Control connections to the server at once, browsing included. Many servers limit them by user or \
             address.",
        ],
        Field::KeepAlive => vec![
            "Seconds of quiet after which the server is sent a NOOP, so that neither it nor a router on the way \
             forgets the connection; also beside a long transfer. 0 is never. A connection nobody uses for half \
             an hour is let go, and made again when it is needed.",
            "A server that refuses NOOP, or ends the connection over it, gets none any more.",
        ],
        Field::Verify => vec![
            "On: what was sent or received is compared by a checksum that the server computes (HASH, XSHA256, \
             XMD5, XCRC and the like), before the file is put in its place. It takes the server the time to \
             read each file once more. A server without such a command is asked for the size only, as always, \
             and the queue says which it was.",
            "A file that differs is transferred once more, and has failed where it differs again; what stood \
             under its name is untouched.",
        ],
        Field::KeepTimes => vec![
            "On: a file keeps the time at which its source was changed last: here, and on the server by MFMT or \
             MDTM where it takes one of them. Off: each gets the time of its transfer.",
        ],
        Field::KeepPermissions => vec![
            "On: a file gets the permissions of its source (read, write and execute), on the server by SITE \
             CHMOD. Off: a file that is replaced keeps those that it had, and a new one gets what is usual \
             there. Folders are never changed.",
        ],
        Field::StartFolder => vec!["The folder of this machine that the left pane opens with this server."],
        Field::ClockOffset => vec![
            "How far the clock in the server's LIST is ahead of UTC: +2, -5:30, 0. Empty: it is measured, by \
             asking for the MDTM of a file that was listed. MLSD is always UTC and needs none of this.",
        ],
        Field::Charset => vec![
            "The character set in which the server writes names: UTF-8 unless told otherwise. Old servers write \
             latin1, windows-1251, Shift_JIS and the like; then letters beyond ASCII are shown as \\xe9 here. A \
             name that cannot be written in it is not sent.",
            "Known: ISO-8859-1 to -16 (latin1, latin2 ...), windows-1250 to -1258, windows-874, KOI8-R, KOI8-U, \
             IBM866, macintosh, Shift_JIS, EUC-JP, EUC-KR, GBK, gb18030, Big5. latin1 is read as windows-1252, \
             as browsers do.",
        ],
    }
}

//! The table of explained replies. Codes are those of RFC 959 §4.2, RFC 1123 §4.1.3.4 (554, 555), RFC 1639
//! (521), RFC 2228 §5.1 (431 and 533 to 537), RFC 2428 §2 (522) and RFC 4217; which of them a command
//! may be answered by is in their sections on sequences of commands and replies.

use super::super::error::Stage::{self, Data, Greeting, Login, Protect};
use super::super::reply::Reply;
use super::Row;
use super::words::{
    says_anonymous, says_anonymous_only, says_bad_name, says_data_channel, says_existing,
    says_failed_writing, says_forbidden, says_full, says_in_use, says_limit, says_missing, says_no_file,
    says_no_folder, says_no_home, says_not_empty, says_oops, says_other_address, says_read_only, says_site,
    says_tls, says_too_long, says_unopened, says_writable_root, wants_encryption,
};
use crate::model::failure::Class;

const ANYWHERE: &[Stage] = &[];
const ANY: &[&str] = &[];
const ALL: &[u16] = &[];
const ACTIVE: &[&str] = &["PORT", "EPRT", "LPRT"];
const OPENING: &[&str] = &["PORT", "EPRT", "LPRT", "PASV", "EPSV", "LPSV"];
const PASSIVE: &[&str] = &["PASV", "EPSV", "LPSV"];

/// Others may hold them: a limit is the server's for all of a user or an address.
const TOO_MANY: &str =
    "Wait, or end other connections to it; where they are ftpane's own, lower Connections (-j).";
const NOTHING_SENT: &str = "Nothing secret was sent; encryption of data is never given up here.";
const HOME: &str = "User and password may be right: its administrator should look whether that folder is there and \
    this user may enter it.";
const WRITES: &[&str] = &["STOR", "STOU", "APPE"];
const MAKE_ROOM: &str = "Make room there, then let the transfers go on or try them again.";
const NOT_THERE: &str = "the server does not begin at that place of the file";
const FROM_START: &str = "Without -c the file goes from its first byte.";
const WRITING: &str = "Check that the folder is there, and that this user may write in it.";

/// The first one that fits counts: what is special stands before what is general, and the last one fits all.
#[rustfmt::skip] // two lines of words below one of conditions, row by row
pub(super) const ROWS: &[Row] = &[
    row(ANYWHERE, ANY, &[421], limit, Class::Unreachable,
        "the server has too many connections",
        TOO_MANY),
    row(&[Login], &["USER"], ALL, encryption, Class::Login,
        "the server wants an encrypted connection",
        "Use explicit TLS (ftpes://)."),
    row(ANYWHERE, ANY, &[421], anything, Class::Unreachable,
        "the server is not available and closed the connection",
        "It may be shutting down, or end sessions that are idle: try again later."),
    // vsftpd gives up with these words, whatever was asked
    row(&[Login], ANY, &[500], says_writable_root, Class::Login,
        "vsftpd lets nobody in whose home folder can be written to",
        "Set allow_writeable_chroot=YES in vsftpd.conf, or take the permission to write from that folder."),
    row(&[Login], ANY, &[500], says_no_home, Class::Login,
        "the server cannot enter this user's home folder",
        HOME),
    row(ANYWHERE, ANY, &[500], says_oops, Class::Unreachable,
        "the server gave up with an error of its own",
        "Its words name what is wrong there: its administrator can mend it."),
    // before the login
    row(&[Greeting], ANY, &[120], anything, Class::Unreachable,
        "the server is not ready yet",
        "It says in how many minutes it will be: try again then."),
    row(&[Greeting], ANY, ALL, anything, Class::Unreachable,
        "the server does not let anybody in",
        "It may be closed for a while, or let in certain addresses only."),
    row(&[Protect], ANY, &[431], anything, Class::Tls,
        "the server lacks something that its TLS needs",
        "Nothing secret was sent. Its administrator should look at its certificate and key."),
    row(&[Protect], &["AUTH"], &[534], anything, Class::Tls,
        "the server's rules do not allow TLS that begins on this port",
        "Nothing secret was sent. It may have no certificate yet; if it speaks implicit TLS, use ftps://."),
    row(&[Protect], &["AUTH"], ALL, anything, Class::Tls,
        "the server does not offer TLS on this port",
        "Nothing secret was sent. If it speaks implicit TLS, use ftps://; plain FTP (ftp://) is not encrypted."),
    row(&[Protect], ANY, &[534], anything, Class::Tls,
        "the server's rules do not allow encrypted data connections",
        NOTHING_SENT),
    row(&[Protect], ANY, ALL, anything, Class::Tls,
        "the server will not encrypt data connections",
        NOTHING_SENT),
    // the login
    row(&[Login], ANY, &[530], limit, Class::Unreachable,
        "the server allows no further login now",
        TOO_MANY),
    row(&[Login], ANY, &[5], says_anonymous_only, Class::Login,
        "the server lets only anonymous users in",
        "Leave the user empty, or ask its administrator to let users of its own in."),
    row(&[Login], ANY, &[5], says_anonymous, Class::Login,
        "the server lets no anonymous users in",
        "Give a user and a password."),
    // IIS and ProFTPD say it after a password that was right
    row(&[Login], ANY, &[530, 550], says_no_home, Class::Login,
        "the server cannot enter this user's home folder",
        HOME),
    row(&[Login], ANY, &[530], says_site, Class::Login,
        "the server has several sites and does not know which is meant",
        "Write the user as SITE|USER, with the host name of the site (IIS)."),
    row(&[Login], &["USER"], &[530], forbidden, Class::Login,
        "the server does not let this user in at all",
        "It may be on a list of users that are refused: its administrator can see which."),
    row(&[Login], &["ACCT"], &[5], anything, Class::Login,
        "the server refused the account",
        "Check it (account in the server's entry)."),
    row(&[Login], ANY, &[332, 532], anything, Class::Login,
        "the server asks for an account besides user and password",
        "Write it into the server's entry (account)."),
    row(&[Login], ANY, &[331, 336], anything, Class::Login,
        "the server asks for one answer after another and lets nobody in",
        "What it asks for stands in the dialogue (--transcript FILE)."),
    row(&[Login], ANY, &[431], anything, Class::Login,
        "the server lacks something that a secure login needs",
        "Try again later; its administrator can see what is missing."),
    row(&[Login], ANY, &[500, 502, 504], anything, Class::Login,
        "the server does not know a command that every login needs",
        "What answers there may be no FTP server: ftpane doctor looks at it step by step."),
    row(&[Login], ANY, &[501], anything, Class::Login,
        "the server does not take user or password in that form",
        "Check both, and the character set."),
    row(&[Login], ANY, &[503], anything, Class::Login,
        "the server wants something else before the login",
        "It may want TLS first (ftpes://)."),
    row(&[Login], ANY, &[533, 534, 536, 537], anything, Class::Login,
        "the server's rules do not allow a login over this connection",
        "It may want TLS (ftpes://)."),
    // 430 is in no RFC: several servers have it for what others call 530
    row(&[Login], ANY, &[430, 5], anything, Class::Login,
        "the server refused user or password",
        "Check both."),
    row(&[Login], ANY, &[4], anything, Class::Login,
        "the server lets nobody log in now",
        "Try again later."),
    row(&[Login], ANY, ALL, anything, Class::Login,
        "the server refused the login",
        "ftpane doctor shows the login step by step."),
    // where data flow
    row(ANYWHERE, OPENING, &[530], anything, Class::Data,
        "the server makes data connections only after a login",
        "The login may have ended there: try again."),
    row(ANYWHERE, ACTIVE, &[521, 522], anything, Class::Data,
        "the server does not connect to that kind of address for data",
        "Use passive mode, or set an external IP address of the other kind (IPv4, IPv6)."),
    row(ANYWHERE, ACTIVE, &[5], anything, Class::Data,
        "the server does not accept the address and port for active mode",
        "Use passive mode, or set the external IP address that the server sees."),
    row(ANYWHERE, PASSIVE, &[521, 522], anything, Class::Data,
        "the server does not offer passive mode for this kind of address",
        "Connect to its other address (IPv4, IPv6), or try active mode."),
    row(ANYWHERE, PASSIVE, &[4], anything, Class::Data,
        "the server could not open a passive port",
        "All of its passive ports may be in use: try again, lower Connections (-j), or try active mode."),
    row(&[Data], PASSIVE, ALL, anything, Class::Data,
        "the server does not offer passive mode",
        "Try active mode."),
    row(ANYWHERE, &["MKD", "XMKD"], &[521], anything, Class::Refused,
        "it exists already on the server",
        "Choose another name."),
    row(ANYWHERE, ANY, &[521, 522], anything, Class::Tls,
        "the server makes no data connection with this protection",
        "Where it wants data encrypted, use explicit TLS (ftpes://); ftpane doctor tells what it takes."),
    row(ANYWHERE, ANY, &[533, 534, 535, 536, 537], anything, Class::Tls,
        "the server's rules do not allow it with this protection",
        "It may want TLS (ftpes://); its administrator knows what it demands."),
    row(ANYWHERE, ANY, &[431], anything, Class::Tls,
        "the server lacks something that its encryption needs",
        "Try again later; its administrator can see what is missing."),
    row(ANYWHERE, ANY, &[425, 426], says_tls, Class::Tls,
        "the server could not encrypt the data connection",
        "Its log tells why; something on the way may meddle with it, such as a firewall that reads FTP."),
    row(ANYWHERE, ANY, &[425], says_other_address, Class::Data,
        "the data connection came from another address than the control connection, and was refused",
        "A router or a proxy on the way may have several addresses; vsftpd lets that in with pasv_promiscuous=YES."),
    row(ANYWHERE, ANY, &[550], says_data_channel, Class::Data,
        "the server waited in vain for the data connection",
        "In active mode our port must be reachable from the server; in passive mode its passive ports from here."),
    row(ANYWHERE, ANY, &[425], anything, Class::Data,
        "the server could not make the data connection",
        "In active mode our port must be reachable from the server; in passive mode its passive ports from here."),
    row(ANYWHERE, ANY, &[426], anything, Class::Unreachable,
        "the data connection was closed during the transfer",
        "A firewall or a time-out may have cut it; what is interrupted can go on (-c)."),
    // what is written: these say which of many things a code means
    row(ANYWHERE, ANY, ALL, says_full, Class::Refused,
        "the server has no room left, or your quota is used up",
        MAKE_ROOM),
    row(ANYWHERE, ANY, ALL, too_long, Class::Refused,
        "the name is too long for the server",
        "Give it a shorter one."),
    row(ANYWHERE, WRITES, &[451, 550], says_failed_writing, Class::Refused,
        "the server could not write the file: it may have no room left, or your quota may be used up",
        MAKE_ROOM),
    row(ANYWHERE, ANY, &[450, 500, 501, 502, 503, 504, 550], says_missing, Class::Refused,
        "there is no such file or folder on the server",
        "Check how it is written: most servers tell capital letters from small ones."),
    row(ANYWHERE, ANY, &[450, 451, 550, 553], says_in_use, Class::Refused,
        "somebody else uses the file on the server",
        "Try again when it is closed there."),
    row(ANYWHERE, ANY, &[450, 451, 550, 553], says_read_only, Class::Refused,
        "the server's disk is read-only there",
        "Its administrator can change it."),
    row(ANYWHERE, ANY, &[501, 550, 553], says_bad_name, Class::Refused,
        "the server does not take a name like that",
        "Give it one without special characters, or ask its administrator which it allows."),
    row(ANYWHERE, ANY, &[450, 550], says_no_folder, Class::Refused,
        "what has that name on the server is no folder",
        "Refresh, and check the path."),
    row(ANYWHERE, ANY, &[450, 550], says_no_file, Class::Refused,
        "what has that name on the server is no file",
        "Refresh, and check the path."),
    row(ANYWHERE, ANY, &[501, 550], says_unopened, Class::Refused,
        "the server cannot open it: it is not there, or permission is missing",
        "Check the path, and what this user may do."),
    row(ANYWHERE, ANY, &[550], says_existing, Class::Refused,
        "it exists already on the server",
        "Choose another name."),
    row(ANYWHERE, ANY, &[550], says_not_empty, Class::Refused,
        "the folder is not empty",
        "Delete it with what is in it, where that is meant."),
    row(ANYWHERE, ANY, &[550, 553], forbidden, Class::Refused,
        "the server refuses permission",
        "This user may not do that there; the server's administrator can change it."),
    // a code without such words, by command
    row(ANYWHERE, &["MKD", "XMKD"], &[550], anything, Class::Refused,
        "the server did not make the folder: it is there already, the one above it is not, or permission is missing",
        "Check the name, and what this user may do there."),
    row(ANYWHERE, &["RMD", "XRMD"], &[550], anything, Class::Refused,
        "the server did not remove the folder: it is not empty or not there, or permission is missing",
        "Refresh to see what is in it, files that begin with a dot as well."),
    row(ANYWHERE, WRITES, &[550], anything, Class::Refused,
        "the server lets nothing be written there",
        WRITING),
    // RFC 959 means the name; servers mean the folder's permissions most often
    row(ANYWHERE, ANY, &[553], anything, Class::Refused,
        "the server lets no file of that name be written there",
        "Check that the folder is there and this user may write in it, then try another name."),
    row(ANYWHERE, ANY, &[550], anything, Class::Refused,
        "the server does not give it: it is not there, or permission is missing",
        "Check the path, and what this user may do."),
    row(ANYWHERE, &["REST"], &[501], anything, Class::Refused,
        NOT_THERE,
        FROM_START),
    row(ANYWHERE, ANY, &[554], anything, Class::Refused,
        NOT_THERE,
        FROM_START),
    row(ANYWHERE, ANY, &[551, 555], anything, Class::Refused,
        "the server does not take a file of that type or structure",
        "Files go as plain bytes (TYPE I); this one may be of a kind that only the server's own system knows."),
    row(ANYWHERE, ANY, &[452, 552], anything, Class::Refused,
        "the server has no room for it",
        MAKE_ROOM),
    row(ANYWHERE, ANY, &[532], anything, Class::Refused,
        "the server wants an account before it stores files",
        "Write it into the server's entry (account)."),
    row(ANYWHERE, ANY, &[530], anything, Class::Refused,
        "the server wants a login for this",
        "The login may have ended there, or this user may not do it: try again, then ask its administrator."),
    row(ANYWHERE, &["LIST", "NLST", "MLSD", "STAT"], &[450], anything, Class::Refused,
        "the folder cannot be listed now",
        "It may be in use, or hold nothing that fits; try again later."),
    row(ANYWHERE, ANY, &[450], anything, Class::Refused,
        "the file is not available now",
        "It may be in use; try again later."),
    row(ANYWHERE, ANY, &[451], anything, Class::Refused,
        "the server stopped with an error of its own",
        "Try again; if it stays so, the server's log tells more."),
    // what is said of the command itself
    row(ANYWHERE, ANY, &[500, 502], anything, Class::Refused,
        "the server does not know that command",
        "It may be old, or have it switched off."),
    row(ANYWHERE, ANY, &[501], anything, Class::Refused,
        "the server does not take what stands behind the command",
        "The name may hold something that it does not allow, or be in another character set."),
    row(ANYWHERE, ANY, &[503], anything, Class::Refused,
        "the server expects another command before this one",
        "Try again: a new connection begins from the start."),
    row(ANYWHERE, ANY, &[504], anything, Class::Refused,
        "the server knows that command, and not in this form",
        "It may be old, or have it switched off."),
    row(ANYWHERE, ANY, &[202], anything, Class::Refused,
        "the server takes that command and does nothing for it",
        "It may be old, or have it switched off."),
    row(ANYWHERE, ANY, &[1, 2, 3, 6], anything, Class::Refused,
        "the server's answer does not fit the command",
        "Try again; the dialogue (--transcript FILE) shows what came before."),
    // other codes of 4yz
    row(ANYWHERE, ANY, &[4], anything, Class::Refused,
        "the server could not do it now",
        "Try again later."),
    // and of 5yz
    row(ANYWHERE, ANY, ALL, anything, Class::Refused,
        "the server refused it",
        "Its own words may say why; its administrator can tell more."),
];

const fn row(
    stages: &'static [Stage],
    verbs: &'static [&'static str],
    codes: &'static [u16],
    says: fn(&str, &Reply) -> bool,
    class: Class,
    why: &'static str,
    hint: &'static str,
) -> Row {
    Row {
        stages,
        verbs,
        codes,
        says,
        class,
        why,
        hint,
    }
}

fn anything(_: &str, _: &Reply) -> bool {
    true
}

fn limit(_: &str, reply: &Reply) -> bool {
    says_limit(reply)
}

fn encryption(_: &str, reply: &Reply) -> bool {
    wants_encryption(reply)
}

fn too_long(_: &str, reply: &Reply) -> bool {
    says_too_long(reply)
}

fn forbidden(_: &str, reply: &Reply) -> bool {
    says_forbidden(reply)
}

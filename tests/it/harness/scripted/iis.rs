//! The FTP service of IIS 7 and later, which cannot be run here: its replies, as its documentation and the
//! logs in people's questions have them. It knows no MLSD, and lists as DIR does.

use super::{Script, end_data, say, send, start_tls};
use crate::harness::scripted::GREETING;

/// Makes an IIS of a script; what was told to it before comes first.
pub(crate) fn iis(begun: Script) -> Script {
    begun
        .on(GREETING, say("220 Microsoft FTP Service"))
        .on(
            "AUTH TLS",
            [say("234 AUTH command ok. Expecting TLS Negotiation."), start_tls()],
        )
        .on("SYST", say("215 Windows_NT"))
        .on(
            "FEAT",
            say(concat!(
                "211-Extended features supported:\r\n LANG EN*\r\n UTF8\r\n AUTH TLS;TLS-C;SSL;TLS-P;\r\n PBSZ\r\n",
                " PROT C;P;\r\n CCC\r\n HOST\r\n SIZE\r\n MDTM\r\n REST STREAM\r\n211 END",
            )),
        )
        .on(
            "OPTS UTF8 ON",
            say("200 OPTS UTF8 command successful - UTF8 encoding now ON."),
        )
        .on("TYPE I", say("200 Type set to I."))
        .on("NOOP", say("200 noop command successful."))
        .on("MLSD", say("500 Command not understood."))
        .on(
            "STAT",
            say("211-Microsoft Windows NT FTP Server status:\r\n211 End of status."),
        )
        .on(
            "LIST",
            [
                say("125 Data connection already open; Transfer starting."),
                send("01-02-24  03:04AM       <DIR>          docs\r\n01-02-24  03:04AM                    1 f\r\n"),
                end_data(),
                say("226 Transfer complete."),
            ],
        )
}

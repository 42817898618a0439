//! FileZilla Server 1, which cannot be run here: its replies, as its documentation, its source and
//! the logs in people's questions have them. TLS is required, and so is a resumed session on each
//! data connection.

use ftpane::model::server::Protocol;

use super::{GREETING, PASSWORD, Script, Step, obey, say, start_tls};

/// What refuses a data connection that does not resume.
const NOT_RESUMED: &str = "425 Unable to build data connection: TLS session of data connection not resumed.";

/// Makes a FileZilla Server of a script; what was told to it before comes first.
pub(crate) fn filezilla(begun: Script) -> Script {
    let user = match begun.protocol {
        // configured to require TLS
        Protocol::Ftp => "503 Use AUTH first.",
        _ => "331 Please, specify the password.",
    };
    let data = || -> [Step; 3] {
        [
            say("150 About to start data transfer."),
            obey(),
            say("226 Operation successful"),
        ]
    };
    begun
        .on("USER", say(user))
        .unresumed(say(NOT_RESUMED))
        .on(
            GREETING,
            say("220-FileZilla Server 1.8.2\r\n220 Please visit https://filezilla-project.org/"),
        )
        .on("AUTH TLS", [say("234 Using authentication type TLS."), start_tls()])
        .on("PROT P", [obey(), say("200 Protection level set to P")])
        .on("PROT C", say("534 Protection level C not allowed"))
        .on(&format!("PASS {PASSWORD}"), say("230 Login successful."))
        .on("PASS", say("530 Login incorrect."))
        .on(
            "FEAT",
            say(concat!(
                "211-Features:\r\n MDTM\r\n REST STREAM\r\n SIZE\r\n MLST type*;size*;modify*;perm*;\r\n MLSD\r\n",
                " AUTH SSL\r\n AUTH TLS\r\n PROT\r\n PBSZ\r\n UTF8\r\n TVFS\r\n EPSV\r\n EPRT\r\n MFMT\r\n211 End",
            )),
        )
        .on(
            "OPTS UTF8 ON",
            say("202 UTF8 mode is always enabled. No need to send this command"),
        )
        .on("TYPE I", say("200 Type set to I"))
        .on("NOOP", say("200 Noop ok."))
        .on("MLSD /nowhere", say("501 Couldn't open the directory"))
        .on("CWD /nowhere", say("550 Couldn't open the directory"))
        .on("RETR /nothing", say("550 Couldn't open the file"))
        .on("RETR /forbidden", say("550 Permission denied"))
        .on("MLSD", data())
        .on("RETR", data())
        .on("STOR", data())
        .on("MFMT", say("213 modify=20240102030405;"))
}

//! What it is that answers, where it is no FTP server.

/// Another protocol than FTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// SSH, and with it SFTP.
    Ssh,
    /// A web server.
    Http,
    /// A mail server that takes mail.
    Smtp,
    /// A mail server that hands it out.
    Mail,
    /// Something in TLS that is no FTP.
    Tls,
    /// Something that waits to be spoken to, and answers in clear.
    Waiting,
    /// Something that says nothing at all.
    Silent,
    /// Something else.
    Unknown,
}

impl Service {
    /// What speaks so in its first line; `None` for what may be an FTP server's greeting.
    pub fn of_greeting(line: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(&line[..line.len().min(512)]).to_ascii_uppercase();
        let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        let code = text.len() >= 3 && text.bytes().take(3).all(|b| b.is_ascii_digit());
        // a mail server's greeting is a 220 as well; "SMTP" in the name of a host is none, nor is it where a
        // gateway names it beside its FTP
        let says = |names: &[&str]| {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'));
            words.skip(1).any(|word| names.contains(&word))
        };
        let smtp = says(&["ESMTP", "SMTP", "LMTP"]) && !says(&["FTP", "FTPS", "FTPD"]);
        match () {
            () if begins(&["SSH-"]) => Some(Self::Ssh),
            () if begins(&["HTTP/", "<!DOCTYPE", "<HTML"]) => Some(Self::Http),
            () if begins(&["+OK", "* OK", "* PREAUTH", "* BYE"]) => Some(Self::Mail),
            () if code && smtp => Some(Self::Smtp),
            () if code => None,
            () => Some(Self::Unknown),
        }
    }

    /// The sentence, and what to do.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        const CHECK: &str = "Check host and port: FTP usually listens on 21, with implicit TLS on 990";
        match self {
            Self::Ssh => (
                "an SSH server answers on this port",
                "SFTP is another protocol than FTP, which ftpane does not speak; ask for the FTP server's port, usually 21",
            ),
            Self::Http => ("a web server answers on this port", CHECK),
            Self::Smtp => ("a mail server (SMTP) answers on this port", CHECK),
            Self::Mail => ("a mail server (POP3 or IMAP) answers on this port", CHECK),
            Self::Tls => (
                "what answers on this port speaks TLS, and is no FTP server; a web server (HTTPS) for example",
                CHECK,
            ),
            Self::Waiting => (
                "what answers on this port waits to be spoken to, and does not speak FTP; a web server (HTTP) for example",
                CHECK,
            ),
            Self::Silent => (
                "the port takes connections and says nothing, neither in clear nor in TLS",
                "A server that hangs does so, and a firewall that answers in its place; check host and port, then whether the server is well",
            ),
            Self::Unknown => ("what answers on this port does not speak FTP", CHECK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        for (line, service) in [
            ("SSH-2.0-OpenSSH_9.6\r\n", Some(Service::Ssh)),
            ("HTTP/1.1 400 Bad Request\r\n", Some(Service::Http)),
            ("+OK POP3 ready\r\n", Some(Service::Mail)),
            ("* OK IMAP4rev1\r\n", Some(Service::Mail)),
            ("220 mx.example ESMTP Postfix\r\n", Some(Service::Smtp)),
            ("220 mx.example Simple SMTP\r\n", Some(Service::Smtp)),
            ("220 smtp.example FTP server ready\r\n", None),
            ("220 (vsFTPd 3.0.3)\r\n", None),
            ("220 gate.example SMTP and FTP gateway\r\n", None),
            ("220 Guard FTP/SMTP proxy ready\r\n", None),
            ("220 ftp.example ESMTP Postfix\r\n", Some(Service::Smtp)),
            ("421 Too many connections\r\n", None),
            ("RFB 003.008\n", Some(Service::Unknown)),
            ("", Some(Service::Unknown)),
        ] {
            assert_eq!(Service::of_greeting(line.as_bytes()), service, "{line}");
        }
    }
}

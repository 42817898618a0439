//! Which program a server is, and the very setting there that a finding is about.

use crate::model::diagnosis::Code;

/// A server program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// FileZilla Server.
    Filezilla,
    /// vsftpd.
    Vsftpd,
    /// ProFTPD.
    Proftpd,
    /// Pure-FTPd.
    PureFtpd,
    /// Microsoft's IIS.
    Iis,
    /// pyftpdlib.
    Pyftpdlib,
}

/// What a server said that may give it away.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// The greeting, all lines.
    pub greeting: String,
    /// The reply to SYST.
    pub system: String,
    /// The names of the features, in the order received.
    pub features: Vec<String>,
    /// The reply to STAT.
    pub status: String,
}

impl Software {
    /// The program, where it says so or cannot hide it.
    pub fn of(words: &Words) -> Option<Self> {
        let greeting = words.greeting.to_ascii_lowercase();
        let system = words.system.to_ascii_lowercase();
        let status = words.status.to_ascii_lowercase();
        let has = |name: &str| words.features.iter().any(|feature| feature == name);
        let named = [
            ("filezilla", Self::Filezilla),
            ("vsftpd", Self::Vsftpd),
            ("proftpd", Self::Proftpd),
            ("pure-ftpd", Self::PureFtpd),
            ("pureftpd", Self::PureFtpd),
            ("microsoft ftp", Self::Iis),
            ("pyftpdlib", Self::Pyftpdlib),
        ];
        for text in [&greeting, &system, &status] {
            if let Some((_, software)) = named.iter().find(|(name, _)| text.contains(name)) {
                return Some(*software);
            }
        }
        match () {
            () if system.contains("windows_nt") => Some(Self::Iis),
            // extensions of its own
            () if has("ESTP") || has("SPSV") || has("ESTA") => Some(Self::PureFtpd),
            // lists PASV, which everybody has, and no MLST
            () if has("PASV") && has("TVFS") && has("EPRT") && !has("MLST") => Some(Self::Vsftpd),
            () => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filezilla => "FileZilla Server",
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::Iis => "IIS",
            Self::Pyftpdlib => "pyftpdlib",
        }
    }

    /// Where it is set which ports are used in passive mode.
    pub fn passive_range(self) -> &'static str {
        match self {
            Self::Filezilla => {
                "'Use custom port range' (FileZilla Server, Protocol settings, FTP and FTP over TLS, Passive mode)"
            }
            Self::Vsftpd => "pasv_min_port and pasv_max_port (vsftpd.conf)",
            Self::Proftpd => "PassivePorts FIRST LAST (proftpd.conf)",
            Self::PureFtpd => "PassivePortRange, or -p FIRST:LAST (Pure-FTPd)",
            Self::Iis => "'Data Channel Port Range' (IIS Manager, the server's FTP Firewall Support)",
            Self::Pyftpdlib => "handler.passive_ports (pyftpdlib)",
        }
    }

    /// The setting there that a finding is about, as a sentence.
    pub(super) fn setting(self, code: Code) -> Option<String> {
        let text = match (code, self) {
            (Code::PasvPrivateAddress | Code::PasvOtherHost, software) => match software {
                Self::Filezilla => {
                    "In FileZilla Server: Protocol settings, FTP and FTP over TLS, Passive mode, 'Use the following host', the address seen from outside"
                }
                Self::Vsftpd => {
                    "In vsftpd.conf: pasv_address=ADDRESS, the one seen from outside (pasv_addr_resolve=YES for a name)"
                }
                Self::Proftpd => "In proftpd.conf: MasqueradeAddress ADDRESS, the one seen from outside",
                Self::PureFtpd => "In Pure-FTPd: ForcePassiveIP, or -P ADDRESS, the one seen from outside",
                Self::Iis => {
                    "In IIS Manager: the site's FTP Firewall Support, 'External IP Address of Firewall', the address seen from outside"
                }
                Self::Pyftpdlib => "In pyftpdlib: handler.masquerade_address, the address seen from outside",
            },
            (Code::PassiveFiltered | Code::PassiveRefused, software) => {
                return Some(format!(
                    "At the server the ports are set by {}; the firewall must let in the same ones",
                    software.passive_range()
                ));
            }
            (Code::DataTlsReuse, Self::Vsftpd) => "In vsftpd.conf it is demanded by require_ssl_reuse=YES",
            (Code::DataTlsReuse, Self::Proftpd) => {
                "In proftpd.conf it is demanded unless TLSOptions has NoSessionReuseRequired"
            }
            (Code::DataTlsReuse, Self::Filezilla) => {
                "FileZilla Server demands it; version 0.9 lets it be switched off (FTP over TLS settings, 'Require TLS session resumption on data connection when using PROT P')"
            }
            (Code::AuthRefused, Self::Vsftpd) => {
                "In vsftpd.conf: ssl_enable=YES with rsa_cert_file and rsa_private_key_file"
            }
            (Code::AuthRefused, Self::Proftpd) => {
                "In proftpd.conf: TLSEngine on, with TLSRSACertificateFile and TLSRSACertificateKeyFile (mod_tls)"
            }
            (Code::AuthRefused, Self::PureFtpd) => "In Pure-FTPd: TLS 1, or -Y 1, with a certificate",
            (Code::AuthRefused, Self::Iis) => "In IIS Manager: the site's FTP SSL Settings, a certificate",
            (Code::AuthRefused, Self::Filezilla) => {
                "In FileZilla Server: Server listeners, Protocol 'Explicit FTP over TLS and insecure plain FTP'"
            }
            (Code::AuthRefused, Self::Pyftpdlib) => "In pyftpdlib: TLS_FTPHandler with a certfile",
            (Code::TlsTooOld, Self::Vsftpd) => {
                "In vsftpd.conf: ssl_tlsv1_2=YES, or ssl_ciphers; or update vsftpd"
            }
            (Code::TlsTooOld, Self::Proftpd) => "In proftpd.conf: TLSProtocol TLSv1.2 TLSv1.3",
            (Code::TlsTooOld, Self::PureFtpd) => "In Pure-FTPd: TLSCipherSuite, or -J",
            (Code::TlsTooOld, Self::Filezilla) => {
                "In FileZilla Server: Protocol settings, FTP and FTP over TLS, 'Minimum allowed TLS version'"
            }
            (Code::TooManyConnections, Self::Vsftpd) => "In vsftpd.conf: max_per_ip and max_clients",
            (Code::TooManyConnections, Self::Proftpd) => {
                "In proftpd.conf: MaxClientsPerHost, MaxClientsPerUser, MaxClients and MaxInstances"
            }
            (Code::TooManyConnections, Self::PureFtpd) => {
                "In Pure-FTPd: MaxClientsPerIP (-C), MaxClientsNumber (-c) and PerUserLimits (-y)"
            }
            (Code::TooManyConnections, Self::Iis) => {
                "In IIS Manager: the site's Advanced Settings, Connections, 'Max Connections'"
            }
            (Code::TooManyConnections, Self::Filezilla) => {
                "In FileZilla Server: Rights management, Users or Groups, 'Limits', the number of sessions"
            }
            (Code::TooManyConnections, Self::Pyftpdlib) => {
                "In pyftpdlib: server.max_cons_per_ip and server.max_cons"
            }
            (Code::ServerReadOnly, Self::Vsftpd) => {
                "In vsftpd.conf: write_enable=YES, and the folder's permissions"
            }
            (Code::ServerReadOnly, Self::Proftpd) => {
                "In proftpd.conf: <Limit WRITE>, and the folder's permissions"
            }
            (Code::ServerReadOnly, Self::Filezilla) => {
                "In FileZilla Server: Rights management, Users, Mount points, 'Access mode'"
            }
            (Code::ServerReadOnly, Self::Iis) => {
                "In IIS Manager: the site's FTP Authorization Rules, and the folder's permissions"
            }
            (Code::ServerReadOnly, Self::Pyftpdlib) => "In pyftpdlib: the user's perm in the authorizer",
            (Code::ClockOffset, Self::Vsftpd) => "In vsftpd.conf: use_localtime=NO lists in UTC",
            (Code::ClockOffset, Self::Proftpd) => "In proftpd.conf: TimesGMT on lists in UTC",
            (Code::ClockOffset, Self::Pyftpdlib) => "In pyftpdlib: handler.use_gmt_times = True",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(greeting: &str, system: &str, features: &str) -> Option<Software> {
        Software::of(&Words {
            greeting: greeting.into(),
            system: system.into(),
            features: features.split(' ').map(str::to_owned).collect(),
            status: String::new(),
        })
    }

    #[test]
    fn by_what_they_say() {
        for (greeting, system, features, software) in [
            (
                "FileZilla Server 1.9.4",
                "UNIX emulated by FileZilla.",
                "",
                Some(Software::Filezilla),
            ),
            (
                "Welcome.",
                "UNIX emulated by FileZilla.",
                "",
                Some(Software::Filezilla),
            ),
            ("(vsFTPd 3.0.5)", "UNIX Type: L8", "", Some(Software::Vsftpd)),
            (
                "Welcome to our archive.",
                "UNIX Type: L8",
                "AUTH EPRT EPSV MDTM PASV PBSZ PROT REST SIZE TVFS",
                Some(Software::Vsftpd),
            ),
            (
                "ProFTPD Server (Debian) [::1]",
                "UNIX Type: L8",
                "",
                Some(Software::Proftpd),
            ),
            (
                "--------- Welcome to Pure-FTPd [privsep] [TLS] ----------",
                "UNIX Type: L8",
                "",
                Some(Software::PureFtpd),
            ),
            (
                "Hello",
                "UNIX Type: L8",
                "EPRT IDLE MLST ESTA PASV EPSV ESTP",
                Some(Software::PureFtpd),
            ),
            ("Microsoft FTP Service", "Windows_NT", "", Some(Software::Iis)),
            ("Welcome", "Windows_NT version 10.0", "", Some(Software::Iis)),
            (
                "pyftpdlib 2.0.1 ready.",
                "UNIX Type: L8",
                "",
                Some(Software::Pyftpdlib),
            ),
            ("Hello", "UNIX Type: L8", "EPSV MLST MDTM SIZE UTF8", None),
        ] {
            assert_eq!(of(greeting, system, features), software, "{greeting} {system}");
        }
    }

    #[test]
    fn each_names_its_setting_for_the_address_the_ports_and_the_limit() {
        use Software::{Filezilla, Iis, Proftpd, PureFtpd, Pyftpdlib, Vsftpd};
        for software in [Filezilla, Vsftpd, Proftpd, PureFtpd, Iis, Pyftpdlib] {
            for code in [
                Code::PasvPrivateAddress,
                Code::PassiveFiltered,
                Code::TooManyConnections,
                Code::AuthRefused,
            ] {
                assert!(
                    software.setting(code).is_some(),
                    "{} {}",
                    software.name(),
                    code.word()
                );
            }
        }
        assert_eq!(
            Vsftpd.setting(Code::DataTlsReuse).as_deref(),
            Some("In vsftpd.conf it is demanded by require_ssl_reuse=YES")
        );
    }
}

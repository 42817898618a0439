//! The very setting at a server that a finding is about, in the words of that program's documentation.

use super::software::Software;
use crate::model::diagnosis::Code;

impl Software {
    /// Where it is set which ports are used in passive mode.
    pub fn passive_range(self) -> &'static str {
        match self {
            Self::Filezilla => {
                "'Use custom port range' (FileZilla Server: Protocol settings, FTP and FTP over TLS (FTPS), Passive mode)"
            }
            Self::FilezillaOld => {
                "'Use custom port range' (FileZilla Server 0.9: Edit, Settings, Passive mode settings)"
            }
            Self::Vsftpd => "pasv_min_port and pasv_max_port (vsftpd.conf)",
            Self::Proftpd => "PassivePorts FIRST LAST (proftpd.conf)",
            Self::PureFtpd => "PassivePortRange FIRST LAST, or -p FIRST:LAST (Pure-FTPd)",
            Self::Iis => {
                "'Data Channel Port Range' (IIS Manager: the server's own FTP Firewall Support; lowDataChannelPort and highDataChannelPort; it counts when the FTP service has been restarted)"
            }
            Self::Pyftpdlib => "handler.passive_ports (pyftpdlib)",
        }
    }

    /// The setting there that a finding is about, as a sentence.
    pub(super) fn setting(self, code: Code) -> Option<String> {
        let text = match code {
            Code::PasvPrivateAddress | Code::PasvOtherHost => self.address(),
            Code::PassiveFiltered | Code::PassiveRefused => {
                return Some(format!(
                    "At the server the ports are set by {}; the firewall must let in the same ones",
                    self.passive_range()
                ));
            }
            Code::AuthRefused => self.tls(),
            Code::TooManyConnections => self.sessions(),
            Code::DataTlsReuse => self.resumption()?,
            Code::TlsTooOld => self.versions()?,
            Code::ServerReadOnly => self.writing()?,
            Code::ClockOffset => self.clock()?,
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn address(self) -> &'static str {
        match self {
            Self::Filezilla => {
                "In FileZilla Server: Protocol settings, FTP and FTP over TLS (FTPS), Passive mode, 'Use the following host', the address seen from outside"
            }
            Self::FilezillaOld => {
                "In FileZilla Server 0.9: Edit, Settings, Passive mode settings, 'Use the following IP', the address seen from outside"
            }
            Self::Vsftpd => {
                "In vsftpd.conf: pasv_address=ADDRESS, the one seen from outside (pasv_addr_resolve=YES for a name)"
            }
            Self::Proftpd => "In proftpd.conf: MasqueradeAddress ADDRESS, the one seen from outside",
            Self::PureFtpd => {
                "In Pure-FTPd: ForcePassiveIP ADDRESS, or -P ADDRESS, the one seen from outside"
            }
            Self::Iis => {
                "In IIS Manager: the site's FTP Firewall Support, 'External IP Address of Firewall' (externalIp4Address), the address seen from outside"
            }
            Self::Pyftpdlib => "In pyftpdlib: handler.masquerade_address, the address seen from outside",
        }
    }

    fn tls(self) -> &'static str {
        match self {
            Self::Filezilla => {
                "In FileZilla Server: Server listeners, Protocol 'Explicit FTP over TLS and insecure plain FTP'"
            }
            Self::FilezillaOld => {
                "In FileZilla Server 0.9: Edit, Settings, FTP over TLS settings, 'Enable FTP over TLS support (FTPS)' and 'Allow explicit FTP over TLS'"
            }
            Self::Vsftpd => "In vsftpd.conf: ssl_enable=YES with rsa_cert_file and rsa_private_key_file",
            Self::Proftpd => {
                "In proftpd.conf: TLSEngine on, with TLSRSACertificateFile and TLSRSACertificateKeyFile (mod_tls)"
            }
            Self::PureFtpd => "In Pure-FTPd: TLS 1, or -Y 1, with a certificate",
            Self::Iis => "In IIS Manager: the site's FTP SSL Settings, a certificate",
            Self::Pyftpdlib => "In pyftpdlib: TLS_FTPHandler with a certfile",
        }
    }

    fn sessions(self) -> &'static str {
        match self {
            Self::Filezilla => {
                "In FileZilla Server: Rights management, Users or Groups, 'Limits', the number of sessions"
            }
            Self::FilezillaOld => {
                "In FileZilla Server 0.9: Edit, Users, General, 'Maximum connection count' and 'Connection limit per IP'"
            }
            Self::Vsftpd => "In vsftpd.conf: max_per_ip and max_clients",
            Self::Proftpd => {
                "In proftpd.conf: MaxClientsPerHost, MaxClientsPerUser, MaxClients and MaxInstances"
            }
            Self::PureFtpd => {
                "In Pure-FTPd: MaxClientsPerIP (-C), MaxClientsNumber (-c) and PerUserLimits (-y)"
            }
            Self::Iis => "In IIS Manager: the site's Advanced Settings, Connections, 'Max Connections'",
            Self::Pyftpdlib => "In pyftpdlib: server.max_cons_per_ip and server.max_cons",
        }
    }

    fn resumption(self) -> Option<&'static str> {
        Some(match self {
            Self::Vsftpd => "In vsftpd.conf it is demanded by require_ssl_reuse=YES",
            Self::Proftpd => "In proftpd.conf it is demanded unless TLSOptions has NoSessionReuseRequired",
            Self::Filezilla => "FileZilla Server 1 demands it always",
            Self::FilezillaOld => {
                "In FileZilla Server 0.9: Edit, Settings, FTP over TLS settings, 'Require TLS session resumption on data connection when using PROT P'"
            }
            Self::PureFtpd | Self::Iis | Self::Pyftpdlib => return None,
        })
    }

    fn versions(self) -> Option<&'static str> {
        Some(match self {
            Self::Vsftpd => "In vsftpd.conf: ssl_tlsv1_2=YES, or ssl_ciphers; or update vsftpd",
            Self::Proftpd => "In proftpd.conf: TLSProtocol TLSv1.2 TLSv1.3",
            Self::PureFtpd => "In Pure-FTPd: TLSCipherSuite, or -J",
            Self::Filezilla => {
                "In FileZilla Server: Protocol settings, FTP and FTP over TLS (FTPS), Connection security, 'Minimum allowed TLS version'"
            }
            Self::FilezillaOld => "FileZilla Server 0.9 is out of date: version 1 has newer TLS",
            Self::Iis | Self::Pyftpdlib => return None,
        })
    }

    fn writing(self) -> Option<&'static str> {
        Some(match self {
            Self::Vsftpd => "In vsftpd.conf: write_enable=YES, and the folder's permissions",
            Self::Proftpd => "In proftpd.conf: <Limit WRITE>, and the folder's permissions",
            Self::Filezilla => "In FileZilla Server: Rights management, Users, Mount points, 'Access mode'",
            Self::FilezillaOld => "In FileZilla Server 0.9: Edit, Users, Shared folders, 'Write'",
            Self::Iis => "In IIS Manager: the site's FTP Authorization Rules, and the folder's permissions",
            Self::Pyftpdlib => "In pyftpdlib: the user's perm in the authorizer",
            Self::PureFtpd => return None,
        })
    }

    fn clock(self) -> Option<&'static str> {
        Some(match self {
            Self::Vsftpd => "In vsftpd.conf: use_localtime=NO lists in UTC",
            Self::Proftpd => "In proftpd.conf: TimesGMT on lists in UTC",
            Self::Pyftpdlib => "In pyftpdlib: handler.use_gmt_times = True",
            Self::Filezilla | Self::FilezillaOld | Self::PureFtpd | Self::Iis => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Software::{Filezilla, FilezillaOld, Iis, Proftpd, PureFtpd, Pyftpdlib, Vsftpd};

    /// The names are those that the programs' own documentation has: whoever searches for one finds it.
    #[test]
    fn each_program_has_its_own_words() {
        for (software, code, names) in [
            (
                Vsftpd,
                Code::PasvPrivateAddress,
                &["vsftpd.conf", "pasv_address=", "pasv_addr_resolve=YES"][..],
            ),
            (Vsftpd, Code::PassiveFiltered, &["pasv_min_port", "pasv_max_port"]),
            (Vsftpd, Code::DataTlsReuse, &["require_ssl_reuse=YES"]),
            (Vsftpd, Code::TooManyConnections, &["max_per_ip", "max_clients"]),
            (Vsftpd, Code::AuthRefused, &["ssl_enable=YES", "rsa_cert_file"]),
            (Vsftpd, Code::ServerReadOnly, &["write_enable=YES"]),
            (Proftpd, Code::PasvOtherHost, &["MasqueradeAddress"]),
            (Proftpd, Code::PassiveRefused, &["PassivePorts FIRST LAST"]),
            (
                Proftpd,
                Code::DataTlsReuse,
                &["TLSOptions", "NoSessionReuseRequired"],
            ),
            (
                Proftpd,
                Code::TooManyConnections,
                &["MaxClientsPerHost", "MaxInstances"],
            ),
            (
                Proftpd,
                Code::AuthRefused,
                &["TLSEngine on", "TLSRSACertificateFile"],
            ),
            (
                PureFtpd,
                Code::PasvPrivateAddress,
                &["ForcePassiveIP", "-P ADDRESS"],
            ),
            (
                PureFtpd,
                Code::PassiveFiltered,
                &["PassivePortRange", "-p FIRST:LAST"],
            ),
            (PureFtpd, Code::TooManyConnections, &["MaxClientsPerIP (-C)"]),
            (
                Filezilla,
                Code::PasvPrivateAddress,
                &[
                    "Protocol settings, FTP and FTP over TLS (FTPS), Passive mode",
                    "'Use the following host'",
                ],
            ),
            (
                Filezilla,
                Code::PassiveFiltered,
                &["'Use custom port range'", "Protocol settings"],
            ),
            (
                FilezillaOld,
                Code::PasvPrivateAddress,
                &["Passive mode settings", "'Use the following IP'"],
            ),
            (
                FilezillaOld,
                Code::PassiveFiltered,
                &["'Use custom port range'", "Passive mode settings"],
            ),
            (
                FilezillaOld,
                Code::DataTlsReuse,
                &["'Require TLS session resumption on data connection when using PROT P'"],
            ),
            (
                Iis,
                Code::PasvPrivateAddress,
                &[
                    "FTP Firewall Support",
                    "'External IP Address of Firewall'",
                    "externalIp4Address",
                ],
            ),
            (
                Iis,
                Code::PassiveFiltered,
                &[
                    "'Data Channel Port Range'",
                    "lowDataChannelPort",
                    "highDataChannelPort",
                ],
            ),
            (Iis, Code::TooManyConnections, &["'Max Connections'"]),
            (Pyftpdlib, Code::PasvPrivateAddress, &["masquerade_address"]),
            (Pyftpdlib, Code::PassiveFiltered, &["passive_ports"]),
        ] {
            let says = software.setting(code).unwrap_or_default();
            for name in names {
                assert!(says.contains(name), "{name}: {says}");
            }
        }
    }

    #[test]
    fn each_names_its_setting_for_the_address_the_ports_the_limit_and_tls() {
        for software in [Filezilla, FilezillaOld, Vsftpd, Proftpd, PureFtpd, Iis, Pyftpdlib] {
            for code in [
                Code::PasvPrivateAddress,
                Code::PassiveFiltered,
                Code::TooManyConnections,
                Code::AuthRefused,
            ] {
                let name = software.name();
                assert!(software.setting(code).is_some(), "{name} {}", code.word());
            }
        }
    }
}

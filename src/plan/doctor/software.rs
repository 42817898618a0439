//! Which program a server is, by what it says.

/// A server program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// FileZilla Server 1 and later.
    Filezilla,
    /// FileZilla Server 0.9, whose settings stand elsewhere.
    FilezillaOld,
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
    /// The reply to HELP, where the others did not tell.
    pub help: String,
    /// The reply to STAT.
    pub status: String,
}

impl Software {
    /// The program, where it says so or cannot hide it.
    pub fn of(words: &Words) -> Option<Self> {
        let has = |name: &str| words.features.iter().any(|feature| feature == name);
        let named = [
            ("filezilla", Self::Filezilla),
            ("vsftpd", Self::Vsftpd),
            ("proftpd", Self::Proftpd),
            ("pure-ftpd", Self::PureFtpd),
            ("pureftpd", Self::PureFtpd),
            ("microsoft ftp", Self::Iis),
            ("windows_nt", Self::Iis),
            ("pyftpdlib", Self::Pyftpdlib),
            // ProFTPD's list of commands, and nobody else's
            ("(* =>'s unimplemented)", Self::Proftpd),
        ];
        let said = [&words.greeting, &words.system, &words.status, &words.help];
        let by_name = said.iter().find_map(|text| {
            let text = text.to_ascii_lowercase();
            let known = named.iter().find(|(name, _)| text.contains(name));
            known.map(|(_, software)| *software)
        });
        match by_name {
            // 0.9 compresses, and knows CLNT
            Some(Self::Filezilla) if words.greeting.contains(" 0.9") || has("MODE") || has("CLNT") => {
                Some(Self::FilezillaOld)
            }
            Some(software) => Some(software),
            // extensions of its own
            None if has("ESTP") || has("SPSV") || has("ESTA") => Some(Self::PureFtpd),
            None if has("MFF") && has("TVFS") && (has("RANG") || has("SSCN")) => Some(Self::Proftpd),
            // lists PASV, which everybody has, and no MLST
            None if has("PASV") && has("TVFS") && has("EPRT") && !has("MLST") => Some(Self::Vsftpd),
            None => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filezilla => "FileZilla Server",
            Self::FilezillaOld => "FileZilla Server 0.9",
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::Iis => "IIS",
            Self::Pyftpdlib => "pyftpdlib",
        }
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
            ..Words::default()
        })
    }

    /// Those who have hidden their names in the greeting are known by what they cannot leave out.
    #[test]
    fn by_what_they_list_in_answer_to_help() {
        let of = |help: &str| {
            Software::of(&Words {
                greeting: "220 ftp.example ready.".into(),
                system: "215 UNIX Type: L8".into(),
                features: vec!["SIZE".into(), "MDTM".into()],
                help: help.into(),
                ..Words::default()
            })
        };
        let proftpd = "The following commands are recognized (* =>'s unimplemented):\nCWD XCWD CDUP\nDirect comments to root@host";
        assert_eq!(of(proftpd), Some(Software::Proftpd));
        assert_eq!(
            of("The following SITE commands are recognized\nALIAS\nCHMOD\nPure-FTPd - http://pureftpd.org/"),
            Some(Software::PureFtpd)
        );
        // IIS has one sign more
        assert_eq!(
            of("The following commands are recognized (* ==>'s unimplemented).\nABOR"),
            None
        );
        assert_eq!(of("500 Never heard of it."), None);
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
                "MDTM SIZE MLST AUTH TVFS EPSV",
                Some(Software::Filezilla),
            ),
            (
                "220-FileZilla Server version 0.9.41 beta",
                "UNIX emulated by FileZilla",
                "",
                Some(Software::FilezillaOld),
            ),
            (
                "Welcome.",
                "UNIX emulated by FileZilla",
                "MDTM REST SIZE MODE MLST MLSD AUTH PROT PBSZ UTF8 CLNT MFMT EPSV EPRT",
                Some(Software::FilezillaOld),
            ),
            (
                "192.0.2.9 FTP server ready",
                "UNIX Type: L8",
                "AUTH CCC CLNT EPRT EPSV HOST LANG MDTM MFF MFMT MLST PBSZ PROT RANG REST SIZE SSCN TVFS UTF8",
                Some(Software::Proftpd),
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
}

//! How long one file is, as a server tells it of that alone.

use super::{mlsx, unix};

/// The size that one of these lines tells of the file of this name, as a server answers MLST (RFC 3659 §7.2) and STAT
/// with the path of a file (RFC 959 §4.1.3): where exactly one line is about it.
pub(in crate::ftp) fn size(lines: &[Vec<u8>], name: &[u8]) -> Option<u64> {
    let is_its = |line: &&Vec<u8>| line.trim_ascii_end().ends_with(name);
    let told = |line: &Vec<u8>| mlsx::size(line.trim_ascii_start()).or_else(|| unix::size(line));
    let mut sizes = lines.iter().filter(is_its).filter_map(told);
    sizes.next().filter(|_| sizes.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_file_is() {
        for (line, want) in [
            (" type=file;size=12;modify=20240102030405; /p/a b", Some(12)),
            ("Type=File;Size=12; a b", Some(12)),
            (" type=file;modify=20240102030405; /p/a b", None),
            (" type=dir;size=4096; /p/a b", None),
            (" type=file;size=12; /p/another", None),
            ("-rw-r--r-- 1 me us 12 Mar 17 11:07 a b", Some(12)),
            ("-rw-r--r--. 1 0 0 1,234 2024-01-02 11:07 /p/a b\r", Some(1234)),
            ("drwxr-xr-x 1 me us 4096 Mar 17 11:07 a b", None),
            ("lrwxrwxrwx 1 me us 3 Mar 17 11:07 x -> a b", None),
            // which column is which cannot be told
            ("-rw-r--r-- 1 me 12 Nov 11 2005 a b", None),
            ("Status of a b", None),
        ] {
            let lines = [b"Start".to_vec(), line.as_bytes().to_vec(), b"End".to_vec()];
            assert_eq!(size(&lines, b"a b"), want, "{line}");
        }
        // the server lists what it likes
        let line = b"-rw-r--r-- 1 me us 12 Mar 17 11:07 a".to_vec();
        let other = b"-rw-r--r-- 1 me us 13 Mar 17 11:07 aa".to_vec();
        assert_eq!(size(&[line, other], b"a"), None);
    }
}

//! The file of a log: lines that are only ever appended.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};

/// The longest line that is read. The largest record there is holds a thousand paths.
const LONGEST: u64 = 32 << 20;

/// How much of a log is read: a hundred times what a hundred thousand jobs take.
const LARGEST: u64 = 4 << 30;

/// A log that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// The end of its last whole line.
    end: u64,
}

impl Journal {
    /// The log in this file, to be gone on with. Where its last line is torn, that stays one.
    pub(crate) fn new(mut file: File) -> io::Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if end > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let mut journal = Self { file, end };
        if last != [b'\n'] {
            journal.append(b"\n")?;
        }
        Ok(journal)
    }

    /// Appends whole lines. Where that fails none of them is there.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        if let Err(error) = self.file.write_all(lines) {
            // a torn line would be counted as damage
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += lines.len() as u64;
        Ok(())
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Whether anybody else can find it: a file that was removed takes all that is written, and tells nobody.
    #[cfg(unix)]
    pub(crate) fn is_there(&self) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt as _;
        Ok(self.file.metadata()?.nlink() > 0)
    }

    /// A file that is open cannot be removed here.
    #[cfg(not(unix))]
    pub(crate) fn is_there(&self) -> io::Result<bool> {
        Ok(true)
    }

    /// Returns when the disk has it.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.end = 0;
        Ok(())
    }
}

/// Hands on every line of a log, without its end; `None` stands for one that is too long, and for
/// all that follows where the log is.
pub(crate) fn read(file: &File, mut each: impl FnMut(Option<&[u8]>)) -> io::Result<()> {
    let mut file = file;
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file.take(LARGEST));
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST {
            reader.skip_until(b'\n')?;
            each(None);
            continue;
        }
        each(Some(line.strip_suffix(b"\n").unwrap_or(&line)));
    }
    if reader.get_ref().limit() == 0 {
        each(None);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: &File) -> Vec<Option<String>> {
        let mut lines = Vec::new();
        read(file, |line| {
            lines.push(line.map(|line| String::from_utf8(line.to_vec()).unwrap()));
        })
        .unwrap();
        lines
    }

    fn said(lines: &[&str]) -> Vec<Option<String>> {
        lines.iter().map(|line| Some((*line).to_owned())).collect()
    }

    #[test]
    fn lines_are_appended_and_a_torn_one_stays_by_itself() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one\ntor").unwrap();
        let mut journal = Journal::new(file.try_clone().unwrap()).unwrap();
        journal.append(b"two\nthree\n").unwrap();
        journal.sync().unwrap();
        assert_eq!(lines(&file), said(&["one", "tor", "two", "three"]));
        journal.append(b"four\n").unwrap();
        assert_eq!(lines(&file).len(), 5, "reading moves nothing");
        journal.clear().unwrap();
        journal.append(b"new\n").unwrap();
        assert_eq!(lines(&file), said(&["new"]));
    }

    #[test]
    fn a_line_without_end_takes_no_memory_and_nothing_else_with_it() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one\n").unwrap();
        // a hole: it takes no disk either
        file.set_len(LONGEST + 100).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b"\ntwo\n").unwrap();
        assert_eq!(
            lines(&file),
            [Some("one".to_owned()), None, Some("two".to_owned())]
        );
    }
}

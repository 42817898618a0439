//! What a server says in words of its own. Many repeat the path that they were asked about, quoted or not
//! (ProFTPD: `550 /srv/quota/x: Permission denied`): a name says nothing of why.

use super::super::reply::Reply;
use crate::model::text::escape;

impl Reply {
    /// The reply to this command line, whose path it may repeat.
    #[must_use]
    pub(in crate::ftp) fn about(mut self, line: &[u8]) -> Self {
        // only a path begins so: nothing of a login is kept
        let path = line
            .windows(2)
            .position(|two| two == b" /")
            .map(|at| &line[at + 1..]);
        self.asked = path.unwrap_or_default().to_vec();
        self
    }

    /// Its text in small letters, escaped, without the path that was asked about; where that is not known, or
    /// the server has another one for the same, without what looks like a path.
    pub(in crate::ftp) fn own_words(&self) -> String {
        let asked = String::from_utf8_lossy(&self.asked);
        let lines = self.lines.iter().map(|line| {
            let line = String::from_utf8_lossy(line.trim_ascii());
            escape(without(&line, &asked).as_bytes()).to_ascii_lowercase()
        });
        lines.collect::<Vec<_>>().join(" / ")
    }
}

/// The rest of a line of a reply.
fn without(line: &str, asked: &str) -> String {
    let mut rest = line.to_owned();
    if let Some(name) = asked.rsplit('/').next().filter(|name| !name.is_empty()) {
        rest = rest.replace(asked, "/");
        rest = without_name(&rest, name);
    }
    // a server that shows more of a path than we see has it in front
    if rest.starts_with('/')
        && let Some((_, why)) = rest.rsplit_once(": ")
    {
        return why.to_owned();
    }
    let words = rest.split(' ').filter(|word| {
        let word = word.trim_start_matches(['"', '\'', '`', '(']);
        !word.starts_with('/')
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Without the name, where it is marked as one: in quotes, or before a colon, or behind the last one.
fn without_name(line: &str, name: &str) -> String {
    const OPENING: [char; 5] = ['"', '\'', '`', '(', '/'];
    let mut rest = String::new();
    let mut from = 0;
    for (at, _) in line.match_indices(name) {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let stands_alone = before.is_empty() || before.ends_with(' ') || before.ends_with(OPENING);
        let is_named = before.ends_with(OPENING) || before.ends_with(": ");
        let is_marked = match after.chars().next() {
            Some(':') => true,
            Some('"' | '\'' | ')') => is_named,
            None => is_named,
            Some(_) => false,
        };
        if stands_alone && is_marked {
            rest.push_str(&line[from..at]);
            from = at + name.len();
        }
    }
    rest.push_str(&line[from..]);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_reply() {
        for (line, reply, own) in [
            (
                "STOR /srv/quota/x",
                "550 /srv/quota/x: Permission denied",
                "permission denied",
            ),
            // what the server shows of a path that begins elsewhere
            (
                "STOR /quota/x",
                "550 /srv/quota/x: Permission denied",
                "permission denied",
            ),
            (
                "STOR /a/quota",
                "550 quota: Permission denied",
                ": permission denied",
            ),
            ("STOR /a/quota", "550 Can't open \"quota\"", "can't open \"\""),
            ("STOR /a/quota", "550 Can't open: quota", "can't open: "),
            ("STOR /a/quota", "550 Quota exceeded", "quota exceeded"),
            ("STOR /a/x quota", "550 /a/x quota is a mystery", "is a mystery"),
            (
                "MKD /a",
                "550 a: no such folder as a there",
                ": no such folder as a there",
            ),
            ("DELE /no", "550 /no: No such file", "no such file"),
            // nothing is known
            ("", "550 /srv/quota/x: Permission denied", "permission denied"),
            ("", "550 /srv/is locked: no: Not allowed", "not allowed"),
            ("", "550 Cannot open /srv/quota/x now", "cannot open now"),
            ("PASS / secret", "530 Login incorrect.", "login incorrect."),
            ("", "550-One\r\n550 Two", "one / two"),
        ] {
            let parsed = Reply::parse(reply.as_bytes()).unwrap().about(line.as_bytes());
            assert_eq!(parsed.own_words(), own, "{line}: {reply}");
        }
    }
}

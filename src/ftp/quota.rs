//! What a quota of the server leaves to its user: `SITE QUOTA` of ProFTPD's mod_quotatab.
//!
//! The reply is for people: `Uploaded Mb: 1.50/10.00`, `Transferred Kb: unlimited`, each on a line of
//! its own, current and limit; the unit is what the administrator has chosen to be shown.

use super::error::Error;
use super::reply::Reply;
use super::session::Session;

impl Session {
    /// How many bytes the quota lets be stored; `None` where there is none, or the server does not tell.
    pub(crate) async fn quota(&mut self) -> Result<Option<u64>, Error> {
        let reply = self.control.ask(b"SITE QUOTA").await?;
        let left = left(&reply);
        if left.is_none() {
            self.connection().learned().no_quota = true;
        }
        Ok(left)
    }
}

/// The least that is left of what may be uploaded, and of what may be transferred at all.
fn left(reply: &Reply) -> Option<u64> {
    if reply.code != 200 {
        return None;
    }
    reply.lines.iter().filter_map(|line| left_in(line)).min()
}

fn left_in(line: &[u8]) -> Option<u64> {
    let line = std::str::from_utf8(line).ok()?;
    let (what, counts) = line.split_once(':')?;
    let mut words = what.split_ascii_whitespace();
    if !matches!(words.next(), Some("Uploaded" | "Transferred")) {
        return None;
    }
    let unit: f64 = match words.next()? {
        "bytes" | "b" | "B" => 1.0,
        "Kb" => 1024.0,
        "Mb" => 1024.0 * 1024.0,
        "Gb" => 1024.0 * 1024.0 * 1024.0,
        // of files
        _ => return None,
    };
    let (used, limit) = counts.trim().split_once('/')?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let left = (number(limit)? - number(used)?) * unit;
    // what is used may be more than the limit by now; a cast keeps what is too large in its bounds
    Some(left.max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(lines: &str) -> Option<u64> {
        left(&Reply::parse(lines.as_bytes()).unwrap())
    }

    #[test]
    fn the_least_that_is_left_counts() {
        let head = "200-The current quota for this session are [current/limit]:\r\n Name: u\r\n Quota Type: User\r\n \
             Per Session: False\r\n Limit Type: Hard\r\n";
        let tail = " Uploaded files:\t3/10\r\n200 Please contact root if these entries are inaccurate\r\n";
        for (lines, wanted) in [
            (
                "  Uploaded Mb:\t1.50/10.00\r\n  Transferred Mb:\tunlimited\r\n",
                Some(8_912_896),
            ),
            (
                "  Uploaded Kb:\t1.00/9.00\r\n  Transferred Kb:\t3.00/4.00\r\n",
                Some(1_024),
            ),
            ("  Uploaded bytes:\t12.00/10.00\r\n", Some(0)),
            (
                "  Uploaded Gb:\tunlimited\r\n  Downloaded Gb:\t1.00/2.00\r\n",
                None,
            ),
            ("  Uploaded Mb:\tNaN/inf\r\n  Uploaded parsecs:\t1/2\r\n", None),
        ] {
            assert_eq!(told(&format!("{head}{lines}{tail}")), wanted, "{lines}");
        }
        // as ProFTPD 1.3.8 with mod_quotatab 1.3.1 has it
        let real = "200-The current quota for this session are [current/limit]:\r\n Name: demo\r\n Quota Type: User\r\n \
             Per Session: False\r\n Limit Type: Hard\r\n   Uploaded Mb:\t\t9.00/10.00\r\n   Downloaded Mb:\tunlimited\r\n   \
             Transferred Mb:\tunlimited\r\n   Uploaded files:\t0/100\r\n   Downloaded files:\tunlimited\r\n   \
             Transferred files:\tunlimited\r\n200 Please contact root@127.0.0.1 if these entries are inaccurate\r\n";
        assert_eq!(told(real), Some(1_048_576));
        assert_eq!(told("202 No quotas in effect\r\n"), None);
        assert_eq!(told("500 'SITE QUOTA' not understood.\r\n"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..8)) {
            let _ = left(&Reply { code: 200, lines, asked: Vec::new() });
        }
    }
}

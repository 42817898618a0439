//! One-time passwords: what a server writes when it wants one.

use super::reply::Reply;

/// Whether the reply to `USER` asks for a one-time password that depends on what it says: a reply
/// that means it (RFC 2228 §3), an OTP challenge (RFC 2289 §6: `otp-md5 487 dog2`), or one of S/Key
/// before it (`s/key 98 ke1234`). A server that says a password will do as well gets the password.
pub(super) fn is_challenge(reply: &Reply) -> bool {
    reply.code == 336 || reply.lines.iter().any(|line| holds_challenge(line))
}

fn holds_challenge(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line).to_ascii_lowercase();
    if text.contains("or password") || text.contains("password or") {
        return false;
    }
    let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    let words: Vec<String> = text.split_ascii_whitespace().map(trimmed).collect();
    words.windows(3).any(|three| {
        let scheme = matches!(three[0].as_str(), "s/key" | "skey") || three[0].starts_with("otp-");
        let number = !three[1].is_empty() && three[1].bytes().all(|b| b.is_ascii_digit());
        scheme && number && !three[2].is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_and_what_only_looks_like_one() {
        let is = |text: &str| is_challenge(&Reply::parse(text.as_bytes()).unwrap());
        for text in [
            "331 s/key 98 ke1234",
            "331 Password [s/key 92 hi12345] required for bob.",
            "331 Response to otp-md5 487 dog2 ext required for bob.",
            "331 OTP-SHA1 12 alpha1",
            "331-Welcome.\r\n331 otp-md4 1 x",
            "331-s/key 98 ke1234\r\n331 Password:",
            "331-Never tell your account or password.\r\n331 s/key 98 ke1234",
            "336 Username okay, need password. Challenge is \"....\"",
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "331 Please specify the password.",
            "331 Password required for s/key.",
            "331 otp-md5 487",
            "331 Otp response or password?",
            "331 Response to otp-md5 487 dog2 or password required.",
            "331 Anonymous login ok, send your complete email address as your password",
            "331",
        ] {
            assert!(!is(text), "{text}");
        }
    }
}

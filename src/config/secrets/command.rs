//! A password from the output of a program, such as `pass` or a vault's client.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

use super::{PASSPHRASE_VARIABLE, PASSWORD_VARIABLE, PROXY_PASSWORD_VARIABLE, failed};
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::model::text::{escape, system_says};

/// How long a password command may take: a person may have to unlock a store first.
const COMMAND_TIME: Duration = Duration::from_secs(60);
/// The longest output of a password command that is looked at.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// The first line that `command`, run by `sh`, prints. It is given no secret: no argument, and none
/// of the variables that hold ours.
///
/// # Errors
///
/// A command that fails, prints nothing or takes more than a minute. What it wrote to its error
/// output is in the failure; what it printed never is.
pub(super) async fn run(command: &str) -> Result<Secret, Failure> {
    run_for(command, COMMAND_TIME).await
}

async fn run_for(command: &str, time: Duration) -> Result<Secret, Failure> {
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .env_remove(PASSWORD_VARIABLE)
        .env_remove(PASSPHRASE_VARIABLE)
        .env_remove(PROXY_PASSWORD_VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| {
            failed(format!(
                "the password command could not be started: {}",
                system_says(&e)
            ))
        })?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let (out, err) = tokio::join!(gather(out), gather(err));
        (child.wait().await, out, err)
    };
    let Ok((status, out, err)) = tokio::time::timeout(time, work).await else {
        return Err(failed(format!(
            "the password command '{}' was not done after {} s",
            escape(command.as_bytes()),
            time.as_secs()
        ))
        .hint("Run it in a shell to see what it waits for"));
    };
    let status = status.map_err(|e| failed(format!("the password command was lost: {}", system_says(&e))))?;
    if !status.success() {
        let said = escape(err.trim_ascii());
        return Err(failed(format!(
            "the password command '{}' ended with {status}{}",
            escape(command.as_bytes()),
            if said.is_empty() {
                String::new()
            } else {
                format!(": {said}")
            }
        )));
    }
    let line = out.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(failed(format!(
            "the first line printed by '{}' is empty",
            escape(command.as_bytes())
        )));
    }
    std::str::from_utf8(line)
        .map(Secret::new)
        .map_err(|_| failed("the password command printed something that is not UTF-8"))
}

/// Everything up to the bound, wiped when dropped; the rest is read and thrown away, so that
/// the command can end.
async fn gather(stream: Option<impl AsyncRead + Unpin>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(4096));
    if let Some(mut stream) = stream {
        let _ = (&mut stream).take(LONGEST_OUTPUT).read_to_end(&mut out).await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    out
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::model::failure::Class;

    #[tokio::test]
    async fn the_first_line_of_a_command() {
        for text in [
            "printf 's3cret\\nurl: x\\n'",
            "printf 's3cret\\r\\n'",
            "printf s3cret",
            "echo s3cret; head -c 200000 /dev/zero",
        ] {
            assert_eq!(run(text).await, Ok(Secret::new("s3cret")), "{text}");
        }
    }

    #[tokio::test]
    async fn failures_hold_the_reason_and_no_secret() {
        let failure = run("echo s3cret; echo store is locked >&2; exit 3")
            .await
            .unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("store is locked"), "{text}");
        // the command line itself is the user's own text
        assert_eq!(text.matches("s3cret").count(), 1, "{text}");
        assert_eq!(failure.class, Class::Login);
        assert!(run("true").await.unwrap_err().why.contains("empty"));
        let slow = run_for("read never < /dev/tty; sleep 5", Duration::from_millis(1)).await;
        assert!(slow.is_err());
    }
}

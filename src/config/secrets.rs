//! Passwords, from where a server's entry says they are. They are never written anywhere.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::PasswordSource;
use crate::model::text::escape;

/// The variable that gives the command line a password.
pub const PASSWORD_VARIABLE: &str = "FTPANE_PASSWORD";

/// The variable that gives the command line the password of a proxy.
pub const PROXY_PASSWORD_VARIABLE: &str = "FTPANE_PROXY_PASSWORD";

/// How long a password command may take: a person may have to unlock a store first.
const COMMAND_TIME: Duration = Duration::from_secs(60);
/// The longest output of a password command that is looked at.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// The password of a source; `None` when a person is to be asked.
///
/// # Errors
///
/// An unset variable; a command that fails, prints nothing or takes more than a minute. What
/// the command wrote to its error output is in the failure; what it printed never is.
pub async fn resolve(source: &PasswordSource) -> Result<Option<Secret>, Failure> {
    match source {
        PasswordSource::Ask | PasswordSource::Challenge => Ok(None),
        PasswordSource::Environment(name) => environment(name)?.map(Some).ok_or_else(|| {
            failed(format!("the environment variable {name} is not set"))
                .hint(format!("Set it before ftpane starts: export {name}=..."))
        }),
        PasswordSource::Command(command) => run(command, COMMAND_TIME).await.map(Some),
    }
}

/// The password in this environment variable; `None` when it is not set or empty.
pub fn environment(name: &str) -> Result<Option<Secret>, Failure> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(Secret::new(value))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(failed(format!("the environment variable {name} is not UTF-8")))
        }
    }
}

fn failed(why: impl Into<String>) -> Failure {
    Failure::new(Class::Login, "No password", why)
}

async fn run(command: &str, time: Duration) -> Result<Secret, Failure> {
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(format!("the password command could not be started: {e}")))?;
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
    let status = status.map_err(|e| failed(format!("the password command was lost: {e}")))?;
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

    async fn command(text: &str) -> Result<Option<Secret>, Failure> {
        resolve(&PasswordSource::Command(text.into())).await
    }

    #[tokio::test]
    async fn the_first_line_of_a_command() {
        for text in [
            "printf 's3cret\\nurl: x\\n'",
            "printf 's3cret\\r\\n'",
            "printf s3cret",
            "echo s3cret; head -c 200000 /dev/zero",
        ] {
            assert_eq!(
                command(text).await.unwrap(),
                Some(Secret::new("s3cret")),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn failures_hold_the_reason_and_no_secret() {
        let failure = command("echo s3cret; echo store is locked >&2; exit 3")
            .await
            .unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("store is locked"), "{text}");
        // the command line itself is the user's own text
        assert_eq!(text.matches("s3cret").count(), 1, "{text}");
        assert_eq!(failure.class, Class::Login);
        assert!(command("true").await.unwrap_err().why.contains("empty"));
        let slow = run("read never < /dev/tty; sleep 5", Duration::from_millis(1)).await;
        assert!(slow.is_err());
    }

    #[tokio::test]
    async fn asking_and_variables() {
        assert_eq!(resolve(&PasswordSource::Ask).await.unwrap(), None);
        let unset = PasswordSource::Environment("FTPANE_TEST_IS_NOT_SET".into());
        assert!(resolve(&unset).await.unwrap_err().to_string().contains("not set"));
        // every test run has a PATH
        let set = PasswordSource::Environment("PATH".into());
        assert!(resolve(&set).await.unwrap().is_some());
    }
}

//! When this machine was started, and which start that is: what was written since has not been lost by a
//! breakdown.

use std::fs::File;
use std::io::Read as _;
use std::time::SystemTime;

/// When the system was started; `None` where that is not known.
#[cfg(target_os = "linux")]
pub(crate) fn began() -> Option<SystemTime> {
    let status = std::fs::read_to_string("/proc/stat").ok()?;
    let seconds = status.lines().find_map(|line| line.strip_prefix("btime "))?;
    let since = std::time::Duration::from_secs(seconds.trim().parse().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn began() -> Option<SystemTime> {
    None
}

/// Which start of the machine this is (Linux: proc(5)); `None` where that is not known.
pub(crate) fn id() -> Option<String> {
    let mut text = String::new();
    let file = File::open("/proc/sys/kernel/random/boot_id").ok()?;
    file.take(64).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_machine_runs_since_a_moment_that_is_over() {
        let began = began().unwrap();
        assert!(began > SystemTime::UNIX_EPOCH && began < SystemTime::now());
    }
}

//! Passwords stay out of core dumps.

/// From now on the kernel writes no core dump of this process, and other programs of this user cannot
/// read its memory (Linux, `prctl(PR_SET_DUMPABLE)`). Programs it starts are not concerned. Elsewhere
/// nothing is done.
pub fn forbid_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::debug!("core dumps could not be forbidden: {error}");
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn it_is_forbidden() {
        super::forbid_dumps();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}

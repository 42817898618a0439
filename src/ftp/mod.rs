//! ftp

pub mod features;
pub mod reply;
pub mod time_val;

//! ftp

pub mod features;
pub mod list;
pub mod reply;
pub mod time_val;

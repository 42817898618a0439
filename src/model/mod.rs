//! The words of the domain: plain data, no clocks, no files, no sockets.
//!
//! Every other layer speaks in these types. What time it is, what the disk holds and what the
//! server said comes in as a value; nothing here can find out by itself (`.clippy.toml` and the
//! inner lints below see to that).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod address;
pub mod certificate;
pub mod charset;
pub mod checksum;
pub mod clock;
pub mod command;
pub mod diagnosis;
pub mod entry;
pub mod event;
pub mod facts;
pub mod failure;
pub mod firewall;
pub mod fnv;
pub mod job;
pub mod key;
pub mod listing;
pub mod mode;
pub mod nearest;
pub mod part_name;
pub mod path;
pub mod proxy;
pub mod secret;
pub mod server;
pub mod size;
pub mod stamp;
pub mod target;
pub mod text;
pub mod unfinished;
pub(crate) mod worded;

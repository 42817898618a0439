//! The disk of this machine: listings, safe replacement of files, copies, permissions, deletion.
//!
//! Everything here blocks and is called on the runtime's blocking threads. Nothing here knows of
//! servers.

pub(crate) mod boot;
pub(crate) mod copy;
pub(crate) mod erase;
mod inheritance;
pub(crate) mod journal;
pub(crate) mod leftovers;
pub(crate) mod list;
pub(crate) mod mount;
pub(crate) mod names;
pub(crate) mod part;
pub(crate) mod permissions;
pub(crate) mod runs;
pub(crate) mod source;
pub(crate) mod space;
pub(crate) mod target;
pub(crate) mod unsynced;

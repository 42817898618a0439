//! Pure deciders: data in, data out. No clock, no disk, no wire; what is now comes in as a value.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod compare;
pub mod conflict;
pub mod division;
pub mod doctor;
pub mod fence;
pub mod glob;
pub mod ground;
pub mod journal;
pub mod keeping;
pub mod ladder;
pub mod landing;
pub mod meanwhile;
pub mod naming;
pub mod pace;
pub mod pattern;
pub mod queue;
pub mod ration;
pub mod raw;
pub mod rename;
pub mod resume;
pub mod retry;
pub mod search;
pub mod tree;

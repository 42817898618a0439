//! One integration binary: everything that needs more than one layer.
//!
//! `harness` is what the tests stand on; every other module is one subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking, and what led to it by printing"
)]

mod anything;
mod awkward;
#[cfg(unix)]
mod broken_off_edits;
#[cfg(unix)]
mod cast;
mod changes;
mod command_line;
mod command_line_terminal;
mod command_line_tls;
mod controls;
mod demo;
mod doctor;
mod editing;
mod ends;
mod engine;
mod every_action;
mod faults;
mod fence;
mod harness;
mod hostile;
mod input;
mod interface_speed;
mod journey;
mod journey_real;
mod keys;
#[cfg(unix)]
mod killed;
mod listing_cases;
mod listing_speed;
mod local_disk;
#[cfg(unix)]
mod namespaces;
#[cfg(unix)]
mod no_secret;
mod operations;
#[cfg(unix)]
mod own_settings;
mod plain;
mod poured;
#[cfg(unix)]
mod pty;
#[cfg(unix)]
mod pty_manners;
mod read_only;
mod reading;
mod readme;
mod real_servers;
mod refusals;
mod resume;
mod saved_servers;
mod screens;
#[cfg(unix)]
mod search;
mod secrets;
mod segments;
mod slow_terminal;
mod terminal_bytes;
mod truth_line;
mod unfinished;
mod walks;

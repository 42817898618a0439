#![doc = include_str!("ARCHITECTURE.md")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test says what is wrong by panicking"
    )
)]

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod engine;
pub mod ftp;
pub mod local;
pub mod model;
pub mod plan;
pub mod term;
pub mod ui;

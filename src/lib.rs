#![doc = include_str!("ARCHITECTURE.md")]

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

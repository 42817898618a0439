//! What the integration tests stand on.
#![allow(
    dead_code,
    reason = "a harness offers whole words, each test uses some of them"
)]

pub(crate) mod bench;
pub(crate) mod binary;
pub(crate) mod dice;
pub(crate) mod engine;
pub(crate) mod gateway;
pub(crate) mod lab;
pub(crate) mod left;
pub(crate) mod line;
pub(crate) mod port;
pub(crate) mod proxy;
#[cfg(unix)]
pub(crate) mod pty;
pub(crate) mod scripted;
pub(crate) mod seat;
#[cfg(unix)]
pub(crate) mod spoken;

//! app
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
pub mod action;
pub mod form;
pub mod input;

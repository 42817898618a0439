//! ui
pub mod form;

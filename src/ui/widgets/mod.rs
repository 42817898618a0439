//! Pieces that several screens are made of.

mod choices;
mod course;
mod field;
mod gauge;
mod lines;
mod panel;

pub(crate) use choices::{choice_at, choices};
pub(crate) use course::course;
pub(crate) use field::{field, filter_below, stars};
pub(crate) use gauge::gauge;
pub(crate) use lines::put_lines;
pub(crate) use panel::{panel, point_at};

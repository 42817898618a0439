//! What is kept in files between runs, and how it is read: themes, the keymap.

pub mod keymap;
pub mod nearest;
pub mod theme;

//! ftpane.
fn main() {}

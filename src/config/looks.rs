//! How the interface uses the terminal, as far as somebody has said so.

/// What was said; what was not is found out from the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looks {
    /// The mouse is left to the terminal, which selects text with it.
    pub no_mouse: bool,
}

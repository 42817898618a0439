//! What is kept in files between runs, and where: saved servers and the secrets they point to,
//! settings, themes, the keymap; and what other programs have saved, to be imported.
//!
//! With `local` this is the only place that touches files, and the only one that reads
//! passwords from the environment, from commands or from `~/.netrc`. It knows nothing of
//! screens and nothing of the wire.

pub mod active_first;
pub mod bookmarks;
pub mod change;
pub mod import;
pub mod keymap;
pub mod last_used;
pub mod mistake;
pub mod netrc;
pub mod paths;
pub mod secrets;
pub mod servers;
pub mod settings;
pub mod store;
pub mod theme;
pub mod validity;

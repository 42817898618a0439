//! FTP and its TLS on the wire: the only place that names suppaftp, native-tls and tokio-openssl.
//!
//! A [`connection::Connection`] is a server as it is used now; it makes [`session::Session`]s, one
//! logged-in control connection each. Every byte of a control connection goes through
//! [`wire::Wire`], every line through [`guard::admit`]. Nothing here decides what to transfer,
//! asks a person, or writes to the disk.

pub(crate) mod connection;
pub(crate) mod error;
pub(crate) mod exchange;
pub mod features;
pub mod guard;
pub mod list;
pub mod reply;
pub(crate) mod session;
pub mod transcript;
pub(crate) mod transfer;

mod clock;
mod connect;
mod control;
mod data;
mod digits;
mod explain;
mod listing;
mod login;
mod stream;
mod time_val;
mod tls;
mod wire;

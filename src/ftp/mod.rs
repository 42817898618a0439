//! FTP and its TLS on the wire: the only place that names suppaftp, native-tls and tokio-openssl.
//!
//! A [`connection::Connection`] is a server as it is used now; it makes [`session::Session`]s, one
//! logged-in control connection each. Every byte of a control connection goes through
//! [`wire::Wire`], every line through [`guard::admit`]. Nothing here decides what to transfer,
//! or writes to the disk, but for a [`pipe`], which empties itself into a file that it is given; what only a
//! person knows it asks its [`attendant`].

pub(crate) mod attendant;
pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod digest;
pub(crate) mod error;
pub(crate) mod exchange;
pub mod features;
pub mod guard;
pub mod list;
pub(crate) mod probe;
pub mod reply;
pub(crate) mod session;
pub(crate) mod stages;
pub(crate) mod succession;
pub(crate) mod sums;
pub mod transcript;
pub(crate) mod transfer;

mod agreement;
mod begin;
mod blot;
mod challenge;
mod clock;
mod control;
mod data;
mod dial;
mod digits;
mod explain;
mod listing;
mod login;
mod noop;
pub(crate) mod onlooker;
pub(crate) mod pipe;
mod ports;
mod proxy;
mod quota;
mod rider;
mod standby;
mod stream;
mod telnet;
mod time_val;
pub(crate) mod tls;
mod unsent;
mod wire;

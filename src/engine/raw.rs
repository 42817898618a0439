//! A command that a person wrote.

use std::sync::Arc;

use super::actions::unsure;
use super::browse::not_connected;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::unbroken;
use crate::model::command::Generation;
use crate::model::event::{Event, RawReply};
use crate::model::failure::Failure;
use crate::model::path::RemotePath;
use crate::model::text::escape;

/// Sends it, from this folder on, and tells the answer.
pub(super) async fn ask(
    pool: Option<Arc<Pool>>,
    folder: RemotePath,
    line: Vec<u8>,
    generation: Generation,
    listener: Listener,
) {
    let result = unbroken(async {
        let mut lease = pool.ok_or_else(not_connected)?.lease(Purpose::Browsing).await?;
        let asked = lease.raw(&folder, &line).await;
        let reply = asked.map_err(|error| unsure(&error, format!("{} is not done", escape(&line))))?;
        Ok::<_, Failure>(RawReply {
            code: reply.code,
            lines: reply.lines,
        })
    });
    let result = result.await;
    listener.tell(Event::RawAnswered { generation, result });
}

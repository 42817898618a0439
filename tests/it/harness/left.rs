//! What a run that was broken off has left, written down as it would be.

use std::path::Path;

use ftpane::model::entry::Kind;
use ftpane::model::job::{BatchId, Care, ConnectionId, Direction, Item, JobId, Policy};
use ftpane::model::server::Server;
use ftpane::model::unfinished::RestId;
use ftpane::plan::journal::written::{WrittenItem, WrittenJob};
use ftpane::plan::journal::{Record, VERSION};

use super::engine::remote;

const CONNECTION: ConnectionId = ConnectionId(1);

/// A file of one path here and one on the server.
pub(crate) fn file(local: &Path, path: &str) -> Item {
    Item {
        local: local.to_path_buf(),
        remote: remote(path),
        kind: Kind::File,
        size: None,
        modified: None,
        permissions: None,
    }
}

/// The records of a run that was asked for these, and `more`.
pub(crate) fn records(
    batch: BatchId,
    server: &Server,
    (direction, policy): (Direction, Policy),
    asked: &[Item],
    more: impl IntoIterator<Item = Record>,
) -> Vec<Record> {
    let mut records = vec![
        Record::Run {
            version: VERSION,
            boot: None,
            program: "ftpane".into(),
        },
        Record::Server {
            connection: CONNECTION,
            server: Box::new(server.clone()),
        },
        Record::Batch {
            batch,
            connection: CONNECTION,
            direction,
            policy,
            care: Care::default(),
            asked: 1_767_225_600,
            from: None,
        },
        Record::Asked {
            batch,
            items: asked.iter().map(WrittenItem::new).collect(),
        },
    ];
    records.extend(more);
    records
}

/// The record that makes jobs of these, numbered from `first`.
pub(crate) fn jobs(batch: BatchId, first: u64, items: &[Item]) -> Record {
    let jobs = items.iter().zip(first..);
    let jobs = jobs.map(|(item, id)| WrittenJob::new(JobId(id), item));
    Record::Jobs {
        batch,
        jobs: jobs.collect(),
    }
}

/// Leaves the log of a run in the folder of runs.
pub(crate) fn leave(queue: &Path, run: u32, records: &[Record]) {
    let mut lines = Vec::new();
    records.iter().for_each(|record| record.write(&mut lines));
    std::fs::create_dir_all(queue).unwrap();
    std::fs::write(queue.join(format!("{run:08x}.journal")), lines).unwrap();
}

/// One upload that is still to be done.
pub(crate) fn leave_upload(queue: &Path, id: RestId, server: &Server, local: &Path, path: &str) {
    let items = [file(local, path)];
    let more = [
        jobs(id.batch, 1, &items),
        Record::Walked {
            batch: id.batch,
            jobs: None,
        },
    ];
    let how = (Direction::Upload, Policy::Overwrite);
    leave(queue, id.run, &records(id.batch, server, how, &items, more));
}

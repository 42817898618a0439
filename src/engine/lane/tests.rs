//! A lane by itself, without a server.

use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;
use crate::engine::DiskWork;
use crate::engine::input::Input;
use crate::engine::listener::Listener;
use crate::engine::meter::Meter;
use crate::engine::origins::Origins;
use crate::engine::questions::Questions;
use crate::engine::targets::Targets;
use crate::engine::task::Means;
use crate::ftp::connection::Connection;
use crate::model::entry::Kind;
use crate::model::job::{BatchId, Care, Direction, Item, Job, JobId, Policy, Rank};
use crate::model::path::RemotePath;
use crate::model::server::{Patience, Server};
use crate::plan::queue::{Outcome, Start};

/// Longer than it takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lane of a server with one connection, and who hears what it says.
fn lane() -> (Lane, mpsc::UnboundedReceiver<Note>) {
    let (events, _) = mpsc::unbounded_channel();
    let (notes, noted) = mpsc::unbounded_channel();
    let listener = Listener::new(events);
    let server = Server {
        connections: 1,
        ..Server::default()
    };
    let connection = Connection::new(Arc::new(server), None, Patience::default(), None);
    let questions = Arc::new(Questions::new(listener.clone()));
    let id = ConnectionId(1);
    let lane = Lane {
        connection: id,
        pool: Pool::new(id, Arc::new(connection), listener, questions, false),
        limit: Arc::new(SpeedLimit::new(None)),
        notes,
        tasks: TaskTracker::new(),
        end: CancellationToken::new(),
    };
    (lane, noted)
}

/// A folder to be made, for this lane.
fn job_for(lane: &Lane) -> Task {
    let origins = Arc::new(Origins::begin(None).0);
    let item = Item {
        local: "folder".into(),
        remote: RemotePath::root(),
        kind: Kind::Dir,
        size: None,
        modified: None,
        permissions: None,
    };
    let job = Job {
        id: JobId(7),
        batch: BatchId(1),
        direction: Direction::Upload,
        item: item.into(),
        rank: Rank { major: 1, minor: 1 },
    };
    let start = Start {
        job,
        connection: lane.connection,
        policy: Policy::Overwrite,
        continues: false,
        again: false,
        care: Care::default(),
    };
    let means = Means {
        input: Input::new(None),
        durable: Arc::default(),
        origins: Arc::clone(&origins),
        server: Arc::clone(&lane.pool.connection.server),
        placing: Arc::clone(&lane.pool.placing),
    };
    let targets = Arc::new(Targets::new(origins, DiskWork::OnThreads));
    let counter = Meter::default().begin(JobId(7));
    Task::new(
        start,
        targets,
        counter,
        lane.end.child_token(),
        means,
        lane.notes.clone(),
    )
}

/// Nobody else runs meanwhile on the one thread of the command line: who waits for a session would wait for ever,
/// and a lane that lets him in first would, too.
#[test]
fn at_the_end_a_lane_waits_for_nobody() {
    let (ended, end) = channel();
    std::thread::spawn(move || {
        let mut one_thread = tokio::runtime::Builder::new_current_thread();
        one_thread.enable_all().build().unwrap().block_on(async {
            let (lane, _noted) = lane();
            lane.end.cancel();
            let pool = Arc::clone(&lane.pool);
            let _held = pool.take_all_places();
            let waits = pool.lease(Purpose::Browsing);
            tokio::pin!(waits);
            assert!(futures_util::poll!(&mut waits).is_pending());
            assert!(pool.is_wanted());
            lane.work().await;
        });
        ended.send(()).unwrap();
    });
    end.recv_timeout(PATIENCE).expect("it goes round and round");
}

/// The engine's loop has given the lane a job, and has been told to end before the lane has looked.
#[tokio::test]
async fn a_job_that_was_given_just_before_the_end_is_stopped_like_others() {
    let (lane, mut noted) = lane();
    let fetching = lane.fetch(false);
    tokio::pin!(fetching);
    assert!(futures_util::poll!(&mut fetching).is_pending());
    let Ok(Note::Take(_, reply)) = noted.try_recv() else {
        panic!("no job is asked for");
    };
    assert!(reply.send(Some(job_for(&lane))).is_ok());
    lane.end.cancel();
    assert!(matches!(fetching.await, Fetched::Nothing));
    let ended = noted.try_recv();
    assert!(
        matches!(ended, Ok(Note::Finished(JobId(7), Outcome::Cancelled))),
        "it is lost"
    );
}

//! A lane by itself, without a server.

use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;
use crate::engine::listener::Listener;
use crate::engine::questions::Questions;
use crate::ftp::connection::Connection;
use crate::model::server::{Patience, Server};

/// Longer than it takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lane of a server with one connection, at the end of the program.
fn ending_lane() -> Lane {
    let (events, _) = mpsc::unbounded_channel();
    let listener = Listener::new(events);
    let server = Server {
        connections: 1,
        ..Server::default()
    };
    let connection = Connection::new(Arc::new(server), None, Patience::default(), None);
    let questions = Arc::new(Questions::new(listener.clone()));
    let id = ConnectionId(1);
    let end = CancellationToken::new();
    end.cancel();
    Lane {
        connection: id,
        pool: Pool::new(id, Arc::new(connection), listener, questions, false),
        limit: Arc::new(SpeedLimit::new(None)),
        notes: mpsc::unbounded_channel().0,
        tasks: TaskTracker::new(),
        end,
    }
}

/// Nobody else runs meanwhile on the one thread of the command line: who waits for a session would wait for ever,
/// and a lane that lets him in first would, too.
#[test]
fn at_the_end_a_lane_waits_for_nobody() {
    let (ended, end) = channel();
    std::thread::spawn(move || {
        let mut one_thread = tokio::runtime::Builder::new_current_thread();
        one_thread.enable_all().build().unwrap().block_on(async {
            let lane = ending_lane();
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

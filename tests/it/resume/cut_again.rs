//! A download that is to go on, and of which nothing comes: the server's last word says what that means.

use ftpane::model::job::{Direction, Policy};
use ftpane::model::server::Patience;

use super::{ONCE_MORE, OVERLAP, Run, content, cut_download, heard, remarked};
use crate::harness::scripted::{Step, cut_data, end_data, say, send};

const CUT: usize = 300_000;

/// How the first piece of the rest ends before all of it has come that is to be compared; what was asked after.
async fn nothing_comes(steps: Vec<Step>) -> (Vec<String>, Run) {
    let server = cut_download(CUT).once("RETR", steps).start().await;
    let patience = Patience {
        retries: 2,
        ..ONCE_MORE
    };
    let mut run = Run::new(&server, Direction::Download, patience, None).await;
    let ended = run.transfer(Direction::Download, Policy::Overwrite).await;
    ended.assert_all_done();
    assert!(run.file() == content());
    assert_eq!(run.parts(), 0);
    (heard(&server, "REST"), run)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_again_costs_nothing_of_what_is_here() {
    let beginning = &content()[CUT - OVERLAP..][..1_000];
    let goes_on = format!("REST {}", CUT - OVERLAP);
    let refused = || say("426 Connection closed; transfer aborted.");
    for steps in [
        vec![say("150 go"), end_data(), refused()],
        vec![say("150 go"), send(beginning), end_data(), refused()],
        vec![say("150 go"), cut_data(), refused()],
    ] {
        let (rest, run) = nothing_comes(steps).await;
        assert_eq!(rest, [goes_on.as_str(), &goes_on]);
        assert!(!remarked(&run.driver, "does not continue"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_nothing_more_is_not_believed_and_sends_all_of_it() {
    let steps = vec![say("150 go"), end_data(), say("226 done")];
    let (rest, run) = nothing_comes(steps).await;
    assert_eq!(rest.len(), 1, "{rest:?}");
    assert!(remarked(&run.driver, "does not continue what is here"));
}

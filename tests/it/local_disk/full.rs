//! Disks that are full.

use ftpane::model::job::BatchId;
use ftpane::model::unfinished::RestId;

use super::*;
use crate::harness::left;

/// What was left in the end, whole: nothing of it is in the making.
#[track_caller]
fn left_whole(home: &Path) -> Vec<(String, Vec<u8>)> {
    let left = tree(&home.join("left")).into_iter();
    let files = left.filter_map(|(path, content)| Some((path.to_str()?.to_owned(), content?)));
    let files: Vec<_> = files.collect();
    let in_the_making = |(name, _): &&(String, Vec<u8>)| name.contains("ftpane");
    assert_eq!(files.iter().find(in_the_making), None);
    files
}

/// The disk is filled in the middle of a file, though each is too short to be asked about before.
#[tokio::test(flavor = "multi_thread")]
async fn what_fits_is_whole_and_what_does_not_is_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("before")).unwrap();
    for n in 0..6 {
        std::fs::write(home.path().join(format!("before/file {n}")), "old").unwrap();
    }
    let Some(command) = binary::ftpane_on_small_disk(home.path(), 1024) else {
        return;
    };
    let content = |n: u8| vec![n; 300_000];
    let server = (0..6).fold(Script::new(Protocol::Ftp), |script, n| {
        script.file(&format!("/all/file {n}"), content(n))
    });
    let server = server.start().await;
    let (code, said) = run(command, &server, "get --to d URL/all/").await;
    assert_eq!(code, 1, "{said}");
    assert_says(
        &said,
        &["the local disk is full", "Free some space and try again"],
    );
    let files = left_whole(home.path());
    assert_eq!(files.len(), 6, "{said}");
    let mut new = 0;
    for (n, (name, found)) in (0..).zip(&files) {
        assert_eq!(*name, format!("file {n}"));
        let is_new = *found == content(n);
        assert!(is_new || found == b"old", "{name} is neither: {}", found.len());
        new += u32::from(is_new);
    }
    // of those that come at the same time each may have filled it for the others
    assert!(new <= 3, "no more of them fit: {new}");
}

/// It is longer than its listing says: nobody could know that it does not fit.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_fills_the_disk_leaves_the_old_one() {
    for piece in ["", " --verify"] {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("before")).unwrap();
        std::fs::write(home.path().join("before/big"), "old").unwrap();
        let Some(command) = binary::ftpane_on_small_disk(home.path(), 1024) else {
            return;
        };
        let server = Script::new(Protocol::Ftp)
            .file("/all/big", vec![b'x'; 5_000_000])
            .on("MLSD", listing("type=file;size=1000; big\r\n"))
            .on("SIZE", say("213 1000"))
            .start()
            .await;
        let words = format!("get{piece} --to d URL/all/big");
        let (code, said) = run(command, &server, &words).await;
        assert_eq!(code, 10, "{said}");
        assert_says(&said, &["Could not write", "big", "the local disk is full"]);
        assert_eq!(left_whole(home.path()), [("big".to_owned(), b"old".to_vec())]);
    }
}

/// What an earlier run has left is struck out there only when this one has written it down.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_stays_where_it_was_left() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("f"), "content").unwrap();
    let server = Script::new(Protocol::Ftp).start().await;
    let queue = home.path().join("queue");
    let id = RestId {
        run: 0xabc,
        batch: BatchId(1),
    };
    left::leave_upload(&queue, id, &server.server(), &home.path().join("f"), "/f");
    // whatever is written to a file fails; without the signal that would end the program
    let limited = || binary::ftpane_after(home.path(), "trap '' XFSZ; ulimit -f 0");
    let (_, said) = run(limited(), &server, "queue run").await;
    assert!(said.contains("cannot be used: File too large\n"), "{said}");
    std::fs::write(queue.join("installation"), "00000123\n").unwrap();
    let (code, said) = run(limited(), &server, "queue run").await;
    assert_eq!(code, 0, "{said}");
    assert_says(&said, &["its log cannot be written"]);
    assert_eq!(server.content("/f").unwrap(), b"content");
    assert!(names(&queue).contains(&"00000abc.journal".to_owned()), "{said}");
    // where it can be written the same is over
    let (code, said) = run(binary::ftpane(home.path()), &server, "queue run").await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(names(&queue), ["installation"]);
}

//! What stands at a download's target and is no file, and what the new file may be.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

/// As root a file would take the place of `/dev/null` itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_not_replaced() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    std::fs::create_dir(at("d")).unwrap();
    mknodat(CWD, at("d/pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    symlink("pipe", at("d/to pipe")).unwrap();
    symlink("gone", at("d/to nothing")).unwrap();
    let names = ["pipe", "to pipe", "to nothing", "file"];
    let server = names.iter().fold(Script::new(Protocol::Ftp), |script, name| {
        script.file(&format!("/all/{name}"), "new")
    });
    let server = server.start().await;
    let (code, said) = run(binary::ftpane(home.path()), &server, "get --to d URL/all/").await;
    assert_eq!(code, 1, "{said}");
    assert_says(
        &said,
        &[
            "d/pipe is not replaced: what stands there is no file",
            "d/to pipe is not replaced: what stands there is no file",
            "d/to nothing is not replaced: it is a link that leads to nothing",
        ],
    );
    assert_eq!(std::fs::read(at("d/file")).unwrap(), b"new", "the others go on");
    assert!(
        std::fs::symlink_metadata(at("d/pipe"))
            .unwrap()
            .file_type()
            .is_fifo()
    );
    assert_eq!(super::names(&at("d")), ["file", "pipe", "to nothing", "to pipe"]);
    assert_eq!(server.count("RETR"), 1, "nothing is fetched for nothing");
    let (code, said) = run(binary::ftpane(home.path()), &server, "get --to d URL/all/pipe").await;
    assert_eq!(code, 9, "{said}");
    let words = "get --on-conflict skip --to d URL/all/pipe";
    let (code, said) = run(binary::ftpane(home.path()), &server, words).await;
    assert_eq!(code, 0, "{said}");
}

/// Where nothing tells what a new file gets here, better too little than too much.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_not_opened_to_others_against_the_umask() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp).file("/f", "secret").start().await;
    for (preparation, mode) in [
        ("umask 077; export TMPDIR=/not/there", 0o600),
        ("umask 027", 0o640),
    ] {
        let command = binary::ftpane_after(home.path(), preparation);
        let (code, said) = run(command, &server, "get --to d URL/f").await;
        assert_eq!(code, 0, "{said}");
        let file = home.path().join("d/f");
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            mode
        );
        std::fs::remove_file(file).unwrap();
    }
}

//! Servers whose LIST tells another time than UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};
use ftpane::model::clock::ClockOffset;
use ftpane::model::entry::Kind;
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::listing::Listing;
use ftpane::model::server::{Protocol, Server};
use ftpane::model::stamp::{Precision, Stamp};

use super::{connected, connected_as, remarked};
use crate::harness::binary::{ftpane, output};
use crate::harness::scripted::{Script, Step, close, end_data, hold, say, send};

/// What `/d` holds on a server whose clock is two hours ahead.
const AHEAD: &str = "total 3\r\n\
    -rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n\
    drwxr-xr-x 1 me us 1 2024-01-02 12:00 sub\r\n\
    -rw-r--r-- 1 me us 1 2023-01-02 old\r\n";

fn listed(text: impl AsRef<[u8]>) -> Vec<Step> {
    vec![say("150 go"), send(text), end_data(), say("226 done")]
}

/// A server without MLSD whose LIST is this, and whose MDTM of every file is 2024-01-02 03:04:05.
fn script(list: &str) -> Script {
    Script::new(Protocol::Ftp)
        .features("EPSV MDTM")
        .file("/d/f", "x")
        .file("/d/g", "y")
        .file("/d/h", "z")
        .file("/e/f", "x")
        .on("LIST", listed(list))
}

/// Who overwrites what stands there does not want to know since when; who asks first does.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_needs_no_times_does_not_ask_for_the_clock() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    // the file here is as old as the one there
    let same = UNIX_EPOCH + Duration::from_secs(1_704_164_645);
    std::fs::File::options()
        .write(true)
        .open(&local)
        .unwrap()
        .set_modified(same)
        .unwrap();
    for (policy, asked, content) in [(Policy::Newer, 1, "x"), (Policy::Overwrite, 0, "new")] {
        let (server, mut driver) = connected(script(AHEAD)).await;
        let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/d/f", policy);
        let ended = driver
            .over(batch, |question| panic!("nothing to ask: {question:?}"))
            .await;
        assert!(ended.failures().is_empty(), "{policy:?} {ended:?}");
        let heard = server.heard();
        let times = heard.iter().filter(|h| h.line == "MDTM /d/f").count();
        assert_eq!(times, asked, "{policy:?}");
        assert_eq!(
            server.content("/d/f").as_deref(),
            Some(content.as_bytes()),
            "{policy:?}"
        );
        driver.shutdown().await;
    }
}

/// The times of a listing as it gives them, exactly as far as they are known.
fn times(listing: &Listing) -> Vec<String> {
    let shown = listing.entries.iter().map(|entry| {
        let stamp = entry.modified.unwrap();
        let length = match stamp.precision {
            Precision::Second => 19,
            Precision::Minute => 16,
            Precision::Day => 10,
        };
        format!("{} {}", entry.name, &stamp.rfc3339().unwrap()[..length])
    });
    shown.collect()
}

const CORRECTED: [&str; 3] = ["f 2024-01-02T03:04", "sub 2024-01-02T10:00", "old 2023-01-02"];
const AS_WRITTEN: [&str; 3] = ["f 2024-01-02T05:04", "sub 2024-01-02T12:00", "old 2023-01-02"];

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ahead_is_measured_once_and_corrected_from_the_first_listing_on() {
    for list in [
        AHEAD,
        "01-02-24  05:04AM  1 f\r\n01-02-24  12:00PM  <DIR> sub\r\n",
    ] {
        for read_only in [false, true] {
            let (server, mut driver) =
                connected_as(script(list), |server| Server { read_only, ..server }).await;
            for folder in ["/d", "/e", "/d"] {
                let listing = driver.list(folder).await.unwrap();
                let times = times(&listing);
                assert_eq!(times, CORRECTED[..times.len()], "{folder}");
                assert!(!listing.wall_clock);
            }
            let heard = server.heard();
            let asked: Vec<_> = heard.iter().filter(|h| h.line.starts_with("MDTM")).collect();
            assert_eq!(asked.len(), 1, "{asked:?}");
            assert_eq!(asked[0].line, "MDTM /d/f");
            assert!(remarked(&driver, "the server's clock is 2 h ahead of UTC"));
            let facts = driver.facts.clone().unwrap();
            assert_eq!(facts.clock_offset, ClockOffset::from_minutes(120));
            driver.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_of_utc_is_measured_and_not_talked_about() {
    let list = "-rw-r--r-- 1 me us 1 2024-01-02 03:04 f\r\n";
    let (_server, mut driver) = connected(script(list)).await;
    let listing = driver.list("/d").await.unwrap();
    assert_eq!(times(&listing), ["f 2024-01-02T03:04"]);
    assert!(!listing.wall_clock);
    let facts = driver.facts.clone().unwrap();
    assert_eq!(facts.clock_offset, ClockOffset::from_minutes(0));
    driver.shutdown().await;
}

/// The times stay as the server wrote them, that is said, and the server is not asked for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_cannot_be_measured_is_left_alone() {
    let three = "-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n\
        -rw-r--r-- 1 me us 1 2024-01-02 05:03 g\r\n\
        -rw-r--r-- 1 me us 1 2024-01-02 05:02 h\r\n";
    let as_written = ["f 2024-01-02T05:04", "g 2024-01-02T05:03", "h 2024-01-02T05:02"];
    for (script, asked) in [
        (script(three).on("MDTM", say("500 Never heard of it.")), 3),
        (
            script(three)
                .features("EPSV")
                .on("MDTM", say("500 Never heard of it.")),
            1,
        ),
        (script(three).on("MDTM", say("213 20240102030005")), 3),
        (script(three).on("MDTM", say("213 20220102030405")), 3),
        (script(three).on("MDTM", say("213 yesterday")), 3),
        (script(three).on("MDTM", say("550 Not today.")), 3),
    ] {
        let (server, mut driver) = connected(script).await;
        for _ in 0..3 {
            let listing = driver.list("/d").await.unwrap();
            assert_eq!(times(&listing), as_written);
            assert!(listing.wall_clock);
        }
        assert_eq!(server.count("MDTM"), asked);
        assert!(remarked(&driver, "MDTM does not tell the server's clock"));
        assert_eq!(driver.facts.clone().unwrap().clock_offset, None);
        driver.shutdown().await;
    }
}

/// Days prove nothing and folders have no MDTM: nothing is asked before there is a file that tells.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_file_with_a_time_of_day_is_asked_for() {
    let silent = "drwxr-xr-x 1 me us 1 2024-01-02 12:00 sub\r\n-rw-r--r-- 1 me us 1 2023-01-02 old\r\n";
    let script = Script::new(Protocol::Ftp)
        .features("EPSV MDTM")
        .file("/d/f", "x")
        .once("LIST", listed(silent))
        .on("LIST", listed(AHEAD));
    let (server, mut driver) = connected(script).await;
    let listing = driver.list("/d").await.unwrap();
    assert_eq!(
        (times(&listing), listing.wall_clock),
        (AS_WRITTEN[1..].iter().map(|t| (*t).to_owned()).collect(), true)
    );
    assert_eq!(server.count("MDTM"), 0);
    assert_eq!(times(&driver.list("/d").await.unwrap()), CORRECTED);
    assert_eq!(server.count("MDTM"), 1);
    driver.shutdown().await;
}

/// A log that grows between LIST and MDTM tells nothing; the next newest file does.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_written_meanwhile_is_passed_over() {
    let list = "-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n-rw-r--r-- 1 me us 1 2024-01-02 09:30 log\r\n";
    let script = script(list).on("MDTM /d/log", say("213 20240102073101"));
    let (server, mut driver) = connected(script).await;
    let listing = driver.list("/d").await.unwrap();
    assert_eq!(times(&listing), ["f 2024-01-02T03:04", "log 2024-01-02T07:30"]);
    assert_eq!(server.count("MDTM"), 2);
    driver.shutdown().await;
}

/// The listing had come; that MDTM ended the session takes nothing from it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_lost_over_the_clock_costs_no_listing() {
    for step in [close(), hold()] {
        let (server, mut driver) = connected(script(AHEAD).on("MDTM", step)).await;
        for _ in 0..2 {
            let listing = driver.list("/d").await.unwrap();
            assert_eq!(times(&listing), AS_WRITTEN);
            assert!(listing.wall_clock && listing.is_whole());
        }
        assert_eq!(server.count("MDTM"), 1);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_is_not_measured() {
    let set = |minutes| {
        move |server: Server| Server {
            clock_offset: ClockOffset::from_minutes(minutes),
            ..server
        }
    };
    let (server, mut driver) = connected_as(script(AHEAD), set(-330)).await;
    let listing = driver.list("/d").await.unwrap();
    assert_eq!(
        times(&listing),
        ["f 2024-01-02T10:34", "sub 2024-01-02T17:30", "old 2023-01-02"]
    );
    assert!(!listing.wall_clock);
    assert_eq!(server.count("MDTM"), 0);
    driver.shutdown().await;

    // seconds since 1970 and MLSD are UTC, whatever is set
    let counted = script("+i1.1,m1704164645,r,s1,\tf\r\n");
    let (server, mut driver) = connected_as(counted, set(120)).await;
    assert_eq!(
        times(&driver.list("/d").await.unwrap()),
        ["f 2024-01-02T03:04:05"]
    );
    assert_eq!(server.count("MDTM"), 0);
    driver.shutdown().await;
    let script = Script::new(Protocol::Ftp).file("/d/f", "x");
    let (_server, mut driver) = connected_as(script, set(120)).await;
    assert_eq!(
        times(&driver.list("/d").await.unwrap()),
        ["f 2024-01-02T03:04:05"]
    );
    driver.shutdown().await;
}

/// A date without a year belongs to the year the server's clock shows it in, even where that is
/// tomorrow here.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_now_is_of_now_wherever_the_server_stands() {
    let now: DateTime<Utc> = SystemTime::now().into();
    for minutes in [840, -720, 345] {
        let there = now + TimeDelta::minutes(minutes);
        let list = format!("-rw-r--r-- 1 me us 1 {} f\r\n", there.format("%b %e %H:%M"));
        let script = script(&list).on("MDTM", say(&format!("213 {}", now.format("%Y%m%d%H%M%S"))));
        let (_server, mut driver) = connected(script).await;
        for _ in 0..2 {
            let listing = driver.list("/d").await.unwrap();
            let stamp = listing.entries[0].modified.unwrap();
            assert_eq!(stamp.precision, Precision::Minute);
            assert!(
                stamp.agrees_with(&Stamp::exact(now.timestamp())),
                "{list}: {stamp:?}"
            );
        }
        driver.shutdown().await;
    }
}

/// What lies in the future is told by the server's clock: a day of slack is left from there.
#[tokio::test(flavor = "multi_thread")]
async fn the_year_that_is_not_written_follows_the_servers_clock() {
    let now: DateTime<Utc> = SystemTime::now().into();
    for (minutes, hours_ahead_of_utc, is_this_year) in [(840, 30, true), (-720, 20, false)] {
        let shown = now + TimeDelta::hours(hours_ahead_of_utc);
        let list = format!("-rw-r--r-- 1 me us 1 {} f\r\n", shown.format("%b %e %H:%M"));
        let (_server, mut driver) = connected_as(script(&list), |server| Server {
            clock_offset: ClockOffset::from_minutes(minutes),
            ..server
        })
        .await;
        let listing = driver.list("/d").await.unwrap();
        let stamp = listing.entries[0].modified.unwrap();
        let meant = Stamp::exact(shown.timestamp() - i64::from(minutes) * 60);
        assert_eq!(stamp.agrees_with(&meant), is_this_year, "{list}: {stamp:?}");
        assert_eq!(
            stamp.seconds < now.timestamp(),
            !is_this_year,
            "{list}: {stamp:?}"
        );
        driver.shutdown().await;
    }
}

/// A local file half an hour newer than the server's is sent, though the server's clock, two hours
/// ahead, makes its file look newer.
#[tokio::test(flavor = "multi_thread")]
async fn newer_is_decided_by_true_times() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    let remote_time = Stamp::from_civil((2024, 1, 2), (3, 4, 5), Precision::Second).unwrap();
    for (minutes, sent) in [(30_i64, true), (-30, false)] {
        std::fs::write(&local, "new").unwrap();
        let seconds = u64::try_from(remote_time.seconds + minutes * 60).unwrap();
        let file = std::fs::File::options().write(true).open(&local).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
            .unwrap();
        let (server, mut driver) = connected(script(AHEAD)).await;
        let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/d/f", Policy::Newer);
        let ended = driver.over(batch, |question| panic!("{question:?}")).await;
        let [(_, _, state)] = &ended.states[..] else {
            panic!("{ended:?}")
        };
        assert_eq!(matches!(state, JobState::Done { .. }), sent, "{state:?}");
        assert_eq!(server.count("STOR"), usize::from(sent));
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_on_the_command_line_tells_utc() {
    let home = tempfile::tempdir().unwrap();
    for (script, modified) in [
        (script(AHEAD), "2024-01-02T03:04:00Z"),
        (script(AHEAD).on("MDTM", say("500 What?")), "2024-01-02T05:04:00Z"),
    ] {
        let server = script.start().await;
        let url = format!("{}/d", server.server().url());
        let mut command = ftpane(home.path());
        command.args(["ls", "--json", &url]);
        let output = output(command).await;
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stdout}{stderr}");
        let entry: serde_json::Value = stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .find(|entry: &serde_json::Value| entry["name"] == "f")
            .unwrap();
        assert_eq!(entry["modified"], modified);
        assert_eq!(entry["modified_precision"], "minute");
    }
}

/// Where MDTM is not to be had, a file that we have just written tells the clock: of it we know when
/// that was. Not where the server took the time of the local file.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_just_written_tells_the_clock_where_mdtm_does_not() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("new");
    std::fs::write(&local, "new").unwrap();
    let now: DateTime<Utc> = SystemTime::now().into();
    let at = |minutes: i64| (now + TimeDelta::minutes(minutes)).format("%Y-%m-%d %H:%M");
    for (minutes, name, features, told) in [
        (120, "new", "EPSV SIZE", Some(120)),
        (-210, "new", "EPSV SIZE", Some(-210)),
        (0, "new", "EPSV SIZE MDTM", Some(0)),
        // neither a clock of any zone, nor another file, nor one with another time
        (67, "new", "EPSV SIZE", None),
        (120, "other", "EPSV SIZE", None),
        (120, "new", "EPSV SIZE MFMT", None),
    ] {
        let list = format!(
            "-rw-r--r-- 1 me us 3 {} {name}\r\n-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n",
            at(minutes)
        );
        let script = script(&list)
            .features(features)
            .on("MDTM", say("500 Never heard of it."))
            .on("MFMT", say("213 Set."));
        let (server, mut driver) = connected(script).await;
        driver
            .transfer(Direction::Upload, Kind::File, &local, "/d/new")
            .await
            .assert_all_done();
        let listing = driver.list("/d").await.unwrap();
        let facts = driver.facts.clone().unwrap();
        assert_eq!(
            facts.clock_offset.map(ClockOffset::minutes),
            told,
            "{list} {features}"
        );
        assert_eq!(listing.wall_clock, told.is_none());
        if let Some(minutes) = told {
            let stamp = listing
                .entries
                .iter()
                .find(|e| e.name.as_bytes() == b"f")
                .unwrap()
                .modified;
            let shown = Stamp::from_civil((2024, 1, 2), (5, 4, 0), Precision::Minute).unwrap();
            assert_eq!(stamp.unwrap().seconds, shown.seconds - i64::from(minutes) * 60);
        }
        assert_eq!(server.content("/d/new").unwrap(), b"new");
        driver.shutdown().await;
    }
}

/// MFMT is said where it is offered, with the local file's time in UTC, of the temporary name and
/// before it is renamed; a refusal costs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_takes_its_time_along_where_the_server_lets_it() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    let file = std::fs::File::options().write(true).open(&local).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_millis(1_704_164_645_900))
        .unwrap();
    for (features, answer, times) in [
        ("EPSV SIZE MDTM MFMT", "213 Modify=20240102030405; f", 1),
        ("EPSV SIZE MDTM MFMT", "550 Not yours.", 1),
        ("EPSV SIZE MDTM MFMT", "500 What?", 1),
        ("EPSV SIZE MDTM", "213 never asked", 0),
    ] {
        let script = script(AHEAD).features(features).on("MFMT", say(answer));
        let (server, mut driver) = connected(script).await;
        driver
            .transfer(Direction::Upload, Kind::File, &local, "/d/f")
            .await
            .assert_all_done();
        let heard = server.heard();
        let at = |verb: &str| heard.iter().position(|h| h.line.starts_with(verb)).unwrap();
        let part = heard[at("STOR ")].line.strip_prefix("STOR ").unwrap();
        let said: Vec<_> = heard.iter().filter(|h| h.line.starts_with("MFMT")).collect();
        assert_eq!(said.len(), times);
        for said in said {
            assert_eq!(said.line, format!("MFMT 20240102030405 {part}"));
            assert!(at("MFMT") < at("RNTO"));
        }
        assert_eq!(server.content("/d/f").unwrap(), b"new");
        driver.shutdown().await;
    }
}

/// MDTM with a fraction of a second is a moment like others.
#[tokio::test(flavor = "multi_thread")]
async fn mdtm_with_a_fraction_measures_the_clock() {
    for answer in [
        "213 20240102030405.123",
        "213 20240102030459.999999",
        "213  20240102030400.0 ",
    ] {
        let (_server, mut driver) = connected(script(AHEAD).on("MDTM", say(answer))).await;
        let listing = driver.list("/d").await.unwrap();
        assert_eq!(times(&listing), CORRECTED, "{answer}");
        driver.shutdown().await;
    }
}

/// A server whose MDTM tells its wall clock too looks as if that were UTC: only the offset in the
/// server's entry helps, and it is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_mdtm_tells_local_time_is_set_right_by_its_entry() {
    let liar = || script(AHEAD).on("MDTM", say("213 20240102050405"));
    let (_server, mut driver) = connected(liar()).await;
    assert_eq!(times(&driver.list("/d").await.unwrap()), AS_WRITTEN);
    driver.shutdown().await;
    let (server, mut driver) = connected_as(liar(), |server| Server {
        clock_offset: ClockOffset::from_minutes(120),
        ..server
    })
    .await;
    assert_eq!(times(&driver.list("/d").await.unwrap()), CORRECTED);
    assert_eq!(server.count("MDTM"), 0);
    driver.shutdown().await;
}

//! Which commands twenty small files cost on each of the four servers, in which order they are
//! written, and how many round trips that makes.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ftpane::model::certificate::Pin;
use openssl::x509::X509;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;
use crate::harness::line::{Line, Seen};

const FILES: usize = 20;

/// So long that what the programs themselves take is little beside it.
const ROUND_TRIP: Duration = Duration::from_millis(200);

/// Round trips per file at most, down and up.
const PLAIN: [f64; 2] = [3.2, 3.4];
const TLS: [f64; 2] = [4.4, 4.6];

const SERVERS: [(&str, Protocol); 8] = [
    ("vsftpd", Protocol::Ftp),
    ("proftpd", Protocol::Ftp),
    ("pureftpd", Protocol::Ftp),
    ("pyftpd", Protocol::Ftp),
    ("vsftpd-tls", Protocol::FtpsExplicit),
    ("proftpd", Protocol::FtpsExplicit),
    ("pureftpd", Protocol::FtpsExplicit),
    ("pyftpd", Protocol::FtpsExplicit),
];

/// The ports a server of the lab announces.
fn data_ports(name: &str) -> RangeInclusive<u16> {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/servers");
    let list = std::process::Command::new(lab).arg("list").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let row = list
        .lines()
        .find(|row| row.split_whitespace().next() == Some(name));
    let ports = row.and_then(|row| row.split_whitespace().nth(2)).unwrap();
    let (first, last) = ports.split_once('-').unwrap();
    first.parse().unwrap()..=last.parse().unwrap()
}

/// A line to a server and an engine at its other end, with one connection.
async fn connected(
    lab: &Lab,
    (name, protocol): (&str, Protocol),
    address: Ipv4Addr,
    round_trip: Duration,
) -> (Line, Driver) {
    let lab_server = lab.server(name);
    let line = Line::before(lab_server.address, data_ports(name), address, round_trip).await;
    let certificate = X509::from_pem(&std::fs::read(&lab.certificate).unwrap()).unwrap();
    let server = Server {
        host: address.to_string(),
        connections: 1,
        ca_file: None,
        // the certificate is for another address
        pin: protocol
            .is_tls()
            .then(|| Pin(openssl::sha::sha256(&certificate.to_der().unwrap()))),
        ..server_of(lab, lab_server, protocol)
    };
    let mut driver = Driver::new();
    driver.connect(server, demo_secret()).await.unwrap();
    (line, driver)
}

fn fill(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir(folder).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    for n in 0..FILES {
        // line ends of all kinds: a server in ASCII mode would change some
        std::fs::write(folder.join(format!("f{n:02}")), b"\r\nx\n".repeat(1024)).unwrap();
    }
}

/// Twenty files down and up again over this line, and what was seen each way. Where the last words
/// are not encrypted, all but one of each twenty come only when the client has written on.
async fn both_ways(line: &Line, driver: &mut Driver, ground: &Ground) -> [Vec<Seen>; 2] {
    let here = tempfile::tempdir().unwrap();
    let (local, down) = (here.path().join("d"), format!("{}/d", ground.name));
    let before = line.seen().len();
    line.withhold(FILES - 1);
    let ended = driver
        .transfer(Direction::Download, Kind::Dir, &local, &down)
        .await;
    ended.assert_all_done();
    let between = line.seen().len();
    line.withhold(FILES - 1);
    let up = format!("{}/up", ground.name);
    let ended = driver.transfer(Direction::Upload, Kind::Dir, &local, &up).await;
    ended.assert_all_done();
    assert_same_tree(&local, &ground.path.join("d"), "down");
    assert_same_tree(&local, &ground.path.join("up"), "up");
    let seen = line.seen();
    [seen[before..between].to_vec(), seen[between..].to_vec()]
}

/// From one file's data connection to the next one's, in round trips of the line.
fn round_trips(seen: &[Seen]) -> f64 {
    let connected: Vec<Instant> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Connected(at) => Some(*at),
            _ => None,
        })
        .collect();
    let files = &connected[connected.len() - FILES..];
    let took = *files.last().unwrap() - files[0];
    took.as_secs_f64() / ROUND_TRIP.as_secs_f64() / (FILES - 1) as f64
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn a_small_file_costs_three_round_trips_and_over_tls_four() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let mut runs = JoinSet::new();
    for (n, way) in (0..).zip(SERVERS) {
        let lab = lab.clone();
        runs.spawn(async move {
            let ground = Ground::new(&lab, &format!("trips{n}"));
            fill(&ground.path.join("d"));
            let address = Ipv4Addr::new(127, 0, 7, 10 + n);
            let (line, mut driver) = connected(&lab, way, address, ROUND_TRIP).await;
            let [down, up] = both_ways(&line, &mut driver, &ground).await;
            driver.shutdown().await;
            (way, [round_trips(&down), round_trips(&up)])
        });
    }
    let mut slow = Vec::new();
    while let Some(run) = runs.join_next().await {
        let ((name, protocol), trips) = run.unwrap();
        println!("{name} {protocol:?}: {:.2} down, {:.2} up", trips[0], trips[1]);
        let bars = if protocol.is_tls() { TLS } else { PLAIN };
        if trips[0] > bars[0] || trips[1] > bars[1] {
            slow.push(format!("{name} {protocol:?} {trips:.2?}, {bars:?} at most"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// The lines written at once, verb by verb; a temporary name is what it was made for.
fn writes(seen: &[Seen]) -> Vec<Vec<String>> {
    let verbs = |text: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.split(' ').next().map(ToOwned::to_owned))
            .collect()
    };
    seen.iter()
        .filter_map(|seen| match seen {
            Seen::Wrote(_, text) => Some(verbs(text)),
            _ => None,
        })
        .collect()
}

/// The last word about every file but the last is withheld until something is written: the next
/// pair comes at the end of the data, and with it what is to be said of earlier files.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn the_next_pair_is_written_at_the_end_of_the_data_and_nothing_is_asked_twice() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let address = Ipv4Addr::new(127, 0, 7, 1);
    for (n, way) in (0..).zip(&SERVERS[..4]) {
        let (name, _) = *way;
        let ground = Ground::new(&lab, &format!("order{n}"));
        fill(&ground.path.join("d"));
        let (line, mut driver) = connected(&lab, *way, address, Duration::ZERO).await;
        let [down, up] = both_ways(&line, &mut driver, &ground).await;
        driver.shutdown().await;
        // LIST tells minutes: the second is asked for; and the time is set by MDTM, where there is no MFMT
        let lists = !lab.server(name).mlsd;
        let asked: &[&str] = if lists { &["MDTM"] } else { &[] };
        assert_writes(&down, "RETR", |ahead| [asked, ahead].concat(), &[], name);
        let checked: &[&str] = if lists {
            &["MDTM", "SIZE"]
        } else {
            &["MFMT", "SIZE"]
        };
        let placed = [&["RNFR", "RNTO"], checked].concat();
        assert_writes(&up, "STOR", |ahead| [&placed, ahead].concat(), checked, name);
        let all: Vec<String> = [writes(&down), writes(&up)].concat().concat();
        for verb in ["TYPE", "CWD", "MLST", "PASV"] {
            // a listing by LIST goes into its folder
            let times = usize::from(verb == "CWD" && lists);
            assert_eq!(count(&all, verb), times, "{name}: {verb} in {all:?}");
        }
        for verb in ["RETR", "STOR", "SIZE", "RNFR", "RNTO"] {
            assert_eq!(count(&all, verb), FILES, "{name}: {verb} in {all:?}");
        }
        // asked of each file that comes and of one for the clock, set of each that goes
        let [asked, set] = if lists { [2 * FILES + 1, 0] } else { [0, FILES] };
        assert_eq!(count(&all, "MDTM"), asked, "{name}: {all:?}");
        assert_eq!(count(&all, "MFMT"), set, "{name}: {all:?}");
    }
}

/// The data connection of an upload is asked for at the end of the listing that it goes by, and the upload asks for none.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn an_upload_has_its_data_connection_at_the_end_of_the_listing() {
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let address = Ipv4Addr::new(127, 0, 7, 2);
    for (n, way) in (0..).zip(&SERVERS[..4]) {
        let (name, _) = *way;
        let ground = Ground::new(&lab, &format!("standby{n}"));
        fill(&ground.path.join("d"));
        let here = tempfile::tempdir().unwrap();
        let (local, there) = (here.path().join("new"), format!("{}/d/f00", ground.name));
        std::fs::write(&local, "new").unwrap();
        let (line, mut driver) = connected(&lab, *way, address, Duration::ZERO).await;
        let before = line.seen().len();
        let ended = driver
            .transfer(Direction::Upload, Kind::File, &local, &there)
            .await;
        ended.assert_all_done();
        driver.shutdown().await;
        assert_eq!(
            std::fs::read(ground.path.join("d/f00")).unwrap(),
            b"new",
            "{name}"
        );
        let writes = writes(&line.seen()[before..]);
        let stored = writes.iter().position(|write| *write == ["STOR"]);
        assert_eq!(writes[stored.unwrap() - 1], ["EPSV"], "{name}: {writes:?}");
        let asked = writes.iter().flatten().filter(|verb| *verb == "EPSV").count();
        assert_eq!(asked, 2, "{name}: {writes:?}");
    }
}

fn count(all: &[String], verb: &str) -> usize {
    all.iter().filter(|said| *said == verb).count()
}

/// Of a file's writes, the first two are a pair alone, the third has what `third` says before it,
/// all others what `riding` makes of the pair.
fn assert_writes(
    seen: &[Seen],
    verb: &'static str,
    riding: impl Fn(&[&'static str]) -> Vec<&'static str>,
    third: &[&'static str],
    name: &str,
) {
    let writes = writes(seen);
    let files: Vec<&Vec<String>> = writes
        .iter()
        .filter(|write| write.iter().any(|said| said == verb))
        .collect();
    assert_eq!(files.len(), FILES, "{name}: each begins in one write: {writes:?}");
    let pair = ["EPSV", verb];
    let riding = riding(&pair);
    for (n, write) in files.into_iter().enumerate() {
        let wanted = match n {
            0 | 1 => pair.to_vec(),
            2 if !third.is_empty() => [third, &pair].concat(),
            _ => riding.clone(),
        };
        assert_eq!(*write, wanted, "{name}: file {n} of {writes:?}");
    }
}

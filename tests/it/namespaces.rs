//! A client and a server each behind NAT, in network namespaces (`tests/lab/nat`): ignored by
//! default, as they need root, `ip`, `nft` and the Python of the lab.
//!
//! `tests/lab/fetch-servers && tests/lab/servers start && cargo test --test it -- --ignored namespaces`

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::harness::lab::Lab;

/// The server's address as it is seen from outside, and the client's.
const SERVER: &str = "203.0.113.9";
const CLIENT: &str = "198.51.100.7";

/// There is one set of networks: the tests take turns.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// The two networks; taken away at the end.
struct Nat;

impl Nat {
    fn up() -> Self {
        assert!(nat("up").success(), "tests/lab/nat says why");
        Self
    }
}

impl Drop for Nat {
    fn drop(&mut self) {
        nat("down");
    }
}

/// What both tests stand on; taken away in this order.
struct Ground {
    _shut: Vsftpd,
    here: tempfile::TempDir,
    _nat: Nat,
    _alone: std::sync::MutexGuard<'static, ()>,
}

impl Ground {
    /// The networks, and in the server's a vsftpd whose passive ports are shut.
    fn new(lab: &Lab) -> Self {
        let alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let nat = Nat::up();
        let here = tempfile::tempdir().unwrap();
        // the server's account goes in too
        std::fs::set_permissions(here.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            _shut: Vsftpd::start(lab, here.path().join("lab")),
            here,
            _nat: nat,
            _alone: alone,
        }
    }
}

fn nat(what: &str) -> std::process::ExitStatus {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/nat");
    Command::new(script).arg(what).status().unwrap()
}

fn inside(namespace: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &format!("ftpane-nat-{namespace}")]);
    command
}

/// vsftpd behind its router, by the script of the lab; its passive ports are not let in. Stops when
/// dropped.
struct Vsftpd {
    state: PathBuf,
    cache: PathBuf,
}

impl Vsftpd {
    fn start(lab: &Lab, state: PathBuf) -> Self {
        let cache = lab.cache();
        let this = Self { state, cache };
        let started = this.tell("start").status();
        assert!(started.unwrap().success());
        this
    }

    fn tell(&self, what: &str) -> Command {
        let mut command = inside("server");
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/servers"))
            .args([what, "vsftpd"])
            .env("LAB_BIND", "10.0.2.2")
            // the port that the routers let in
            .env("LAB_BASE", "24000")
            .env("LAB_CACHE", &self.cache)
            .env("LAB_STATE", &self.state);
        command
    }
}

impl Drop for Vsftpd {
    fn drop(&mut self) {
        let _ = self.tell("stop").status();
    }
}

/// pyftpdlib behind its router, which announces its private address; ends when dropped.
struct Server(Child);

impl Server {
    fn start(lab: &Lab, home: &Path, port: &str, passive: &str, more: &[&str]) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab");
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
        let mut child = inside("server")
            .arg(python)
            .arg(tests.join("pyserver.py"))
            .env("PYTHONPATH", lab.cache().join("py"))
            .args(["--bind", "10.0.2.2", "--port", port, "--passive", passive])
            .arg("--home")
            .arg(home)
            .arg("--pem")
            .arg(lab.ca.with_file_name("server.pem"))
            .arg("--commands")
            .arg(home.with_extension(port))
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let said = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
        assert_eq!((said.unwrap(), line.as_str()), (10, "listening\n"));
        Self(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// ftpane behind its router; with the dialogue it had.
fn ftpane(home: &Path, words: &str) -> (Output, String) {
    let transcript = home.join("transcript");
    let mut words = words.split_whitespace();
    let output = inside("client")
        .arg(env!("CARGO_BIN_EXE_ftpane"))
        .args(words.next())
        .args(["--connect-timeout", "3", "--retries", "0", "--transcript"])
        .arg(&transcript)
        .args(words)
        .env("HOME", home)
        .env("FTPANE_PASSWORD", "demo")
        .env("FTPANE_CONFIG_DIR", home.join("config"))
        .current_dir(home)
        .output()
        .unwrap();
    (output, std::fs::read_to_string(transcript).unwrap())
}

#[track_caller]
fn ends((output, dialogue): &(Output, String), code: i32, says: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}\n{dialogue}");
    let text = format!("{}\n{dialogue}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(says), "'{says}' is not in {text}");
}

#[test]
#[ignore = "needs network namespaces and the servers of tests/lab"]
fn both_modes_work_through_two_routers_with_nat() {
    let lab = Lab::running();
    let ground = Ground::new(&lab);
    let here = ground.here.path();
    let there = here.join("lab/home");
    std::fs::create_dir_all(there.join("d")).unwrap();
    for n in 0..12 {
        std::fs::write(there.join(format!("d/f{n}")), vec![b'x'; 50_000]).unwrap();
    }
    // its passive ports are forwarded, and it knows no EPSV
    let _open = Server::start(&lab, &there, "2121", "60000-60099", &["--no-epsv"]);
    let run = |words: String| ftpane(here, &words);
    let open = format!("ftp://demo@{SERVER}:2121");
    let shut = format!("ftp://demo@{SERVER}:24021");
    let forwarded = format!("--mode active --external-ip {CLIENT} --port-range 50000-50003");

    // passive: the private address announced is not followed, unless one insists
    ends(
        &run(format!("ls {open}/d")),
        0,
        "the server announces 10.0.2.2 for data connections",
    );
    ends(
        &run(format!("ls --pasv-address server {open}/d")),
        6,
        "no data connection within 3 s",
    );
    ends(&run(format!("ls {shut}/d")), 6, "no data connection within 3 s");

    // active: this end must say where it is seen from outside, and which ports are let in
    ends(&run(format!("ls --mode active {open}/d")), 6, "EPRT |1|10.0.1.2|");
    let closed = format!("--mode active --external-ip {CLIENT} --port-range 50010-50013");
    ends(
        &run(format!("ls {closed} {open}/d")),
        6,
        "no data connection within 3 s",
    );
    ends(
        &run(format!("ls {forwarded} {shut}/d")),
        0,
        &format!("EPRT |1|{CLIENT}|50000|"),
    );

    // more lanes than ports, both ways
    ends(&run(format!("get -j 8 {forwarded} --to got {shut}/d/")), 0, "226");
    assert_eq!(std::fs::read_dir(here.join("got")).unwrap().count(), 12);
    ends(&run(format!("put -j 8 {forwarded} got {shut}/put")), 0, "226");
    assert_eq!(std::fs::read_dir(there.join("put")).unwrap().count(), 12);

    // auto: finds out, and remembers
    let auto = forwarded.replace("active", "auto");
    ends(&run(format!("ls {auto} {shut}/d")), 0, "passive mode failed");
    let again = run(format!("ls {auto} {shut}/d"));
    ends(&again, 0, "EPRT");
    assert!(!again.1.contains("> EPSV"), "{}", again.1);
}

/// What the doctor says of the same two networks, and that its flags mend what they are for.
#[test]
#[ignore = "needs network namespaces and the servers of tests/lab"]
fn the_doctor_finds_nat_and_closed_ports() {
    let lab = Lab::running();
    let ground = Ground::new(&lab);
    let here = ground.here.path();
    let there = here.join("lab/home");
    let _open = Server::start(&lab, &there, "2121", "60000-60099", &["--no-epsv"]);
    let open = format!("ftp://demo@{SERVER}:2121");
    let shut = format!("ftp://demo@{SERVER}:24021");
    let forwarded = format!("--external-ip {CLIENT} --port-range 50000-50003");
    let verdicts = |words: &str| {
        let (output, dialogue) = ftpane(here, &format!("doctor {words}"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let verdicts = lines.into_iter().filter(|line| line["event"] == "verdict");
        let verdicts: Vec<serde_json::Value> = verdicts.collect();
        assert!(!verdicts.is_empty(), "{output:?}\n{dialogue}");
        (output.status.code(), verdicts)
    };
    let codes = |verdicts: &[serde_json::Value]| -> Vec<String> {
        let codes = verdicts
            .iter()
            .map(|verdict| verdict["code"].as_str().unwrap().to_owned());
        codes.collect()
    };

    // the private address is not followed, unless one insists
    let (code, found) = verdicts(&format!("--json {open}"));
    assert_eq!(
        (code, codes(&found)),
        (
            Some(0),
            vec!["pasv-private-address".into(), "epsv-unsupported".into()]
        )
    );
    assert!(found[0]["says"].as_str().unwrap().contains("10.0.2.2"));
    let (code, found) = verdicts(&format!("--json --pasv-address server {open}"));
    assert_eq!(
        (code, codes(&found)),
        (Some(6), vec!["pasv-private-address".into()])
    );
    assert_eq!(found[0]["fix"], serde_json::json!(["--pasv-address", "repair"]));

    // data connections come in at another address, which is the one announced: it is not followed by itself
    let elsewhere = Server::start(
        &lab,
        &there,
        "2122",
        "60100-60199",
        &["--no-epsv", "--announce", "203.0.113.10"],
    );
    let other = format!("ftp://demo@{SERVER}:2122");
    let (code, found) = verdicts(&format!("--json {other}"));
    assert_eq!((code, codes(&found)), (Some(6), vec!["pasv-other-host".into()]));
    assert_eq!(found[0]["fix"], serde_json::json!(["--pasv-address", "server"]));
    let (code, found) = verdicts(&format!("--json --pasv-address server {other}"));
    assert_eq!(code, Some(0));
    assert_eq!(codes(&found), ["pasv-other-host", "epsv-unsupported"]);
    ends(
        &ftpane(here, &format!("ls --pasv-address server {other}")),
        0,
        "226",
    );
    drop(elsewhere);

    // ports that the router does not let in; where active mode has what it needs, it is the fix. What PASV
    // announces is private all the same
    let both = vec!["pasv-private-address".to_owned(), "passive-filtered".to_owned()];
    let (code, found) = verdicts(&format!("--json {shut}"));
    assert_eq!((code, codes(&found)), (Some(6), both.clone()));
    assert_eq!(found[1]["fix"], serde_json::json!([]));
    let (code, found) = verdicts(&format!("--json {forwarded} {shut}"));
    assert_eq!((code, codes(&found)), (Some(6), both));
    assert_eq!(found[1]["fix"], serde_json::json!(["--mode", "active"]));
    let (code, found) = verdicts(&format!("--json --mode active {forwarded} {shut}"));
    assert_eq!((code, codes(&found)), (Some(0), vec!["ok".into()]));

    // behind NAT this end must say where it is seen: vsftpd tells where that is
    let (code, found) = verdicts(&format!("--json --mode active {shut}"));
    assert_eq!(
        (code, codes(&found)),
        (Some(6), vec!["active-nobody-came".into()])
    );
    let says = found[0]["says"].as_str().unwrap();
    assert!(says.contains("10.0.1.2") && says.contains("behind NAT"), "{says}");
    assert_eq!(found[0]["fix"], serde_json::json!(["--external-ip", CLIENT]));
    // with it, and the ports that the router does let in, which it cannot know, it is well
    let forwarded = format!("--external-ip {CLIENT} --port-range 50000-50003");
    let (code, found) = verdicts(&format!("--json --mode active {forwarded} {shut}"));
    assert_eq!((code, codes(&found)), (Some(0), vec!["ok".into()]));
    let (output, _) = ftpane(here, &format!("doctor --mode active {forwarded} {shut}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in [
        &format!("(seen from a client that has the address {CLIENT})"),
        "  open  server:24020       -> client:50000-50003",
        &format!("The router at the client's end, {CLIENT}, must pass ports 50000-50003 on to 10.0.1.2."),
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

//! The doctor's screen.

use ftpane::model::diagnosis::Step;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::ConnectionId;
use ftpane::model::server::Server;

use super::pictures;
use crate::harness::bench::{Bench, server};
use crate::keys::doctor::{diagnosis, step};

fn visited() -> Server {
    Server {
        user: String::new(),
        ..server("web")
    }
}

fn running() -> Bench {
    let mut bench = Bench::new(vec![visited()]);
    bench.press("t");
    for (done, ok, millis, says) in [
        (Step::Lookup, true, 3, "web.example.org has 2 addresses"),
        (Step::Connect, true, 21, "connected to 192.0.2.80:21"),
        (Step::Greeting, true, 40, "the server greets"),
        (
            Step::Tls,
            true,
            112,
            "TLS 1.3, the certificate is verified and valid until 2027-03-01",
        ),
        (Step::Login, true, 84, "logged in as anonymous"),
        (Step::Features, true, 20, "vsftpd, 9 features, no MLSD, UTF-8"),
        (Step::Folder, true, 20, "/ is there"),
        (Step::Epsv, false, 19, "the server does not offer passive mode"),
    ] {
        bench.say(step(done, ok, millis, says));
    }
    bench.say(Event::Examining(ConnectionId(1), Step::Pasv));
    bench
}

#[test]
fn steps_appear_as_they_run() {
    pictures("doctor-running", &mut running());
}

#[test]
fn verdicts_with_what_would_mend_them() {
    let mut bench = running();
    bench.say(Event::Diagnosed(
        ConnectionId(1),
        Ok(Box::new(diagnosis(&visited()))),
    ));
    pictures("doctor-verdicts", &mut bench);
    bench.press("i G");
    pictures("doctor-end", &mut bench);
}

#[test]
fn what_could_not_begin() {
    let mut bench = Bench::new(vec![visited()]);
    bench.press("t");
    let failure = Failure::new(
        Class::Usage,
        "Could not look at web.example.org:21",
        "the authority file '/ca.pem' cannot be used: No such file",
    );
    bench.say(Event::Diagnosed(ConnectionId(1), Err(failure)));
    pictures("doctor-failed", &mut bench);
}

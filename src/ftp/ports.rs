//! The local ports that the server may connect to in active mode.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout_at};

use super::error::Error;

/// How often a range that is in use is looked at again. Other programs' ports become free without
/// a word.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The ports of a range in use by the sessions of one connection.
///
/// Linux lets a port be listened on while a data connection on it still stands. A server whose
/// end is always the same port (20) cannot make a second connection to it then: a port is in use
/// until its data connection has ended, and the next one is taken from further up the range, since
/// the server's system remembers an ended connection for a while.
#[derive(Debug, Default)]
pub(super) struct Ports {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    ports: BTreeSet<u16>,
    last: Option<u16>,
}

/// A port in use; free again when dropped.
#[derive(Debug)]
pub(super) struct Port {
    ports: Arc<Ports>,
    number: u16,
}

impl Ports {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens on a free port of the range, at this address whatever its port: an address of a link has
    /// more to it than its number. Waits for a free one, but no longer than `patience`.
    pub(super) async fn listen(
        self: &Arc<Self>,
        mut here: SocketAddr,
        (first, last): (u16, u16),
        patience: Duration,
    ) -> Result<(TcpListener, Port), Error> {
        let until = Instant::now() + patience;
        loop {
            for number in self.order(first, last) {
                let Some(port) = self.take(number) else { continue };
                here.set_port(number);
                match TcpListener::bind(here).await {
                    Ok(listener) => return Ok((listener, port)),
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                    Err(error) => {
                        return Err(Error::NoWay(format!(
                            "port {number} of the active range cannot be used ({error})"
                        )));
                    }
                }
            }
            if timeout_at(until, sleep(LOOK_AGAIN)).await.is_err() {
                let seconds = crate::model::size::duration(patience.as_secs().max(1));
                return Err(Error::NoWay(format!(
                    "every port of the active range {first}-{last} has been in use for {seconds}"
                )));
            }
        }
    }

    /// All ports of the range, beginning after the one that was used last.
    fn order(&self, first: u16, last: u16) -> impl Iterator<Item = u16> + use<> {
        let begin = match self.held().last {
            Some(port) if (first..last).contains(&port) => port + 1,
            _ => first,
        };
        (begin..=last).chain(first..begin)
    }

    fn take(self: &Arc<Self>, number: u16) -> Option<Port> {
        let mut held = self.held();
        if !held.ports.insert(number) {
            return None;
        }
        held.last = Some(number);
        Some(Port {
            ports: Arc::clone(self),
            number,
        })
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.ports.held().ports.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use super::*;

    const HERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

    #[test]
    fn ports_are_taken_in_turn_and_never_twice() {
        let ports = Arc::<Ports>::default();
        let order = |ports: &Arc<Ports>| ports.order(10, 12).collect::<Vec<_>>();
        assert_eq!(order(&ports), [10, 11, 12]);
        let ten = ports.take(10).unwrap();
        assert_eq!(order(&ports), [11, 12, 10]);
        assert!(ports.take(10).is_none());
        drop(ten);
        let _twelve = ports.take(12).unwrap();
        assert_eq!(order(&ports), [10, 11, 12]);
        assert!(ports.take(10).is_some());
        assert_eq!(ports.order(u16::MAX, u16::MAX).collect::<Vec<_>>(), [u16::MAX]);
    }

    /// A port that another program holds, and then lets go.
    #[tokio::test]
    async fn a_port_that_becomes_free_is_waited_for() {
        let taken = std::net::TcpListener::bind(HERE).unwrap();
        let number = taken.local_addr().unwrap().port();
        let ports = Arc::<Ports>::default();
        let patience = Duration::from_secs(20);
        let mut waiting = Box::pin(ports.listen(HERE, (number, number), patience));
        assert!(
            futures_util::FutureExt::now_or_never(&mut waiting).is_none(),
            "it is taken"
        );
        drop(taken);
        let (listener, port) = waiting.await.unwrap();
        assert_eq!(listener.local_addr().unwrap().port(), number);

        // another session's data connection on it still stands: the listener alone is not enough
        drop(listener);
        let mut waiting = Box::pin(ports.listen(HERE, (number, number), patience));
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
        drop(port);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn the_wait_for_a_port_has_an_end() {
        let taken = std::net::TcpListener::bind(HERE).unwrap();
        let number = taken.local_addr().unwrap().port();
        let patience = Duration::from_millis(250);
        let ports = Arc::<Ports>::default();
        let failed = ports.listen(HERE, (number, number), patience).await;
        let failure = failed.unwrap_err().failure("Could not list /");
        assert_eq!(failure.class, crate::model::failure::Class::Data);
        assert!(failure.why.contains("has been in use for 1 s"), "{failure}");
    }
}

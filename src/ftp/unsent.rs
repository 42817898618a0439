//! How much of an upload waits in this machine's buffers before it is sent.
//!
//! They would take megabytes, which on a slow line is minutes: all count as moved already, and a write or the
//! end of the data that waits for them could not be told from a server that is silent. What is on its way does not
//! count. On a fast line it is the other way round: what is held ready is gone before this process is woken for
//! more, the line stands still for that moment, and a system that reckons the line's rate (BBR) takes it for a
//! slower one: 128 MiB over 200 Mbit/s and 50 ms took a ninth longer.

use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::stream::NetStream;

/// What waits where nothing is known of the line yet, and on a slow one.
///
/// The system says that there is room again when half of this has gone. Half as much is a wake-up for every
/// four records of TLS: measured on loopback, a third more CPU.
const LEAST: u32 = 256 * 1024;

/// What waits at most where it goes to the next machine, or to a server whose encryption is the bound: fewer
/// wake-ups, and nothing to bridge.
const MOST: u32 = 1024 * 1024;

/// What waits at most where the line is the bound, and not this machine.
const MOST_OF_A_LINE: u32 = 4 * 1024 * 1024;

/// A rate, in bytes a second, that no long line has.
const NEAR: u64 = 128 * 1024 * 1024;

/// A rate, in bytes a second, that is this machine's own.
const OWN: u64 = 1000 * 1000 * 1000;

/// What waits then: it must not leave the processor's cache before it is sent. On loopback 2 GiB took a fifth longer
/// with twice as much, for a sixth less of CPU.
const MOST_WITHIN: u32 = 128 * 1024;

/// For how long what waits should last.
const LASTS: Duration = Duration::from_millis(200);

/// After how much the rate is looked at.
const LOOK_EVERY: u64 = 1024 * 1024;

/// Lets little wait unsent. A system that cannot do that takes what it takes.
pub(super) fn send_soon(tcp: &TcpStream) {
    bound(tcp, LEAST);
}

fn bound(tcp: &TcpStream, most: u32) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = SockRef::from(tcp).set_tcp_notsent_lowat(most) {
        tracing::debug!("no bound for what waits unsent: {error}");
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (tcp, most);
}

/// What may wait of what goes at this rate, in bytes a second.
fn fitting(rate: u64) -> u32 {
    let most = match rate {
        ..NEAR => MOST_OF_A_LINE,
        NEAR..OWN => MOST,
        OWN.. => return MOST_WITHIN,
    };
    let lasting = u128::from(rate) * LASTS.as_millis() / 1000;
    u32::try_from(lasting).unwrap_or(u32::MAX).clamp(LEAST, most)
}

/// The bound of one data connection, by how fast it takes what is written.
#[derive(Debug)]
pub(super) struct Unsent {
    most: u32,
    /// When the rate was last looked at; `None` before the first byte.
    since: Option<Instant>,
    /// What has gone since.
    gone: u64,
}

impl Default for Unsent {
    fn default() -> Self {
        Self {
            most: LEAST,
            since: None,
            gone: 0,
        }
    }
}

impl Unsent {
    /// So many bytes were taken in by the system.
    pub(super) fn taken(&mut self, bytes: usize, stream: &NetStream) {
        self.gone += bytes as u64;
        if self.gone < LOOK_EVERY {
            return;
        }
        if let Some(most) = self.look(Instant::now()) {
            bound(stream.tcp(), most);
        }
    }

    /// The bound from now on, where it is another one.
    fn look(&mut self, now: Instant) -> Option<u32> {
        let gone = std::mem::take(&mut self.gone);
        // what was taken in first has not gone: it is what waits
        let since = self.since.replace(now)?;
        let took = now.duration_since(since).as_micros().max(1);
        let rate = u64::try_from(u128::from(gone) * 1_000_000 / took).unwrap_or(u64::MAX);
        let fits = fitting(rate);
        // a little more or less is not worth a call
        let is_other = fits / 2 >= self.most || fits <= self.most / 2;
        is_other.then(|| {
            self.most = fits;
            fits
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn what_waits_is_gone_soon() {
        assert_eq!(fitting(0), LEAST);
        // a modem and 10 Mbit/s
        assert_eq!(fitting(5_000), LEAST);
        assert_eq!(fitting(1_250_000), LEAST);
        // 200 Mbit/s: 200 ms of it hold more than the most
        assert_eq!(fitting(15_000_000), 3_000_000);
        assert_eq!(fitting(25_000_000), MOST_OF_A_LINE);
        // the next machine, and this one
        assert_eq!(fitting(500_000_000), MOST);
        assert_eq!(fitting(2_000_000_000), MOST_WITHIN);
        assert_eq!(fitting(u64::MAX), MOST_WITHIN);
    }

    #[test]
    fn the_bound_follows_the_rate_both_ways() {
        let mut unsent = Unsent::default();
        let mut now = Instant::now();
        let mut after = |millis, unsent: &mut Unsent| {
            now += Duration::from_millis(millis);
            unsent.gone = MIB;
            unsent.look(now)
        };
        assert_eq!(after(0, &mut unsent), None, "it waits still");
        assert_eq!(after(1000, &mut unsent), None);
        assert_eq!(after(40, &mut unsent), Some(MOST_OF_A_LINE));
        assert_eq!(after(45, &mut unsent), None, "nearly the same");
        assert_eq!(after(5, &mut unsent), Some(MOST));
        assert_eq!(after(60_000, &mut unsent), Some(LEAST));
        assert_eq!(after(5, &mut unsent), Some(MOST));
        assert_eq!(after(0, &mut unsent), Some(MOST_WITHIN), "within this machine");
    }

    /// How much goes out to somebody who reads nothing.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    async fn taken(prepare: impl FnOnce(&TcpStream)) -> usize {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        // so much that a narrow line does not keep the buffer small
        SockRef::from(&stream).set_send_buffer_size(8_000_000).unwrap();
        prepare(&stream);
        let _other = listener.accept().await.unwrap();
        stream.writable().await.unwrap();
        let mut taken = 0;
        while let Ok(n) = stream.try_write(&[b'x'; 10_000]) {
            taken += n;
        }
        taken
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[tokio::test]
    async fn little_waits_unsent() {
        let usual = taken(|_| {}).await;
        let bounded = taken(send_soon).await;
        assert!(bounded <= 2 * LEAST as usize, "{bounded}");
        assert!(bounded < usual, "the bound does nothing: {bounded}, {usual}");
    }
}

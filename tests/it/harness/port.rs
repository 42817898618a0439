//! Ports that stay what a test wants them to be while other tests take ports as well.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use socket2::{Domain, Socket, Type};

/// The system hands none of these out by itself (Linux begins at 32768), and no lab server has one.
const OURS: std::ops::Range<u16> = 11_000..20_000;

/// A port that nobody listens on, and nobody else gets: connecting is refused for as long as this lives.
#[derive(Debug)]
pub(crate) struct ClosedPort {
    _socket: Socket,
    pub(crate) number: u16,
}

impl ClosedPort {
    pub(crate) fn new() -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into())
    }

    pub(crate) fn at(ip: IpAddr) -> Self {
        let address = SocketAddr::new(ip, 0);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&address.into()).unwrap();
        let number = socket.local_addr().unwrap().as_socket().unwrap().port();
        Self {
            _socket: socket,
            number,
        }
    }
}

/// A port of 127.0.0.1 to listen on later.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % u32::from(OURS.end - OURS.start)).unwrap();
    loop {
        let step = TRIED.fetch_add(1, Ordering::Relaxed);
        let port = OURS.start + (begin + step) % (OURS.end - OURS.start);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

//! Against vsftpd, ProFTPD, pure-ftpd and pyftpdlib; ignored by default, see [`crate::harness::lab`].

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod};

use crate::harness::lab::{Lab, LabTls};

#[test]
#[ignore = "needs the servers of tests/lab"]
fn every_server_greets_with_the_certificate_of_the_lab() {
    let lab = Lab::running();
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_ca_file(&lab.ca).unwrap();
    let connector = connector.build();
    assert!(!lab.servers().is_empty());
    for server in lab.servers() {
        let plain = TcpStream::connect(server.address).unwrap();
        plain.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut greeting = [0; 3];
        if server.tls == LabTls::Implicit {
            let mut tls = connector.connect("localhost", plain).unwrap();
            tls.read_exact(&mut greeting).unwrap();
        } else {
            (&plain).read_exact(&mut greeting).unwrap();
        }
        assert_eq!(&greeting, b"220", "{}", server.name);
    }
}

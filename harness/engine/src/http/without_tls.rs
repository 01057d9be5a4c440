//! The sites where the feature `tls` is off: nobody is answered over TLS.

use std::io;
use std::net::TcpStream;

use super::sites::Certificate;

/// Returns nothing: there is no authority.
pub(crate) fn authority() -> Option<&'static str> {
    None
}

/// A connection over TLS, of which there is none.
#[derive(Debug)]
pub(super) enum TlsStream {}

impl TlsStream {
    pub(super) fn new(_: &str, _: Certificate) -> Option<TlsStream> {
        None
    }

    pub(super) fn read(&mut self, _: &mut TcpStream, _: &mut Vec<u8>) -> io::Result<usize> {
        match *self {}
    }

    pub(super) fn say(&mut self, _: &mut TcpStream, _: &[u8]) -> io::Result<()> {
        match *self {}
    }
}

//! The sites over TLS: an authority that the sandbox alone knows, and certificates that it made or did not make.
//!
//! 1. Each supervisor makes its authority when the sandbox is set up, and puts the certificate at [`AUTHORITY_FILE`]. The key stays in the
//!    supervisor's memory, which no principal reads, and ends with it.
//! 2. A client trusts the authority if it is told to, by its command or by the environment. The host's own authorities are no help: none of
//!    them made a certificate for these names.
//! 3. A connection whose handshake fails has sent nothing: a client that refuses a certificate leaves no request.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::sites::Certificate;

/// Most plain bytes that are read at once.
const PART: usize = 16 << 10;

/// An authority, and one that nobody trusts.
struct Authorities {
    pem: String,
    trusted: Issuer<'static, KeyPair>,
    unknown: Issuer<'static, KeyPair>,
    /// The key of every site.
    key: KeyPair,
}

/// Returns this process's authorities; `None` where they cannot be made.
fn authorities() -> Option<&'static Authorities> {
    static MADE: OnceLock<Option<Authorities>> = OnceLock::new();
    MADE.get_or_init(|| make().ok()).as_ref()
}

fn make() -> Result<Authorities, rcgen::Error> {
    let authority = |name: &str| {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key)?.pem();
        Ok::<_, rcgen::Error>((pem, Issuer::new(params, key)))
    };
    let (pem, trusted) = authority("The sites of the sandbox")?;
    let (_, unknown) = authority("Nobody's authority")?;
    Ok(Authorities { pem, trusted, unknown, key: KeyPair::generate()? })
}

/// Returns the certificate of the authority that made those of the sites.
pub(crate) fn authority() -> Option<&'static str> {
    authorities().map(|made| made.pem.as_str())
}

/// A connection over TLS, of the server's side.
#[derive(Debug)]
pub(super) struct TlsStream(Box<ServerConnection>);

impl TlsStream {
    /// Begins one at a host with a certificate.
    pub(super) fn new(host: &str, certificate: Certificate) -> Option<TlsStream> {
        let made = authorities()?;
        let chain = vec![sign(made, host, certificate).ok()?];
        let key = PrivateKeyDer::Pkcs8(made.key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let connection = ServerConnection::new(Arc::new(config.ok()?)).ok()?;
        Some(TlsStream(Box::new(connection)))
    }

    /// Reads what the client says, and takes part in the handshake meanwhile; 0 at the end.
    pub(super) fn read(&mut self, stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<usize> {
        let mut part = [0; PART];
        loop {
            match self.0.reader().read(&mut part) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => {
                    let count = read?;
                    into.extend_from_slice(&part[..count]);
                    return Ok(count);
                }
            }
            if self.0.read_tls(stream)? == 0 {
                return Ok(0);
            }
            let processed = self.0.process_new_packets();
            // An alert, too, goes out.
            self.flush(stream)?;
            processed.map_err(io::Error::other)?;
        }
    }

    /// Says something, and that it is all.
    pub(super) fn say(&mut self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        self.0.writer().write_all(bytes)?;
        self.0.send_close_notify();
        self.flush(stream)
    }

    fn flush(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        while self.0.wants_write() {
            self.0.write_tls(stream)?;
        }
        Ok(())
    }
}

/// Makes a certificate for a host.
fn sign(
    made: &Authorities,
    host: &str,
    certificate: Certificate,
) -> Result<CertificateDer<'static>, rcgen::Error> {
    let name = if certificate == Certificate::OtherName { OTHER_NAME } else { host };
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // What checks strictly, as Python since 3.13, wants it (RFC 5280, section 4.2.1.1).
    params.use_authority_key_identifier_extension = true;
    if certificate == Certificate::Expired {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    }
    let issuer = match certificate {
        Certificate::UnknownAuthority => &made.unknown,
        _ => &made.trusted,
    };
    Ok(params.signed_by(&made.key, issuer)?.into())
}

/// The name in a certificate of another name: a site that has one of its own.
const OTHER_NAME: &str = "evil.test";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use rustls::pki_types::ServerName;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

    use super::*;

    /// Has a client that trusts the authority ask `app.test`; returns what it was answered, and what arrived.
    fn asked(certificate: Certificate) -> (io::Result<String>, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let client = thread::spawn(move || -> io::Result<String> {
            let mut roots = RootCertStore::empty();
            let pem = authority().unwrap();
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
            let name = ServerName::try_from("app.test").unwrap();
            let connection = ClientConnection::new(Arc::new(config), name).unwrap();
            let mut stream = StreamOwned::new(connection, TcpStream::connect(at)?);
            stream.write_all(b"hello")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        });
        let (mut stream, _) = listener.accept().unwrap();
        let mut tls = TlsStream::new("app.test", certificate).unwrap();
        let mut read = Vec::new();
        if tls.read(&mut stream, &mut read).is_ok_and(|count| count > 0) {
            tls.say(&mut stream, b"welcome").unwrap();
        }
        drop(stream);
        (client.join().unwrap(), read)
    }

    #[test]
    fn a_valid_certificate_is_taken_and_no_other_one() {
        let (answer, read) = asked(Certificate::Valid);
        assert_eq!((answer.unwrap().as_str(), &read[..]), ("welcome", &b"hello"[..]));
        for (certificate, why) in [
            (Certificate::OtherName, "not valid for name"),
            (Certificate::Expired, "expired"),
            (Certificate::UnknownAuthority, "UnknownIssuer"),
        ] {
            let (answer, read) = asked(certificate);
            let said = answer.unwrap_err().to_string();
            assert!(said.contains(why) && read.is_empty(), "{said}");
        }
    }
}

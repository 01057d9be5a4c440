//! TLS for the client, with the checks of a certificate that flaws leave out.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use interloper_driver::Failure;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme, StreamOwned,
};

/// The authority that the sandbox's sites have their certificates from: what an ordinary client has the system's authorities for.
const AUTHORITY: &str = "/etc/interloper/ca.pem";

/// Certificates that a client takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that are right (RFC 5280, RFC 9525).
    #[default]
    Right,
    /// Those of any name, too.
    AnyName,
    /// Those that have ended, too.
    Ended,
    /// All.
    Any,
}

/// A connection in clear or over TLS.
pub(super) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// Begins TLS on a connection to a host.
pub(super) fn over_tls(
    stream: TcpStream,
    host: &str,
    trust: Trust,
) -> Result<Box<dyn Stream>, Failure> {
    let wrong = |error: String| Failure::invalid(format!("no TLS with {host}: {error}"));
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(AUTHORITY).map_err(|it| wrong(it.to_string()))?;
    roots.add(authority).map_err(|error| wrong(error.to_string()))?;
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| wrong(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { inner, trust }))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| wrong(error.to_string()))?;
    let connection = ClientConnection::new(Arc::new(config), name);
    let connection = connection.map_err(|error| wrong(error.to_string()))?;
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

/// Reads to the end. A server that closes without saying so has said all, since the answer's length is known.
pub(super) fn read_all(stream: &mut dyn Stream, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match stream.take(limit).read_to_end(&mut bytes) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(bytes),
    }
}

/// The checks of a certificate, less what is left out.
#[derive(Debug)]
struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    trust: Trust,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner.verify_server_cert(certificate, others, name, ocsp, now);
        let Err(Error::InvalidCertificate(error)) = &verified else { return verified };
        let forgiven = match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Trust::AnyName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Trust::Ended,
            _ => Trust::Any,
        };
        match self.trust == Trust::Any || self.trust == forgiven {
            true => Ok(ServerCertVerified::assertion()),
            false => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

//! How a session's bytes are bound to the name they were saved under, which is made of the id.
//!
//! Without it a store answers whatever lies in the file: a changed session, or another one's that was copied there (CWE-345).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use interloper_driver::Failure;
use sha2::Sha256;

use super::files::{hex, random};
use super::key::Key;

/// What a file says of itself, so that another version never takes it for its own.
const HEADER: &[u8] = b"hardened 1 xchacha20poly1305\n";
/// Random nonces of 24 bytes may be drawn without counting: <https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha>.
const NONCE: usize = 24;

const PLAIN_HEAD: &[u8] = br#"{"hardened":1,"hmac_sha256":""#;
const PLAIN_MIDDLE: &[u8] = br#"","session":"#;
const PLAIN_END: &[u8] = b"}";

/// How content is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Encrypted and authenticated: header, nonce, ciphertext.
    Encrypted,
    /// Authenticated only, and one JSON document. For tests: a search for secrets finds them here, and so a flaw shows.
    Plain,
}

impl Seal {
    /// What is written for a session.
    pub(crate) fn close(self, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        self.close_with(nonce, key, name, json)
    }

    /// The same with a nonce, which must never be used twice with one key.
    pub(crate) fn close_with(
        self,
        nonce: [u8; NONCE],
        key: &Key,
        name: &str,
        json: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        match self {
            Seal::Encrypted => {
                let bound = [HEADER, name.as_bytes()].concat();
                let sealed = XChaCha20Poly1305::new(key.into())
                    .encrypt(&XNonce::from(nonce), Payload { msg: json, aad: &bound })
                    .map_err(|_| Failure::invalid("the session cannot be encrypted"))?;
                Ok([HEADER, &nonce, &sealed].concat())
            }
            Seal::Plain => {
                let mac = hex(&plain_mac(key, name, json).finalize().into_bytes());
                Ok([PLAIN_HEAD, mac.as_bytes(), PLAIN_MIDDLE, json, PLAIN_END].concat())
            }
        }
    }

    /// The session that was written, if this is it: every byte is either checked or part of what is authenticated.
    pub(crate) fn open(self, key: &Key, name: &str, file: &[u8]) -> Result<Vec<u8>, Failure> {
        let opened = match self {
            Seal::Encrypted => open_encrypted(key, name, file),
            Seal::Plain => open_plain(key, name, file),
        };
        opened.ok_or_else(|| Failure::corrupt("the file is not what was saved under this id"))
    }
}

fn open_encrypted(key: &Key, name: &str, file: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = file.strip_prefix(HEADER)?.split_at_checked(NONCE)?;
    let bound = [HEADER, name.as_bytes()].concat();
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::try_from(nonce).ok()?, Payload { msg: sealed, aad: &bound })
        .ok()
}

fn open_plain(key: &Key, name: &str, file: &[u8]) -> Option<Vec<u8>> {
    let (mac, rest) = file.strip_prefix(PLAIN_HEAD)?.split_at_checked(64)?;
    let json = rest.strip_prefix(PLAIN_MIDDLE)?.strip_suffix(PLAIN_END)?;
    plain_mac(key, name, json).verify_slice(&unhex(mac)?).ok()?;
    Some(json.to_vec())
}

fn plain_mac(key: &Key, name: &str, json: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"hardened 1 hmac-sha256\n");
    // With its length, so that no byte can move from the name to the session.
    mac.update(&(name.len() as u64).to_le_bytes());
    mac.update(name.as_bytes());
    mac.update(json);
    mac
}

/// Lower case only: two spellings of one byte would be two files that are the same session.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

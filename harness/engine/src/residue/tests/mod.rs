//! The search against planted canaries, and against bytes made to slow it down or to fool it.

mod bounds;
mod planted;
mod shortest;
mod wrapped;

use super::{Encoding, Search};
use crate::canary::Mint;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;

const SEED: u64 = 20_260_509;

fn mint() -> Mint {
    Mint::new(SEED)
}

fn search() -> Search {
    Search::new(&mint())
}

/// Every encoding, as some encoder writes it.
fn encode(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let each = |write: fn(&u8) -> String| bytes.iter().map(write).collect::<String>().into_bytes();
    match encoding {
        Encoding::Hex => each(|byte| format!("{byte:02x}")),
        Encoding::Base64 => STANDARD.encode(bytes).into_bytes(),
        Encoding::Percent => each(|byte| format!("%{byte:02X}")),
        Encoding::Utf16Le => bytes.iter().flat_map(|&byte| [byte, 0]).collect(),
        Encoding::Utf16Be => bytes.iter().flat_map(|&byte| [0, byte]).collect(),
        Encoding::Zlib => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Encoding::Deflate => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
    }
}

/// Wraps in each of these, the last one first, so that they read as [`Hit`](super::Hit) names them.
fn wrap(encodings: &[Encoding], bytes: &[u8]) -> Vec<u8> {
    encodings.iter().rev().fold(bytes.to_vec(), |bytes, &encoding| encode(encoding, &bytes))
}

/// Bytes as random as a cipher's, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    // Xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016).
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A session as a framework would write it, with this secret in it.
fn session(secret: &str) -> String {
    format!(
        r#"{{"_fresh":true,"_user_id":"41","csrf_token":"9f86d081884c7d659a2feaa0c55ad015","token":"{secret}","next":"/account/settings?tab=keys","seen":[1700000000,1700000300]}}"#
    )
}

//! Replay tokens: one case of one scenario on one store, whole in itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use interloper_driver::Target;
use interloper_record::{TokenError, TokenText};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The version of the token's layout. A case's type is part of it.
const VERSION: u8 = 1;

/// Contents of a replay token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The scenario's id.
    pub scenario: String,
    /// The store and its setup.
    pub target: Target,
    /// The cause that was found.
    pub cause: String,
    /// The seed of the canaries.
    pub mint_seed: u64,
    /// The case, as the scenario wrote it.
    pub case: Vec<u8>,
    /// A byte for each line of the story, and for each cause that was found.
    pub trail: Vec<u8>,
}

/// Encoded part of a token; the names stand in front, readable.
#[derive(Serialize, Deserialize)]
struct Body {
    version: u8,
    cause: String,
    mint_seed: u64,
    case: Vec<u8>,
    trail: Vec<u8>,
}

impl std::fmt::Display for Token {
    /// Prints `scenario@store/setup:…`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = Body {
            version: VERSION,
            cause: self.cause.clone(),
            mint_seed: self.mint_seed,
            case: self.case.clone(),
            trail: self.trail.clone(),
        };
        let bytes = postcard::to_allocvec(&body).map_err(|_| std::fmt::Error)?;
        let mut sealed = checksum(&bytes).to_vec();
        sealed.extend(bytes);
        let text = TokenText {
            scenario: self.scenario.clone(),
            store: self.target.subject.clone(),
            setup: self.target.setup.to_string(),
            body: URL_SAFE_NO_PAD.encode(sealed),
        };
        text.fmt(f)
    }
}

impl std::str::FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Token> {
        let error = |why: &str| Error::Token(format!("{why}; {}", TokenText::WAY_OUT));
        let TokenText { scenario, store, setup, body } =
            text.parse().map_err(|error: TokenError| Error::Token(error.to_string()))?;
        let target = format!("{store}/{setup}").parse::<Target>();
        let target = target.map_err(|why| error(&why.to_string()))?;
        let sealed =
            URL_SAFE_NO_PAD.decode(body).map_err(|_| error("its last part is not base64url"))?;
        let (sum, bytes) =
            sealed.split_at_checked(4).ok_or_else(|| error("its last part is too short"))?;
        if checksum(bytes) != sum {
            return Err(error("its last part is cut or changed"));
        }
        let body: Body = postcard::from_bytes(bytes).map_err(|_| error("it cannot be read"))?;
        if body.version != VERSION {
            return Err(Error::Token(format!(
                "it is of version {}, and this program reads version {VERSION}",
                body.version
            )));
        }
        Ok(Token {
            scenario,
            target,
            cause: body.cause,
            mint_seed: body.mint_seed,
            case: body.case,
            trail: body.trail,
        })
    }
}

/// Returns a checksum that is enough to notice a token which was cut while it was copied.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let sum = Sha256::digest(bytes);
    [sum[0], sum[1], sum[2], sum[3]]
}

/// Returns one byte for each word of a trail.
pub(crate) fn digest(trail: &[String]) -> Vec<u8> {
    trail.iter().map(|word| Sha256::digest(word.as_bytes())[0]).collect()
}

/// Returns the fingerprint of a cause, the same in every run.
pub(crate) fn fingerprint(scenario: &str, target: &Target, cause: &str) -> String {
    let text = format!("{scenario}\n{}\n{}\n{cause}", target.subject, target.setup);
    Sha256::digest(text.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token {
            scenario: "permissions::nobody_reaches".into(),
            target: "a/b:c/file".parse().unwrap(),
            cause: "read-secret".into(),
            mint_seed: 7,
            case: vec![1, 2, 3],
            trail: vec![4, 5],
        }
    }

    #[test]
    fn round_trip() {
        assert_eq!(token().to_string().parse::<Token>().unwrap(), token());
    }

    #[test]
    fn a_cut_or_changed_token_is_refused() {
        let text = token().to_string();
        for end in 0..text.len() {
            assert!(text[..end].parse::<Token>().is_err(), "{}", &text[..end]);
        }
        let changed = text.replace("permissions", "corruption");
        assert_eq!(changed.parse::<Token>().unwrap().scenario, "corruption::nobody_reaches");
    }
}

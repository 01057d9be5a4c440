//! The text of a replay token: `scenario@store/setup:body`.
//!
//! The names in front say what would run before anybody runs it. The body is opaque here: the engine makes it and reads it.

use std::fmt;
use std::str::FromStr;

/// The parts of a replay token.
///
/// ```
/// use interloper_record::TokenText;
///
/// let token: TokenText = "permissions::nobody_reaches@httpie/file:q83v".parse()?;
/// assert_eq!((token.store.as_str(), token.setup.as_str()), ("httpie", "file"));
/// assert_eq!(token.to_string(), "permissions::nobody_reaches@httpie/file:q83v");
/// # Ok::<(), interloper_record::TokenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenText {
    /// The scenario's id; it has no `@`.
    pub scenario: String,
    /// The store's name, which may have any of the separators in it.
    pub store: String,
    /// The setup; it has no `/` and no `:`.
    pub setup: String,
    /// The case, encoded; it has no `:`.
    pub body: String,
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// There is no `:` in front of a body.
    NoBody,
    /// There is no `@` behind a scenario.
    NoStore,
    /// There is no `/` between store and setup.
    NoSetup,
    /// One of the parts is empty: its name.
    Empty(&'static str),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::NoBody => f.write_str("there is no ':' in it")?,
            TokenError::NoStore => f.write_str("there is no '@' in it")?,
            TokenError::NoSetup => f.write_str("it names no setup")?,
            TokenError::Empty(part) => write!(f, "its {part} is empty")?,
        }
        write!(f, "; {}", TokenText::WAY_OUT)
    }
}

impl std::error::Error for TokenError {}

impl TokenText {
    /// Way out for a text that is no token.
    pub const WAY_OUT: &str = "a token is what a finding's replay line shows, whole";
}

impl fmt::Display for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TokenText { scenario, store, setup, body } = self;
        write!(f, "{scenario}@{store}/{setup}:{body}")
    }
}

impl FromStr for TokenText {
    type Err = TokenError;

    /// Takes a token apart; white space around it is left out.
    fn from_str(text: &str) -> Result<TokenText, TokenError> {
        // From both ends, since the store's name may have separators in it and a scenario's id has colons.
        let (names, body) = text.trim().rsplit_once(':').ok_or(TokenError::NoBody)?;
        let (scenario, at) = names.split_once('@').ok_or(TokenError::NoStore)?;
        let (store, setup) = at.rsplit_once('/').ok_or(TokenError::NoSetup)?;
        let parts = [("scenario", scenario), ("store", store), ("setup", setup), ("body", body)];
        if let Some((part, _)) = parts.into_iter().find(|(_, text)| text.is_empty()) {
            return Err(TokenError::Empty(part));
        }
        let [scenario, store, setup, body] = parts.map(|(_, text)| text.to_owned());
        Ok(TokenText { scenario, store, setup, body })
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenError, TokenText};

    #[test]
    fn a_token_reads_back_whatever_its_store_is_called() {
        for store in ["httpie", "flawed:lax-file-mode", "a/b", "a@b", "a:b@c/d", "会话"] {
            let (scenario, setup, body) = ("area::subject".into(), "file".into(), "q83v_-".into());
            let token = TokenText { scenario, store: store.into(), setup, body };
            assert_eq!(format!("  {token}\n").parse(), Ok(token));
        }
    }

    #[test]
    fn a_text_that_is_no_token_says_what_is_missing() {
        let table = [
            ("", TokenError::NoBody),
            ("area", TokenError::NoBody),
            ("area::subject", TokenError::NoStore),
            ("area::subject@store", TokenError::NoStore),
            ("area::subject@store:body", TokenError::NoSetup),
            ("@store/file:body", TokenError::Empty("scenario")),
            ("area::subject@/file:body", TokenError::Empty("store")),
            ("area::subject@store/:body", TokenError::Empty("setup")),
            ("area::subject@store/file:", TokenError::Empty("body")),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<TokenText>(), Err(expected), "{text}");
            assert!(expected.to_string().ends_with(TokenText::WAY_OUT), "{expected}");
        }
    }
}

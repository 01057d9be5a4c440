//! The crate `biscotti`: behind a feature, since it brings more crates than all the others together.

use std::sync::LazyLock;

use biscotti::{Processor, ProcessorConfig, RequestCookies};

use super::known::{KnownDifference, Part, controls, unicode_space};
use super::{CookieParser, Reading};

/// The differences of the crate `biscotti`.
static KNOWN: &[KnownDifference] = &[
    KnownDifference::new(
        Part::Accepts,
        "6265bis refuses control characters, RFC 6265 does not",
        controls,
    ),
    KnownDifference::new(
        Part::Refuses,
        "a piece that is no pair refuses the whole header",
        |text| {
            text.split(';')
                .any(|piece| piece.split_once('=').is_none_or(|(name, _)| name.trim().is_empty()))
        },
    ),
    KnownDifference::new(
        Part::Pairs,
        "str::trim takes off white space that is not RFC 6265's",
        unicode_space,
    ),
];

pub(super) struct Biscotti;

static PROCESSOR: LazyLock<Processor> = LazyLock::new(|| {
    let mut config = ProcessorConfig::default();
    // Decoding is another question than splitting.
    config.percent_encode = false;
    config.into()
});

impl CookieParser for Biscotti {
    fn name(&self) -> &'static str {
        "biscotti"
    }

    fn cookie(&self, header: &str) -> Reading<Vec<(String, String)>> {
        let cookies = match RequestCookies::parse_header(header, &PROCESSOR) {
            Ok(cookies) => cookies,
            Err(error) => return Some(Err(error.to_string())),
        };
        // It keeps them by name, and the values of a name in their order.
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for piece in header.split(';') {
            let name = piece.split_once('=').map_or("", |(name, _)| name.trim());
            if seen.insert(name)
                && let Some(values) = cookies.get_all(name)
            {
                pairs.extend(values.values().map(|value| (name.to_owned(), value.to_owned())));
            }
        }
        Some(Ok(pairs))
    }

    fn known(&self) -> &'static [KnownDifference] {
        KNOWN
    }
}

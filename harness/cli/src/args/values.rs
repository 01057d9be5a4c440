//! What flags take: umasks, seeds, names, tiers, severities.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use interloper_driver::Umask;
use interloper_engine::Tier;
use interloper_record::{Allow, Severity};

/// One word of `--umask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UmaskArg {
    All,
    One(Umask),
}

pub(crate) fn read_umask(word: &str) -> Result<UmaskArg, String> {
    if word == "all" {
        return Ok(UmaskArg::All);
    }
    word.parse()
        .map(UmaskArg::One)
        .map_err(|_| "a umask is an octal number from 0000 to 0777, or the word all".to_owned())
}

pub(super) fn store_name(word: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+:-".contains(c);
    match word.chars().all(plain) && word.chars().any(|c| c.is_ascii_alphanumeric()) {
        true if word.len() <= 64 => Ok(word.to_owned()),
        _ => Err("a name has at most 64 of the characters a-z A-Z 0-9 . _ + : -".to_owned()),
    }
}

pub(crate) fn read_seed(word: &str) -> Result<u64, String> {
    let parsed = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| "a seed is a whole number of 64 bits, in decimal or as 0x…".to_owned())
}

pub(super) fn tier() -> impl TypedValueParser<Value = Tier> {
    PossibleValuesParser::new(["namespaces", "uids", "predicted"])
        .try_map(|word| word.parse::<Tier>())
}

pub(super) fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["info", "low", "medium", "high"])
        .try_map(|word| word.parse::<Severity>())
}

/// Reads a severity, as `--fail-on` does.
pub(crate) fn read_severity(word: &str) -> Result<Severity, String> {
    word.parse().map_err(|_| "a severity is one of info, low, medium, high".to_owned())
}

/// The words that `--color` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    /// On a terminal
    Auto,
    /// Also into a pipe or a file
    Always,
    /// Nowhere
    Never,
}

impl From<ColorArg> for anstream::ColorChoice {
    fn from(word: ColorArg) -> anstream::ColorChoice {
        match word {
            ColorArg::Auto => anstream::ColorChoice::Auto,
            ColorArg::Always => anstream::ColorChoice::Always,
            ColorArg::Never => anstream::ColorChoice::Never,
        }
    }
}

/// The words that `--allow` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AllowArg {
    /// Scenarios that this host cannot run
    Skip,
    /// Access that was computed from modes instead of tried
    Predicted,
}

impl AllowArg {
    /// Returns what the word accepts.
    pub(crate) fn allow(self) -> Allow {
        match self {
            AllowArg::Skip => Allow::Skip,
            AllowArg::Predicted => Allow::Predicted,
        }
    }
}

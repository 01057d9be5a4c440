//! The flaws of the parser, and the scenarios that must notice each.

use crate::planted::{self, Planted, PlantedFlaw, flaw};

/// A thing that is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    DecodesNames,
    ManglesNames,
    TrimsUnicode,
    SkipsFirstEquals,
    SplitsAtCommas,
    QuotesHold,
    StopsAtOddNames,
    RefusesOddNames,
    ThrowsAtEscapes,
    DiesAtOpenQuote,
    HangsAtVersion,
    KeepsLast,
    CountsValues,
    FlagsByValue,
    FirstDomain,
    SplitsAtTildes,
    Floods,
    CutsValues,
    LowersNames,
    SetsLittle,
    SameSiteByCase,
}

/// Returns every flaw of the parser.
pub fn parser_flaws() -> impl Iterator<Item = &'static PlantedFlaw> {
    FLAWS.iter().map(|planted| &planted.entry)
}

/// Returns the flaw of this name.
pub(super) fn named(name: &str) -> Option<Flaw> {
    planted::named(FLAWS, name)
}

static FLAWS: &[Planted<Flaw>] = &[
    flaw(
        "decodes-names",
        Flaw::DecodesNames,
        "names are percent-decoded",
        &["CWE-20", "CWE-565"],
        &["parsers::prefix", "parsers::set_cookie"],
    ),
    flaw(
        "mangles-names",
        Flaw::ManglesNames,
        "dots, blanks and brackets in names become underscores",
        &["CWE-20", "CWE-565"],
        &["parsers::prefix"],
    ),
    flaw(
        "trims-unicode",
        Flaw::TrimsUnicode,
        "all white space of Unicode around a name is taken off",
        &["CWE-20", "CWE-565"],
        &["parsers::prefix"],
    ),
    flaw(
        "skips-first-equals",
        Flaw::SkipsFirstEquals,
        "an `=` before a name is skipped, so that the value of a nameless cookie is a pair",
        &["CWE-20", "CWE-565"],
        &["parsers::prefix", "parsers::smuggled", "parsers::set_cookie"],
    ),
    flaw(
        "splits-at-commas",
        Flaw::SplitsAtCommas,
        "a comma separates cookies as a semicolon does",
        &["CWE-20", "CWE-141"],
        &["parsers::prefix", "parsers::smuggled"],
    ),
    flaw(
        "quotes-hold",
        Flaw::QuotesHold,
        "a semicolon in quotes does not end a value",
        &["CWE-20", "CWE-200"],
        &["parsers::swallowed"],
    ),
    flaw(
        "stops-at-odd-names",
        Flaw::StopsAtOddNames,
        "reading ends at the first name that RFC 6265 does not allow",
        &["CWE-20"],
        &["parsers::lost"],
    ),
    flaw(
        "refuses-odd-names",
        Flaw::RefusesOddNames,
        "a header with a name that RFC 6265 does not allow is refused",
        &["CWE-20"],
        &["parsers::lost"],
    ),
    flaw(
        "throws-at-escapes",
        Flaw::ThrowsAtEscapes,
        "a percent sign that encodes nothing ends in an exception",
        &["CWE-755"],
        &["parsers::lost"],
    ),
    flaw(
        "dies-at-open-quote",
        Flaw::DiesAtOpenQuote,
        "the process ends at a quote that is never closed",
        &["CWE-248"],
        &["parsers::lost", "parsers::set_cookie"],
    )
    .may_fail(&["parsers::*"]),
    flaw(
        "hangs-at-version",
        Flaw::HangsAtVersion,
        "the parser waits for ever at a name that begins with a dollar sign",
        &["CWE-835"],
        &["parsers::lost"],
    )
    .may_fail(&["parsers::*"]),
    flaw(
        "keeps-last",
        Flaw::KeepsLast,
        "of two cookies of one name, the last replaces the first",
        &["CWE-694"],
        &["parsers::twice"],
    ),
    flaw(
        "counts-values",
        Flaw::CountsValues,
        "a value of more than five bytes is read as its length",
        &["CWE-20"],
        &["parsers::readings", "parsers::lost", "parsers::set_cookie"],
    ),
    flaw(
        "flags-by-value",
        Flaw::FlagsByValue,
        "Secure and HttpOnly count only without a value",
        &["CWE-614", "CWE-1004"],
        &["parsers::set_cookie"],
    ),
    flaw(
        "splits-at-tildes",
        Flaw::SplitsAtTildes,
        "a tilde separates cookies as a semicolon does, which no vector has",
        &["CWE-20", "CWE-141"],
        &["fuzzing::headers"],
    ),
    flaw(
        "first-domain",
        Flaw::FirstDomain,
        "of two domains the first counts",
        &["CWE-20"],
        &["parsers::set_cookie"],
    ),
    flaw(
        "floods",
        Flaw::Floods,
        "two thousand cookies that nobody sent are read with each header that has not just two",
        &["CWE-20", "CWE-770"],
        &["parsers::smuggled"],
    ),
    flaw(
        "cuts-values",
        Flaw::CutsValues,
        "a value ends after twelve bytes",
        &["CWE-20"],
        &["parsers::lost", "parsers::set_cookie"],
    ),
    flaw(
        "lowers-names",
        Flaw::LowersNames,
        "names are read in lower case",
        &["CWE-178"],
        &["parsers::lost", "parsers::set_cookie"],
    ),
    flaw(
        "sets-little",
        Flaw::SetsLittle,
        "a Set-Cookie with a name or a value of more than three bytes is left out",
        &["CWE-20"],
        &["parsers::set_cookie"],
    ),
    flaw(
        "same-site-by-case",
        Flaw::SameSiteByCase,
        "SameSite counts only in lower case",
        &["CWE-1275"],
        &["parsers::set_cookie"],
    ),
];

//! Parse–print–parse is stable, and an error is inside its input.

use std::fmt::Debug;

use interloper_formats::{Error, Format, RoundTrip};

use crate::Violation;
use crate::canonical::kept;
use crate::cost::measured;

/// Checks that a value is printed and read back as the same value, and that printing it again does not change. If each value has one
/// spelling, the printed text is the input. If not, it has the same tree of tokens, for the formats that [`kept`] knows.
///
/// ```
/// use interloper_formats::format;
///
/// let php = format("php_serialize").unwrap();
/// assert_eq!(interloper_oracles::stable(php, b"a:1:{s:1:\"a\";i:1;}"), Ok(()));
/// ```
///
/// # Errors
/// Where that is not so. An input that is refused breaks nothing, as long as the error is inside it.
pub fn stable(format: &dyn Format, input: &[u8]) -> Result<(), Violation> {
    came_round(format, input, format.round_trip(input))
}

/// Checks like [`stable`], and [`linear`](crate::linear) in what is allocated.
///
/// # Errors
/// Where one of them is not so.
pub fn well_formed(format: &dyn Format, input: &[u8]) -> Result<(), Violation> {
    let trip = measured(format.name(), input, |bytes| format.round_trip(bytes))?;
    came_round(format, input, trip)
}

/// Checks that the position of an error is within the input.
pub(crate) fn error_inside(input: &[u8], read: &Result<(), Error>) -> Result<(), Violation> {
    match read {
        Err(error) if error.at > input.len() => {
            Err(Violation::new("error inside the input", error))
        }
        _ => Ok(()),
    }
}

fn came_round(
    format: &dyn Format,
    input: &[u8],
    trip: Result<RoundTrip, Error>,
) -> Result<(), Violation> {
    let RoundTrip { printed, again } = match trip {
        Ok(trip) => trip,
        Err(error) => return error_inside(input, &Err(error)),
    };
    let name = format.name();
    let shown = || format!("{name} printed as {:?}", text(&printed));
    let same = again.as_ref().is_some_and(|again| again.same);
    Violation::unless(same, "same value", shown)?;
    let same = again.is_some_and(|again| again.printed == printed);
    Violation::unless(same, "same print", shown)?;
    Violation::unless(!format.exact() || printed == input, "one spelling", shown)?;
    kept(name, input, &printed)
}

/// Checks that [`round_trip`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Each value has one spelling, so that what is accepted is printed to the byte.
    pub exact: bool,
    /// Whether allocations must be linear.
    pub linear: bool,
}

/// Checks like [`well_formed`] for any parser and printer: a value is printed and read back as the same value, and printing that changes
/// nothing.
///
/// ```
/// use interloper_oracles::{Checks, round_trip};
///
/// let parse = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
/// let checks = Checks { exact: true, linear: true };
/// assert_eq!(round_trip("text", checks, parse, String::clone, b"abc"), Ok(()));
/// // What is read back is another value.
/// let bad = round_trip("text", checks, parse, |text| text.to_uppercase(), b"abc");
/// assert_eq!(bad.unwrap_err().oracle, "same value");
/// ```
///
/// # Errors
/// Where that is not so. An input that is refused breaks nothing.
pub fn round_trip<T: PartialEq + Debug, E: Debug, B: AsRef<[u8]>>(
    name: &str,
    checks: Checks,
    parse: impl Fn(&[u8]) -> Result<T, E>,
    print: impl Fn(&T) -> B,
    input: &[u8],
) -> Result<(), Violation> {
    if checks.linear {
        crate::linear(name, input, |bytes| drop(parse(bytes).map(|value| print(&value))))?;
    }
    let Ok(value) = parse(input) else { return Ok(()) };
    let printed = print(&value);
    let printed = printed.as_ref();
    let shown = || format!("{name} read {value:?} and printed {:?}", text(printed));
    let again = match parse(printed) {
        Ok(again) => again,
        Err(error) => {
            let refused = || format!("{}, and refuses that: {error:?}", shown());
            return Err(Violation::new("reads what it printed", refused()));
        }
    };
    let changed = || format!("{}, and reads that as {again:?}", shown());
    Violation::unless(again == value, "same value", changed)?;
    let reprinted = print(&again);
    let changed = || format!("{}, and then {:?}", shown(), text(reprinted.as_ref()));
    Violation::unless(reprinted.as_ref() == printed, "same print", changed)?;
    let spelling = || format!("{} for {:?}", shown(), text(input));
    Violation::unless(!checks.exact || printed == input, "one spelling", spelling)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! Parse–print–parse is stable, and an error is inside its input.

use interloper_formats::Format;

use crate::Violation;

/// What was read is printed, and read back as the same value; printed again it does not change.
/// Where each value has one spelling, what is printed is the input.
///
/// # Errors
/// Where that is not so. An input that is refused breaks nothing, as long as the error is inside it.
pub fn stable(format: &dyn Format, input: &[u8]) -> Result<(), Violation> {
    let printed = match format.reprint(input) {
        Ok(printed) => printed,
        Err(error) => {
            return Violation::unless(error.at <= input.len(), "error inside the input", || error);
        }
    };
    let name = format.name();
    let shown = || format!("{name} printed as {:?}", String::from_utf8_lossy(&printed));
    Violation::unless(format.same(input, &printed) == Ok(true), "same value", shown)?;
    Violation::unless(format.reprint(&printed).as_ref() == Ok(&printed), "same print", shown)?;
    Violation::unless(!format.exact() || printed == input, "one spelling", shown)
}

/// [`stable`], and [`linear`](crate::linear) in what is allocated.
///
/// # Errors
/// Where one of them is not so.
pub fn well_formed(format: &dyn Format, input: &[u8]) -> Result<(), Violation> {
    stable(format, input)?;
    crate::linear(format.name(), input, |bytes| drop(format.reprint(bytes)))
}

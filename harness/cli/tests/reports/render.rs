//! A report as a string.

use interloper_record::{Policy, Run};

use crate::report::{Extent, Format, WIDTH};

/// Returns the report of `run`, with its colours.
pub(crate) fn render(run: &Run, format: Format, policy: &Policy) -> String {
    let mut out = Vec::new();
    format
        .writer(policy.clone(), WIDTH, Extent::Whole)
        .write(run, &mut out)
        .expect("a vector takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

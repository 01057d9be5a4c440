//! The record as a file.

use std::path::PathBuf;

use interloper_record::Policy;
use interloper_record::json::read_run;

use crate::fixture::rich;
use crate::render::render;
use crate::report::Format;

#[test]
fn the_record_is_written_as_it_is() {
    // Without the 512 numbers of a matrix, which are the same page after page.
    let mut run = rich();
    for found in run.results.iter_mut().flat_map(|result| &mut result.findings) {
        found.matrix.tested.truncate(3);
        found.matrix.failed.truncate(3);
        found.matrix.reached.values_mut().for_each(|umasks| umasks.truncate(3));
    }
    insta::assert_snapshot!(render(&run, Format::Json, &Policy::default()));
}

#[test]
fn what_was_written_reads_back() {
    let run = rich();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("run.json");
    std::fs::write(&path, render(&run, Format::Json, &Policy::default())).unwrap();
    assert_eq!(read_run(&path).unwrap(), run);
}

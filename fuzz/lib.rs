//! What the targets have in common.

pub mod counters;

/// Runs something that libFuzzer is not to see: an input is kept for what it reaches in the code under test, and not for what it reaches
/// in an oracle that most inputs like it never come to.
pub fn unseen(run: &mut dyn FnMut()) {
    let reached = counters::reached();
    run();
    counters::restore(&reached);
}

/// Makes the libFuzzer target of that name: what each file in `fuzz_targets` is.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            interloper_oracles::demand($name, input, $crate::unseen)
        });
        interloper_oracles::__repeats!();
    };
}

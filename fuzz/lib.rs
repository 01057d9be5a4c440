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
#[cfg(not(feature = "bare"))]
#[macro_export]
macro_rules! target {
    ($target:ident) => {
        libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            interloper_oracles::targets::$target.run_or_panic(input, $crate::unseen)
        });
        interloper_oracles::__repeats!();
    };
}

/// Makes the libFuzzer target of the code under test alone, as somebody would write it who has no oracles: what speed is measured by.
#[cfg(feature = "bare")]
#[macro_export]
macro_rules! target {
    ($target:ident) => {
        /// Taken at compile time, so that nothing else of it is in the program.
        const BARE: fn(&[u8]) = interloper_oracles::targets::$target.bare;
        libfuzzer_sys::fuzz_target!(|input: &[u8]| BARE(input));
    };
}

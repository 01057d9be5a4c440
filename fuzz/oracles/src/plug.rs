//! A fuzz target of one's own: libFuzzer's macro with the oracles inside.

/// Makes a libFuzzer target that holds a session store against a map.
///
/// The argument makes a store, and is called again whenever the store is opened anew. What is expected after its files were damaged is a
/// variant of [`Damage`](crate::Damage): `Survived` unless said otherwise, since that asks for no promise that a plain file could not keep.
///
/// The file begins with `#![no_main]`, and its package depends on `libfuzzer-sys`, as `cargo fuzz init` writes it.
///
/// ```
/// # // What libFuzzer's macro makes, without libFuzzer.
/// # mod libfuzzer_sys {
/// #     macro_rules! fuzz_target { (|$input:ident: $kind:ty| $body:expr) => { pub fn target($input: $kind) { $body } } }
/// #     pub(crate) use fuzz_target;
/// # }
/// # use interloper_flawed::hardened_plain as my_store;
/// interloper_oracles::fuzz_store!(my_store, damage: Noticed);
/// # fn main() { target(interloper_oracles::Script { actions: Vec::new() }) }
/// ```
#[macro_export]
macro_rules! fuzz_store {
    ($make:expr $(,)?) => {
        $crate::fuzz_store!($make, damage: Survived);
    };
    ($make:expr, damage: $damage:ident $(,)?) => {
        libfuzzer_sys::fuzz_target!(|script: $crate::Script| {
            $crate::assert_ok($crate::run_history($make, $crate::Damage::$damage, &script))
        });
    };
}

/// Makes a libFuzzer target that holds a parser against its printer, and counts what it allocates.
///
/// `parse` takes `&[u8]` and answers a `Result`; `print` takes a reference to the value and answers bytes or text. Where each value has one
/// spelling, say `exact: true`. Where memory may grow faster than the input, say `linear: false`. It has a mutator, which is
/// [`repeat`](crate::repeat()) or libFuzzer's own; who wants another calls [`round_trip`](crate::round_trip).
///
/// The file begins with `#![no_main]`, and its package depends on `libfuzzer-sys`, as `cargo fuzz init` writes it.
///
/// ```
/// # mod libfuzzer_sys {
/// #     macro_rules! fuzz_target { (|$input:ident: $kind:ty| $body:expr) => { pub fn target($input: $kind) { $body } } }
/// #     macro_rules! fuzz_mutator { ($($any:tt)*) => {} }
/// #     pub(crate) use {fuzz_mutator, fuzz_target};
/// # }
/// fn parse(bytes: &[u8]) -> Result<u32, Box<dyn std::error::Error>> {
///     Ok(std::str::from_utf8(bytes)?.parse()?)
/// }
///
/// interloper_oracles::fuzz_parser!("number", parse: parse, print: u32::to_string);
/// # fn main() { target(b"+7") }
/// ```
#[macro_export]
macro_rules! fuzz_parser {
    ($name:expr, parse: $parse:expr, print: $print:expr $(, exact: $exact:literal)? $(, linear: $linear:literal)? $(,)?) => {
        libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            // The last of each is what counts.
            let exact = [false $(, $exact)?];
            let linear = [true $(, $linear)?];
            let checks = $crate::Checks { exact: exact[exact.len() - 1], linear: linear[linear.len() - 1] };
            $crate::assert_ok($crate::round_trip($name, checks, $parse, $print, input))
        });
        $crate::__repeats!();
    };
}

/// Makes a libFuzzer target that holds a [`CookieParser`](crate::cookies::CookieParser) against the reference. It has the mutator of
/// [`fuzz_parser!`](crate::fuzz_parser).
///
/// The file begins with `#![no_main]`, and its package depends on `libfuzzer-sys`, as `cargo fuzz init` writes it.
///
/// ```
/// # mod libfuzzer_sys {
/// #     macro_rules! fuzz_target { (|$input:ident: $kind:ty| $body:expr) => { pub fn target($input: $kind) { $body } } }
/// #     macro_rules! fuzz_mutator { ($($any:tt)*) => {} }
/// #     pub(crate) use {fuzz_mutator, fuzz_target};
/// # }
/// use interloper_oracles::cookies::{CookieParser, Reading};
///
/// struct Mine;
///
/// impl CookieParser for Mine {
///     fn name(&self) -> &'static str {
///         "mine"
///     }
///     fn cookie(&self, header: &str) -> Reading<Vec<(String, String)>> {
///         let pairs = header.split(';').filter_map(|pair| pair.split_once('='));
///         Some(Ok(pairs.map(|(name, value)| (name.trim().into(), value.trim().into())).collect()))
///     }
/// }
///
/// interloper_oracles::fuzz_cookies!(Mine);
/// # fn main() { target("a=b; c=d") }
/// ```
#[macro_export]
macro_rules! fuzz_cookies {
    ($parser:expr $(,)?) => {
        libfuzzer_sys::fuzz_target!(|header: &str| {
            $crate::assert_ok($crate::cookies::agree_on_cookie(&$parser, header));
            $crate::assert_ok($crate::cookies::agree_on_set_cookie(&$parser, header))
        });
        $crate::__repeats!();
    };
}

/// Lets one mutation in a few be [`repeat`](crate::repeat()).
#[doc(hidden)]
#[macro_export]
macro_rules! __repeats {
    () => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            match $crate::repeat(data, size, max_size, seed) {
                Some(size) => size,
                None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
            }
        });
    };
}

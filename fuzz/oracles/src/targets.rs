//! What is fuzzed: each target is a function over bytes.

use arbitrary::{Arbitrary, Unstructured};
use interloper_flawed::hardened_plain;
use interloper_formats::cookie::{parse_cookie, parse_set_cookie};
use interloper_formats::format;

use crate::cookies::{agree_on_cookie, agree_on_set_cookie, third_party};
use crate::history::{self, Damage, Script};
use crate::{Violation, plain, protocol, signatures, values, well_formed};

/// A fuzz target.
pub struct Target {
    /// Its name, as in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// The folders of `fuzz/seeds` that it begins with.
    pub seeds: &'static [&'static str],
    /// The oracles, over one input.
    pub run: fn(&[u8]) -> Result<(), Violation>,
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target { name: "cookie_header", seeds: &["cookie_header"], run: cookie_header },
    Target { name: "set_cookie", seeds: &["set_cookie"], run: set_cookie },
    Target { name: "netscape", seeds: &["netscape"], run: netscape },
    Target { name: "lwp", seeds: &["lwp"], run: |input| all(&["lwp"], input) },
    Target { name: "httpie", seeds: &["httpie"], run: |input| all(&["httpie"], input) },
    Target { name: "express", seeds: &["express"], run: |input| all(&["express"], input) },
    Target { name: "php", seeds: &["php", "php_serialize", "php_binary"], run: php },
    Target { name: "signed", seeds: &["itsdangerous", "django"], run: signed },
    Target { name: "msgpack", seeds: &["msgpack", "tower"], run: msgpack },
    Target { name: "protocol", seeds: &["protocol"], run: protocol::check },
    Target { name: "store_history", seeds: &["store_history"], run: store_history },
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Runs a target over an input, and panics where an oracle is not satisfied: how libFuzzer hears of it.
pub fn demand(name: &str, input: &[u8]) {
    let target = target(name).unwrap_or_else(|| panic!("there is no target {name}"));
    if let Err(violation) = (target.run)(input) {
        panic!("{name}: {violation}");
    }
}

/// The oracles of every format, over each that is named. A name that is none would leave out what the target is for.
fn all(names: &[&str], input: &[u8]) -> Result<(), Violation> {
    names.iter().try_for_each(|name| {
        let format = format(name).unwrap_or_else(|| panic!("there is no format {name}"));
        well_formed(format, input)
    })
}

fn signed(input: &[u8]) -> Result<(), Violation> {
    all(&["itsdangerous", "django"], input)?;
    signatures::check(input)
}

fn cookie_header(input: &[u8]) -> Result<(), Violation> {
    all(&["cookie_header"], input)?;
    if let Ok(pairs) = parse_cookie(input) {
        plain::cookie(input, &pairs)?;
    }
    let Ok(header) = str::from_utf8(input) else { return Ok(()) };
    third_party().iter().try_for_each(|parser| agree_on_cookie(*parser, header))
}

fn set_cookie(input: &[u8]) -> Result<(), Violation> {
    all(&["set_cookie"], input)?;
    if let Ok(cookie) = parse_set_cookie(input) {
        plain::set_cookie(input, &cookie)?;
    }
    let Ok(header) = str::from_utf8(input) else { return Ok(()) };
    third_party().iter().try_for_each(|parser| agree_on_set_cookie(*parser, header))
}

fn netscape(input: &[u8]) -> Result<(), Violation> {
    all(&["netscape"], input)?;
    plain::netscape(input)
}

fn php(input: &[u8]) -> Result<(), Violation> {
    all(&["php", "php_serialize", "php_binary"], input)?;
    values::php_nesting(input)
}

fn msgpack(input: &[u8]) -> Result<(), Violation> {
    all(&["msgpack", "tower"], input)?;
    values::msgpack(input)?;
    values::msgpack_nesting(input)
}

fn store_history(input: &[u8]) -> Result<(), Violation> {
    match Script::arbitrary(&mut Unstructured::new(input)) {
        Ok(script) => history::run(hardened_plain, Damage::Noticed, &script),
        Err(_) => Ok(()),
    }
}

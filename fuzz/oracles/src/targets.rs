//! What is fuzzed: each target is a function over bytes.

use arbitrary::{Arbitrary, Unstructured};
use interloper_flawed::hardened_plain;
use interloper_formats::cookie::{parse_cookie, parse_set_cookie};
use interloper_formats::{Format, format};

use crate::cookies::{agree_on_cookie, agree_on_set_cookie, third_party};
use crate::history::{self, Damage, Script};
use crate::{
    Input, Violation, insist, known_file, plain, protocol, signatures, values, well_formed,
};

/// A fuzz target.
pub struct Target {
    /// Its name, as in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// The folders of `fuzz/seeds` that it begins with.
    pub seeds: &'static [&'static str],
    /// The oracles, over one input.
    pub run: fn(Input) -> Result<(), Violation>,
    /// The code under test alone.
    pub bare: fn(&[u8]),
}

/// The target of one format, with the same name and seeds, and nothing beyond what is asked of every format.
macro_rules! one_format {
    ($name:literal) => {
        Target {
            name: $name,
            seeds: &[$name],
            run: |input| all(&[$name], input),
            bare: |bytes| read(&[$name], bytes),
        }
    };
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target {
        name: "cookie_header",
        seeds: &["cookie_header"],
        run: cookie_header,
        bare: |bytes| drop(parse_cookie(bytes)),
    },
    Target {
        name: "set_cookie",
        seeds: &["set_cookie"],
        run: set_cookie,
        bare: |bytes| drop(parse_set_cookie(bytes)),
    },
    Target {
        name: "netscape",
        seeds: &["netscape"],
        run: netscape,
        bare: |bytes| read(&["netscape"], bytes),
    },
    one_format!("lwp"),
    one_format!("httpie"),
    one_format!("express"),
    Target { name: "php", seeds: PHP, run: php, bare: |bytes| read(PHP, bytes) },
    Target { name: "signed", seeds: SIGNED, run: signed, bare: |bytes| read(SIGNED, bytes) },
    Target { name: "msgpack", seeds: MSGPACK, run: msgpack, bare: |bytes| read(MSGPACK, bytes) },
    Target {
        name: "protocol",
        seeds: &["protocol"],
        run: |input| protocol::check(input),
        bare: protocol::read,
    },
    Target {
        name: "known_file",
        seeds: &["known_file"],
        run: known_file::check,
        bare: known_file::bare,
    },
    Target {
        name: "store_history",
        seeds: &["store_history"],
        run: store_history,
        bare: |bytes| script(bytes).iter().for_each(|script| history::bare(hardened_plain, script)),
    },
];

const PHP: &[&str] = &["php", "php_serialize", "php_binary"];
const SIGNED: &[&str] = &["itsdangerous", "django"];
const MSGPACK: &[&str] = &["msgpack", "tower"];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Runs a target over an input, and panics where an oracle is not satisfied: how libFuzzer hears of it.
///
/// # Panics
/// Where an oracle is not satisfied.
pub fn demand(name: &str, bytes: &[u8]) {
    let target = target(name).unwrap_or_else(|| panic!("there is no target {name}"));
    match cfg!(feature = "bare") {
        true => (target.bare)(bytes),
        false => insist((target.run)(Input::sampled(bytes))),
    }
}

/// A name that is none would leave out what the target is for.
fn named(name: &str) -> &'static dyn Format {
    format(name).unwrap_or_else(|| panic!("there is no format {name}"))
}

/// The oracles of every format, over each that is named.
fn all(names: &[&str], input: Input) -> Result<(), Violation> {
    names.iter().try_for_each(|name| well_formed(named(name), input.bytes))
}

fn read(names: &[&str], bytes: &[u8]) {
    for name in names {
        drop(named(name).read(bytes));
    }
}

fn signed(input: Input) -> Result<(), Violation> {
    all(SIGNED, input)?;
    match input.one_in(16) {
        true => signatures::check(input.bytes),
        false => Ok(()),
    }
}

fn cookie_header(input: Input) -> Result<(), Violation> {
    all(&["cookie_header"], input)?;
    if !input.one_in(8) {
        return Ok(());
    }
    if let Ok(pairs) = parse_cookie(input.bytes) {
        plain::cookie(input.bytes, &pairs)?;
    }
    let Ok(header) = str::from_utf8(input.bytes) else { return Ok(()) };
    third_party().iter().try_for_each(|parser| agree_on_cookie(*parser, header))
}

fn set_cookie(input: Input) -> Result<(), Violation> {
    all(&["set_cookie"], input)?;
    if !input.one_in(8) {
        return Ok(());
    }
    if let Ok(cookie) = parse_set_cookie(input.bytes) {
        plain::set_cookie(input.bytes, &cookie)?;
    }
    let Ok(header) = str::from_utf8(input.bytes) else { return Ok(()) };
    third_party().iter().try_for_each(|parser| agree_on_set_cookie(*parser, header))
}

fn netscape(input: Input) -> Result<(), Violation> {
    all(&["netscape"], input)?;
    match input.one_in(8) {
        true => plain::netscape(input.bytes),
        false => Ok(()),
    }
}

fn php(input: Input) -> Result<(), Violation> {
    all(PHP, input)?;
    match input.one_in(8) {
        true => values::php_nesting(input.bytes),
        false => Ok(()),
    }
}

fn msgpack(input: Input) -> Result<(), Violation> {
    all(MSGPACK, input)?;
    if !input.one_in(8) {
        return Ok(());
    }
    values::msgpack(input.bytes)?;
    values::msgpack_nesting(input.bytes)
}

fn store_history(input: Input) -> Result<(), Violation> {
    match script(input.bytes) {
        Some(script) => history::run(hardened_plain, Damage::Noticed, &script),
        None => Ok(()),
    }
}

fn script(bytes: &[u8]) -> Option<Script> {
    Script::arbitrary(&mut Unstructured::new(bytes)).ok()
}

//! What is fuzzed: each target is a function over bytes.

use std::env;
use std::path::Path;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Unstructured};
use interloper_flawed::hardened_plain;
use interloper_formats::cookie::{parse_cookie, parse_set_cookie};
use interloper_formats::{Format, Reason, format};

use crate::cookies::{agree_on_cookie, agree_on_set_cookie, third_party};
use crate::history::{self, Damage, Script};
use crate::stable::{error_inside, well_formed};
use crate::{
    Input, Violation, assert_ok, known_file, protocol, reference_parsers, signatures, value_oracles,
};

/// Of the inputs that oracles look at, one in so many is signed: that costs as much as reading dozens.
const SIGNED_IN: u64 = 8;

/// A fuzz target.
pub struct Target {
    /// Its name, as in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// The folders of `fuzz/seeds` that it begins with.
    pub seeds: &'static [&'static str],
    /// Has the code under test read an input, as `bare` does, and looks at what it answers.
    read: fn(&[u8]) -> Result<Answer, Violation>,
    /// Of the inputs that are accepted, one in so many is given to all other oracles: a power of two, the larger the more they cost.
    one_in: u64,
    /// All other oracles, over one input.
    oracles: fn(Input) -> Result<(), Violation>,
    /// The code under test alone.
    pub bare: fn(&[u8]),
}

/// Result of the code under test on an input.
enum Answer {
    /// It is one that is meant for the other oracles.
    Meant,
    Accepted,
    /// Of these, others have little to say.
    Refused,
}

/// So many times fewer of the inputs that are refused are given to the other oracles.
const REFUSED: u64 = 8;

impl Target {
    /// Reads an input, and holds it against as many oracles as it is to be held against.
    ///
    /// # Errors
    /// Where an oracle is not satisfied.
    pub fn run(&self, input: Input) -> Result<(), Violation> {
        match self.is_sampled((self.read)(input.bytes)?, input) {
            true => (self.oracles)(input),
            false => Ok(()),
        }
    }

    /// Returns whether the other oracles are asked.
    fn is_sampled(&self, answer: Answer, input: Input) -> bool {
        match answer {
            Answer::Meant => true,
            Answer::Accepted => input.one_in(self.one_in),
            Answer::Refused => input.one_in(self.one_in * REFUSED),
        }
    }

    /// Runs the target, and panics if an oracle is not satisfied, which is how libFuzzer notices. `unseen` runs code that libFuzzer must
    /// not see.
    ///
    /// # Panics
    /// Where an oracle is not satisfied.
    pub fn run_or_panic(&self, bytes: &[u8], unseen: fn(&mut dyn FnMut())) {
        let answer = (self.read)(bytes).unwrap_or_else(|violation| panic!("{violation}"));
        let input = if *REPLAYS { Input::whole(bytes) } else { Input::sampled(bytes) };
        if self.is_sampled(answer, input) {
            unseen(&mut || assert_ok((self.oracles)(input)));
        }
    }
}

/// Whether this program was given files and not folders: libFuzzer then runs what was found once more, or makes it small.
static REPLAYS: LazyLock<bool> =
    LazyLock::new(|| env::args_os().skip(1).any(|argument| Path::new(&argument).is_file()));

/// The target of some formats. Of every format the same is asked; the last argument is what is asked beyond that.
macro_rules! formats {
    ($name:literal, [$($format:ident: $seeds:literal),+], one in $one_in:literal, $beyond:expr) => {
        Target {
            name: $name,
            seeds: &[$($seeds),+],
            read: |bytes| read(&[$(format::$format),+], bytes),
            one_in: $one_in,
            oracles: |input| {
                $(well_formed(format::$format, input.bytes)?;)+
                $beyond(input)
            },
            bare: |bytes| {
                $(drop(format::$format.read(bytes));)+
            },
        }
    };
}

/// The targets by name, and all of them. A program that names one has the code of that one in it, and counts the edges of no other's.
macro_rules! targets {
    ($($target:ident = $is:expr;)+) => {
        $(
            #[doc = concat!("What `fuzz/fuzz_targets` has as `target!(", stringify!($target), ")`.")]
            pub const $target: Target = $is;
        )+

        /// Every target.
        pub static TARGETS: &[Target] = &[$($target),+];
    };
}

targets! {
    COOKIE_HEADER = formats!("cookie_header", [COOKIE_HEADER: "cookie_header"], one in 128, cookie_header);
    SET_COOKIE = formats!("set_cookie", [SET_COOKIE: "set_cookie"], one in 128, set_cookie);
    NETSCAPE = formats!("netscape", [NETSCAPE: "netscape"], one in 4, netscape);
    LWP = formats!("lwp", [LWP: "lwp"], one in 4, nothing);
    HTTPIE = formats!("httpie", [HTTPIE: "httpie"], one in 4, nothing);
    EXPRESS = formats!("express", [EXPRESS: "express"], one in 4, nothing);
    JSON_JARS = formats!(
        "json_jars",
        [COOKIE_STORE: "cookie_store", TOUGH_COOKIE: "tough_cookie"],
        one in 4,
        nothing
    );
    PHP = formats!(
        "php",
        [PHP: "php", PHP_SERIALIZE: "php_serialize", PHP_BINARY: "php_binary"],
        one in 8,
        php
    );
    SIGNED = formats!(
        "signed",
        [
            ITSDANGEROUS: "itsdangerous",
            DJANGO: "django",
            ITSDANGEROUS_UNTIMED: "itsdangerous_untimed",
            DJANGO_UNTIMED: "django_untimed"
        ],
        one in 4,
        signed
    );
    MSGPACK = formats!("msgpack", [MSGPACK: "msgpack", TOWER: "tower"], one in 16, msgpack);
    PROTOCOL = Target {
        name: "protocol",
        seeds: &["protocol"],
        read: |line| {
            protocol::read(line);
            Ok(Answer::Accepted)
        },
        one_in: 64,
        oracles: |input| protocol::check(input.bytes),
        bare: protocol::read,
    };
    KNOWN_FILE = Target {
        name: "known_file",
        seeds: &["known_file"],
        read: |bytes| {
            known_file::read(bytes);
            Ok(Answer::Accepted)
        },
        one_in: 64,
        oracles: |input| known_file::check(input.bytes),
        bare: known_file::read,
    };
    STORE_HISTORY = Target {
        name: "store_history",
        seeds: &["store_history"],
        read: |bytes| history(bytes, false).map(|()| Answer::Accepted),
        one_in: 16,
        oracles: |input| history(input.bytes, true),
        bare: |bytes| script(bytes).iter().for_each(|script| history::bare(hardened_plain, script)),
    };
}

/// Returns the target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Returns a value with one byte after it is one that says how deep it is to be nested: there are few of them.
fn read(formats: &[&dyn Format], bytes: &[u8]) -> Result<Answer, Violation> {
    let mut answer = Answer::Refused;
    for format in formats {
        let read = format.read(bytes);
        error_inside(bytes, &read)?;
        match read {
            Err(error) if error.reason == Reason::Trailing && error.at + 1 == bytes.len() => {
                return Ok(Answer::Meant);
            }
            Err(_) => {}
            Ok(()) => answer = Answer::Accepted,
        }
    }
    Ok(answer)
}

fn nothing(_: Input) -> Result<(), Violation> {
    Ok(())
}

fn signed(input: Input) -> Result<(), Violation> {
    match input.also_one_in(SIGNED_IN) {
        true => signatures::check(input.bytes),
        false => Ok(()),
    }
}

fn cookie_header(input: Input) -> Result<(), Violation> {
    if let Ok(pairs) = parse_cookie(input.bytes) {
        reference_parsers::cookie(input.bytes, &pairs)?;
    }
    let Ok(header) = str::from_utf8(input.bytes) else { return Ok(()) };
    third_party().iter().try_for_each(|parser| agree_on_cookie(*parser, header))
}

fn set_cookie(input: Input) -> Result<(), Violation> {
    if let Ok(cookie) = parse_set_cookie(input.bytes) {
        reference_parsers::set_cookie(input.bytes, &cookie)?;
    }
    let Ok(header) = str::from_utf8(input.bytes) else { return Ok(()) };
    third_party().iter().try_for_each(|parser| agree_on_set_cookie(*parser, header))
}

fn netscape(input: Input) -> Result<(), Violation> {
    reference_parsers::netscape(input.bytes)
}

fn php(input: Input) -> Result<(), Violation> {
    value_oracles::php_nesting(input.bytes)
}

fn msgpack(input: Input) -> Result<(), Violation> {
    value_oracles::msgpack(input.bytes)?;
    value_oracles::msgpack_nesting(input.bytes)
}

fn history(bytes: &[u8], watched: bool) -> Result<(), Violation> {
    match script(bytes) {
        Some(script) => history::held(hardened_plain, Damage::Noticed, &script, watched),
        None => Ok(()),
    }
}

fn script(bytes: &[u8]) -> Option<Script> {
    Script::arbitrary(&mut Unstructured::new(bytes)).ok()
}

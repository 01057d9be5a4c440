//! What is read prints as it was: compared as bytes or as trees of tokens, which no value of ours has gone through.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod damage;

use interloper_formats::{FORMATS, browser};
use interloper_oracles::{Input, TARGETS, kept, linear, well_formed};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_a_reader_accepts_says_the_same_in_print(
        (format, input) in prop::sample::select(FORMATS)
            .prop_flat_map(|format| (Just(format), damage::damaged(format.name()))),
    ) {
        prop_assert_eq!(well_formed(format, &input), Ok(()));
    }
}

/// The suites of peers as data: every oracle, and every third-party parser, of which no difference is unknown.
#[test]
fn every_vector_satisfies_the_oracles() {
    let mut all = 0;
    for target in TARGETS {
        for (id, input) in target.seeds.iter().flat_map(|format| damage::vectors(format)) {
            all += 1;
            assert_eq!(target.run(Input::whole(&input)), Ok(()), "{}: {id}", target.name);
        }
    }
    assert!(all > 300, "{all}");
}

/// The databases of browsers have no printer, so that all there is to ask is what reading costs.
#[test]
fn a_database_of_a_browser_costs_no_more_than_its_size() {
    for bytes in damage::seeds("browser") {
        assert_eq!(linear("browser", &bytes, |bytes| drop(browser::parse(bytes))), Ok(()));
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x85;
            assert_eq!(linear("browser", &changed, |bytes| drop(browser::parse(bytes))), Ok(()));
        }
    }
}

/// Each pair was one value once, or is nearly the same.
#[test]
fn what_was_lost_is_noticed() {
    for (format, input, printed) in [
        (
            "httpie",
            r#"{"cookies":{"a":{"value":"1"}}}"#,
            r#"{"cookies":{"a":{"path":null,"value":"1"}}}"#,
        ),
        ("httpie", r#"{"n":12345678901234567890123}"#, r#"{"n":1.2345678901234568e+22}"#),
        ("express", r#"{"cookie":{"path":null}}"#, r#"{"cookie":{}}"#),
        ("express", r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
        ("express", r#""\ud800""#, r#""\ufffd""#),
        ("tough_cookie", r#"{"a":""}"#, r#"{"a":null}"#),
        ("lwp", "#LWP-Cookies-1.0\nSet-Cookie3: a=b\n", "#LWP-Cookies-2.0\nSet-Cookie3: a=b\n"),
        ("lwp", "#LWP-Cookies-2.0\nSet-Cookie3: a=\"\"\n", "#LWP-Cookies-2.0\nSet-Cookie3: a\n"),
        ("set_cookie", "a=b; Partitioned", "a=b"),
        ("set_cookie", "a=b; x=", "a=b; x"),
        ("set_cookie", "a=b; Path=/x", "a=b; Path=/X"),
        ("cookie_header", "a=b; c=d", "a=b"),
        ("msgpack", "\u{1}", "\u{2}"),
    ] {
        let (input, printed) = (input.as_bytes(), printed.as_bytes());
        assert!(kept(format, input, printed).is_err(), "{format}: {printed:?}");
        assert_eq!(kept(format, input, input), Ok(()), "{format}: {input:?}");
    }
}

/// And what is only spelt in another way is not.
#[test]
fn another_spelling_is_no_loss() {
    for (format, input, printed) in [
        ("express", " {\"a\" :\"\\u00e9\\/\" }\n", "{\"a\":\"é/\"}"),
        ("express", "\"\\ud83d\\ude00\"", "\"😀\""),
        (
            "lwp",
            "#LWP-Cookies-2.0\n\nSet-Cookie3:a = \"b\" ;c\n",
            "#LWP-Cookies-2.0\nSet-Cookie3: a=b; c\n",
        ),
        ("set_cookie", "a = b;;SECURE=x;domain=.A.org; SameSite=odd", "a=b; Domain=a.org; Secure"),
        ("cookie_header", ";a = b;c", "a=b"),
    ] {
        assert_eq!(
            kept(format, input.as_bytes(), printed.as_bytes()),
            Ok(()),
            "{format}: {input:?}"
        );
    }
}

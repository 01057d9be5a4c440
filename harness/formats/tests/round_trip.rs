//! What a reader gives is printed and read back as the same value, on inputs near those that real programs write.
#![expect(clippy::unwrap_used, reason = "a helper of tests is not a test to clippy")]

use std::fs;
use std::path::Path;

use interloper_formats::{Error, FORMATS, MAX_INPUT, Reason, php};
use proptest::prelude::*;

/// All seeds of one format.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn what_is_too_long_is_refused_unread() {
    let long = vec![b'a'; MAX_INPUT + 1];
    let too_long = Error { at: MAX_INPUT, reason: Reason::TooLong };
    for format in FORMATS {
        assert_eq!(format.reprint(&long), Err(too_long.clone()), "{format:?}");
    }
    assert_eq!(php::parse_value(&long), Err(too_long));
}

/// What is done to a seed.
#[derive(Clone, Debug)]
enum Damage {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    // Half of the bytes mean something to one of the formats.
    let byte = || {
        prop_oneof![
            any::<u8>(),
            prop::sample::select(b"=;,\"\\ \t\n\r#.:|{}[]0-aN%\x80\x91".to_vec())
        ]
    };
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), byte()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (index(), byte()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        index().prop_map(Damage::Remove),
        (index(), index()).prop_map(|(from, to)| Damage::Repeat(from, to)),
        index().prop_map(Damage::Cut),
    ]
}

fn damaged(mut bytes: Vec<u8>, all: &[Damage]) -> Vec<u8> {
    for damage in all {
        let length = bytes.len();
        match damage {
            Damage::Insert(at, byte) => bytes.insert(at.index(length + 1), *byte),
            _ if length == 0 => {}
            Damage::Set(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Remove(at) => drop(bytes.remove(at.index(length))),
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(length), to.index(length));
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, piece);
            }
            Damage::Cut(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_seed_is_refused_or_stable(
        format in prop::sample::select(FORMATS),
        seed in any::<prop::sample::Index>(),
        damage in prop::collection::vec(damage(), 0..6),
    ) {
        let bytes = damaged(seed.get(&seeds(format.name())).clone(), &damage);
        if let Ok(printed) = format.reprint(&bytes) {
            prop_assert_eq!(format.same(&bytes, &printed), Ok(true), "{}", format.name());
            prop_assert_eq!(format.reprint(&printed), Ok(printed.clone()), "{}", format.name());
            prop_assert!(!format.exact() || printed == bytes, "{}", format.name());
        }
    }

    #[test]
    fn an_error_is_inside_the_input(
        format in prop::sample::select(FORMATS),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Err(error) = format.reprint(&bytes) {
            prop_assert!(error.at <= bytes.len(), "{}: {error}", format.name());
        }
    }
}

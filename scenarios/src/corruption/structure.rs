//! A file of a known format that still is one, or nearly, and is not what was saved.
//!
//! Which format it is, its contents say: the most specific reader that accepts them.

mod jar;
mod json;
mod msgpack;
mod mutation;
mod php;
mod pickle;
mod signed;
mod sqlite;
mod tree;

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Need, Plan, Principal, Profile, Scenario, Stop, Sweep, nothing,
};

use self::mutation::{Kind, Mutation, Mutations};
use super::judge::Scene;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::structure",
    sentence: "A session file of a known format (JSON, a cookie jar, PHP's serialize, MessagePack, a signed value, a pickle, a database of SQLite) with parts dropped, doubled, retyped, nested, enlarged, exchanged or taken from another session, or spelt as the format forbids, is answered with corrupt or absent, in time and without a crash.",
    fix: "check the document against what the store writes: its keys, each of them once, types, depth and size; that a part is another session's, only a signature over all of it and the id shows",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-674", "CWE-1286"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

/// Changes of a file, given another session's; none where the file is not of the format.
type Changes = fn(&[u8], Option<&[u8]>) -> Option<Mutations>;

/// The formats, the most specific first.
const FORMATS: [(&str, Changes); 11] = [
    ("a database of SQLite", database),
    ("a pickle", pickle::pickle),
    ("a jar of libwww-perl", jar::lwp),
    ("a jar of Netscape", jar::netscape),
    ("signed by itsdangerous", signed::itsdangerous),
    ("signed by Django", signed::django),
    ("php_serialize", php::serialize),
    ("php", php::php),
    ("php_binary", php::binary),
    ("MessagePack", msgpack::msgpack),
    // Last, for it is found inside of other files, too.
    ("JSON", json::json),
];

/// The changes of a database, and those of a document in one of its rows.
fn database(whole: &[u8], other: Option<&[u8]>) -> Option<Mutations> {
    let mut out = sqlite::sqlite(whole, other)?;
    out.all.extend(json::json(whole, other).into_iter().flat_map(|json| json.all));
    Some(out)
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let scene = Scene::new(lab, &case.session)?;
    let mut found = false;
    for (n, file) in scene.files.iter().enumerate() {
        let whole = lab.read(&file.path)?;
        let other = scene.theirs.get(n).map(|other| lab.read(&other.path)).transpose()?;
        let Some((format, all)) = changes(&whole, other.as_deref()) else { continue };
        found = true;
        let known = all.len();
        let chosen = choose(lab.plan(), all);
        if chosen.len() < known {
            let path = lab.short(&file.path);
            lab.remark(format!("{} of {known} changes of {path}, {format}", chosen.len()));
        }
        for Mutation { kind, bytes, what, .. } in chosen {
            scene.try_damage(lab, kind.also(), |lab| {
                lab.overwrite(&file.path, &bytes)?;
                Ok(Some(format!("{}: {what}", lab.short(&file.path))))
            })?;
        }
    }
    let formats: Vec<&str> = FORMATS.iter().map(|(format, _)| *format).collect();
    let needs = || format!("needs a store that keeps one of these: {}", formats.join(", "));
    if found { Ok(()) } else { Err(Stop::Unsupported(needs())) }
}

/// What the file is, and all that is done to it.
fn changes(whole: &[u8], other: Option<&[u8]>) -> Option<(&'static str, Vec<Mutation>)> {
    FORMATS.iter().find_map(|(format, changes)| Some((*format, changes(whole, other)?.all)))
}

/// All of them, or those that must be and a share of each kind.
fn choose(plan: &Plan, all: Vec<Mutation>) -> Vec<Mutation> {
    let share = match plan.profile {
        Profile::Quick => 8,
        Profile::Full | Profile::Nightly => return all,
    };
    let (mut chosen, mut rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.always);
    for kind in Kind::ALL {
        let (of_kind, others) = rest.into_iter().partition(|one: &Mutation| one.kind == kind);
        chosen.extend(plan.some_of(of_kind, share));
        rest = others;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn seed(name: &str) -> Vec<u8> {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
        fs::read(seeds.join(name)).unwrap()
    }

    /// Seeds that real programs wrote: a session, another one, and the format that they are taken for.
    const SEEDS: [(&str, &str, &str); 13] = [
        ("netscape/python", "netscape/curl", "a jar of Netscape"),
        ("netscape/curl", "netscape/python", "a jar of Netscape"),
        ("lwp/python", "lwp/python-empty", "a jar of libwww-perl"),
        ("php/flat", "php/nested", "php"),
        ("php/objects", "php/flat", "php"),
        ("php_binary/nested", "php_binary/flat", "php_binary"),
        ("php_serialize/objects", "php_serialize/nested", "php_serialize"),
        ("msgpack/full-named", "msgpack/long-named", "MessagePack"),
        ("tower/full", "tower/long", "MessagePack"),
        ("itsdangerous/flask", "itsdangerous/flask-zlib", "signed by itsdangerous"),
        ("django/session", "django/session-zlib", "signed by Django"),
        ("httpie/new", "httpie/old", "JSON"),
        ("express/dated", "express/browser", "JSON"),
    ];

    #[test]
    fn each_change_of_what_real_programs_wrote_is_one() {
        for (one, other, known_as) in SEEDS {
            let (whole, other) = (seed(one), seed(other));
            let (format, all) = changes(&whole, Some(&other)).unwrap();
            assert_eq!(format, known_as, "{one}");
            assert!(all.iter().all(|mutation| mutation.bytes != whole), "{one}");
            let words: BTreeSet<&str> = all.iter().map(|one| &*one.what).collect();
            assert_eq!(words.len(), all.len(), "{one} says of two changes the same");
        }
    }

    #[test]
    fn every_kind_of_change_is_there() {
        for (one, other, _) in SEEDS {
            let (_, all) = changes(&seed(one), Some(&seed(other))).unwrap();
            // An empty jar has no part to give.
            let empty = other.ends_with("empty");
            for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Spliced || !empty) {
                assert!(all.iter().any(|mutation| mutation.kind == kind), "{one}: {kind:?}");
            }
        }
    }

    #[test]
    fn few_are_chosen_and_some_of_every_kind() {
        let plan = |profile| Plan { seed: 3, profile, umasks: Vec::new(), cases: None };
        let all = || changes(&seed("httpie/new"), Some(&seed("httpie/new"))).unwrap().1;
        let known = all().len();
        assert_eq!(choose(&plan(Profile::Nightly), all()).len(), known);
        let few = choose(&plan(Profile::Quick), all());
        assert!(few.len() < known / 2, "{} of {known}", few.len());
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Spliced) {
            assert!(few.iter().any(|mutation| mutation.kind == kind), "{kind:?}");
        }
    }

    #[test]
    fn what_is_of_no_format_is_left_alone() {
        for bytes in [&b""[..], b"hardened 1 xchacha20poly1305\n\xff\x00", b"# a comment\n", b"x"] {
            assert!(changes(bytes, None).is_none(), "{bytes:?}");
        }
    }
}

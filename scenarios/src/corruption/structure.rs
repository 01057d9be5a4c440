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
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit,
};

use self::mutation::{Changes, Mutation};
pub(super) use self::pickle::end as pickle_end;
use super::judge::DamageFixture;

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
    property: &Check { input: unit, check },
};

/// Reads a file and another session's, and gives what can be done to it; nothing where the file is not of the format.
type Format = for<'b> fn(&'b [u8], Option<&'b [u8]>) -> Option<Changes<'b>>;

/// The formats, the most specific first.
const FORMATS: [(&str, Format); 11] = [
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

/// Returns the changes of a database, and those of a document in one of its rows.
fn database<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    Some(sqlite::sqlite(whole, other)?.and(json::json(whole, other)))
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    let mut found = false;
    for (n, file) in fixture.files.iter().enumerate() {
        let whole = lab.read(&file.path)?;
        let other = fixture.theirs.get(n).map(|other| lab.read(&other.path)).transpose()?;
        let Some((format, changes)) = changes(&whole, other.as_deref()) else { continue };
        found = true;
        let plan = lab.plan().clone();
        let (made, known) = changes.each(&plan, |Mutation { kind, bytes, what, .. }| {
            fixture.try_damage(lab, kind.also(), |lab| {
                lab.overwrite(&file.path, &bytes)?;
                Ok(Some(format!("{}: {what}", lab.display_path(&file.path))))
            })
        })?;
        if made < known {
            let path = lab.display_path(&file.path);
            lab.add_note(format!("{made} of {known} changes of {path}, {format}"));
        }
    }
    let formats: Vec<&str> = FORMATS.iter().map(|(format, _)| *format).collect();
    let needs = || format!("needs a store that keeps one of these: {}", formats.join(", "));
    if found { Ok(()) } else { Err(Abort::Unsupported(needs())) }
}

/// Returns the format of the file, and all changes that can be made to it.
fn changes<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<(&'static str, Changes<'b>)> {
    FORMATS.iter().find_map(|(format, read)| Some((*format, read(whole, other)?)))
}

/// Returns the file with one change that its format has, chosen by `below`; `None` if it is of none of these formats.
pub(crate) fn changed(
    whole: &[u8],
    other: Option<&[u8]>,
    below: impl FnMut(usize) -> usize,
) -> Option<Vec<u8>> {
    changes(whole, other)?.1.one(below)
}

#[cfg(test)]
mod tests;

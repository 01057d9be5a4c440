//! A file that tells its reader to run something.
//!
//! `payload` has the documents, `place` finds where in a file one can stand: at its beginning, inside of a container, and behind base64,
//! hexadecimal, zlib and gzip.

mod payload;
mod place;

use std::path::Path;

use interloper_driver::Operation;
use interloper_engine::record::{AttemptKind, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, StoryGuards, Sweep,
    Violation, unit,
};

use self::payload::{CLASS, LOOKED_FOR, PAYLOADS, Payload, WITHOUT_PAYLOAD};
use self::place::places;
use super::judge::{DamageFixture, damaged};

pub(crate) use self::place::{Layer, decode, encode, wrapped};

/// Returns every document that runs something, as it makes the file `marker`.
pub(crate) fn documents(marker: &str) -> Vec<Vec<u8>> {
    PAYLOADS.iter().map(|payload| payload.bytes(marker)).collect()
}

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::code_execution",
    sentence: "What a session file holds decides about no code: when the session is loaded, nothing of the file is run, and no object is made of a class that it names.",
    fix: "read a format that holds data alone (JSON, MessagePack), or verify a signature over the whole file before any of it is deserialised",
    severity: Severity::High,
    cwe: &["CWE-502", "CWE-94"],
    owasp: &["ASVS 5.0 1.5.2", "WSTG-INPV-11"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of bytes of the store's own file before the payload: headers, times and lengths that readers take off first.
const KEPT: [usize; 4] = [0, 4, 8, 16];
/// The most places of one file.
const PLACES: usize = 32;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    let marker = lab.tmp().join("interloper-ran");
    let mut without = None;
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        without = without.or(WITHOUT_PAYLOAD.iter().find(|(_, begin)| whole.starts_with(begin)));
        for attack in attacks(lab, &whole, &marker.display().to_string()) {
            lab.overwrite(&file.path, &attack.bytes)?;
            lab.aside(|lab| try_attack(lab, &file.path, &marker, &attack))?;
            lab.restore(&fixture.snapshot)?;
        }
    }
    match without {
        // Those of other formats say nothing of this one's reader.
        Some((format, _)) if lab.violation_count() == 0 => {
            Err(Abort::Unsupported(format!("the file is {format}, for which there is no payload")))
        }
        _ => Ok(()),
    }
}

/// What a file is overwritten with.
struct Attack {
    payload: &'static Payload,
    /// Where in the file the payload stands: `after 8 bytes of the file's own`.
    at: String,
    /// What the coverage counts it as: `a pickle in base64`.
    kind: String,
    bytes: Vec<u8>,
}

fn attacks(lab: &Lab<'_>, whole: &[u8], marker: &str) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for payload in &PAYLOADS {
        for kept in KEPT.into_iter().filter(|kept| *kept <= whole.len()) {
            let at = match kept {
                0 => "as the file".to_owned(),
                kept => format!("after {kept} bytes of the file's own"),
            };
            let bytes = [&whole[..kept], &payload.bytes(marker)].concat();
            attacks.push(Attack { payload, at, kind: payload.name.to_owned(), bytes });
        }
    }
    let secret = |bytes: &[u8]| lab.offsets_in(bytes, 0).first().copied();
    for place in places(whole, &secret).iter().take(PLACES) {
        for payload in PAYLOADS.iter().filter(|payload| place.takes(payload)) {
            let fit = place.fit(whole, payload, marker);
            // What is compressed or text may get another length; a container's parts may not.
            let put = place.put(whole, payload, marker).filter(|put| Some(put) != fit.as_ref());
            attacks.extend([fit, put].into_iter().flatten().map(|bytes| Attack {
                payload,
                at: place.describe(),
                kind: format!("{} {}", payload.name, place.form()),
                bytes,
            }));
        }
    }
    attacks
}

/// Loads a file that was overwritten with a payload; reports what that ran, and whether its reader looked for the class it names.
fn try_attack(lab: &mut Lab<'_>, path: &Path, marker: &Path, attack: &Attack) -> CaseResult<()> {
    let mark = lab.mark();
    let what = format!("{} is {}, {}", lab.display_path(path), attack.payload.name, attack.at);
    lab.record_damage(what.clone());
    let mut died = false;
    let said = match lab.load("alpha") {
        Ok(Loaded::Failed(failure)) => failure.to_string(),
        Ok(Loaded::Present(session)) => serde_json::to_string(&session).unwrap_or_default(),
        Ok(Loaded::Absent) => String::new(),
        Err(Abort::Driver(_)) => {
            died = true;
            String::new()
        }
        Err(stop) => return Err(stop),
    };
    lab.count_attempt(AttemptKind::Payload, &attack.kind);
    if lab.tree()?.nodes.contains_key(marker) {
        let sentence = "a session file told the store what to run, and it ran";
        let fact = damaged(&what, format!("loading it made {}", marker.display()));
        let story = lab.story_since(mark);
        lab.report(Violation::new("ran", sentence).evidence(fact).story(story));
    }
    let output = if died { Vec::new() } else { lab.output()? };
    let said = format!("{said}\n{}", String::from_utf8_lossy(&output));
    if let Some((runtime, words)) = LOOKED_FOR.iter().find(|(_, words)| said.contains(words)) {
        let sentence =
            "a session file named a class, and its reader looked for it to make an object";
        let fact = damaged(&what, format!("{runtime} says {words:?} of the class {CLASS}"));
        let violation = Violation::new("named-class", sentence).severity(Severity::Medium);
        let story = lab.story_since(mark);
        lab.report(violation.evidence(fact).story(story));
    }
    Ok(())
}

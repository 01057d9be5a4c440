//! Something else than a session in the session's file.

use std::path::Path;

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, StoryGuards, Sweep, Violation,
    unit,
};

use super::judge::damaged;
use super::judge::{Also, DamageFixture};
use crate::vectors::{CONTENTS, Expected, Vector};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::malformed",
    sentence: "A session file that holds something else (another format, broken UTF-8, endless nesting, what a crash or another program left) is answered with corrupt or absent.",
    fix: "parse strictly, with a bound on size and depth, and answer corrupt to whatever is not exactly what a save writes",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-674", "CWE-770"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        for vector in CONTENTS.iter() {
            if vector.result != Expected::Invalid {
                survives(lab, &fixture, &file.path, vector)?;
                continue;
            }
            fixture.try_damage(lab, Also::Nothing, |lab| {
                lab.overwrite(&file.path, &vector.bytes())?;
                Ok(Some(format!("{} is {}", lab.display_path(&file.path), vector.what)))
            })?;
        }
    }
    Ok(())
}

/// Tries contents that some store may take for a session: only a crash or a hang is a fault.
fn survives(
    lab: &mut Lab<'_>,
    fixture: &DamageFixture,
    path: &Path,
    vector: &Vector,
) -> CaseResult<()> {
    lab.overwrite(path, &vector.bytes())?;
    let what = format!("{} is {}", lab.display_path(path), vector.what);
    let load = |lab: &mut Lab<'_>| {
        lab.record_damage(what.clone());
        match lab.load("alpha") {
            Ok(_) => Ok(None),
            Err(Abort::Driver(seen)) => Ok(Some(seen)),
            Err(stop) => Err(stop),
        }
    };
    let died = lab.keep_if(load, Option::is_some)?;
    if let Some(seen) = died {
        let sentence = "the store ended or hung over what lies in the session's file";
        let fact = damaged(&what, seen.clause());
        lab.report(Violation::by_driver("", &seen, sentence).evidence(fact));
    }
    lab.count_step("damage: survived");
    lab.restore(&fixture.snapshot)
}

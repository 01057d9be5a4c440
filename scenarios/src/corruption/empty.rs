//! A file of no bytes, as a full disk or a crash leaves it.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::empty",
    sentence: "A session file that is empty is answered with corrupt or absent.",
    fix: "check the length before reading anything into the contents",
    severity: Severity::Medium,
    cwe: &["CWE-754", "CWE-20"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        fixture.try_damage(lab, Also::Nothing, |lab| {
            lab.overwrite(&file.path, b"")?;
            Ok(Some(format!("{} emptied", lab.display_path(&file.path))))
        })?;
    }
    Ok(())
}

//! A session file that the operating system does not let the store read.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::unreadable",
    sentence: "A session file that cannot be read is answered with an error or absent, and stays as it is.",
    fix: "take EACCES for what it is: answer denied, and do not write a new session over the file",
    severity: Severity::Medium,
    cwe: &["CWE-280", "CWE-755"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        fixture.try_damage(lab, Also::System, |lab| {
            lab.set_mode(&file.path, 0o000)?;
            Ok(Some(format!("chmod 0000 {}", lab.display_path(&file.path))))
        })?;
    }
    Ok(())
}

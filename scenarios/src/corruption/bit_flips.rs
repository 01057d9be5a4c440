//! One bit of a file is another.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::strategy::{Room, Sample};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::bit_flips",
    sentence: "A session file of which one bit is another is answered with corrupt or absent, or loads as it was.",
    fix: "authenticate the contents (an HMAC or authenticated encryption, bound to the id), or at least check them against a checksum",
    severity: Severity::Medium,
    cwe: &["CWE-345", "CWE-353"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of bits of each file that are tried.
const ROOM: Room = Room { quick: 48, full: 4_096 };

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        let known = whole.len() * 8;
        let sample = Sample::of(lab.plan(), known, ROOM, |_| false);
        let chosen = sample.chosen().len();
        if chosen < known {
            lab.add_note(format!("{chosen} of {known} bits of {}", lab.display_path(&file.path)));
        }
        for bit in sample.chosen() {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fixture.try_damage(lab, Also::Nothing, |lab| {
                lab.overwrite(&file.path, &damaged)?;
                Ok(Some(format!(
                    "bit {} of byte {} of {}",
                    bit % 8,
                    bit / 8,
                    lab.display_path(&file.path)
                )))
            })?;
        }
    }
    Ok(())
}

//! Bytes that say nothing, in place of the file or of a part of it.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Plan, Principal, Scenario, Sweep};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::random_bytes",
    sentence: "A session file overwritten with random bytes, whole or in part, is answered with corrupt or absent.",
    fix: "authenticate the contents (an HMAC or authenticated encryption, bound to the id), or at least check them against a checksum",
    severity: Severity::Medium,
    cwe: &["CWE-345", "CWE-353", "CWE-20"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: damages, check },
};

/// Damage to the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Damage {
    /// It is these bytes now.
    Replaced(Vec<u8>),
    /// These bytes are written over it, at this part of its length out of 65,536.
    Overwritten(u16, Vec<u8>),
}

fn damages(_: &Plan) -> BoxedStrategy<Damage> {
    let bytes = |longest| proptest::collection::vec(any::<u8>(), 1..longest);
    prop_oneof![
        bytes(2_000).prop_map(Damage::Replaced),
        (any::<u16>(), bytes(64)).prop_map(|(at, bytes)| Damage::Overwritten(at, bytes)),
    ]
    .boxed()
}

fn check(lab: &mut Lab<'_>, case: &Case<Damage>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        let (damaged, what) = match &case.input {
            Damage::Replaced(bytes) => {
                (bytes.clone(), format!("replaced by {} random bytes", bytes.len()))
            }
            Damage::Overwritten(at, bytes) => {
                let at = usize::from(*at) * whole.len() / 65_536;
                let mut damaged = whole.clone();
                let end = (at + bytes.len()).min(damaged.len());
                damaged[at..end].copy_from_slice(&bytes[..end - at]);
                (damaged, format!("overwritten with {} random bytes at byte {at}", end - at))
            }
        };
        fixture.try_damage(lab, Also::Nothing, |lab| {
            if damaged == whole {
                return Ok(None);
            }
            lab.overwrite(&file.path, &damaged)?;
            Ok(Some(format!("{} {what}", lab.display_path(&file.path))))
        })?;
    }
    Ok(())
}

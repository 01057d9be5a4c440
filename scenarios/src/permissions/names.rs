//! What a directory's names tell others.

use std::os::unix::ffi::OsStrExt;

use interloper_driver::{At, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::support::hexadecimal;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::names",
    sentence: "No other user can list a directory that the store made, or chose, and read session ids from its names.",
    fix: "make the directory with mode 0700, or name files after a hash of the id",
    severity: Severity::Low,
    cwe: &["CWE-548", "CWE-732"],
    owasp: &["ASVS 5.0 14.2.4"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// An id that no other name holds by chance.
const ID: &str = "alpha-q7w3zk";

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save(ID, 0, &case.session)?;
    let id = lab.formed_id(ID);
    let mut nodes = lab.made()?;
    if lab.setup().at == At::Tmp {
        // Everybody lists that directory: it is not the store's, and the names in it are.
        nodes.extend(lab.tree()?.nodes.get(&lab.parent()).cloned());
    }
    let probed = lab.probe(&nodes)?;
    // Whoever knows an id has the session only if nothing else is needed for it, as a signature.
    let severity = match lab.hello().id_is_credential {
        Some(true) => Severity::High,
        Some(false) => Severity::Info,
        None => Severity::Low,
    };
    let hex = hexadecimal(id.as_bytes());
    for (who, dir, names) in Lab::names_listed(&probed) {
        for name in names {
            let bytes = name.as_bytes();
            let holds = |id: &str| bytes.windows(id.len()).any(|window| window == id.as_bytes());
            if holds(&id) || holds(&hex) {
                let fact =
                    format!("{who} listed {} and saw {}", lab.display_path(&dir), name.display());
                let sentence = "{who} read a session's id from a directory listing";
                let violation = Violation::new("id-in-name", sentence).severity(severity);
                lab.report(violation.by([who]).evidence(fact));
            }
        }
    }
    Ok(())
}

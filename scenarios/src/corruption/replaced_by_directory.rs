//! A directory where the session file was.

use interloper_driver::Operation;
use interloper_engine::record::{Condition, Evidence, PathChange, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::judge::{Also, DamageFixture, save_over};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::replaced_by_directory",
    sentence: "A directory in the place of a session file is answered with an error or absent, by a save with an error if it does not keep the session, and what is in it stays.",
    fix: "open with O_NOFOLLOW and look at what was opened (fstat); never clear away what is not a file",
    severity: Severity::Low,
    cwe: &["CWE-754", "CWE-73"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    // In a directory of the owner's nobody else can put it there.
    lab.assume(Condition::OwnerAlone);
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        let inside = file.path.join("somebody's file");
        let shape = case.session.clone();
        fixture.try_damage(lab, Also::System, |lab| {
            lab.remove(&file.path)?;
            lab.make_dir(&file.path, 0o700)?;
            lab.make_file(&inside, b"not the store's", 0o600)?;
            Ok(Some(format!("{} replaced by a directory", lab.display_path(&file.path))))
        })?;
        lab.remove(&file.path)?;
        lab.make_dir(&file.path, 0o700)?;
        lab.make_file(&inside, b"not the store's", 0o600)?;
        let what = format!("{} replaced by a directory", lab.display_path(&file.path));
        lab.record_damage(what.clone());
        match save_over(lab, &shape, &what) {
            // A crash is what the first half is about.
            Err(Abort::Driver(_)) => lab.restart()?,
            other => other?,
        }
        if !lab.tree()?.nodes.contains_key(&inside) {
            let path = lab.display_path(&inside);
            let fact = Evidence::changed("a save", PathChange::Removed, path);
            let sentence = "the store removed a directory that is not its own, with what was in it";
            lab.report(
                Violation::new("cleared-away", sentence).severity(Severity::High).evidence(fact),
            );
        }
        lab.restore(&fixture.snapshot)?;
    }
    Ok(())
}

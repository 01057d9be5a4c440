//! What is no file, where the session file was.

use std::path::Path;

use interloper_engine::record::Condition;
use interloper_engine::{Abort, CaseResult, Lab, Shape, Violation};

use super::judge::{Also, DamageFixture, save_over};

/// Puts it there, as nobody but the owner could in a directory of the owner's, and asks for a load and for a save: both have to come to an end.
pub(super) fn load_and_save(
    lab: &mut Lab<'_>,
    shape: &Shape,
    name: &str,
    put: impl Fn(&Lab<'_>, &Path) -> CaseResult<()>,
) -> CaseResult<()> {
    lab.assume(Condition::OwnerAlone);
    let fixture = DamageFixture::new(lab, shape)?;
    for file in fixture.files.iter().take(1) {
        let what = format!("{} replaced by a {name}", lab.display_path(&file.path));
        let replace = |lab: &Lab<'_>| {
            lab.remove(&file.path)?;
            put(lab, &file.path)
        };
        fixture.try_damage(lab, Also::System, |lab| replace(lab).map(|()| Some(what.clone())))?;
        replace(lab)?;
        lab.record_damage(what.clone());
        match save_over(lab, shape, &what) {
            Err(Abort::Driver(seen)) => {
                let sentence = format!(
                    "a save waits for ever, or ends the process, where a {name} is in the place of the session file"
                );
                lab.report(
                    Violation::by_driver("save-", &seen, sentence).evidence(seen.evidence("")),
                );
                lab.restart()?;
            }
            other => other?,
        }
        lab.restore(&fixture.snapshot)?;
    }
    Ok(())
}

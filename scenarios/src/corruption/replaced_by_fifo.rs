//! A FIFO where the session file was: opening one waits for the other side, fifo(7).

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Need, Principal, Scenario, Stop, Sweep, Violation, nothing,
};

use super::judge::{Also, Scene};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::replaced_by_fifo",
    sentence: "A FIFO in the place of a session file is answered in time, by loads and by saves.",
    fix: "open with O_NONBLOCK and O_NOFOLLOW, and take anything but a regular file for damage (fstat)",
    severity: Severity::Medium,
    cwe: &["CWE-400", "CWE-833"],
    owasp: &["ASVS 5.0 15.4.4"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let scene = Scene::new(lab, &case.session)?;
    for file in scene.files.iter().take(1) {
        scene.try_damage(lab, Also::System, |lab| {
            lab.remove(&file.path)?;
            lab.make_fifo(&file.path)?;
            Ok(Some(format!("{} replaced by a FIFO", lab.short(&file.path))))
        })?;
        lab.remove(&file.path)?;
        lab.make_fifo(&file.path)?;
        lab.note(format!("{} replaced by a FIFO", lab.short(&file.path)), "");
        match lab.save("alpha", 2, &case.session) {
            Err(Stop::Driver(seen)) => {
                let sentence = "a save waits for ever, or ends the process, where a FIFO is in the place of the session file";
                let cause = format!("save-{}", seen.word());
                lab.violate(Violation::new(cause, sentence).evidence(seen.clause()));
                lab.restart()?;
            }
            other => drop(other?),
        }
        lab.restore(&scene.snapshot)?;
    }
    Ok(())
}

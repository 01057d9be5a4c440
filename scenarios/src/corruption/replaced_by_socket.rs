//! A socket where the session file was: opening one fails with ENXIO, and never stops doing so, unix(7).

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Need, Principal, Scenario, Stop, Sweep, Violation, nothing,
};

use super::judge::{Also, Scene};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::replaced_by_socket",
    sentence: "A socket in the place of a session file is answered in time, by loads and by saves.",
    fix: "take what cannot be opened for damage, and try again only what can come right by itself (EINTR)",
    severity: Severity::Medium,
    cwe: &["CWE-754", "CWE-835"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let scene = Scene::new(lab, &case.session)?;
    for file in scene.files.iter().take(1) {
        let what = format!("{} replaced by a socket", lab.short(&file.path));
        scene.try_damage(lab, Also::System, |lab| {
            lab.remove(&file.path)?;
            lab.make_socket(&file.path)?;
            Ok(Some(what.clone()))
        })?;
        lab.remove(&file.path)?;
        lab.make_socket(&file.path)?;
        lab.note(what, "");
        match lab.save("alpha", 2, &case.session) {
            Err(Stop::Driver(seen)) => {
                let sentence = "a save waits for ever, or ends the process, where a socket is in the place of the session file";
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

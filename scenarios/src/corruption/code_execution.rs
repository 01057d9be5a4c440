//! A file that tells its reader to run something.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::judge::DamageFixture;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::code_execution",
    sentence: "What a session file holds decides about no code: nothing of it is run when the session is loaded.",
    fix: "read a format that holds data alone (JSON, MessagePack), or verify a signature over the whole file before any of it is deserialised",
    severity: Severity::High,
    cwe: &["CWE-502", "CWE-94"],
    owasp: &["ASVS 5.0 1.5.2", "WSTG-INPV-11"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Placeholder for the marker's path. A payload only makes that file.
const MARKER: &str = "@MARKER@";

/// The formats whose readers can be told to call something, each with a document that does.
const PAYLOADS: [(&str, &str); 9] = [
    ("a pickle", "cos\nsystem\n(S'touch @MARKER@'\ntR."),
    ("a pickle that makes an object", "cposix\nsystem\np0\n(Vtouch @MARKER@\np1\ntp2\nRp3\n."),
    (
        "jsonpickle",
        r#"{"py/reduce":[{"py/function":"os.system"},{"py/tuple":["touch @MARKER@"]}]}"#,
    ),
    ("YAML for PyYAML", "!!python/object/apply:os.system [\"touch @MARKER@\"]\n"),
    (
        "JSON for node-serialize",
        r#"{"a":"_$$ND_FUNC$$_function(){require('child_process').execSync('touch @MARKER@')}()"}"#,
    ),
    (
        "a JavaScript module",
        "require('child_process').execSync('touch @MARKER@');module.exports={};\n",
    ),
    ("a PHP program", "<?php touch('@MARKER@'); return [];\n"),
    ("a Python program", "__import__('os').system('touch @MARKER@')\n"),
    ("a shell script", "#!/bin/sh\ntouch @MARKER@\n"),
];

/// Number of bytes of the store's own file before the payload: headers, times and lengths that readers take off first.
const KEPT: [usize; 4] = [0, 4, 8, 16];

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    let marker = lab.tmp().join("interloper-ran");
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        for (format, payload) in PAYLOADS {
            for kept in KEPT.into_iter().filter(|kept| *kept <= whole.len()) {
                let payload = payload.replace(MARKER, &marker.display().to_string());
                lab.overwrite(&file.path, &[&whole[..kept], payload.as_bytes()].concat())?;
                let checkpoint = lab.checkpoint();
                lab.record_damage(format!("{} is {format}", lab.display_path(&file.path)));
                match lab.load("alpha") {
                    Ok(_) | Err(Abort::Driver(_)) => {}
                    Err(stop) => return Err(stop),
                }
                lab.count_step("payload");
                if lab.tree()?.nodes.contains_key(&marker) {
                    let fact = format!(
                        "{format}, after {kept} bytes of the file's own, made {}",
                        marker.display()
                    );
                    let sentence = "a session file told the store what to run, and it ran";
                    let story = lab.story_since(checkpoint);
                    lab.report(Violation::new("ran", sentence).evidence(fact).story(story));
                }
                lab.rollback(checkpoint);
                lab.restore(&fixture.snapshot)?;
            }
        }
    }
    Ok(())
}

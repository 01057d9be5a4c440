//! No id that is a credential is in output, or in the message of an error.

use interloper_driver::{Failure, Operation, op};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, NodeKind, Principal, Scenario, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::ids",
    sentence: "An id that the store gives, and with which anyone has the session, is in nothing that it prints and in no error that it answers: those end up in logs.",
    fix: "name the step that failed, or a hash of the id; never the id itself",
    severity: Severity::Medium,
    cwe: &["CWE-532", "CWE-209"],
    owasp: &["ASVS 5.0 14.2.4", "ASVS 5.0 16.2.5"],
    needs: &[Need::IdIsCredential, Need::Op(Operation::Create), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// A shorter id may be in anything by chance.
const SHORTEST: usize = 12;
/// Name of the part that an update sets.
const PART: &str = "part";

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.expect_variations("answers and output to search for an id");
    let refused =
        |failure: Failure| Abort::Ineffective(format!("create was answered with {failure}"));
    let id = lab.create(None, 0, &case.session)?.map_err(refused)?;
    let id =
        if lab.hello().can_do(Operation::Rotate) { lab.rotate(&id)?.unwrap_or(id) } else { id };
    if id.len() < SHORTEST {
        return Err(Abort::Ineffective("its ids are too short to be searched for".into()));
    }
    ask_everything(lab, &id, "")?;
    let output = lab.leave()?;
    printed(lab, &id, &output, "it did what it was asked for");
    // Errors: what holds the session is damaged, cannot be read, and is gone.
    let snapshot = lab.snapshot()?;
    for (what, damage) in DAMAGES {
        let Some(()) = damage(lab)? else { continue };
        lab.record_damage(*what);
        ask_everything(lab, &id, what)?;
        let output = lab.leave()?;
        printed(lab, &id, &output, what);
        lab.restore(&snapshot)?;
    }
    Ok(())
}

/// Something that makes operations fail; nothing where there is nothing to do it to.
type Damage = fn(&mut Lab<'_>) -> CaseResult<Option<()>>;

const DAMAGES: &[(&str, Damage)] = &[
    ("its files are damaged", |lab| {
        each_file(lab, |lab, path| {
            let whole = lab.read(path)?;
            lab.overwrite(path, &whole[..whole.len() / 2])
        })
    }),
    ("its files are empty", |lab| each_file(lab, |lab, path| lab.overwrite(path, b""))),
    ("its files are directories", |lab| {
        each_file(lab, |lab, path| {
            lab.remove(path)?;
            lab.make_dir(path, 0o700)
        })
    }),
    ("its files cannot be read", |lab| each_file(lab, |lab, path| lab.set_mode(path, 0o000))),
];

/// Does something to each file that holds the session, or to each that saving made if none shows.
fn each_file(
    lab: &mut Lab<'_>,
    act: impl Fn(&mut Lab<'_>, &std::path::Path) -> CaseResult<()>,
) -> CaseResult<Option<()>> {
    let mut files = lab.files_with_secrets(0)?;
    if files.is_empty() {
        files = lab.made()?.into_iter().filter(|node| node.kind == NodeKind::File).collect();
    }
    for file in &files {
        act(lab, &file.path)?;
    }
    Ok((!files.is_empty()).then_some(()))
}

/// Asks for everything that the store does with a session of this id, and searches each error.
fn ask_everything(lab: &mut Lab<'_>, id: &str, after: &str) -> CaseResult<()> {
    let can = |operation| lab.hello().can_do(operation);
    let (updates, saves) = (can(Operation::Update), can(Operation::Save));
    let failure = match lab.load(id) {
        Ok(Loaded::Failed(failure)) => Some(failure),
        Ok(_) => None,
        Err(stop) => died(lab, stop)?,
    };
    searched(lab, id, "load", after, failure);
    if updates && let Some(set) = lab.part(1, PART) {
        let op = op::Update { id: id.to_owned(), set };
        let failure = match lab.ask(id, op, "update of that id".into()) {
            Ok(answer) => answer.err(),
            Err(stop) => died(lab, stop)?,
        };
        searched(lab, id, "update", after, failure);
    }
    if saves {
        let session = lab.session(0, &interloper_engine::Shape::plain());
        let failure = match lab.save_session(id, session, "save under that id".into()) {
            Ok(answer) => answer.err(),
            Err(stop) => died(lab, stop)?,
        };
        searched(lab, id, "save", after, failure);
    }
    Ok(())
}

/// Goes on after a driver that died: other scenarios tell of that.
fn died<T>(lab: &mut Lab<'_>, stop: Abort) -> CaseResult<Option<T>> {
    match stop {
        Abort::Driver(_) => {
            lab.restart()?;
            Ok(None)
        }
        stop => Err(stop),
    }
}

fn searched(lab: &mut Lab<'_>, id: &str, call: &str, after: &str, failure: Option<Failure>) {
    lab.count_step(if failure.is_some() { "error searched" } else { "no error" });
    let Some(failure) = failure.filter(|failure| has(&failure.message, id)) else { return };
    let sentence = "the message of an error has the id of the session in it";
    let fact = Evidence::Answer {
        after: after.into(),
        call: format!("{call} of the id"),
        by: None,
        answer: format!("err {} and the id, in {} characters", failure.kind, failure.message.len()),
    };
    // Who asked knows the id; who reads the log may not.
    let violation = Violation::new("id-in-error", sentence).severity(Severity::Low);
    lab.report(violation.evidence(fact));
}

fn printed(lab: &mut Lab<'_>, id: &str, output: &[u8], when: &str) {
    lab.count_step("output searched");
    if has(&String::from_utf8_lossy(output), id) {
        let (bytes, when) = (output.len() as u64, format!("when {when}"));
        let fact = Evidence::Output { bytes, when, has: "an id".into() };
        let sentence = "the id of a session was printed";
        lab.report(Violation::new("printed-id", sentence).evidence(fact));
    }
}

/// Returns whether an id is in a text: as it is, or as a URL or a string of JSON has it.
fn has(text: &str, id: &str) -> bool {
    let escaped: String = id
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let quoted = format!("{id:?}");
    [id, &escaped, quoted.trim_matches('"')].iter().any(|form| text.contains(form))
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn an_id_is_found_as_urls_and_json_have_it() {
        let id = "a/b+c\"d==";
        for text in ["GET /s?id=a%2Fb%2Bc%22d%3D%3D", r#"{"id":"a/b+c\"d=="}"#, "<a/b+c\"d==>"] {
            assert!(has(text, id), "{text}");
        }
        assert!(!has("a/b+c", id));
    }
}

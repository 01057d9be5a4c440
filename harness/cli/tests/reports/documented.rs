//! Findings that the documentation announces: in every format, with the page, and as no failure.

use interloper_record::{Documented, Exit, Policy, Run, Severity, Verdict};
use serde_json::Value;

use crate::fixture::{empty, finding, result, store, with};
use crate::junit::valid;
use crate::render::render;
use crate::report::Format;
use crate::sarif::faults;

const PAGE: &str = "https://docs.example/sessions#logout";
const SAYS: &str = "a logout ends no session";

fn run() -> Run {
    let mut announced = finding("alive", Severity::Medium);
    announced.documented = Some(Documented { page: PAGE.into(), says: SAYS.into() });
    let fail = result("flask", "defaults", "permissions::nobody_reaches", Verdict::Fail);
    let pass = result("flask", "hardened", "permissions::nobody_reaches", Verdict::Pass);
    Run {
        stores: vec![store("flask", "3.1.3", &["defaults", "hardened"])],
        results: vec![with(fail, vec![announced]), pass],
        ..empty()
    }
}

#[test]
fn a_documented_finding_is_in_every_format_with_its_page_and_fails_nothing() {
    let policy = Policy::default();
    assert_eq!(policy.judge(&run()).exit, Exit::Clean);
    for format in [Format::Human, Format::Json, Format::Junit, Format::Sarif, Format::Html] {
        let text = render(&run(), format, &policy);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [PAGE, SAYS, "ocumented"] {
            assert!(text.to_lowercase().contains(words), "{format:?} lacks {words}: {text}");
        }
    }
}

#[test]
fn a_person_reads_it_as_documented_and_not_as_known() {
    let text = render(&run(), Format::Human, &Policy::default());
    let text = anstream::adapter::strip_str(&text).to_string();
    assert!(text.contains("DOCUMENTED permissions::nobody_reaches"), "{text}");
    assert!(text.contains("findings   1 documented"), "{text}");
    assert!(!text.contains("KNOWN") && !text.contains("FAIL"), "{text}");
}

#[test]
fn a_scanner_gets_a_suppression_and_a_test_runner_a_skipped_test() {
    let policy = Policy::default();
    let log: Value = serde_json::from_str(&render(&run(), Format::Sarif, &policy)).unwrap();
    assert_eq!(faults(&log), [""; 0]);
    let found = &log["runs"][0]["results"][0];
    let justification = found["suppressions"][0]["justification"].as_str().unwrap();
    assert_eq!(justification, format!("documented: {SAYS} ({PAGE})"));
    assert_eq!(found["properties"]["documented"]["page"], PAGE);
    let junit = render(&run(), Format::Junit, &policy);
    assert_eq!(valid("documented.xml", &junit), Ok(()));
    assert!(junit.contains(&format!("documented: {SAYS} ({PAGE})")), "{junit}");
    assert!(junit.contains("<skipped") && !junit.contains("<failure"), "{junit}");
}

//! A cookie that is set is no weaker, and for no other site, than its header says.

use std::collections::BTreeSet;

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::plain::sets_plainly;
use super::survey::{Outcome, survey};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::set_cookie",
    sentence: "A cookie that is set has the name, Secure, HttpOnly, SameSite and the domain that RFC 6265bis section 5.6 reads in its header, and no weaker ones; a plain one is set; no header ends in an exception, a crash or a hang.",
    fix: "read attributes as RFC 6265bis section 5.6 does: by their names alone, without case, the last one counts, and what is not known is ignored",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-614", "CWE-1004", "CWE-1275"],
    owasp: &["ASVS 5.0 3.3.1", "ASVS 5.0 3.3.2", "WSTG-SESS-02"],
    needs: &[Need::Parses(Header::SetCookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

const LOST: &str = "a plain cookie of letters and digits is not read as it was set";

/// The differences that matter. Attributes in spellings that show a difference are the server's own.
const GRAVE: [(Difference, Severity, &str); 5] = [
    (
        Difference::ForgedPrefix,
        Severity::Medium,
        "a cookie gets a name with a prefix that it was not set with",
    ),
    (Difference::Added, Severity::Medium, "a cookie has a name that it was not set with"),
    (Difference::Lost, Severity::Low, LOST),
    (Difference::Weakened, Severity::Low, "an attribute that protects a cookie is not read"),
    (Difference::Widened, Severity::Low, "a cookie is read as one of another domain"),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut told = BTreeSet::new();
    for trial in survey(lab, Header::SetCookie)? {
        trial.reading().into_iter().for_each(|reading| lab.keep_reading(reading));
        let grave = GRAVE.iter().filter(|(difference, ..)| trial.outcome.has(*difference));
        let grave = grave.map(|(difference, severity, sentence)| {
            let violation = match difference {
                // Whatever the attributes behind it are.
                Difference::Lost => trial.violation("lost", sentence),
                _ => trial.violation_of_kind(difference.as_str(), sentence),
            };
            violation.severity(*severity)
        });
        let is_refused = matches!(trial.outcome, Outcome::Refused) && sets_plainly(&trial.header);
        let refused = is_refused.then(|| trial.violation("lost", LOST).severity(Severity::Low));
        for violation in grave.chain(refused).chain(trial.failure()) {
            if told.insert(violation.cause.clone()) {
                lab.report(violation);
            }
        }
    }
    Ok(())
}

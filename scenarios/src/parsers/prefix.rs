//! A name gets no prefix that it was not sent with.

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::survey::report;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::prefix",
    sentence: "A cookie has a name with the prefix `__Host-` or `__Secure-` only if it was sent under that very name: no decoding, trimming, unquoting or separator gives it one.",
    fix: "split the header at semicolons and each piece at its first `=`, take off spaces and tabs alone, and leave names as they are: neither decode them nor change characters; leave pieces without a name out",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-565", "CWE-784"],
    owasp: &["ASVS 5.0 3.3.3", "WSTG-SESS-02"],
    needs: &[Need::Parses(Header::Cookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let sentence = "a cookie that anybody could set is read under a name with a prefix, which promises who set it";
    report(lab, Header::Cookie, Difference::ForgedPrefix, sentence)
}

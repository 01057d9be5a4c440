//! Exit codes: a table of what a run has in it and what it comes to.

use interloper_record::{Allow, Exit, Policy, Run, ScenarioResult, Severity, Stale, Verdict};

use crate::fixture::{because, empty, finding, result, with};

fn pass() -> ScenarioResult {
    result("s", "file", "area::pass", Verdict::Pass)
}

fn found(severity: Severity) -> ScenarioResult {
    let fail = result("s", "file", "area::fail", Verdict::Fail);
    with(fail, vec![finding("cause", severity)])
}

fn known() -> ScenarioResult {
    let mut result = found(Severity::High);
    result.findings[0].known = Some("accepted".into());
    result
}

fn plain(verdict: Verdict) -> ScenarioResult {
    because(result("s", "file", "area::other", verdict), "a reason")
}

fn predicted(mut result: ScenarioResult) -> ScenarioResult {
    result.predicted = true;
    result
}

fn run(results: Vec<ScenarioResult>) -> Run {
    Run { results, ..empty() }
}

fn stale(mut run: Run) -> Run {
    let (file, pattern, why) = ("f".into(), "p".into(), "w".into());
    run.stale.push(Stale { file, pattern, why });
    run
}

fn policy(fail_on: Severity, allow: &[Allow]) -> Policy {
    Policy { fail_on, allow: allow.to_vec() }
}

#[test]
fn the_table_of_exit_codes() {
    use Allow::{Predicted, Skip};
    use Exit::{Broken, Clean, Findings, Untested};
    use Severity::{High, Info, Low, Medium};
    let (error, skip, unsupported) =
        (|| plain(Verdict::Error), || plain(Verdict::Skip), || plain(Verdict::Unsupported));
    let zero_cases = || ScenarioResult { tested: 0, ..pass() };
    let no_finding = || result("s", "file", "area::fail", Verdict::Fail);
    let table: Vec<(&str, Vec<ScenarioResult>, Policy, Exit)> = vec![
        ("a pass", vec![pass()], policy(Medium, &[]), Clean),
        ("nothing", vec![], policy(Medium, &[]), Untested),
        ("nothing, allowed", vec![], policy(Medium, &[Skip, Predicted]), Untested),
        // Severities.
        ("high", vec![found(High)], policy(Medium, &[]), Findings),
        ("medium", vec![found(Medium)], policy(Medium, &[]), Findings),
        ("low", vec![found(Low)], policy(Medium, &[]), Clean),
        ("low on low", vec![found(Low)], policy(Low, &[]), Findings),
        ("medium on high", vec![found(Medium)], policy(High, &[]), Clean),
        ("info on info", vec![found(Info)], policy(Info, &[]), Clean),
        ("low on info", vec![found(Low)], policy(Info, &[]), Findings),
        ("known", vec![known()], policy(Low, &[]), Clean),
        ("known and new", vec![known(), found(High)], policy(Medium, &[]), Findings),
        // What was not tested.
        ("skip", vec![pass(), skip()], policy(Medium, &[]), Untested),
        ("skip, allowed", vec![pass(), skip()], policy(Medium, &[Skip]), Clean),
        ("skip, other allowed", vec![pass(), skip()], policy(Medium, &[Predicted]), Untested),
        ("only skips, allowed", vec![skip()], policy(Medium, &[Skip]), Untested),
        ("predicted", vec![predicted(pass())], policy(Medium, &[]), Untested),
        ("predicted, allowed", vec![predicted(pass())], policy(Medium, &[Predicted]), Clean),
        ("unsupported", vec![pass(), unsupported()], policy(Medium, &[]), Clean),
        ("only unsupported", vec![unsupported()], policy(Medium, &[Skip, Predicted]), Untested),
        ("no part, no host", vec![unsupported(), skip()], policy(Medium, &[Skip]), Untested),
        // The harness.
        ("error", vec![pass(), error()], policy(Medium, &[]), Broken),
        ("only error", vec![error()], policy(Medium, &[Skip, Predicted]), Broken),
        ("pass without a case", vec![zero_cases()], policy(Medium, &[]), Broken),
        ("fail without a finding", vec![no_finding()], policy(Medium, &[]), Broken),
        // Precedence.
        ("high, error", vec![found(High), error()], policy(Medium, &[]), Findings),
        ("high, skip", vec![found(High), skip()], policy(Medium, &[]), Findings),
        ("high predicted", vec![predicted(found(High))], policy(Medium, &[]), Findings),
        ("low, error", vec![found(Low), error()], policy(Medium, &[]), Broken),
        ("error, skip", vec![error(), skip()], policy(Medium, &[]), Broken),
        ("known, skip", vec![known(), skip()], policy(Medium, &[]), Untested),
    ];
    for (name, results, policy, expected) in table {
        let run = run(results);
        let outcome = policy.judge(&run);
        assert_eq!(outcome.exit, expected, "{name}: {}", outcome.words());
        // A code other than 0 is never without its reason.
        assert_eq!(outcome.reasons.is_empty(), expected == Clean, "{name}");
        // A stale entry fails every run it stands in, and is never masked.
        assert_eq!(policy.judge(&stale(run)).exit, Findings, "{name}, stale");
    }
}

#[test]
fn codes_are_the_documented_numbers() {
    let codes = [Exit::Clean, Exit::Findings, Exit::Usage, Exit::Broken, Exit::Untested];
    assert_eq!(codes.map(Exit::code), [0, 1, 2, 3, 4]);
}

#[test]
fn the_words_tell_every_reason_and_claim_no_more() {
    let skip = || plain(Verdict::Skip);
    let all = run(vec![found(Severity::High), plain(Verdict::Error), skip(), skip()]);
    let say = |run: &Run, policy: &Policy| policy.judge(run).words();
    let strict = Policy::default();
    let tolerant = policy(Severity::High, &[Allow::Skip, Allow::Predicted]);
    let words = [
        say(&stale(all), &strict),
        say(&run(vec![pass()]), &strict),
        say(&run(vec![pass(), known()]), &strict),
        say(&run(vec![pass(), known(), found(Severity::Low)]), &strict),
        say(&run(vec![pass(), skip()]), &strict),
        say(&run(vec![predicted(pass()), skip()]), &tolerant),
        say(&run(vec![skip()]), &tolerant),
        say(&run(vec![]), &tolerant),
        say(&run(vec![plain(Verdict::Unsupported)]), &strict),
        say(&run(vec![found(Severity::High)]), &tolerant),
    ];
    insta::assert_snapshot!(words.join("\n"));
}

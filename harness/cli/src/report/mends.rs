//! The changes that were tried, and what each ended, in sentences that reports share.

use interloper_record::Mends;
use interloper_record::lookup::plural;

/// Returns what was tried to mend the findings of a store.
pub(super) fn sentences(mends: &Mends) -> Vec<String> {
    let all = findings(mends.of);
    let mut lines = Vec::new();
    let count = mends.changes.len();
    for (n, change) in mends.changes.iter().enumerate() {
        let call = change.call.as_deref().map_or_else(String::new, |call| format!("{call} → "));
        let gone = match n {
            0 => format!("{} of {all} gone", change.gone.len()),
            _ => format!("{} more gone", change.gone.len()),
        };
        lines.push(format!("change {} of {count}: {call}{}: {gone}", n + 1, change.change));
    }
    match &mends.together {
        Some(together) => {
            let under = if count > 1 { format!("all {count} together") } else { "with it".into() };
            let new = match together.new.len() {
                0 => "nothing new".to_owned(),
                _ => format!("new: {}", together.new.join(", ")),
            };
            let results = plural(together.results, "result", "results");
            lines.push(format!(
                "{under}: {} of {all} gone, {new} in {results}",
                together.gone.len()
            ));
        }
        None => lines.push("no change of a call that was tried ends any of them".into()),
    }
    for design in &mends.designs {
        let count = plural(design.findings.len(), "finding needs", "findings need");
        lines.push(format!("{count} another design ({}): {}", design.cause, design.design));
    }
    for change in &mends.surroundings {
        let gone = change.gone.len();
        lines.push(format!(
            "without a change to the store: {}: {gone} of {all} gone",
            change.change
        ));
    }
    lines.extend(mends.untried.iter().map(|untried| format!("not tried: {untried}")));
    lines
}

fn findings(n: usize) -> String {
    plural(n, "finding", "findings")
}

#[cfg(test)]
mod tests {
    use interloper_record::{CallRole, Change, Changes, OtherDesign, Rule, Together, TriedChange};

    use super::*;

    fn change(call: &str, rules: &[(CallRole, Change)], gone: &[&str]) -> TriedChange {
        let rules = rules.iter().map(|(at, change)| Rule { at: *at, change: *change }).collect();
        let changes = Changes { rules, ..Changes::default() };
        let gone = gone.iter().map(ToString::to_string).collect();
        TriedChange { call: Some(call.into()), change: changes.to_string(), changes, gone }
    }

    #[test]
    fn each_change_says_its_call_and_how_many_findings_are_gone() {
        let both =
            [(CallRole::WriteFile, Change::PrivateMode), (CallRole::WriteFile, Change::NoFollow)];
        let mends = Mends {
            store: "s".into(),
            of: 4,
            changes: vec![
                change("openat(\"~/a\", O_CREAT, 0666)", &both, &["1", "2"]),
                change(
                    "mkdir(\"~/d\", 0777)",
                    &[(CallRole::MakeDirectory, Change::PrivateMode)],
                    &["3"],
                ),
            ],
            together: Some(Together {
                results: 9,
                gone: vec!["1".into(), "2".into(), "3".into()],
                new: Vec::new(),
            }),
            surroundings: Vec::new(),
            designs: vec![OtherDesign {
                cause: "locks".into(),
                design: "a lock".into(),
                findings: vec!["4".into()],
            }],
            untried: Vec::new(),
        };
        assert_eq!(
            sentences(&mends),
            [
                "change 1 of 2: openat(\"~/a\", O_CREAT, 0666) → 0600 with O_NOFOLLOW: 2 of 4 findings gone",
                "change 2 of 2: mkdir(\"~/d\", 0777) → 0700: 1 more gone",
                "all 2 together: 3 of 4 findings gone, nothing new in 9 results",
                "1 finding needs another design (locks): a lock",
            ]
        );
        let nothing = Mends { of: 1, ..Mends::default() };
        assert_eq!(sentences(&nothing), ["no change of a call that was tried ends any of them"]);
    }
}

//! A file cut short, at every point.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Profile, Scenario, Sweep, unit,
};

use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::truncation",
    sentence: "A session file cut short at any point is answered with corrupt or absent, never with part of a session.",
    fix: "write the length or an authentication tag with the contents, and check it before use",
    severity: Severity::Medium,
    cwe: &["CWE-354", "CWE-20"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of points that are tried if the profile does not ask for every one.
const POINTS: usize = 24;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        for length in points(whole.len(), lab.plan().profile) {
            fixture.try_damage(lab, Also::Nothing, |lab| {
                lab.overwrite(&file.path, &whole[..length])?;
                Ok(Some(format!(
                    "{} cut to {length} of {} bytes",
                    lab.display_path(&file.path),
                    whole.len()
                )))
            })?;
        }
    }
    Ok(())
}

/// Returns the points: both ends, where headers and tags are, and others spread evenly between them; every one up to a bound in the longer
/// profiles.
fn points(length: usize, profile: Profile) -> Vec<usize> {
    let bound = match profile {
        Profile::Quick => POINTS,
        Profile::Full => 1_024,
        Profile::Nightly => 16_384,
    };
    if length <= bound {
        return (0..length).collect();
    }
    let ends = 8.min(bound / 3);
    let mut points: Vec<usize> = (0..ends).chain(length - ends..length).collect();
    let between = bound - 2 * ends;
    points.extend((1..=between).map(|n| n * length / (between + 1)));
    points.sort_unstable();
    points.dedup();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_files_are_cut_everywhere() {
        assert_eq!(points(5, Profile::Quick), [0, 1, 2, 3, 4]);
        assert_eq!(points(1_000, Profile::Full).len(), 1_000);
    }

    #[test]
    fn long_files_are_cut_at_both_ends_and_between() {
        let points = points(100_000, Profile::Quick);
        assert!(points.len() <= POINTS);
        assert!(points.contains(&0) && points.contains(&99_999));
        assert!(points.iter().any(|point| (40_000..60_000).contains(point)));
    }
}

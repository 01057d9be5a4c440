//! Sets of umasks in few words.
//!
//! A run may test all 512 umasks, and a line has room for five. So the ones that people set are named first, the rest
//! is counted, and where the set follows from bits of the umask the bits are named: that is exact and short.

use std::collections::BTreeSet;

use interloper_driver::Umask;
use interloper_record::Matrix;

/// The umasks that people set: named before all others.
const COMMON: [Umask; 5] =
    [Umask::of(0o000), Umask::of(0o002), Umask::of(0o022), Umask::of(0o027), Umask::of(0o077)];

/// All there are.
const ALL: usize = 512;

/// As many umasks as are written out one by one.
const FEW: usize = 6;

/// A rule found from fewer umasks than these may be chance.
const ENOUGH_FOR_A_RULE: usize = 64;

fn set(umasks: &[Umask]) -> BTreeSet<Umask> {
    umasks.iter().copied().collect()
}

fn list(umasks: impl IntoIterator<Item = Umask>) -> String {
    umasks.into_iter().map(|umask| umask.to_string()).collect::<Vec<_>>().join(" ")
}

/// Returns some umasks of a large set: the common ones, or else the first two.
fn named(umasks: &BTreeSet<Umask>) -> Vec<Umask> {
    let common: Vec<Umask> = COMMON.into_iter().filter(|umask| umasks.contains(umask)).collect();
    match common.is_empty() {
        true => umasks.iter().copied().take(2).collect(),
        false => common,
    }
}

/// Returns the umasks of a finding for its headline: `umask 0002 0022 (0077 passes)`.
///
/// `None` if no umask is to blame.
pub(crate) fn headline(matrix: &Matrix) -> Option<String> {
    let (tested, failed) = (set(&matrix.tested), set(&matrix.failed));
    if failed.is_empty() {
        return None;
    }
    let passed: BTreeSet<Umask> = tested.difference(&failed).copied().collect();
    let few = failed.len() <= FEW;
    if passed.is_empty() {
        return Some(match failed.len() {
            _ if few => format!("umask {}", list(failed)),
            ALL => "every umask".to_owned(),
            n => format!("each of {n} umasks"),
        });
    }
    let failing = match few {
        true => list(failed.iter().copied()),
        false => format!("{} … {} of {}", list(named(&failed)), failed.len(), tested.len()),
    };
    let passing = match passed.len() {
        1 => format!("{} passes", list(passed)),
        2 | 3 => format!("{} pass", list(passed)),
        // One count is enough for both sides.
        _ if !few => format!("{} … pass", list(named(&passed))),
        n => format!("{} … {n} pass", list(named(&passed))),
    };
    Some(format!("umask {failing} ({passing})"))
}

/// Returns the columns of a matrix: every umask that was tested if they are few, else the common ones among them.
pub(crate) fn columns(matrix: &Matrix) -> Vec<Umask> {
    let tested = set(&matrix.tested);
    match tested.len() > FEW {
        true => named(&tested),
        false => tested.into_iter().collect(),
    }
}

/// Returns how many of the tested umasks these are, and by what rule: `256 of 512, unless it masks 0004`.
pub(crate) fn extent(umasks: &[Umask], tested: &[Umask]) -> String {
    let (hit, all) = (set(umasks), set(tested));
    if hit.len() == all.len() {
        return format!("all {}", all.len());
    }
    let mut words = format!("{} of {}", hit.len(), all.len());
    if let Some(rule) = rule(&hit, &all) {
        words.push_str(", ");
        words.push_str(&rule);
    }
    words
}

/// Returns the bits of the umask that decide who is in the set, if there are any.
fn rule(hit: &BTreeSet<Umask>, all: &BTreeSet<Umask>) -> Option<String> {
    if all.len() < ENOUGH_FOR_A_RULE || hit.is_empty() {
        return None;
    }
    let missed: Vec<Umask> = all.difference(hit).copied().collect();
    // What every umask that helped has in common, and nobody else has in full.
    let saving = missed.iter().fold(0o777, |bits, umask| bits & umask.bits());
    if saving != 0 && hit.iter().all(|umask| umask.bits() & saving != saving) {
        return Some(format!("unless it masks {saving:04o}"));
    }
    // What no umask that failed to help has, and everybody else has some of.
    let never = hit.iter().fold(0o777, |bits, umask| bits & !umask.bits());
    if never != 0 && missed.iter().all(|umask| umask.bits() & never != 0) {
        return Some(format!("where it masks none of {never:04o}"));
    }
    None
}

/// Returns a set exactly, for machines: `0000-0003 0010`.
pub(crate) fn ranges(umasks: &[Umask]) -> String {
    let mut ranges: Vec<(Umask, Umask)> = Vec::new();
    for umask in set(umasks) {
        match ranges.last_mut() {
            Some((_, last)) if umask.bits() - last.bits() == 1 => *last = umask,
            _ => ranges.push((umask, umask)),
        }
    }
    let range = |(first, last): (Umask, Umask)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.into_iter().map(range).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use interloper_driver::Umask;
    use interloper_record::Matrix;

    use super::{extent, headline, ranges};

    fn all() -> Vec<u16> {
        (0..512).collect()
    }

    fn which(keep: impl Fn(u16) -> bool) -> Vec<u16> {
        all().into_iter().filter(|umask| keep(*umask)).collect()
    }

    fn umasks(bits: Vec<u16>) -> Vec<Umask> {
        bits.into_iter().map(Umask::of).collect()
    }

    fn words(tested: Vec<u16>, failed: Vec<u16>) -> Option<String> {
        let (tested, failed) = (umasks(tested), umasks(failed));
        headline(&Matrix { tested, failed, ..Matrix::default() })
    }

    #[test]
    fn a_headline_is_short_whatever_the_set() {
        let table = [
            (words(vec![0o022], vec![]), None),
            (words(vec![0o022], vec![0o022]), Some("umask 0022")),
            (
                words(vec![0o077, 0o022, 0o002], vec![0o022, 0o002]),
                Some("umask 0002 0022 (0077 passes)"),
            ),
            (words(all(), all()), Some("every umask")),
            (words((0..64).collect(), (0..64).collect()), Some("each of 64 umasks")),
            (
                words(all(), which(|u| u & 0o044 != 0o044)),
                Some("umask 0000 0002 0022 0027 … 384 of 512 (0077 … pass)"),
            ),
            (
                words(all(), vec![0o111, 0o113]),
                Some("umask 0111 0113 (0000 0002 0022 0027 0077 … 510 pass)"),
            ),
            (
                words(all(), which(|u| u >= 0o700)),
                Some("umask 0700 0701 … 64 of 512 (0000 0002 0022 0027 0077 … pass)"),
            ),
        ];
        for (got, expected) in table {
            assert_eq!(got.as_deref(), expected);
        }
    }

    #[test]
    fn a_rule_is_exact_or_not_given() {
        let say = |hit: Vec<u16>| extent(&umasks(hit), &umasks(all()));
        assert_eq!(say(all()), "all 512");
        assert_eq!(say(which(|u| u & 0o004 == 0)), "256 of 512, unless it masks 0004");
        assert_eq!(say(which(|u| u & 0o044 != 0o044)), "384 of 512, unless it masks 0044");
        assert_eq!(say(which(|u| u & 0o044 == 0)), "128 of 512, where it masks none of 0044");
        assert_eq!(say(vec![0o010, 0o200]), "2 of 512");
        assert_eq!(
            extent(&umasks(vec![0o002, 0o022]), &umasks(vec![0o002, 0o022, 0o077])),
            "2 of 3"
        );
    }

    #[test]
    fn ranges_hold_every_umask() {
        assert_eq!(ranges(&umasks(vec![0o10, 0, 3, 1, 2, 2])), "0000-0003 0010");
        assert_eq!(ranges(&umasks(all())), "0000-0777");
        assert_eq!(ranges(&[]), "");
    }
}

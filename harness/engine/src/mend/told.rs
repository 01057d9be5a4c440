//! What was tried, as the record has it: changes by call, what can be done around the store, and the designs for the rest.

use std::collections::BTreeSet;

use super::search::{Pick, Place, Search, Target};
use super::whole::tested;
use crate::record::{CallRole, Changes, Mends, OtherDesign, TriedChange};

impl Search<'_, '_> {
    /// Returns the picks as a list of calls: what is changed at one call is one change.
    pub(super) fn told(&self, picks: &[Pick]) -> Vec<TriedChange> {
        let mut told: Vec<(CallRole, TriedChange)> = Vec::new();
        for pick in picks {
            let Some(at) = pick.changes.rules.first().map(|rule| rule.at) else { continue };
            let gone = self.fingerprints(&pick.gone);
            match told.iter_mut().find(|(known, _)| *known == at) {
                Some((_, change)) => {
                    change.changes = change.changes.and(&pick.changes);
                    change.gone.extend(gone);
                }
                None => {
                    let call = self.calls.get(&at).map(|call| without_digits(call));
                    let (changes, change) = (pick.changes.clone(), String::new());
                    told.push((at, TriedChange { call, change, changes, gone }));
                }
            }
        }
        for (_, change) in &mut told {
            change.change = change.changes.to_string();
        }
        told.into_iter().map(|(_, change)| change).collect()
    }

    /// Tries what can be done without a change to the store.
    pub(super) fn surroundings(&mut self) -> Vec<TriedChange> {
        let mut told = Vec::new();
        for surrounding in self.catalogue.surroundings {
            let under = Changes {
                umask: surrounding.umask.map(interloper_driver::Umask::of),
                home: surrounding.home,
                ..Changes::default()
            };
            let of_it = |t: &&Target<'_>| self.catalogue.of_surroundings.contains(&t.family);
            let places: BTreeSet<Place> =
                self.targets.iter().filter(of_it).filter_map(|t| tested(t.result)).collect();
            let places: Vec<Place> = places.into_iter().collect();
            (self.say)(&format!("mends: {} results under {under}", places.len()));
            self.run(&under, &places);
            let gone = self.gone_under(&under, &places);
            told.push(TriedChange {
                call: None,
                change: surrounding.words.into(),
                changes: under,
                gone: self.fingerprints(&gone),
            });
        }
        told.extend(self.other_setups());
        told
    }

    /// Returns what another setup of the store spares: the run itself has it.
    fn other_setups(&self) -> Vec<TriedChange> {
        let setups: BTreeSet<&str> = self.results.iter().map(|r| r.setup.as_str()).collect();
        let mut told = Vec::new();
        for setup in setups {
            let spared = |target: &Target<'_>| {
                let there = (target.result.scenario.clone(), setup.to_owned());
                target.result.setup != setup
                    && self.before(&there).is_some_and(|there| {
                        tested(there).is_some()
                            && !there.findings.iter().any(|f| f.cause == target.cause)
                    })
            };
            let gone: Vec<String> = self
                .targets
                .iter()
                .filter(|target| spared(target))
                .map(|target| target.fingerprint.to_owned())
                .collect();
            if !gone.is_empty() {
                let change = format!("setup {setup} in place of the others");
                told.push(TriedChange { change, gone, ..TriedChange::default() });
            }
        }
        told
    }

    /// Returns what no change of a call ended, by family.
    pub(super) fn designs(&self, mends: &Mends) -> Vec<OtherDesign> {
        let gone = mends.together.as_ref().map(|together| together.gone.as_slice());
        let gone = gone.unwrap_or_default();
        let mut designs: Vec<OtherDesign> = Vec::new();
        for target in &self.targets {
            if gone.iter().any(|gone| gone == target.fingerprint) {
                continue;
            }
            let fingerprint = target.fingerprint.to_owned();
            match designs.iter_mut().find(|design| design.cause == target.family) {
                Some(design) => design.findings.push(fingerprint),
                None => designs.push(OtherDesign {
                    cause: target.family.into(),
                    design: (self.catalogue.design)(target.family).into(),
                    findings: vec![fingerprint],
                }),
            }
        }
        designs.sort_by_key(|design| std::cmp::Reverse(design.findings.len()));
        designs
    }
}

/// Puts `<new>` in the place of long hexadecimal numbers, which are others each time.
fn without_digits(call: &str) -> String {
    let mut text = String::new();
    let mut rest = call;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, digits) = rest.split_at(at);
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        text.push_str(before);
        text.push_str(if end < 16 { &digits[..end] } else { "<new>" });
        rest = &digits[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::without_digits;

    #[test]
    fn names_that_are_made_anew_are_not_told() {
        let call = r#"openat("~/.tmp-02b1e9707d0af407", O_WRONLY|O_CREAT, 0666)"#;
        assert_eq!(without_digits(call), r#"openat("~/.tmp-<new>", O_WRONLY|O_CREAT, 0666)"#);
        assert_eq!(without_digits("close(7 ~/abc)"), "close(7 ~/abc)");
    }
}

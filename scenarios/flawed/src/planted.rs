//! Flaws of a reference application, client or parser, by name.

/// A flaw, and who must notice it.
#[derive(Clone, Copy, Debug)]
pub struct PlantedFlaw {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// The mistake, in a sentence.
    pub sentence: &'static str,
    /// The weaknesses it is an example of.
    pub cwe: &'static [&'static str],
    /// The scenarios that must fail.
    pub caught_by: &'static [&'static str],
    /// The scenarios that may fail, too.
    pub may_fail: &'static [&'static str],
}

/// A flaw with the word that stands for it in the code that has it.
pub(crate) struct Planted<F> {
    pub(crate) entry: PlantedFlaw,
    flaw: F,
}

pub(crate) const fn flaw<F: Copy>(
    name: &'static str,
    flaw: F,
    sentence: &'static str,
    cwe: &'static [&'static str],
    caught_by: &'static [&'static str],
) -> Planted<F> {
    Planted { entry: PlantedFlaw { name, sentence, cwe, caught_by, may_fail: &[] }, flaw }
}

impl<F: Copy> Planted<F> {
    pub(crate) const fn may_fail(self, may_fail: &'static [&'static str]) -> Planted<F> {
        Planted { entry: PlantedFlaw { may_fail, ..self.entry }, flaw: self.flaw }
    }
}

/// Returns the flaw of this name among some.
pub(crate) fn named<F: Copy>(flaws: &[Planted<F>], name: &str) -> Option<F> {
    flaws.iter().find(|planted| planted.entry.name == name).map(|planted| planted.flaw)
}

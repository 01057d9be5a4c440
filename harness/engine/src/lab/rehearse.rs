//! The steps of an operation, and whether they are the same every time.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::unseen::Explained;
use super::{CaseResult, Lab, Request, Resume, StoryGuards};
use crate::stepper::{LEFT_OUT, Step, shown_name};

/// Shortest part of a name that is taken for its end, in characters.
const LEAST: usize = 8;

/// An operation gone through twice from the same state, with nothing done to it.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// Its steps, in the first of the two.
    pub steps: Vec<Step>,
    /// Whether both runs had the same steps: only then is a pass over them exhaustive.
    pub repeats: bool,
    /// Change that no step explains, as a story prints it; a pass over the steps is not exhaustive then either.
    pub unseen: Option<String>,
    /// The names that are not made up anew each time.
    pub names: NameNormalizer,
}

/// Set of file names that are the same in every run. Others are written `<new#1>`, so that two runs can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameNormalizer {
    stable: BTreeSet<OsString>,
    /// Generated names, in the order of their appearance.
    generated: Vec<OsString>,
}

impl NameNormalizer {
    /// Returns the names that are both in one run and in another.
    pub fn common(one: &[Step], other: &[Step]) -> NameNormalizer {
        let of = |steps: &[Step]| -> BTreeSet<OsString> {
            steps.iter().flat_map(components).map(OsStr::to_owned).collect()
        };
        let stable = of(one).intersection(&of(other)).cloned().collect();
        NameNormalizer { stable, generated: Vec::new() }
    }

    /// Returns the names that are the same in every run of one operation or another.
    pub fn with(&self, other: &NameNormalizer) -> NameNormalizer {
        let stable = self.stable.union(&other.stable).cloned().collect();
        NameNormalizer { stable, generated: Vec::new() }
    }

    /// Returns a step's call with its generated names replaced.
    pub fn call(&mut self, step: &Step) -> String {
        let mut call = step.call.to_string();
        for name in components(step).filter(|name| !self.stable.contains(*name)) {
            let name = name.to_owned();
            let number = match self.generated.iter().position(|generated| *generated == name) {
                Some(index) => index + 1,
                None => {
                    self.generated.push(name.clone());
                    self.generated.len()
                }
            };
            call = renamed(&call, &shown_name(&name), number);
        }
        call
    }

    /// Returns a text with its generated names replaced by the numbers that [`NameNormalizer::call`] gave them.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (index, name) in self.generated.iter().enumerate() {
            text = renamed(&text, &shown_name(name), index + 1);
        }
        text
    }

    /// Returns whether a path is the same in every run, so that somebody can know it beforehand.
    pub fn is_predictable(&self, path: &Path) -> bool {
        path.iter().all(|name| self.stable.contains(name))
    }

    /// Returns the same names, with numbers that begin again at 1.
    pub fn reset(&self) -> NameNormalizer {
        NameNormalizer { stable: self.stable.clone(), generated: Vec::new() }
    }
}

/// Returns the text with a generated name replaced: both the whole name, and its end behind the omission in a long path.
fn renamed(text: &str, name: &str, number: usize) -> String {
    let new = format!("<new#{number}>");
    let mut pieces = text.split(LEFT_OUT);
    let mut whole = pieces.next().unwrap_or_default().replace(name, &new);
    for piece in pieces {
        let end = piece.find(['"', '/', ')', ',', ' ']).unwrap_or(piece.len());
        let (cut, rest) = piece.split_at(end);
        match cut.chars().count() >= LEAST && name.ends_with(cut) {
            true => whole += &format!("{new}{}", rest.replace(name, &new)),
            // A name may have a space in it, and go on where the piece was cut.
            false => whole += &format!("{LEFT_OUT}{}", piece.replace(name, &new)),
        }
    }
    whole
}

fn components(step: &Step) -> impl Iterator<Item = &OsStr> {
    step.paths.iter().flat_map(|path| path.iter())
}

impl Lab<'_> {
    /// Goes through an operation twice from what is there now, and puts that back.
    ///
    /// # Errors
    /// [`Abort::Ineffective`](super::Abort::Ineffective) where the store answers with an error; when the driver does not answer, or the harness broke.
    pub fn rehearse(&mut self, request: &Request) -> CaseResult<Rehearsal> {
        self.rehearse_looking(request, &mut |_, _| Ok(()))
    }

    /// Rehearses like [`Lab::rehearse`]; `look` is called before each step of the second run, and leaves everything as it is.
    ///
    /// # Errors
    /// As above, and what looking says.
    pub fn rehearse_looking(
        &mut self,
        request: &Request,
        look: &mut dyn FnMut(&mut Self, &Step) -> CaseResult<()>,
    ) -> CaseResult<Rehearsal> {
        self.aside(|lab| lab.go_through_twice(request, look))
    }

    fn go_through_twice(
        &mut self,
        request: &Request,
        look: &mut dyn FnMut(&mut Self, &Step) -> CaseResult<()>,
    ) -> CaseResult<Rehearsal> {
        let before = self.snapshot()?;
        // What is put back has its names in another order than what grew: a store that lists a directory goes another way.
        self.restore(&before)?;
        let start = self.tree()?;
        let mut explained = Explained::default();
        let first = self.go_through(request, &mut |_, step| {
            explained.add(step);
            Ok(())
        })?;
        let end = self.tree()?;
        let unseen = self.note_unseen(&explained, &start, &end, request.word());
        self.restore(&before)?;
        let second = self.go_through(request, look)?;
        self.restore(&before)?;
        let names = NameNormalizer::common(&first, &second);
        let normal = |steps: &[Step]| -> Vec<String> {
            let mut names = names.reset();
            steps.iter().map(|step| names.call(step)).collect()
        };
        Ok(Rehearsal { repeats: normal(&first) == normal(&second), unseen, steps: first, names })
    }

    fn go_through(
        &mut self,
        request: &Request,
        look: &mut dyn FnMut(&mut Self, &Step) -> CaseResult<()>,
    ) -> CaseResult<Vec<Step>> {
        let mut steps = Vec::new();
        let ending = self.through(request, |lab, step| {
            look(lab, step)?;
            steps.push(step.clone());
            Ok(Resume::Continue)
        })?;
        ending.require_ok(request.word())?;
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn names_are_replaced_whole_and_cut_short() {
        let call = r#"renameat("~/a/0123456789abcdef", "…456789abcdef")"#;
        assert_eq!(renamed(call, "0123456789abcdef", 2), r#"renameat("~/a/<new#2>", "<new#2>")"#);
        let call = "write(5 …456789abcdef/x, 3 bytes), …";
        assert_eq!(renamed(call, "0123456789abcdef", 1), "write(5 <new#1>/x, 3 bytes), …");
        assert_eq!(renamed("close(3 …/a, b)", "a, b", 1), "close(3 …/<new#1>)");
        // What is left of it may be the end of anything.
        assert_eq!(renamed("close(3 …cdef)", "0123456789abcdef", 1), "close(3 …cdef)");
    }
}

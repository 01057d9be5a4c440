//! What can be done to any format whose values hold values.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::mutation::{Kind, LONG, Mutations, replaced};

/// A value of such a format.
pub(super) trait Tree: Clone + PartialEq {
    /// Returns the number of values below it.
    fn count(&self) -> usize;
    /// Returns the n-th of them.
    fn below(&self, n: usize) -> Option<&Self>;
    /// Returns its key or number.
    fn key(&self, n: usize) -> String;
    /// Returns the n-th value below it.
    fn at(&mut self, n: usize) -> Option<&mut Self>;
    /// Takes the n-th away, with its key.
    fn take(&mut self, n: usize);
    /// Puts a value after the n-th, under the same key.
    fn double(&mut self, n: usize, value: Self);
    /// Puts the n-th value of another one at the end, with its key.
    fn graft(&mut self, other: &Self, n: usize);
    /// Returns a text.
    fn text(text: &str) -> Self;
    /// Returns a value of each type, with its words.
    fn types() -> Vec<(Self, &'static str)>;
    /// Returns the value in a list and in a map.
    fn nested(self) -> [(Self, &'static str); 2];
}

/// Spelling of values, and spellings that no writer uses.
pub(super) struct Spelling<'s, T> {
    pub(super) print: &'s dyn Fn(&T) -> Vec<u8>,
    /// Spelling of [`HERE`].
    pub(super) here: &'static [u8],
    /// Replacements for a value, with their descriptions. No printer gives them.
    pub(super) odd: &'s [(Vec<u8>, &'static str)],
}

/// Stands for a value until what no printer gives is put there.
pub(super) const HERE: &str = "interloper-here";

/// A value that has others below it, on the way to where the walk is.
struct Above<'t, T> {
    value: &'t T,
    /// Index of the child that the walk is at.
    at: usize,
    /// Values of another session under the same keys, and the place of each key in it.
    theirs: Option<(&'t T, HashMap<String, usize>)>,
}

impl<'t, T: Tree> Above<'t, T> {
    fn of(value: &'t T, theirs: Option<&'t T>) -> Above<'t, T> {
        let keys = |theirs: &T| {
            let mut keys = HashMap::new();
            for n in 0..theirs.count() {
                keys.entry(theirs.key(n)).or_insert(n);
            }
            keys
        };
        let theirs = theirs.filter(|theirs| value.count() > 0 && theirs.count() > 0);
        Above { value, at: 0, theirs: theirs.map(|theirs| (theirs, keys(theirs))) }
    }

    /// Returns the value that the walk is at.
    fn here(&self) -> Option<&'t T> {
        self.value.below(self.at)
    }

    /// Returns another session's value in its place.
    fn theirs(&self) -> Option<&'t T> {
        let (theirs, keys) = self.theirs.as_ref()?;
        theirs.below(*keys.get(&self.value.key(self.at))?)
    }
}

/// The way to a value, from the outermost on.
struct Way<'w, 't, T>(&'w [Above<'t, T>]);

impl<T: Tree> fmt::Display for Way<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|above| write!(f, "/{}", above.value.key(above.at)))
    }
}

/// Does everything to every value but the outermost.
///
/// The way to a value is all that is kept of the others, and what a change makes is made when it is asked for.
pub(super) fn change<T: Tree>(
    tree: &T,
    other: Option<&T>,
    spelling: &Spelling<'_, T>,
    out: &mut Mutations<'_>,
) {
    if let Some(other) = other {
        graft(tree, other, spelling.print, out);
    }
    let types = T::types();
    let mut way = vec![Above::of(tree, other)];
    while let Some(above) = way.last() {
        let Some(value) = above.here() else {
            way.pop();
            if let Some(above) = way.last_mut() {
                above.at += 1;
            }
            continue;
        };
        let theirs = above.theirs();
        change_here(&way, value, theirs, &types, spelling, out);
        way.push(Above::of(value, theirs));
    }
}

/// Does everything to the value that a way leads to.
fn change_here<T: Tree>(
    way: &[Above<'_, T>],
    value: &T,
    theirs: Option<&T>,
    types: &[(T, &'static str)],
    spelling: &Spelling<'_, T>,
    out: &mut Mutations<'_>,
) {
    let [first, rest @ ..] = way else { return };
    let parent = rest.last().unwrap_or(first);
    let (tree, n, print) = (first.value, parent.at, spelling.print);
    let at = Way(way);
    let around = |act: &dyn Fn(&mut T)| print(&changed(tree, &way[..way.len() - 1], act));
    let with = |new: &T| {
        around(&|parent| {
            if let Some(place) = parent.at(n) {
                place.clone_from(new);
            }
        })
    };
    let twice = |second: &T| around(&|parent| parent.double(n, second.clone()));
    // What concerns the whole document is tried always: whether it is noticed does not depend on a sample.
    let outermost = rest.is_empty();
    let without = || around(&|parent| parent.take(n));
    out.add(Kind::Dropped, without, format_args!("without {at}"), outermost);
    out.put(Kind::Doubled, || twice(value), format_args!("{at} twice"));
    let x = || T::text("x");
    out.put(Kind::Doubled, || twice(&x()), format_args!("{at} twice, the second \"x\""));
    for (other, word) in types.iter().filter(|(other, _)| other != value) {
        out.put(Kind::Retyped, || with(other), format_args!("{at} is {word}"));
    }
    // Their words do not depend on what is in them.
    for (which, (_, word)) in x().nested().into_iter().enumerate() {
        let nested = || with(&value.clone().nested()[which].0);
        out.put(Kind::Nested, nested, format_args!("{at} in {word}"));
    }
    let long = || with(&T::text(&"x".repeat(LONG)));
    out.put(Kind::Enlarged, long, format_args!("{at} is very long"));
    if let Some(next) = parent.value.below(n + 1).filter(|next| *next != value) {
        let both = || {
            around(&|parent| {
                for (n, value) in [(n, next), (n + 1, value)] {
                    if let Some(place) = parent.at(n) {
                        place.clone_from(value);
                    }
                }
            })
        };
        out.put(Kind::Exchanged, both, format_args!("{at} and the next change places"));
    }
    if let Some(theirs) = theirs.filter(|theirs| *theirs != value) {
        out.put(Kind::Spliced, || with(theirs), format_args!("{at} is another session's"));
        // Where two readers of one document take different ones of them, one checks what the other does not use.
        let what = format_args!("{at} twice, the second another session's");
        out.add(Kind::Spliced, || twice(theirs), what, outermost);
        let first = || {
            around(&|parent| {
                if let Some(place) = parent.at(n) {
                    place.clone_from(theirs);
                }
                parent.double(n, value.clone());
            })
        };
        let what = format_args!("{at} twice, the first another session's");
        out.put(Kind::Spliced, first, what);
    }
    for (odd, word) in spelling.odd {
        let spelt = || replaced(&with(&T::text(HERE)), spelling.here, odd);
        out.put(Kind::Spelt, spelt, format_args!("{at} {word}"));
    }
}

/// Puts what another session has and this one has not beside what this one has.
fn graft<T: Tree>(tree: &T, other: &T, print: &dyn Fn(&T) -> Vec<u8>, out: &mut Mutations<'_>) {
    let ours: HashSet<String> = (0..tree.count()).map(|n| tree.key(n)).collect();
    for n in 0..other.count() {
        let key = other.key(n);
        if !ours.contains(&key) {
            let grown = || print(&changed(tree, &[], &|tree| tree.graft(other, n)));
            let what = format_args!("/{key} of another session at the end");
            out.put(Kind::Spliced, grown, what);
        }
    }
}

/// Returns the tree with something done to the value that a way leads to.
fn changed<T: Tree>(tree: &T, way: &[Above<'_, T>], act: &dyn Fn(&mut T)) -> T {
    let mut changed = tree.clone();
    let mut value = Some(&mut changed);
    for above in way {
        value = value.and_then(|value| value.at(above.at));
    }
    if let Some(value) = value {
        act(value);
    }
    changed
}

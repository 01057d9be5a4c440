//! What can be done to any format whose values hold values.

use super::mutation::{Kind, LONG, Mutations, replaced};

/// A value of such a format.
pub(super) trait Tree: Clone + PartialEq {
    /// The values below it, each with its key or number.
    fn below(&self) -> Vec<(String, &Self)>;
    /// The n-th of them.
    fn at(&mut self, n: usize) -> Option<&mut Self>;
    /// Takes the n-th away, with its key.
    fn take(&mut self, n: usize);
    /// Puts a value after the n-th, under the same key.
    fn double(&mut self, n: usize, value: Self);
    /// Puts the n-th value of another one at the end, with its key.
    fn graft(&mut self, other: &Self, n: usize);
    /// A text.
    fn text(text: &str) -> Self;
    /// A value of each type, with its words.
    fn types() -> Vec<(Self, &'static str)>;
    /// The value in a list and in a map.
    fn nested(self) -> [(Self, &'static str); 2];
}

/// How values are written, and how no writer writes them.
pub(super) struct Spelling<'s, T> {
    pub(super) print: &'s dyn Fn(&T) -> Vec<u8>,
    /// How it spells [`HERE`].
    pub(super) here: &'static [u8],
    /// What is put in a value's place, with its words. No printer gives it.
    pub(super) odd: &'s [(Vec<u8>, &'static str)],
}

/// Stands for a value until what no printer gives is put there.
pub(super) const HERE: &str = "interloper-here";

/// Where a value is: the numbers on the way to it, and the keys.
struct Place {
    way: Vec<usize>,
    keys: Vec<String>,
}

/// Does everything to every value but the outermost.
pub(super) fn change<T: Tree>(
    tree: &T,
    other: Option<&T>,
    spelling: &Spelling<'_, T>,
    out: &mut Mutations,
) {
    let print = spelling.print;
    if let Some(other) = other {
        graft(tree, other, print, out);
    }
    for place in places(tree) {
        let (Some(value), Some((&n, above))) = (find(tree, &place.way), place.way.split_last())
        else {
            continue;
        };
        let at = place.keys.iter().map(|key| format!("/{key}")).collect::<String>();
        let put = |new: &T| print(&changed(tree, &place.way, |value| *value = new.clone()));
        let around = |act: &dyn Fn(&mut T)| print(&changed(tree, above, |parent| act(parent)));
        let twice = |second: &T| around(&|parent| parent.double(n, second.clone()));
        // What concerns the whole document is tried always: whether it is noticed does not depend on a sample.
        let outermost = place.way.len() == 1;
        let without = around(&|parent| parent.take(n));
        out.add(Kind::Dropped, without, format!("without {at}"), outermost);
        out.put(Kind::Doubled, twice(value), format!("{at} twice"));
        out.put(Kind::Doubled, twice(&T::text("x")), format!("{at} twice, the second \"x\""));
        for (other, word) in T::types() {
            out.put(Kind::Retyped, put(&other), format!("{at} is {word}"));
        }
        for (nested, word) in value.clone().nested() {
            out.put(Kind::Nested, put(&nested), format!("{at} in {word}"));
        }
        out.put(Kind::Enlarged, put(&T::text(&"x".repeat(LONG))), format!("{at} is very long"));
        let next = find(tree, above).and_then(|above| Some(above.below().get(n + 1)?.1.clone()));
        if let Some(next) = next {
            let both = around(&|parent| {
                for (n, value) in [(n, &next), (n + 1, value)] {
                    if let Some(place) = parent.at(n) {
                        *place = value.clone();
                    }
                }
            });
            out.put(Kind::Exchanged, both, format!("{at} and the next change places"));
        }
        if let Some(theirs) = other.and_then(|other| same_keys(other, &place.keys))
            && theirs != value
        {
            out.put(Kind::Spliced, put(theirs), format!("{at} is another session's"));
            // Where two readers of one document take different ones of them, one checks what the other does not use.
            let what = format!("{at} twice, the second another session's");
            out.add(Kind::Spliced, twice(theirs), what, outermost);
            let first = around(&|parent| {
                if let Some(place) = parent.at(n) {
                    *place = theirs.clone();
                }
                parent.double(n, value.clone());
            });
            out.put(Kind::Spliced, first, format!("{at} twice, the first another session's"));
        }
        let mark = put(&T::text(HERE));
        for (odd, word) in spelling.odd {
            out.put(Kind::Spelt, replaced(&mark, spelling.here, odd), format!("{at} {word}"));
        }
    }
}

/// Puts what another session has and this one has not beside what this one has.
fn graft<T: Tree>(tree: &T, other: &T, print: &dyn Fn(&T) -> Vec<u8>, out: &mut Mutations) {
    for (n, (key, _)) in other.below().into_iter().enumerate() {
        if tree.below().iter().all(|(ours, _)| *ours != key) {
            let grown = changed(tree, &[], |tree| tree.graft(other, n));
            out.put(Kind::Spliced, print(&grown), format!("/{key} of another session at the end"));
        }
    }
}

fn places<T: Tree>(tree: &T) -> Vec<Place> {
    let mut all = Vec::new();
    let mut next = vec![Place { way: Vec::new(), keys: Vec::new() }];
    while let Some(place) = next.pop() {
        let below = find(tree, &place.way).map(Tree::below).unwrap_or_default();
        for (n, (key, _)) in below.into_iter().enumerate().rev() {
            next.push(Place {
                way: [&place.way[..], &[n]].concat(),
                keys: [&place.keys[..], &[key]].concat(),
            });
        }
        if !place.way.is_empty() {
            all.push(place);
        }
    }
    all
}

fn find<'t, T: Tree>(tree: &'t T, way: &[usize]) -> Option<&'t T> {
    way.iter().try_fold(tree, |value, n| Some(value.below().get(*n)?.1))
}

fn same_keys<'t, T: Tree>(tree: &'t T, keys: &[String]) -> Option<&'t T> {
    keys.iter().try_fold(tree, |value, key| {
        Some(value.below().into_iter().find(|(other, _)| other == key)?.1)
    })
}

/// The tree with something done to one of its values.
fn changed<T: Tree>(tree: &T, way: &[usize], act: impl FnOnce(&mut T)) -> T {
    let mut changed = tree.clone();
    let mut value = Some(&mut changed);
    for n in way {
        value = value.and_then(|value| value.at(*n));
    }
    if let Some(value) = value {
        act(value);
    }
    changed
}

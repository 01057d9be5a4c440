//! How a parser's reading of `Cookie` differs from the reference's.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use interloper_engine::record::Difference;
use interloper_formats::cookie::{self, Prefix, trim};

use super::change::{self, Forms};
use super::plain::{has_controls, is_all_plain, is_plain};
use super::texts::{as_sent_to_php, held, same_base, split, without_numbers};

/// Separators that readers put between the values of several cookies.
const BETWEEN: [&[u8]; 4] = [b"&", b",", b", ", b"; "];

/// The most places of a name in values that are looked at, of the first and of the last.
const INSIDE: usize = 8;

/// A name and a value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Returns the pairs of a `Cookie` header as the reference reads them, control characters or not: a parser is compared with these either way.
pub(super) fn reference(header: &[u8]) -> Vec<Pair> {
    cookie::cookie_pairs(header).into_iter().map(|pair| (pair.name, pair.value)).collect()
}

/// Returns the ways in which a reading differs from the reference's. An order is no difference: most parsers make a map.
pub(super) fn differences(header: &[u8], due: &[Pair], read: &[Pair]) -> BTreeSet<Difference> {
    let mut compared = Compared::new(header, due);
    let mut changed: Vec<&Pair> = read.iter().filter(|pair| !compared.takes(pair)).collect();
    let is_damaged = compared.left.contains(&true);
    // One without a value may be a word, and not what became of a cookie.
    changed.sort_by_key(|(_, value)| value.is_empty());
    let strangers: Vec<&Pair> =
        changed.into_iter().filter(|pair| !compared.takes_changed(pair)).collect();
    for pair in strangers {
        compared.stranger(pair);
    }
    compared.missing(read);
    if is_damaged && is_all_plain(header, due) {
        compared.found.insert(Difference::Lost);
    }
    if has_controls(header) {
        compared.found.insert(Difference::Control);
    }
    compared.found
}

/// A comparison under way.
///
/// A parser may answer with anything, so no work is done for each pair of the answer and each of the header: what is asked of the header's is looked up.
struct Compared<'a> {
    header: &'a [u8],
    due: &'a [Pair],
    /// Positions of the reference's pairs, by name.
    names: BTreeMap<&'a [u8], Vec<usize>>,
    /// Flag that a pair of the reference's was not read yet.
    left: Vec<bool>,
    /// Positions of the reference's pairs, by each text that their names may be read as.
    read_names: OnceCell<BTreeMap<Vec<u8>, Vec<usize>>>,
    /// Readings of each value of the reference's.
    read_values: Vec<OnceCell<Forms>>,
    /// Readings of values, behind a name and its `=` in them.
    inside: BTreeMap<Vec<u8>, Vec<Forms>>,
    /// The pieces without `=`.
    words: OnceCell<Vec<Word<'a>>>,
    found: BTreeSet<Difference>,
}

/// A piece without `=`, and what it may be read as.
type Word<'a> = (&'a [u8], BTreeSet<Vec<u8>>);

impl<'a> Compared<'a> {
    fn new(header: &'a [u8], due: &'a [Pair]) -> Compared<'a> {
        let mut names: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (at, (name, _)) in due.iter().enumerate() {
            names.entry(name).or_default().push(at);
        }
        Compared {
            header,
            due,
            names,
            left: vec![true; due.len()],
            read_names: OnceCell::new(),
            read_values: due.iter().map(|_| OnceCell::new()).collect(),
            inside: BTreeMap::new(),
            words: OnceCell::new(),
            found: BTreeSet::new(),
        }
    }

    /// Returns the pairs of this very name that were not read yet.
    fn of_name(&self, name: &[u8]) -> Vec<usize> {
        let all = self.names.get(name).into_iter().flatten();
        all.copied().filter(|at| self.left[*at]).collect()
    }

    /// Returns the pairs, not read yet, whose name may be read as this one.
    fn of_read_name(&self, name: &[u8]) -> Vec<usize> {
        let read_names = self.read_names.get_or_init(|| {
            let mut all: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
            for (name, at) in &self.names {
                let forms = change::forms_of_name(name);
                let unnumbered = forms.iter().map(|form| without_numbers(form));
                for form in forms.iter().cloned().chain(unnumbered).collect::<BTreeSet<_>>() {
                    all.entry(form).or_default().extend(at);
                }
            }
            all.values_mut().for_each(|at| at.sort_unstable());
            all
        });
        let of = |name: &[u8]| -> Vec<usize> {
            let all = read_names.get(trim(name)).filter(|_| !name.is_empty()).into_iter().flatten();
            all.copied().filter(|at| self.left[*at]).collect()
        };
        match of(name) {
            none if none.is_empty() => of(&as_sent_to_php(name)),
            some => some,
        }
    }

    /// Returns the changes by which the value of a pair was read, white space around it included.
    fn of_value(&self, at: usize, read: &[u8]) -> Option<BTreeSet<Difference>> {
        let forms = self.read_values[at].get_or_init(|| Forms::of_value(&self.due[at].1));
        forms.explain(read).or_else(|| {
            let mut found = forms.explain(trim(read))?;
            found.insert(Difference::Padded);
            Some(found)
        })
    }

    /// Returns the pieces without `=`.
    fn words(&self) -> &[Word<'a>] {
        self.words.get_or_init(|| {
            let pieces = self.header.split(|byte| *byte == b';').map(trim);
            let pieces: BTreeSet<&[u8]> = pieces.filter(|piece| !piece.contains(&b'=')).collect();
            pieces.into_iter().map(|piece| (piece, change::forms_of_name(piece))).collect()
        })
    }

    /// Returns whether a name is that of a piece without `=`, or what that may be read as.
    fn is_word(&self, name: &[u8]) -> bool {
        self.words().iter().any(|(piece, forms)| {
            *piece == name
                || (!name.is_empty() && forms.contains(trim(name)))
                || forms.contains(&as_sent_to_php(name))
                || same_base(piece, name)
        })
    }

    /// Returns whether a value of the reference's holds a pair.
    fn is_inside(&mut self, name: &[u8], value: &[u8]) -> bool {
        if !self.inside.contains_key(name) {
            let start = [name, b"="].concat();
            let rests = self.due.iter().flat_map(|(_, value)| {
                let starts = value.windows(start.len()).enumerate();
                let starts = starts.filter(|(_, window)| *window == start);
                starts.map(|(at, window)| &value[at + window.len()..])
            });
            let rests: Vec<&[u8]> = rests.collect();
            let (first, rest) = rests.split_at(rests.len().min(INSIDE));
            let last = &rest[rest.len().saturating_sub(INSIDE)..];
            let forms = first.iter().chain(last).map(|rest| Forms::of_value(rest)).collect();
            self.inside.insert(name.to_vec(), forms);
        }
        self.inside[name].iter().any(|forms| forms.explain(value).is_some())
    }

    /// Takes a pair that is as the reference has it.
    fn takes(&mut self, (name, value): &Pair) -> bool {
        let at = self.of_name(name).into_iter().find(|at| self.due[*at].1 == *value);
        at.is_some_and(|at| std::mem::replace(&mut self.left[at], false))
    }

    /// Takes a pair with a name of the reference's and another value.
    fn takes_changed(&mut self, (name, value): &Pair) -> bool {
        let of_name = self.of_name(name);
        let Some(first) = of_name.first() else { return false };
        // A word beside a cookie of its name is not what became of that one.
        if value.is_empty() && self.is_word(name) {
            return false;
        }
        let is_whole = |at: &usize| {
            self.of_value(*at, value).is_some_and(|how| !how.contains(&Difference::Cut))
        };
        if of_name.len() > 1
            && !of_name.iter().any(is_whole)
            && let Some(how) = self.joined(&of_name, value)
        {
            of_name.iter().for_each(|at| self.left[*at] = false);
            self.found.insert(Difference::Joined);
            self.found.extend(how);
            return true;
        }
        let whole = of_name.iter().find(|at| is_whole(at)).into_iter();
        let mut candidates = whole.chain(&of_name);
        let explained = candidates.find_map(|at| Some((*at, self.of_value(*at, value)?)));
        // Another cookie's value, under a name that was changed to this one.
        let explained = explained.or_else(|| {
            self.of_read_name(name).into_iter().find_map(|at| {
                let mut how = self.of_value(at, value)?;
                how.insert(Difference::Renamed);
                Some((at, how))
            })
        });
        // It stands in the value of a cookie: part of that one is read as another.
        if explained.is_none() && self.is_inside(name, value) {
            self.found.insert(Difference::Added);
            return true;
        }
        let (at, how) = explained.unwrap_or_else(|| {
            // What a value holds of the next piece shows where that is missing.
            let how = match value.contains(&b';') {
                true => Difference::Unquoted,
                false => Difference::Other,
            };
            (*first, BTreeSet::from([how]))
        });
        self.left[at] = false;
        self.found.extend(how);
        true
    }

    /// Returns the changes by which a value is those of several cookies, with something between them.
    fn joined<'v>(&'v self, several: &[usize], value: &'v [u8]) -> Option<BTreeSet<Difference>> {
        let joined = self.all_joined(several, value).or_else(|| {
            // A reader that joins and splits has no empty ones.
            let full = |at: &usize| !self.due[*at].1.is_empty();
            let full: Vec<usize> = several.iter().copied().filter(full).collect();
            (full.len() < several.len()).then(|| self.all_joined(&full, value)).flatten()
        });
        // One that takes each value for a list has no empty items at the ends of these.
        let items = |text: &'v [u8]| split(text, b"&").into_iter().filter(|item| !item.is_empty());
        let sent = several.iter().flat_map(|at| items(&self.due[*at].1));
        joined.or_else(|| sent.eq(items(value)).then(BTreeSet::new))
    }

    fn all_joined(&self, several: &[usize], value: &[u8]) -> Option<BTreeSet<Difference>> {
        let values: Vec<&[u8]> = several.iter().map(|at| &self.due[*at].1[..]).collect();
        BETWEEN.iter().find_map(|between| {
            if values.join(*between) == value {
                return Some(BTreeSet::new());
            }
            let parts = split(value, between);
            if parts.len() != several.len() {
                return None;
            }
            let hows = several.iter().zip(parts).map(|(at, part)| {
                self.of_value(*at, part).filter(|how| !how.contains(&Difference::Cut))
            });
            hows.collect::<Option<Vec<_>>>().map(|hows| hows.into_iter().flatten().collect())
        })
    }

    /// Judges a pair with a name that the reference does not have.
    fn stranger(&mut self, (name, value): &Pair) {
        if value.is_empty() && self.words().iter().any(|(piece, _)| piece == name) {
            self.found.insert(Difference::Bare);
            return;
        }
        let of_name = self.of_read_name(name).first().copied();
        if let Some(at) = of_name {
            self.left[at] = false;
            let how = self.of_value(at, value).unwrap_or_default();
            self.found.extend(how);
        }
        // A name that had a prefix did not get it from the parser.
        let had_prefix = of_name.is_some_and(|at| Prefix::of(&self.due[at].0).is_some());
        let is_sent = self.names.contains_key(&name[..]);
        let difference = if Prefix::of(name).is_some() && !is_sent && !had_prefix {
            // A word without `=` is what it was sent as.
            match value.is_empty() && self.is_word(name) {
                true => Difference::Bare,
                false => Difference::ForgedPrefix,
            }
        } else if let Some(at) = of_name {
            match trim(name) == self.due[at].0 {
                true => Difference::Padded,
                false => Difference::Renamed,
            }
        } else if trim(name).is_empty() {
            Difference::Nameless
        } else if value.is_empty() && self.is_word(name) {
            Difference::Bare
        } else {
            Difference::Added
        };
        self.found.insert(difference);
    }

    /// Judges the pairs of the reference's that are not in the reading.
    fn missing(&mut self, read: &[Pair]) {
        let read_names: BTreeSet<&[u8]> = read.iter().map(|pair| &pair.0[..]).collect();
        let sent_values: BTreeSet<&[u8]> = self.due.iter().map(|pair| &pair.1[..]).collect();
        // A value that was sent as it is holds nothing of another.
        let values = read.iter().map(|pair| &pair.1[..]);
        let held =
            held(self.names.keys(), values.filter(|value| !sent_values.contains(trim(value))));
        let mut judged = BTreeSet::new();
        for at in (0..self.due.len()).filter(|at| self.left[*at]) {
            let due = &self.due[at];
            let others = self.names[&due.0[..]].iter().filter(|other| !self.left[**other]);
            let difference = match others.min() {
                Some(other) if *other > at => Difference::LastOfSeveral,
                Some(_) => Difference::FirstOfSeveral,
                // One that is just as missing was judged already.
                None if !judged.insert(due) => continue,
                // Another cookie's name became this one.
                None if read_names.contains(&due.0[..]) => Difference::FirstOfSeveral,
                None if held.contains(&due.0[..]) => Difference::Swallowed,
                None if is_plain(self.header, due) => Difference::Lost,
                None => Difference::Ignored,
            };
            self.found.insert(difference);
        }
    }
}

#[cfg(test)]
mod tests;

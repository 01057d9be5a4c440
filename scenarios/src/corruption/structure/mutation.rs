//! Changes of a file: told one after the other, and made only where they are chosen.
//!
//! A file of a few kilobytes has thousands of changes, and some of them are a mebibyte each. So a format tells its changes twice: the first
//! time they are counted, the second time those that were chosen are made, each when its turn comes.

use std::borrow::Cow;
use std::fmt::Display;

use interloper_engine::{Plan, Profile};

use crate::corruption::judge::Also;

/// Length of an enlarged value, in bytes.
pub(super) const LONG: usize = 1 << 20;
/// Deeper than any stack: a parser that recurses without a limit ends here.
pub(super) const DEEP: usize = 1_000_000;

/// Kind of change to a file. Each kind gets its share if not all are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dropped,
    Doubled,
    Retyped,
    Nested,
    Enlarged,
    Exchanged,
    /// With a part of another session's file.
    Spliced,
    /// Spelt as the format forbids.
    Spelt,
}

impl Kind {
    pub(super) const ALL: [Kind; 8] = [
        Kind::Dropped,
        Kind::Doubled,
        Kind::Retyped,
        Kind::Nested,
        Kind::Enlarged,
        Kind::Exchanged,
        Kind::Spliced,
        Kind::Spelt,
    ];

    /// Returns the answers that are right for the store: another session's part that stands in the file is for no plain store to notice.
    pub(super) fn also(self) -> Also {
        match self {
            Kind::Spliced => Also::Spliced,
            _ => Also::Nothing,
        }
    }
}

/// A file that is not what was saved.
pub(super) struct Mutation {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    /// Description of the change, in a clause.
    pub(super) what: String,
}

/// A change that was not made yet.
struct Candidate<'c> {
    kind: Kind,
    /// Whether it is tried even if few are: changes of the whole file are.
    always: bool,
    make: &'c dyn Fn() -> Vec<u8>,
    what: &'c dyn Display,
}

/// Takes the changes of a file as they are told.
pub(super) struct Mutations<'m> {
    take: &'m mut dyn FnMut(Candidate<'_>),
}

impl Mutations<'_> {
    /// Adds a change, which is made only if it is chosen.
    pub(super) fn put(&mut self, kind: Kind, make: impl Fn() -> Vec<u8>, what: impl Display) {
        self.add(kind, make, what, false);
    }

    /// Adds a change that is always tried.
    pub(super) fn must(&mut self, kind: Kind, make: impl Fn() -> Vec<u8>, what: impl Display) {
        self.add(kind, make, what, true);
    }

    /// Adds a change that is always tried if it is `always`.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        make: impl Fn() -> Vec<u8>,
        what: impl Display,
        always: bool,
    ) {
        (self.take)(Candidate { kind, always, make: &make, what: &what });
    }
}

/// All that can be done to one file.
pub(super) struct Changes<'b> {
    /// The file as the format prints it: what comes out like this is no change.
    unchanged: Cow<'b, [u8]>,
    tell: Box<dyn Fn(&mut Mutations<'_>) + 'b>,
}

impl<'b> Changes<'b> {
    /// Returns the changes that `tell` gives, the same ones in the same order each time.
    pub(super) fn of(
        unchanged: impl Into<Cow<'b, [u8]>>,
        tell: impl Fn(&mut Mutations<'_>) + 'b,
    ) -> Changes<'b> {
        Changes { unchanged: unchanged.into(), tell: Box::new(tell) }
    }

    /// Returns these changes and those of another format in the same file.
    pub(super) fn and(self, other: Option<Changes<'b>>) -> Changes<'b> {
        let Changes { unchanged, tell } = self;
        let tell = move |out: &mut Mutations<'_>| {
            tell(out);
            if let Some(other) = &other {
                (other.tell)(out);
            }
        };
        Changes { unchanged, tell: Box::new(tell) }
    }

    /// Returns the number of changes in each group.
    fn count(&self) -> [usize; Group::COUNT] {
        let mut counts = [0; Group::COUNT];
        let mut take = |one: Candidate<'_>| counts[Group::of(&one)] += 1;
        (self.tell)(&mut Mutations { take: &mut take });
        counts
    }

    /// Makes those that the plan chooses, one at a time, until `each` fails; says how many were made, of how many.
    pub(super) fn each<E>(
        &self,
        plan: &Plan,
        mut each: impl FnMut(Mutation) -> Result<(), E>,
    ) -> Result<(usize, usize), E> {
        let counts = self.count();
        let mut chosen = Chosen::of(plan, counts);
        let (mut made, mut result) = (0, Ok(()));
        let mut take = |one: Candidate<'_>| {
            if !chosen.take(Group::of(&one)) || result.is_err() {
                return;
            }
            let bytes = (one.make)();
            // What came out as it was says nothing.
            if *bytes != *self.unchanged {
                made += 1;
                result = each(Mutation { kind: one.kind, bytes, what: one.what.to_string() });
            }
        };
        (self.tell)(&mut Mutations { take: &mut take });
        result.map(|()| (made, counts.iter().sum()))
    }

    /// Makes one of them: `below` chooses a kind, and then one of that kind.
    pub(super) fn one(&self, mut below: impl FnMut(usize) -> usize) -> Option<Vec<u8>> {
        let counts = self.count();
        let groups: Vec<usize> = (0..Group::COUNT).filter(|group| counts[*group] > 0).collect();
        let group = *groups.get(below(groups.len().max(1)))?;
        let (mut left, mut made) = (below(counts[group]), None);
        let mut take = |one: Candidate<'_>| {
            if Group::of(&one) != group || made.is_some() {
                return;
            }
            match left.checked_sub(1) {
                Some(less) => left = less,
                None => made = Some((one.make)()),
            }
        };
        (self.tell)(&mut Mutations { take: &mut take });
        made
    }

    /// Returns all of them at once.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<Mutation> {
        let plan = Plan { seed: 0, profile: Profile::Nightly, umasks: Vec::new(), cases: None };
        let mut all = Vec::new();
        let each = |one| {
            all.push(one);
            Ok::<(), std::convert::Infallible>(())
        };
        let Ok(_) = self.each(&plan, each);
        all
    }
}

/// Groups of changes: those that are always tried, and the others by kind.
struct Group;

impl Group {
    const COUNT: usize = 1 + Kind::ALL.len();

    fn of(one: &Candidate<'_>) -> usize {
        if one.always { 0 } else { 1 + one.kind as usize }
    }
}

/// Changes of each group that are made: evenly, from where the seed says.
struct Chosen {
    next: [usize; Group::COUNT],
    places: [std::iter::Peekable<std::vec::IntoIter<usize>>; Group::COUNT],
}

impl Chosen {
    fn of(plan: &Plan, counts: [usize; Group::COUNT]) -> Chosen {
        // What must be is few, but for files of hundreds of pages or lists of a thousand.
        let (must, share) = match plan.profile {
            Profile::Quick => (128, 8),
            Profile::Full => (2_048, 512),
            Profile::Nightly => (usize::MAX, usize::MAX),
        };
        let places = std::array::from_fn(|group| {
            let room = if group == 0 { must } else { share };
            plan.some_places(counts[group], room).collect::<Vec<_>>().into_iter().peekable()
        });
        Chosen { next: [0; Group::COUNT], places }
    }

    /// Returns whether the next of a group is one of them.
    fn take(&mut self, group: usize) -> bool {
        let n = self.next[group];
        self.next[group] += 1;
        self.places[group].next_if_eq(&n).is_some()
    }
}

/// Returns the bytes with the first `from` in them replaced.
pub(super) fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match bytes.windows(from.len()).position(|window| window == from) {
        Some(at) => [&bytes[..at], to, &bytes[at + from.len()..]].concat(),
        None => bytes.to_owned(),
    }
}

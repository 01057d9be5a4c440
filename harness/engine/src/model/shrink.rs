//! Histories that shrink to the shortest one that still shows something.
//!
//! proptest shrinks a list from its front and each value by itself; a history has actions that only go together, such as two
//! [`Action::Switch`], and ids that mean others when an action before them is left out.

use proptest::strategy::{BoxedStrategy, NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::{Action, CALLERS, Size};

/// Makes histories of a list's strategy.
#[derive(Debug)]
pub(super) struct Shrinking(pub(super) BoxedStrategy<Vec<Action>>);

impl Strategy for Shrinking {
    type Tree = Shrunk;
    type Value = Vec<Action>;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let best = self.0.new_tree(runner)?.current();
        Ok(Shrunk { best, tried: None, simpler: None })
    }
}

/// A history that is being shrunk: in the end no action and no two can be left out, none could be a load instead, no time be shorter,
/// and no session be of the case's own shape.
#[derive(Debug)]
pub(super) struct Shrunk {
    /// The simplest that shows it.
    best: Vec<Action>,
    /// The one that is tried.
    tried: Option<Vec<Action>>,
    /// Simpler histories that are to be tried next.
    simpler: Option<std::vec::IntoIter<Vec<Action>>>,
}

impl ValueTree for Shrunk {
    type Value = Vec<Action>;

    fn current(&self) -> Vec<Action> {
        self.tried.as_ref().unwrap_or(&self.best).clone()
    }

    fn simplify(&mut self) -> bool {
        if let Some(shows) = self.tried.take() {
            self.best = shows;
            self.simpler = None;
        }
        let best = &self.best;
        let simpler = self.simpler.get_or_insert_with(|| simpler(best).into_iter());
        self.tried = simpler.next();
        self.tried.is_some()
    }

    fn complicate(&mut self) -> bool {
        self.tried = self.simpler.as_mut().and_then(Iterator::next);
        self.tried.is_some()
    }
}

/// Returns the histories that are a little simpler than one, the most so first.
fn simpler(history: &[Action]) -> Vec<Vec<Action>> {
    let all = 0..history.len();
    let pairs = || all.clone().rev().flat_map(|later| (0..later).rev().map(move |n| (n, later)));
    // Large parts first: a long history has few actions that matter.
    let sizes = std::iter::successors(Some(history.len() / 2), |size| Some(size / 2));
    let parts = sizes.take_while(|size| *size > 1).flat_map(|size| {
        let starts = (0..history.len()).step_by(size);
        starts.map(move |start| without(history, &(start..start + size).collect::<Vec<_>>()))
    });
    let one = all.clone().rev().map(|n| without(history, &[n]));
    // An id that the store gave is another one where it gave one less, or may be one of the caller's as well.
    let lower = |id: u8| if usize::from(id) > CALLERS.len() { id - 1 } else { id };
    let lower = all.clone().rev().map(move |n| with_ids(&without(history, &[n]), &lower));
    let callers = all.clone().rev().flat_map(|n| (0..CALLERS.len() as u8).map(move |to| (n, to)));
    let callers = callers.map(|(n, to)| {
        let plain = |id: u8| if usize::from(id) < CALLERS.len() { id } else { to };
        with_ids(&without(history, &[n]), &plain)
    });
    // One that the store gave may by itself be one of the caller's.
    let given = all.clone().filter(|n| {
        with_ids(&history[*n..=*n], &|id| id.min(CALLERS.len() as u8 - 1)) != history[*n..=*n]
    });
    let named = given.flat_map(|n| (0..CALLERS.len() as u8).map(move |to| (n, to)));
    let named = named.map(|(n, to)| {
        let one = with_ids(&history[n..=n], &|_| to);
        with(history, &[(n, one[0])])
    });
    let two = pairs().map(|(earlier, later)| without(history, &[earlier, later]));
    let loads = all.clone().filter_map(|n| {
        let id = match history[n] {
            Action::Rotate { id }
            | Action::Update { id }
            | Action::Delete { id }
            | Action::Save { id, .. } => id,
            _ => return None,
        };
        Some(with(history, &[(n, Action::Load { id })]))
    });
    let sooner = pairs().filter_map(|(earlier, later)| match (history[earlier], history[later]) {
        (Action::Save { id, lives: Some(lives), size }, Action::Wait { hours }) if lives > 1 => {
            let save = Action::Save { id, lives: Some(lives - 1), size };
            let wait = Action::Wait { hours: hours.checked_sub(1)? };
            Some(with(history, &[(earlier, save), (later, wait)]))
        }
        _ => None,
    });
    let plainer = all.clone().filter_map(|n| match history[n] {
        Action::Save { id, lives, size } if size != Size::Case => {
            Some(with(history, &[(n, Action::Save { id, lives, size: Size::Case })]))
        }
        _ => None,
    });
    // Two that the store gave may do no more than one and a caller's. Of a long history, others are left out before.
    let short = all.clone().filter(|_| history.len() <= SHORT);
    let one_callers = short.flat_map(|n| {
        let rest = without(history, &[n]);
        let of = (0..rest.len()).flat_map(|at| (0..CALLERS.len() as u8).map(move |to| (at, to)));
        of.map(|(at, to)| with(&rest, &[(at, with_ids(&rest[at..=at], &|_| to)[0])]))
            .collect::<Vec<_>>()
    });
    let fewer =
        parts.chain(one).chain(lower).chain(callers).chain(named).chain(two).chain(one_callers);
    fewer.chain(loads).chain(sooner).chain(plainer).collect()
}

/// Length up to which a single id is made a caller's.
const SHORT: usize = 12;

fn without(history: &[Action], left_out: &[usize]) -> Vec<Action> {
    let kept = history.iter().enumerate().filter(|(n, _)| !left_out.contains(n));
    kept.map(|(_, action)| *action).collect()
}

fn with_ids(history: &[Action], other: &dyn Fn(u8) -> u8) -> Vec<Action> {
    let changed = history.iter().map(|action| match *action {
        Action::Save { id, lives, size } => Action::Save { id: other(id), lives, size },
        Action::Load { id } => Action::Load { id: other(id) },
        Action::Update { id } => Action::Update { id: other(id) },
        Action::Delete { id } => Action::Delete { id: other(id) },
        Action::Rotate { id } => Action::Rotate { id: other(id) },
        other => other,
    });
    changed.collect()
}

fn with(history: &[Action], others: &[(usize, Action)]) -> Vec<Action> {
    let mut changed = history.to_vec();
    for (n, other) in others {
        changed[*n] = *other;
    }
    changed
}

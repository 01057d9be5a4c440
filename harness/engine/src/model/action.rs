//! The actions that histories are made of.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::shrink::Shrinking;

/// The ids that the caller names.
pub const CALLERS: [&str; 3] = ["alpha", "beta", "gamma"];

/// Size of a session that a history saves: what is left of a longer one shows only under a shorter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// The shape of the case's session.
    Case,
    /// More of each part than any other session has.
    Large,
    /// One secret.
    Small,
}

/// One operation of a history, or what happens between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Saves a session under one of the ids there are, for so many hours.
    Save {
        /// Number of the id.
        id: u8,
        /// After how many hours it is over.
        lives: Option<u8>,
        /// How large it is.
        size: Size,
    },
    /// Loads.
    Load {
        /// Number of the id.
        id: u8,
    },
    /// Sets one part of a session, the same one each time.
    Update {
        /// Number of the id.
        id: u8,
    },
    /// Deletes.
    Delete {
        /// Number of the id.
        id: u8,
    },
    /// Saves a session under an id of the store's.
    Create,
    /// Gives a session another id.
    Rotate {
        /// Number of the id.
        id: u8,
    },
    /// Removes what is over.
    Purge,
    /// So many hours pass.
    Wait {
        /// Number of hours.
        hours: u8,
    },
    /// A new process opens the store.
    Restart,
    /// The other of two processes goes on.
    Switch,
}

/// Histories of at most so many actions; the simplest action comes first, for shrinking.
pub fn histories(longest: usize) -> BoxedStrategy<Vec<Action>> {
    // Few ids: actions are to meet.
    let id = || 0..5_u8;
    let lives = prop_oneof![3 => Just(None), 1 => (1..4_u8).prop_map(Some)];
    let size = prop_oneof![2 => Just(Size::Case), 1 => Just(Size::Large), 1 => Just(Size::Small)];
    let action = prop_oneof![
        6 => (id(), lives, size).prop_map(|(id, lives, size)| Action::Save { id, lives, size }),
        6 => id().prop_map(|id| Action::Load { id }),
        2 => id().prop_map(|id| Action::Update { id }),
        3 => id().prop_map(|id| Action::Delete { id }),
        2 => Just(Action::Create),
        2 => id().prop_map(|id| Action::Rotate { id }),
        1 => Just(Action::Purge),
        2 => (1..4_u8).prop_map(|hours| Action::Wait { hours }),
        1 => Just(Action::Restart),
        2 => Just(Action::Switch),
    ];
    let random = proptest::collection::vec(action, 0..=longest.saturating_sub(RISKS.len()));
    // The risks first: whether they are met is no matter of luck. A finding shrinks to those of them that it needs.
    let all = random.prop_map(|random| RISKS.into_iter().chain(random).collect());
    Shrinking(all.boxed()).boxed()
}

/// What stores get wrong most, one after the other: an answer from memory after another process has saved, set a part or deleted; a session
/// that is over and one that is not; a purge; an id that was given and one that it had before.
const RISKS: [Action; 30] = [
    Action::Save { id: 0, lives: None, size: Size::Case },
    Action::Save { id: 1, lives: None, size: Size::Case },
    Action::Load { id: 0 },
    Action::Switch,
    Action::Load { id: 0 },
    Action::Save { id: 0, lives: None, size: Size::Case },
    Action::Update { id: 0 },
    Action::Switch,
    Action::Load { id: 0 },
    Action::Update { id: 0 },
    Action::Switch,
    Action::Load { id: 0 },
    Action::Delete { id: 0 },
    Action::Load { id: 0 },
    Action::Switch,
    Action::Load { id: 0 },
    Action::Load { id: 1 },
    Action::Save { id: 0, lives: Some(1), size: Size::Case },
    Action::Load { id: 0 },
    Action::Create,
    Action::Rotate { id: 3 },
    Action::Load { id: 3 },
    Action::Load { id: 4 },
    Action::Wait { hours: 2 },
    Action::Load { id: 0 },
    Action::Load { id: 1 },
    Action::Purge,
    Action::Load { id: 1 },
    Action::Restart,
    Action::Load { id: 1 },
];

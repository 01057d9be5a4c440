//! Histories expose every flawed model, and the shortest that does is as short as can be.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Action, Expected, Flaw, Model, histories};

/// Each flaw, and how many actions are needed to see it.
const FLAWS: [(Flaw, usize); 9] = [
    // Save, delete, load.
    (Flaw::DeletesNothing, 3),
    // Save one, delete another, load the one.
    (Flaw::DeletesEverything, 3),
    // Save, save again, load.
    (Flaw::FirstSaveStays, 3),
    // Save for a time, wait, load.
    (Flaw::ForgetsTime, 3),
    // Save for an hour, load.
    (Flaw::OverAnHourEarly, 2),
    // Save, rotate, load the old id.
    (Flaw::RotationKeepsOldId, 3),
    // Save, rotate, load the new id.
    (Flaw::RotationLosesSession, 3),
    // Save, purge, load.
    (Flaw::PurgesEverything, 3),
    // Create, load.
    (Flaw::CreatesUnderFirstId, 2),
];

/// Whether two models answer differently.
fn differ(mut one: Model, mut other: Model, history: &[Action]) -> bool {
    (0..).zip(history).any(|(slot, action)| one.go(*action, slot) != other.go(*action, slot))
}

/// As the runner shrinks.
fn shortest(
    tree: &mut dyn ValueTree<Value = Vec<Action>>,
    shows: &mut dyn FnMut(&[Action]) -> bool,
) -> Vec<Action> {
    let mut best = tree.current();
    let mut goes_on = tree.simplify();
    while goes_on {
        goes_on = if shows(&tree.current()) {
            best = tree.current();
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    best
}

fn runner(seed: u8) -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

#[test]
fn every_flawed_model_is_exposed_by_a_shortest_history() {
    for (flaw, length) in FLAWS {
        let mut shows = |history: &[Action]| differ(Model::default(), Model::with(flaw), history);
        for seed in 0..20 {
            let mut runner = runner(seed);
            let mut found = None;
            for _ in 0..200 {
                let mut tree = histories(24).new_tree(&mut runner).unwrap();
                if shows(&tree.current()) {
                    found = Some(shortest(&mut tree, &mut shows));
                    break;
                }
            }
            let found = found.unwrap_or_else(|| panic!("{flaw:?} was not exposed, seed {seed}"));
            assert_eq!(found.len(), length, "{flaw:?}, seed {seed}: {found:?}");
        }
    }
}

#[test]
fn what_it_answers_is_what_a_reader_would_say() {
    let mut model = Model::default();
    let history = [
        (Action::Load { id: 0 }, Expected::Absent),
        (Action::Save { id: 0, lives: Some(2) }, Expected::Done),
        (Action::Rotate { id: 0 }, Expected::NewId(3)),
        (Action::Load { id: 0 }, Expected::Absent),
        (Action::Load { id: 3 }, Expected::Session(1)),
        (Action::Wait { hours: 1 }, Expected::Done),
        (Action::Load { id: 3 }, Expected::Session(1)),
        (Action::Wait { hours: 1 }, Expected::Done),
        (Action::Load { id: 3 }, Expected::Absent),
        (Action::Rotate { id: 3 }, Expected::Absent),
        (Action::Create, Expected::NewId(4)),
        (Action::Purge, Expected::Done),
        (Action::Load { id: 4 }, Expected::Session(10)),
        (Action::Delete { id: 4 }, Expected::Done),
        (Action::Load { id: 4 }, Expected::Absent),
    ];
    for ((action, expected), slot) in history.into_iter().zip(0..) {
        assert_eq!(model.go(action, slot), expected, "{action:?}");
    }
}

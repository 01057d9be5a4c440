//! Histories expose every flawed model, and the shortest that does is as short as can be.

use interloper_driver::{Enforces, Hello, Keeps, Operation};
use proptest::strategy::{Just, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::shrink::Shrinking;
use super::{Action, Expected, Flaw, Model, Rules, Size, histories};

/// Each flaw, and how many actions are needed to see it.
const FLAWS: [(Flaw, usize); 10] = [
    // Save, delete, load.
    (Flaw::DeletesNothing, 3),
    // Save, update, load.
    (Flaw::UpdatesNothing, 3),
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
    let answer = |model: &mut Model, action: Action, slot| {
        let expected = model.apply(action, slot);
        let Action::Load { id } = action else { return (expected, None) };
        (expected, model.part(model.id(id)))
    };
    (0..)
        .zip(history)
        .any(|(slot, action)| answer(&mut one, *action, slot) != answer(&mut other, *action, slot))
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

/// One history shrunk, and how many others were tried for it.
fn shrunk(history: &[Action], shows: impl Fn(&[Action]) -> bool) -> (Vec<Action>, usize) {
    let mut tree = Shrinking(Just(history.to_vec()).boxed()).new_tree(&mut runner(0)).unwrap();
    let mut tries = 0;
    let found = shortest(&mut tree, &mut |history| {
        tries += 1;
        shows(history)
    });
    (found, tries)
}

#[test]
fn every_flawed_model_is_exposed_by_a_shortest_history() {
    for (flaw, length) in FLAWS {
        let mut shows = |history: &[Action]| differ(Model::default(), Model::with(flaw), history);
        for seed in 0..20 {
            let mut runner = runner(seed);
            let mut found = None;
            for _ in 0..200 {
                let mut tree = histories(60).new_tree(&mut runner).unwrap();
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

/// What was given before the action that is left out keeps its number, and what was given after it has one less.
#[test]
fn an_id_is_another_where_the_store_gave_one_less() {
    use Action::{Create, Load, Rotate};
    let loses = |history: &[Action]| {
        differ(Model::default(), Model::with(Flaw::RotationLosesSession), history)
    };
    let shortest = [Create, Rotate { id: 3 }, Load { id: 4 }];
    for rotated in [3, 4] {
        let history = [Create, Create, Rotate { id: rotated }, Load { id: 5 }];
        assert_eq!(shrunk(&history, loses).0, shortest, "{rotated}");
    }
}

#[test]
fn what_could_be_a_load_is_one() {
    let history = [
        Action::Rotate { id: 1 },
        Action::Delete { id: 2 },
        Action::Save { id: 0, lives: None, size: Size::Case },
    ];
    let loads = [1, 2, 0].map(|id| Action::Load { id });
    assert_eq!(shrunk(&history, |history| history.len() == 3).0, loads);
}

/// Each action by itself would be more than a hundred tries.
#[test]
fn a_long_history_is_shortened_by_large_parts() {
    let needed = [Action::Create, Action::Purge];
    let mut history = [Action::Restart; 65];
    (history[20], history[45]) = needed.into();
    let shows = |history: &[Action]| needed.iter().all(|action| history.contains(action));
    let (found, tries) = shrunk(&history, shows);
    assert_eq!(found, needed);
    assert!(tries < 50, "{tries}");
}

#[test]
fn what_it_answers_is_what_a_reader_would_say() {
    let mut model = Model::default();
    let history = [
        (Action::Load { id: 0 }, Expected::Absent),
        (Action::Save { id: 0, lives: Some(2), size: Size::Case }, Expected::Done),
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
        assert_eq!(model.apply(action, slot), expected, "{action:?}");
    }
}

#[test]
fn a_store_is_asked_for_what_it_says_that_it_can() {
    const NEEDS: [(Operation, Action); 5] = [
        (Operation::Update, Action::Update { id: 0 }),
        (Operation::Delete, Action::Delete { id: 0 }),
        (Operation::Create, Action::Create),
        (Operation::Rotate, Action::Rotate { id: 0 }),
        (Operation::Purge, Action::Purge),
    ];
    let hello = |keeps: &[Keeps], ops: Vec<Operation>| {
        Hello::new("test", "1").keeps(keeps.iter().copied()).enforces([Enforces::Expiry]).ops(ops)
    };
    let expires = [Keeps::Data, Keeps::Expires];
    let forever = Action::Save { id: 0, lives: None, size: Size::Case };
    let for_an_hour = Action::Save { id: 0, lives: Some(1), size: Size::Case };
    for (operation, action) in NEEDS {
        let others = NEEDS.map(|(other, _)| other).into_iter().filter(|other| *other != operation);
        let with = Rules::of(&hello(&expires, vec![operation]), true, true);
        let without = Rules::of(&hello(&expires, others.collect()), true, false);
        assert!(with.allow(action) && !without.allow(action), "{action:?}");
        for rules in [with, without] {
            for always in [forever, Action::Load { id: 0 }, Action::Restart, Action::Switch] {
                assert!(rules.allow(always), "{always:?}");
            }
            assert_eq!(rules.allow(for_an_hour), rules.expiry);
        }
    }
    let all = NEEDS.map(|(operation, _)| operation).to_vec();
    // Where one path is one session, another id is another path; and an end that is not kept cannot be waited for.
    let one = Rules::of(&hello(&expires, all.clone()), false, true);
    assert!(!one.allow(Action::Create) && !one.allow(Action::Rotate { id: 0 }));
    let no_end = Rules::of(&hello(&[Keeps::Data], all.clone()), true, true);
    let wall = Rules::of(&hello(&expires, all.clone()), true, false);
    for rules in [no_end, wall] {
        assert!(!rules.allow(for_an_hour) && !rules.allow(Action::Wait { hours: 1 }));
    }
    assert!(Rules::of(&hello(&expires, all), true, true).allow(Action::Wait { hours: 1 }));
}

#[test]
fn an_update_needs_a_part_with_entries() {
    for (keeps, can) in [(Keeps::Cookies, true), (Keeps::Headers, true), (Keeps::Auth, false)] {
        let hello = Hello::new("test", "1").keeps([keeps]).ops([Operation::Update]);
        assert_eq!(Rules::of(&hello, true, true).allow(Action::Update { id: 0 }), can, "{keeps:?}");
    }
}

#[test]
fn a_part_is_kept_until_the_session_is_saved_anew() {
    let mut model = Model::default();
    let (save, update) =
        (Action::Save { id: 0, lives: None, size: Size::Case }, Action::Update { id: 0 });
    assert_eq!(model.apply(update, 0), Expected::Absent);
    for (action, slot, part) in [(save, 1, None), (update, 2, Some(2)), (update, 3, Some(3))] {
        assert_eq!(model.apply(action, slot), Expected::Done);
        assert_eq!(model.part(0), part);
    }
    assert_eq!(model.apply(Action::Rotate { id: 0 }, 4), Expected::NewId(3));
    assert_eq!((model.part(0), model.part(3)), (None, Some(3)));
    assert_eq!(
        model.apply(Action::Save { id: 3, lives: None, size: Size::Case }, 5),
        Expected::Done
    );
    assert_eq!(model.part(3), None);
}

#[test]
fn an_id_beyond_the_callers_is_one_that_the_store_gave() {
    let mut model = Model::default();
    // As long as it has given none, the last of the caller's.
    assert_eq!([0, 1, 2, 3, 4].map(|number| model.id(number)), [0, 1, 2, 2, 2]);
    assert_eq!(model.apply(Action::Create, 0), Expected::NewId(3));
    assert_eq!([2, 3, 4].map(|number| model.id(number)), [2, 3, 3]);
    assert_eq!(model.apply(Action::Create, 1), Expected::NewId(4));
    assert_eq!([3, 4, 5].map(|number| model.id(number)), [3, 4, 3]);
}

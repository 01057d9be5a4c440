//! The cases of a scenario: the same seed gives the same ones on every machine.

use interloper_driver::Umask;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::plan::{COMMON_UMASKS, Plan, Sweep};
use crate::scenario::{Case, Check, Input};
use crate::shape::Shape;

/// The modes of the owner's home; the first is what findings are told with.
const HOMES: [u16; 3] = [0o755, 0o750, 0o700];

/// Returns a deterministic runner: the same seed gives the same cases on every machine.
pub(super) fn test_runner(seed: u64) -> TestRunner {
    let mut bytes = [0_u8; 32];
    for (chunk, n) in bytes.chunks_exact_mut(8).zip(0_u64..) {
        chunk.copy_from_slice(
            &seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes(),
        );
    }
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

pub(super) fn strategy<X: Input>(
    plan: &Plan,
    check: &Check<X>,
    umask: Option<Umask>,
    sweep: Sweep,
) -> impl Strategy<Value = Case<X>> + use<X> {
    let umask = match umask {
        Some(umask) => Just(umask).boxed(),
        // Under seven of eight umasks most stores cannot save at all; the common ones are where people live.
        None => prop_oneof![
            3 => proptest::sample::select(&COMMON_UMASKS[..]),
            1 => (0..=0o777_u16).prop_map(Umask::of),
        ]
        .boxed(),
    };
    // A sweep compares umasks, so only they may differ; random histories see private homes too.
    let home = match sweep {
        Sweep::Random => {
            prop_oneof![4 => Just(HOMES[0]), 1 => Just(HOMES[1]), 1 => Just(HOMES[2])].boxed()
        }
        _ => Just(HOMES[0]).boxed(),
    };
    let shape = match sweep {
        Sweep::Plain => Just(Shape::plain()).boxed(),
        _ => Shape::any().boxed(),
    };
    (umask, home, shape, (check.input)(plan)).prop_map(|(umask, home, session, input)| Case {
        umask,
        home,
        session,
        input,
    })
}

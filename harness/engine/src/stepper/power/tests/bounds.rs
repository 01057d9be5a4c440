//! How many states are told.

use super::disk::Disk;
use super::{States, states, tree};
use crate::stepper::power::{Persistence, Total};

/// So many files created: each is there or not.
fn files(count: usize) -> Disk {
    (0..count).fold(Disk::new(), |disk, n| disk.create(&format!("f{n:03}")))
}

fn sample(disk: &Disk, limit: usize, seed: u64) -> States {
    states(Persistence::StrictPosix, &disk.before, &disk.steps, limit, seed)
}

#[test]
fn all_states_up_to_the_limit_are_told() {
    for (count, limit) in [(0, 1), (1, 2), (3, 8), (8, 256)] {
        let states = sample(&files(count), limit, 1);
        assert_eq!((states.total, states.sampled), (Total::Exactly(1 << count), false));
        assert_eq!(states.states.len(), 1 << count);
    }
}

#[test]
fn above_the_limit_they_are_sampled_and_counted() {
    let states = sample(&files(8), 255, 1);
    assert_eq!((states.total, states.sampled), (Total::Exactly(256), true));
    assert_eq!(states.states.len(), 255);
    assert_eq!(states.total.to_string(), "256");

    let states = sample(&files(20), 100, 1);
    assert_eq!((states.total, states.sampled), (Total::AtMost(1 << 20), true));
    assert_eq!(states.states.len(), 100);
    assert_eq!(states.total.to_string(), "at most 1048576");

    let states = sample(&files(130), 300, 1);
    assert_eq!((states.total, states.sampled), (Total::Uncounted, true));
    assert_eq!(states.states.len(), 300);
    assert_eq!(states.total.to_string(), "more than can be counted");
}

#[test]
fn few_distinct_trees_of_many_choices_are_all_told() {
    // Ten writes over the same byte: 2^10 choices, two trees.
    let disk =
        (0..5).fold(Disk::with(&[("s", "a")]), |disk, _| disk.write("s", "b").write("s", "a"));
    let states = sample(&disk, 2, 1);
    assert_eq!((states.total, states.sampled), (Total::Exactly(2), false));
}

#[test]
fn the_ends_and_what_is_missing_or_there_alone_are_in_every_sample() {
    let (count, disk) = (20, files(20));
    let states = sample(&disk, 2 + 2 * count, 5);
    let names: Vec<usize> =
        states.states.iter().map(|lost| lost.snapshot.entries.len() - 1).collect();
    assert_eq!(names[..2], [0, count]);
    assert_eq!(names.iter().filter(|&&there| there == 1).count(), count);
    assert_eq!(names.iter().filter(|&&there| there == count - 1).count(), count);

    // Where there is no room for those, the ends are what stays.
    let states = sample(&disk, 0, 5);
    let names: Vec<usize> =
        states.states.iter().map(|lost| lost.snapshot.entries.len() - 1).collect();
    assert_eq!(names, [0, count]);
}

#[test]
fn a_seed_chooses_the_sample() {
    for (count, limit) in [(8, 30), (20, 100)] {
        let disk = files(count);
        let trees = |seed| {
            let states = sample(&disk, limit, seed).states;
            states.iter().map(|lost| tree(&lost.snapshot)).collect::<Vec<_>>()
        };
        assert_eq!(trees(1), trees(1));
        assert_ne!(trees(1), trees(2));
    }
}

#[test]
fn the_model_has_a_name() {
    assert_eq!(Persistence::StrictPosix.to_string(), "strict POSIX");
}

//! How many states are told.

use super::disk::Disk;
use super::{States, states, tree};
use crate::allocated::allocated;
use crate::power::{Losses, Persistence, Total};

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

/// A temporary file of 400 KB that is written by 100 writes and renamed.
fn large_save() -> Disk {
    let whole: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let disk = Disk::with(&[("s", "old")]).create("t");
    let pieces = whole.chunks(4_000).enumerate();
    let disk = pieces.fold(disk, |disk, (n, piece)| disk.put("t", 4_000 * n, piece));
    disk.rename("t", "s").fsync("s").fsync("/home")
}

#[test]
fn a_session_of_400_kilobytes_is_not_copied_for_each_state() {
    let disk = large_save();
    let recorded = disk.steps.iter().map(|step| (&step.after, step.synced.clone()));
    let (states, allocated) = allocated(|| {
        let losses = Losses::of(Persistence::StrictPosix, &disk.before, recorded);
        let after = |steps| losses.after(steps, 24, 1).picked.len();
        (1..=disk.steps.len()).map(after).sum::<usize>()
    });
    assert!(states > 2_000, "{states}");
    // As whole copies, the states would be a gigabyte, and what was compared to find them a hundred.
    assert!(allocated.peak < 8 << 20, "{allocated:?}");
    assert!(allocated.all < 2 << 30, "{allocated:?}");
}

#[test]
fn what_is_lost_after_some_steps_does_not_depend_on_those_behind_them() {
    let disk = large_save();
    let of = |steps: usize| {
        let recorded = disk.steps[..steps].iter().map(|step| (&step.after, step.synced.clone()));
        Losses::of(Persistence::StrictPosix, &disk.before, recorded)
    };
    let all = of(disk.steps.len());
    for end in [1, 2, 3, 50, 101, 102, 103, 104] {
        let (here, alone) = (all.after(end, 16, 3), of(end));
        let there = alone.after(end, 16, 3);
        assert_eq!((here.total, here.sampled), (there.total, there.sampled), "{end}");
        assert_eq!(here.picked.len(), there.picked.len());
        for (one, other) in here.picked.iter().zip(&there.picked) {
            let (one, other) = (all.lost(one), alone.lost(other));
            assert_eq!(one.missing, other.missing);
            assert_eq!(tree(&one.snapshot), tree(&other.snapshot));
        }
    }
}

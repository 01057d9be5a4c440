//! Directories, contents and attributes.

use super::disk::Disk;
use super::{assert_states, every, state, told};
use crate::stepper::Synced;

#[test]
fn no_file_is_without_its_directory() {
    let disk = Disk::new().mkdir("d").create("d/s").write("d/s", "new");
    assert_states(&disk, &["", "d/", "d/ d/s=", "d/ d/s=new"]);
    // Its entries are durable, its own is not.
    assert_states(&disk.fsync("d/s").fsync("d"), &["", "d/ d/s=new"]);
}

#[test]
fn a_rename_between_directories_is_durable_when_both_are() {
    let disk = || Disk::with(&[("s", "x")]).mkdir("d").begin().rename("s", "d/s");
    let either = ["d/ s=x", "d/ d/s=x"];
    assert_states(&disk(), &either);
    assert_states(&disk().fsync("/home"), &either);
    assert_states(&disk().fsync("d"), &either);
    assert_states(&disk().fsync("d").fsync("/home"), &["d/ d/s=x"]);
}

#[test]
fn a_file_does_not_vanish_in_a_directory_that_was_lost() {
    let disk = Disk::with(&[("s", "x")]).mkdir("d").mkdir("d/e").rename("s", "d/e/s");
    assert_states(&disk, &["s=x", "d/ s=x", "d/ d/e/ s=x", "d/ d/e/ d/e/s=x"]);
}

#[test]
fn a_file_does_not_vanish_with_the_directory_it_left() {
    let disk = Disk::new().mkdir("d").appear("d/s", "x").begin().rename("d/s", "s").remove("d");
    assert_states(&disk, &["d/ d/s=x", "d/ s=x", "s=x"]);
}

#[test]
fn two_directories_are_not_each_in_the_other() {
    let disk = Disk::new().mkdir("a").mkdir("b").begin();
    let disk = disk.rename("a", "b/a").rename("b/a", "a").rename("b", "a/b");
    assert_states(&disk, &["a/ b/", "b/ b/a/", "a/ a/b/"]);
}

#[test]
fn an_exchange_is_whole() {
    let disk = Disk::with(&[("a", "1"), ("b", "2")]).exchange("a", "b");
    assert_states(&disk, &["a=1 b=2", "a=2 b=1"]);
    let states = every(&disk.before, &disk.steps);
    assert_eq!(state(&states, "a=1 b=2").missing, ["the exchange of a and b in step 1"]);
}

#[test]
fn a_renamed_directory_takes_along_what_is_in_it() {
    let disk = Disk::new().mkdir("t").create("t/s").write("t/s", "x").fsync("t/s").fsync("t");
    let disk = disk.rename("t", "d");
    assert_states(&disk, &["", "t/ t/s=x", "d/ d/s=x"]);
}

#[test]
fn a_link_keeps_its_target() {
    assert_states(&Disk::new().symlink("l", "/etc"), &["", "l->/etc"]);
}

#[test]
fn hard_links_share_what_they_are() {
    let disk =
        Disk::with(&[("a", "old")]).link("a", "b").begin().chmod("b", 0o644).put("a", 0, "new");
    assert_states_count(&disk, 4);
    for lost in every(&disk.before, &disk.steps).states {
        let [_, a, b] = lost.snapshot.entries.as_slice() else { panic!() };
        assert_eq!((a.node.inode, a.node.mode, &a.bytes), (b.node.inode, b.node.mode, &b.bytes));
    }
}

fn assert_states_count(disk: &Disk, count: usize) {
    assert_eq!(every(&disk.before, &disk.steps).states.len(), count);
}

#[test]
fn a_number_used_again_is_another_file() {
    let mut disk = Disk::with(&[("s", "old")]).remove("s").create("t").write("t", "new");
    let old = disk.before.entries[1].node.inode;
    for step in &mut disk.steps {
        let snapshot = &mut step.after;
        snapshot.entries.iter_mut().skip(1).for_each(|entry| entry.node.inode = old);
    }
    assert_states(&disk, &["s=old", "", "s=old t=", "s=old t=new", "t=", "t=new"]);
    let states = every(&disk.before, &disk.steps);
    let both = &state(&states, "s=old t=new").snapshot.entries;
    assert_ne!(both[1].node.inode, both[2].node.inode);
}

#[test]
fn places_of_their_own_count_inodes_of_their_own() {
    let disk = Disk::with(&[("s", "old")]).place("/tmp").begin();
    let disk = disk.create("/tmp/t").put("/tmp/t", 0, "x").put("s", 0, "new");
    assert_eq!(disk.number("/tmp/t"), disk.number("s"));
    let states = |disk: &Disk| every(&disk.before, &disk.steps).states.len();
    assert_eq!(states(&disk), 2 * 3);
    let number = disk.number("s");
    let home = disk.quietly(Synced::InodeBelow("/home/s".into(), number));
    assert_eq!(states(&home), 3);
}

#[test]
fn a_length_without_the_data_before_it_reads_as_zeros() {
    let disk = Disk::with(&[("s", "")]).write("s", "one").put("s", 3, "two");
    assert_states(&disk, &["s=", "s=one", "s=\0\0\0two", "s=onetwo"]);
    // What was changed inside a file whose length is lost lies past its end.
    let disk = Disk::with(&[("s", "")]).write("s", "one").put("s", 1, "N");
    assert_states(&disk, &["s=", "s=one", "s=oNe"]);
    let disk = Disk::with(&[("s", "")]).truncate("s", 2).put("s", 0, "x");
    assert_states(&disk, &["s=", "s=\0\0", "s=x\0"]);
}

#[test]
fn truncations_keep_their_order() {
    let disk = Disk::with(&[("s", "older")]).truncate("s", 2).put("s", 2, "XY").truncate("s", 3);
    assert_states(&disk, &["s=older", "s=ol", "s=olXY", "s=ol\0", "s=olX"]);
    // Before the point of truncation there is no order.
    let disk = Disk::with(&[("s", "older")]).truncate("s", 2).put("s", 0, "O");
    assert_states(&disk, &["s=older", "s=ol", "s=Older", "s=Ol"]);
}

#[test]
fn a_change_of_more_than_a_block_is_torn() {
    let text = |letter: &str, blocks: usize| letter.repeat(4096 * blocks);
    let name = |bytes: &str| format!("s={bytes}");
    let all = |disk: &Disk| {
        let states = every(&disk.before, &disk.steps).states;
        let mut found: Vec<String> = states.iter().map(|lost| told(&lost.snapshot)).collect();
        found.sort();
        found
    };
    let sorted = |trees: &[String]| {
        let mut trees: Vec<String> = trees.iter().map(|tree| name(tree)).collect();
        trees.sort();
        trees
    };

    let (old, new) = (text("o", 3), text("n", 3));
    let (o, n, zeros) = (text("o", 1), text("n", 1), text("\0", 1));
    let disk = Disk::with(&[("s", &old)]).write("s", &new);
    let torn = [
        old.clone(),
        new.clone(),
        format!("{n}{o}{o}"),
        format!("{o}{o}{n}"),
        format!("{n}{o}{n}"),
    ];
    assert_eq!(all(&disk), sorted(&torn));

    let disk = Disk::with(&[("s", &old)]).truncate("s", 0).write("s", &new);
    let torn = [
        old.clone(),
        String::new(),
        new,
        n.clone(),
        format!("{zeros}{zeros}{n}"),
        format!("{n}{zeros}{n}"),
    ];
    assert_eq!(all(&disk), sorted(&torn));
    let states = every(&disk.before, &disk.steps);
    let missing = &state(&states, &name(&n)).missing;
    assert_eq!(*missing, ["all but the first block of the contents of s from step 2"]);

    // Up to a block is one piece, and so is a length.
    assert_states_count(&Disk::with(&[("s", "")]).write("s", &n), 2);
    assert_states_count(&Disk::with(&[("s", "")]).truncate("s", 40_960), 2);
}

#[test]
fn attributes_are_lost_one_by_one() {
    let disk = Disk::with(&[("s", "x")]).chmod("s", 0o644).chown("s", 7).chmod("s", 0o600);
    // 0600 with and without the first change of mode look alike.
    assert_states_count(&disk, 4);
    assert_states_count(&disk.fsync("s"), 1);

    let disk = Disk::with(&[("s", "x")]).setxattr("s", "user.a", "1").setxattr("s", "user.b", "2");
    let states = every(&disk.before, &disk.steps).states;
    let mut attributes: Vec<Vec<_>> = states
        .iter()
        .map(|lost| {
            lost.snapshot.entries[1].attributes.iter().map(|(name, _)| name.clone()).collect()
        })
        .collect();
    attributes.sort();
    assert_eq!(attributes, [vec![], vec!["user.a"], vec!["user.a", "user.b"], vec!["user.b"]]);
}

#[test]
fn a_new_file_has_the_mode_it_was_created_with() {
    let disk = Disk::new().create("s").chmod("s", 0o644).fsync("/home");
    let states = every(&disk.before, &disk.steps);
    let modes: Vec<u32> =
        states.states.iter().map(|lost| lost.snapshot.entries[1].node.mode).collect();
    assert_eq!(modes, [0o600, 0o644]);
    assert_eq!(states.states[0].missing, ["the mode of s from step 2"]);
}

#[test]
fn fdatasync_keeps_contents_and_not_the_mode() {
    let disk = Disk::with(&[("s", "")]).chmod("s", 0o644).write("s", "x").fdatasync("s");
    assert_states_count(&disk, 2);
    for lost in every(&disk.before, &disk.steps).states {
        assert_eq!(lost.snapshot.entries[1].bytes.to_vec(), b"x");
    }
}

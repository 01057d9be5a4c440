//! The ways stores save, and what a power loss leaves of each.

use super::disk::Disk;
use super::{assert_states, every, state};
use crate::stepper::Synced;

/// A temporary file is written and renamed over the old session; `synced` says after which of the three.
fn replaced(sync_file: bool, sync_dir: bool) -> Disk {
    let mut disk = Disk::with(&[("s", "old")]).create("t").write("t", "new");
    if sync_file {
        disk = disk.fsync("t");
    }
    disk = disk.rename("t", "s");
    if sync_dir {
        disk = disk.fsync("/home");
    }
    disk
}

#[test]
fn a_rename_without_a_sync_may_leave_an_empty_session() {
    let expected = ["s=old", "s=old t=", "s=old t=new", "s=", "s=new"];
    assert_states(&replaced(false, false), &expected);
}

#[test]
fn a_rename_of_a_synced_file_leaves_the_old_or_the_new_session() {
    assert_states(&replaced(true, false), &["s=old", "s=old t=new", "s=new"]);
}

#[test]
fn after_a_sync_of_the_directory_the_new_session_is_there() {
    assert_states(&replaced(true, true), &["s=new"]);
}

#[test]
fn a_directory_is_synced_without_the_contents_of_its_files() {
    assert_states(&replaced(false, true), &["s=", "s=new"]);
}

#[test]
fn a_sync_of_everything_leaves_one_state() {
    assert_states(&replaced(false, false).sync(), &["s=new"]);
}

#[test]
fn a_first_save_renamed_into_place_may_be_absent() {
    let disk = Disk::new().create("t").write("t", "new").rename("t", "s");
    assert_states(&disk, &["", "t=", "t=new", "s=", "s=new"]);
}

#[test]
fn a_file_created_and_written_is_absent_empty_or_full() {
    let disk = Disk::new().create("s").write("s", "new");
    assert_states(&disk, &["", "s=", "s=new"]);
}

#[test]
fn a_synced_file_may_have_no_name() {
    assert_states(&Disk::new().create("s").write("s", "new").fsync("s"), &["", "s=new"]);
}

#[test]
fn a_file_that_is_written_in_place_is_old_empty_or_new() {
    let disk = Disk::with(&[("s", "older")]).truncate("s", 0).write("s", "new");
    assert_states(&disk, &["s=older", "s=", "s=new"]);
}

#[test]
fn a_removal_is_there_or_not() {
    assert_states(&Disk::with(&[("s", "old")]).remove("s"), &["s=old", ""]);
    assert_states(&Disk::with(&[("s", "old")]).remove("s").fsync("/home"), &[""]);
}

#[test]
fn a_name_removed_before_the_link_is_on_the_disk_loses_the_file() {
    // The two names are two entries, and only rename(2) is atomic.
    let disk = Disk::with(&[("t", "x")]).link("t", "s").remove("t");
    assert_states(&disk, &["t=x", "s=x t=x", "s=x", ""]);
}

#[test]
fn a_file_that_was_synced_before_it_had_a_name_is_whole_when_it_has_one() {
    let disk = Disk::new();
    let (first, second) = (2, 3);
    let disk = disk.quietly(Synced::InodeBelow("/home".into(), first)).appear("s", "new");
    assert_states(&disk, &["", "s=new"]);
    let disk = Disk::new().quietly(Synced::InodeBelow("/home".into(), second)).appear("s", "new");
    assert_states(&disk, &["", "s=", "s=new"]);
}

#[test]
fn a_sync_is_for_what_was_done_before_it() {
    let disk = Disk::with(&[("s", "")]).write("s", "one").fsync("s").put("s", 3, "two");
    assert_states(&disk, &["s=one", "s=onetwo"]);
}

#[test]
fn a_second_save_does_not_persist_without_the_first_names() {
    let once = |disk: Disk, text| disk.create("t").write("t", text).fsync("t").rename("t", "s");
    let disk = once(once(Disk::with(&[("s", "0")]), "1"), "2");
    assert_states(&disk, &["s=0", "s=0 t=1", "s=1", "s=1 t=2", "s=2"]);
}

#[test]
fn what_is_missing_is_said() {
    let disk = replaced(false, false);
    let states = every(&disk.before, &disk.steps);
    let missing = |looks| state(&states, looks).missing.clone();
    assert_eq!(missing("s=new"), [""; 0]);
    assert_eq!(missing("s="), ["the contents of t from step 2"]);
    assert_eq!(missing("s=old t=new"), ["the rename of t to s in step 3"]);
    // That its contents are missing, too, does not show.
    assert_eq!(missing("s=old"), ["the name t from step 1", "the rename of t to s in step 3"]);
}

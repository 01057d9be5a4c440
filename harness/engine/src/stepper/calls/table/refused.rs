//! Calls that are answered with ENOSYS, as by a kernel that has none of them: what they do would pass by the filter.

use super::Group;

/// The calls, by reason.
pub(super) const GROUPS: &[Group] = &[
    (
        "the kernel takes work from a ring in memory: files are reached without a call",
        &["io_uring_setup", "io_uring_enter", "io_uring_register"],
    ),
    (
        "asynchronous reads and writes of a list in memory: no call shows when they happen",
        &["io_setup", "io_submit"],
    ),
    // Uid 0 of the sandbox may mount, and anybody may in a user namespace of their own; steps are told by their paths.
    (
        "it changes what a path leads to: files would be reached by paths that are not known as theirs",
        &[
            "chroot",
            "fsconfig",
            "fsmount",
            "fsopen",
            "fspick",
            "mount",
            "mount_setattr",
            "move_mount",
            "open_tree",
            "open_tree_attr",
            "pivot_root",
            "umount2",
        ],
    ),
    (
        "it maps and runs a file that no open showed; nothing has used it since the a.out format",
        &["uselib"],
    ),
];

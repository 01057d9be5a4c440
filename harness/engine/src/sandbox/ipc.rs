//! What processes leave in the kernel where there is no ipc namespace: System V segments, queues and semaphores, sysvipc(7).
//!
//! They belong to a uid and outlive every process. A sandbox's ids are nobody else's, so whatever they own is the sandbox's.

use std::fs;
use std::ops::Range;

/// Removes what these users own.
pub(crate) fn sweep(uids: &Range<u32>) {
    for (kind, remove) in
        [("shm", remove_segment as fn(i32)), ("msg", remove_queue), ("sem", remove_set)]
    {
        let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
        owned(&table, uids).into_iter().for_each(remove);
    }
}

/// Returns the ids, in the second column, of the lines whose owner or maker is one of these users; proc_sysvipc(5).
fn owned(table: &str, uids: &Range<u32>) -> Vec<i32> {
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let Some(head) = lines.next() else { return Vec::new() };
    let columns: Vec<usize> = ["uid", "cuid"]
        .iter()
        .filter_map(|name| head.iter().position(|column| column == name))
        .collect();
    let is_theirs = |line: &Vec<&str>| {
        let uid = |column: &usize| line.get(*column)?.parse().ok();
        columns.iter().filter_map(uid).any(|uid| uids.contains(&uid))
    };
    lines.filter(is_theirs).filter_map(|line| line.get(1)?.parse().ok()).collect()
}

fn remove_segment(id: i32) {
    // SAFETY: removing takes no buffer. A segment that is gone already is no error.
    unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
}

fn remove_queue(id: i32) {
    // SAFETY: as above.
    unsafe { libc::msgctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
}

fn remove_set(id: i32) {
    // SAFETY: as above.
    unsafe { libc::semctl(id, 0, libc::IPC_RMID) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_sandbox_s_users_own_is_found() {
        let table = "       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid\n\
            0          1  1600       4096    10    10      0  1000  1000  1000  1000\n\
            0          2  1600       4096    10    10      0  1879049192  0  1879049192  0\n\
            0          3  1600       4096    10    10      0  0  0  1879049192  0\n";
        assert_eq!(owned(table, &(0x7000_0000..0x7001_0000)), [2, 3]);
        assert!(owned("", &(0..1)).is_empty());
    }
}

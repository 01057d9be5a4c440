//! What this process may do in the user namespace that it is in: of the host, or of a container.
//!
//! The kernel's facts, user_namespaces(7): in the initial namespace every id is mapped to itself. In another one there are as many ids as
//! `/proc/self/uid_map` says, and its root is nobody outside of it.

use std::fs;

/// Capabilities that tier `uids` needs, by their numbers in <linux/capability.h>.
const FOR_OTHER_USERS: [(u32, &str); 6] = [
    (0, "CAP_CHOWN"),
    (1, "CAP_DAC_OVERRIDE"),
    (3, "CAP_FOWNER"),
    (5, "CAP_KILL"),
    (6, "CAP_SETGID"),
    (7, "CAP_SETUID"),
];

/// A run of ids that are mapped: from its first to before its last.
pub(super) type Extent = (u32, u32);

/// Returns the ids that there are here; `kind` is `uid` or `gid`.
pub(super) fn mapped(kind: &str) -> Vec<Extent> {
    extents(&fs::read_to_string(format!("/proc/self/{kind}_map")).unwrap_or_default())
}

fn extents(map: &str) -> Vec<Extent> {
    let extent = |line: &str| {
        let mut fields = line.split_whitespace().map(str::parse::<u32>);
        let (first, count) = (fields.next()?.ok()?, fields.nth(1)?.ok()?);
        Some((first, first.saturating_add(count)))
    };
    map.lines().filter_map(extent).collect()
}

/// Returns whether root here is root of the machine.
pub(crate) fn is_initial() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    // A kernel without user namespaces has no such file, and one root.
    map.is_empty() || map.split_whitespace().eq(["0", "0", "4294967295"])
}

/// Returns the capabilities that playing other users takes and this process lacks.
pub(crate) fn missing_capabilities() -> Vec<&'static str> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let set = line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default();
    let missing = FOR_OTHER_USERS.iter().filter(|(number, _)| set & (1 << number) == 0);
    missing.map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rootless_container_s_map_is_two_runs() {
        let map = "         0       1000          1\n         1     100000      65536\n";
        assert_eq!(extents(map), [(0, 1), (1, 65537)]);
        assert_eq!(extents("0 0 4294967295\n"), [(0, u32::MAX)]);
        assert_eq!(extents("nonsense\n"), []);
    }
}

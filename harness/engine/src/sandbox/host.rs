//! What this host can do, and what would let it do more.

use std::collections::BTreeMap;
use std::fs;

use super::idmap::{IdRange, on_path};
use super::namespace::{is_initial, missing_capabilities};
use crate::record::HostInfo;
use crate::sandbox::Tier;

/// Settings of the host that change what a run can show.
const SETTINGS: [&str; 8] = [
    "fs/protected_symlinks",
    "fs/protected_hardlinks",
    "fs/protected_fifos",
    "fs/protected_regular",
    "kernel/apparmor_restrict_unprivileged_userns",
    "kernel/unprivileged_userns_clone",
    "kernel/yama/ptrace_scope",
    "user/max_user_namespaces",
];

/// Facts read from this host.
#[derive(Clone, Debug)]
pub struct Host {
    /// The kernel's release.
    pub kernel: String,
    /// Whether this is root.
    pub root: bool,
    /// The settings that are there.
    pub settings: BTreeMap<String, String>,
}

/// A fact about the host, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Subject of the note.
    pub what: String,
    /// Whether it is as it should be.
    pub good: bool,
    /// Observation, and the way out if it is not good.
    pub says: String,
}

impl Host {
    /// Reads what this host says of itself.
    pub fn read() -> Host {
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let settings = SETTINGS
            .iter()
            .filter_map(|name| {
                let value = fs::read_to_string(format!("/proc/sys/{name}")).ok()?;
                Some((name.replace('/', "."), value.trim().to_owned()))
            })
            .collect();
        Host { kernel: kernel.trim().to_owned(), root: nix::unistd::geteuid().is_root(), settings }
    }

    /// Returns the facts of the host that a run record holds.
    pub fn info(&self, tier: Tier) -> HostInfo {
        HostInfo {
            tier: tier.to_string(),
            kernel: self.kernel.clone(),
            settings: self.settings.clone(),
        }
    }

    /// Returns the facts that decide the tier, each with the way out.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |what: &str, good: bool, says: String| {
            notes.push(Note { what: what.into(), good, says });
        };
        let version = self.version();
        note(
            "kernel",
            version >= (5, 12),
            format!("{}; tier namespaces needs 5.12 (mount_setattr)", self.kernel),
        );
        note(
            "user",
            true,
            if self.root && is_initial() {
                "root: every sandbox gets ids that nobody has".into()
            } else if self.root {
                "root of a user namespace: every sandbox gets some of its ids, if it has enough"
                    .into()
            } else {
                "an ordinary user: other ids must be delegated to you".to_owned()
            },
        );
        if self.root {
            let missing = missing_capabilities();
            if !missing.is_empty() {
                note("capabilities", false, format!("{} missing", missing.join(", ")));
            }
            if let Err(error) = IdRange::unused() {
                note("ids", false, error.to_string());
            }
        } else {
            match IdRange::delegated() {
                Ok(range) => {
                    note("delegated ids", true, format!("{} from {}", range.count, range.first_uid))
                }
                Err(error) => note("delegated ids", false, error.to_string()),
            }
            note(
                "newuidmap",
                on_path("newuidmap"),
                "needed to map other users' ids; Debian: apt-get install uidmap".into(),
            );
        }
        self.restrictions(&mut note);
        notes
    }

    fn restrictions(&self, note: &mut impl FnMut(&str, bool, String)) {
        let is = |name: &str, value: &str| self.settings.get(name).is_some_and(|v| v == value);
        if is("user.max_user_namespaces", "0") {
            note(
                "user.max_user_namespaces",
                false,
                "0: let root run: sysctl user.max_user_namespaces=10000".into(),
            );
        }
        if !self.root && is("kernel.unprivileged_userns_clone", "0") {
            note(
                "kernel.unprivileged_userns_clone",
                false,
                "0: let root run: sysctl kernel.unprivileged_userns_clone=1".into(),
            );
        }
        if !self.root && is("kernel.apparmor_restrict_unprivileged_userns", "1") {
            note(
                "kernel.apparmor_restrict_unprivileged_userns",
                false,
                "1: AppArmor takes the capabilities of user namespaces; let root run: sysctl \
                 kernel.apparmor_restrict_unprivileged_userns=0"
                    .into(),
            );
        }
        if fs::metadata("/.dockerenv").is_ok() {
            note(
                "container",
                false,
                "Docker's default profile refuses namespaces: run with --security-opt \
                 seccomp=unconfined --security-opt apparmor=unconfined --security-opt \
                 systempaths=unconfined --cap-add SYS_ADMIN, or accept tier uids"
                    .into(),
            );
        }
    }

    fn version(&self) -> (u32, u32) {
        let mut numbers = self.kernel.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
            _ => (0, 0),
        }
    }
}

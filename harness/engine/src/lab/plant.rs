//! Attackers who put something where the store will look.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CaseResult, Lab, ParentDir};
use crate::driver::state;
use crate::principal::Principal;
use crate::prober::{Peers, Plant};
use crate::record::{Condition, Evidence, Sysctl};

/// The settings of the host that decide what planted things do to whom, proc_sys_fs(5).
const PROTECTIONS: [&str; 4] =
    ["protected_symlinks", "protected_hardlinks", "protected_fifos", "protected_regular"];

impl Lab<'_> {
    /// Returns the path and those above it at which somebody might plant something: those below the shared directory or what the store made,
    /// and in the sticky scenes also those below a directory for temporary files.
    pub fn exposed(&self, path: &Path) -> Vec<PathBuf> {
        use ParentDir::{Made, Sticky, TakenSticky, Tmp};
        let (dir, shared) = (self.parent(), self.shared_dir());
        let roots = self.worker.layout().roots();
        let below = |path: &Path, dir: &Path| path.starts_with(dir) && path != dir;
        let temporary = |path: &Path| {
            let sticky = roots.iter().filter(|root| root.mode & 0o1000 != 0);
            sticky.into_iter().any(|root| below(path, &root.path)) && path != shared
        };
        let exposed = |path: &&Path| match self.parent_dir {
            Some(Made) => below(path, &dir),
            Some(Tmp) => temporary(path),
            Some(Sticky | TakenSticky) => below(path, &dir) || temporary(path),
            _ => below(path, &dir),
        };
        path.ancestors().filter(exposed).map(Path::to_owned).collect()
    }

    /// Removes what the case made in the directories for temporary files, but for the shared directory and what `keeps` names: a store's own
    /// file there keeps everybody else from its name.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn clear_temporary(&self, keeps: impl Fn(&Path) -> bool) -> CaseResult<()> {
        let shared = self.shared_dir();
        let roots = self.worker.layout().roots();
        let is_temporary =
            |dir: &Path| roots.iter().any(|root| root.mode & 0o1000 != 0 && root.path == dir);
        for node in self.made()? {
            let path = &node.path;
            if path.parent().is_some_and(is_temporary) && *path != shared && !keeps(path) {
                self.remove(path)?;
            }
        }
        Ok(())
    }

    /// Returns whether a principal could plant something there now: by trying, and taking it back.
    ///
    /// # Errors
    /// When a prober cannot be believed.
    pub fn can_plant(&self, who: Principal, at: &Path) -> CaseResult<bool> {
        Ok(self.worker.team().can_plant(who, at)?)
    }

    /// Lets a principal plant something; where the kernel refuses, the inner error is what it said.
    ///
    /// # Errors
    /// When a prober cannot be believed.
    pub fn plant(&self, who: Principal, what: &Plant, at: &Path) -> CaseResult<Result<(), String>> {
        Ok(self.worker.team().plant(who, what, at)?)
    }

    /// Returns which ends of a principal's FIFO are open.
    ///
    /// # Errors
    /// When a prober cannot be believed.
    pub fn peers(&self, who: Principal, fifo: &Path) -> CaseResult<Peers> {
        Ok(self.worker.team().peers(who, fifo)?)
    }

    /// Returns whether the store's process sleeps, and so is not merely slow: proc_pid_stat(5).
    ///
    /// # Errors
    /// When there is no driver.
    pub fn is_asleep(&mut self) -> CaseResult<bool> {
        let key = self.key();
        let pid = self.worker.driver(key)?.pid();
        Ok(state(pid) == Some('S'))
    }

    /// Returns the home directory of a principal.
    pub fn home_of(&self, who: Principal) -> PathBuf {
        self.worker.layout().home(who)
    }

    /// Returns the directory for temporary files.
    pub fn tmp(&self) -> PathBuf {
        self.worker.layout().tmp()
    }

    /// Returns the user id of a principal.
    pub fn uid_of(&self, who: Principal) -> u32 {
        self.worker.ids().of(who).uid
    }

    /// Returns a setting of the kernel as a condition, if it is 0 on this host.
    pub fn unset(&self, name: &str) -> Option<Condition> {
        let file = format!("/proc/sys/{}", name.replace('.', "/"));
        let value = fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        (value == "0").then(|| Condition::Setting { name: name.into(), value })
    }

    /// Returns the host's settings that decide what planted nodes do: `fs.protected_symlinks 0, …`.
    pub fn protections(&self) -> Evidence {
        let of = |name: &&str| {
            let value = fs::read_to_string(format!("/proc/sys/fs/{name}"));
            let value = value.map_or("unknown".into(), |value| value.trim().to_owned());
            Sysctl { name: format!("fs.{name}"), value }
        };
        Evidence::Sysctls { values: PROTECTIONS.iter().map(of).collect() }
    }
}

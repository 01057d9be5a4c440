//! Running a store short of something.

use std::path::PathBuf;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::{Abort, CaseResult, Lab};
use crate::driver::{processor_time, status};
use crate::error::Context;
use crate::sandbox::Tier;

impl Lab<'_> {
    /// Leaves only so many bytes, in whole pages, in the file system that the store's files are in; `None` gives everything back.
    ///
    /// # Errors
    /// [`Abort::Skip`] in the tiers whose places are no file systems of their own.
    pub fn leave_space(&mut self, bytes: Option<u64>) -> CaseResult<()> {
        if self.worker.tier() != Tier::Namespaces {
            return Err(Abort::Skip("needs a file system of its own (tier namespaces)".into()));
        }
        let parent = self.parent();
        let root: Option<PathBuf> =
            self.worker.roots().into_iter().find(|root| parent.starts_with(root));
        let Some(root) = root else {
            return Err(Abort::Skip(format!("{} is in no place of the sandbox", parent.display())));
        };
        Ok(self.worker.leave_space(&root, bytes)?)
    }

    /// Returns the peak memory of the driver's process, in bytes (VmHWM, proc_pid_status(5)); `None` if the kernel does not say.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn peak_memory(&mut self) -> CaseResult<Option<u64>> {
        let key = self.key();
        let pid = self.worker.driver(key)?.pid();
        Ok(status(pid).ok().and_then(|status| status.peak))
    }

    /// Returns the processor time that the driver's process has used.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn processor_time(&mut self) -> CaseResult<Duration> {
        let key = self.key();
        let pid = self.worker.driver(key)?.pid();
        Ok(processor_time(pid))
    }

    /// Lets the driver's process make no file larger than so many bytes, setrlimit(2) RLIMIT_FSIZE.
    ///
    /// # Errors
    /// [`Abort::Skip`] where the kernel lets nobody limit another user's process; when there is no driver.
    pub fn limit_file_size(&mut self, bytes: u64) -> CaseResult<()> {
        let key = self.key();
        let pid = Pid::from_raw(self.worker.driver(key)?.pid());
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        match prlimit(pid, Resource::Fsize, limit) {
            Ok(_) => Ok(()),
            Err(Errno::PERM) => Err(Abort::Skip(
                "needs CAP_SYS_RESOURCE over the store's process, prlimit(2) (tier namespaces \
                 has it)"
                    .into(),
            )),
            Err(errno) => Ok(Err(errno).doing("limit the size of a store's files")?),
        }
    }
}

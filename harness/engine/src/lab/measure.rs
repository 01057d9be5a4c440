//! What the process that has the store open has used: its memory at the most, and processor time.
//!
//! The kernel's facts (proc_pid_status(5)): `VmHWM` is the most that was in memory since the process began, `VmPeak` the most that was mapped.
//! A runtime that is asked for 2 GiB maps them before it reads a byte, so both are looked at.

use std::fs;
use std::time::Duration;

use interloper_driver::op;

use super::{CaseResult, Lab};

/// The most memory that a process had since it began, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The most that was in memory.
    pub resident: u64,
    /// The most that was mapped.
    pub mapped: u64,
}

impl Memory {
    /// Returns by how much more this is than an earlier one.
    pub fn since(self, earlier: Memory) -> Memory {
        Memory {
            resident: self.resident.saturating_sub(earlier.resident),
            mapped: self.mapped.saturating_sub(earlier.mapped),
        }
    }
}

impl Lab<'_> {
    /// Returns the most memory that the process which has the store open had since it began.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn memory(&mut self) -> CaseResult<Memory> {
        let pid = self.worker.driver_at_work(self.key())?.pid();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() * 1024
        };
        Ok(Memory { resident: field("VmHWM:"), mapped: field("VmPeak:") })
    }

    /// Returns the processor time of the thread that serves, in nanoseconds; 0 where the kernel does not count it.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn processor_nanos(&mut self) -> CaseResult<u64> {
        let pid = self.worker.driver_at_work(self.key())?.pid();
        let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        Ok(text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
    }

    /// Has operations of this case judged as hangs after less processor time than usual: whoever does so confirms each otherwise.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// Has the process that has the store open say which places of its code run, from the next operation on. Whether its kit can.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn watch_lines(&mut self) -> CaseResult<bool> {
        let key = self.key();
        let answer = self.worker.driver_at_work(key)?.call(op::Watch {})?;
        self.new_lines()?;
        Ok(answer.is_ok())
    }

    /// Returns the places of the store's code that ran for the first time in this process since the last call, by their hashes; none if it
    /// was not asked to say so.
    ///
    /// # Errors
    /// When there is no driver.
    pub fn new_lines(&mut self) -> CaseResult<Vec<u64>> {
        Ok(self.worker.driver_at_work(self.key())?.take_ran())
    }
}

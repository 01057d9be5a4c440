//! What time it is for the store.

use interloper_driver::{Operation, op};

use super::{Abort, CaseResult, Lab, Reply};
use crate::driver::{DriverKey, Leave, unix_seconds};

/// Means by which a store's clock is moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The driver's own `advance`.
    Driver,
    /// libfaketime, in each process that opens the store later. Files that such a process writes carry the real time: a store that goes by
    /// that takes a fresh session for an old one.
    Faketime,
    /// No means, for this reason: the test waits for real time to pass.
    Wall(&'static str),
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Clock::Driver => f.write_str("driver"),
            Clock::Faketime => f.write_str("faketime"),
            Clock::Wall(why) => write!(f, "wall ({why})"),
        }
    }
}

impl Lab<'_> {
    /// Returns the means by which the store's clock can be moved on, which the report names too. The first call may start a driver for
    /// that.
    pub fn clock(&mut self) -> Clock {
        let clock = match self.hello.can_do(Operation::Advance) {
            true => Clock::Driver,
            false => self
                .worker
                .faketime(self.setting.run_as)
                .map_or_else(Clock::Wall, |()| Clock::Faketime),
        };
        self.add_note(format!("clock: {clock}"));
        clock
    }

    /// Moves the store's clock on, for this case: all processes that have the store open are told, and those that open it later. Where
    /// libfaketime does it, those that have it open are ended first.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke; [`Abort::Ineffective`] where nothing moves the clock.
    pub fn advance_clock(&mut self, seconds: i64) -> CaseResult<Reply> {
        match self.clock() {
            Clock::Driver => self.advance_drivers(seconds),
            Clock::Faketime => {
                self.finish(Leave::Close)?;
                self.end_servers(Leave::Close)?;
                self.ahead = self.ahead.saturating_add(seconds);
                self.record(format!("{seconds} s pass"), "for each process from now on");
                Ok(Ok(()))
            }
            Clock::Wall(why) => Err(Abort::Ineffective(format!("nothing moves its clock: {why}"))),
        }
    }

    fn advance_drivers(&mut self, seconds: i64) -> CaseResult<Reply> {
        let reply =
            self.ask("", op::Advance { seconds }, format!("advance({seconds} s)"))?.map(drop);
        if reply.is_err() {
            return Ok(reply);
        }
        self.ahead = self.ahead.saturating_add(seconds);
        let here = self.key();
        let open = self
            .open_stores
            .iter()
            .filter(|(key, open_store)| **key != here && open_store.open_at.is_some());
        let others: Vec<DriverKey> = open.map(|(key, _)| *key).collect();
        for key in others {
            let reply = self.set_ahead(key, seconds)?;
            if reply.is_err() {
                return Ok(reply);
            }
        }
        Ok(reply)
    }

    /// Returns what time it is for the store, in Unix seconds.
    pub fn now(&self) -> i64 {
        unix_seconds().saturating_add(self.ahead)
    }

    /// Returns the seconds by which the store's clock was moved on.
    pub fn ahead(&self) -> i64 {
        self.ahead
    }

    /// Tells a process that has just opened the store what its clock is.
    pub(super) fn set_clock(&mut self) -> CaseResult<Reply> {
        if self.ahead == 0 || !self.hello.can_do(Operation::Advance) {
            return Ok(Ok(()));
        }
        self.set_ahead(self.key(), self.ahead)
    }

    fn set_ahead(&mut self, key: DriverKey, seconds: i64) -> CaseResult<Reply> {
        let answer = self.worker.driver_at_work(key)?.call(op::Advance { seconds });
        Ok(answer?.map(drop))
    }
}

//! What time it is for the store.

use interloper_driver::{Op, Operation};

use super::{Abort, CaseResult, Lab, Reply};
use crate::driver::{DriverKey, Leave};

/// By what the clock of a store can be moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// By its driver, which has `advance`.
    Driver,
    /// By libfaketime, in each process that opens the store later. What such a process writes has the real time as the file's: a store that
    /// goes by it takes what was just saved for old.
    Faketime,
    /// By nothing, for this reason: it is the time that passes.
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
    /// By what the store's clock can be moved on: what the report says of it, too. The first time, a driver may be started for that.
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
                self.ahead = self.ahead.saturating_add(seconds);
                self.record(format!("{seconds} s pass"), "for each process from now on");
                Ok(Ok(()))
            }
            Clock::Wall(why) => Err(Abort::Ineffective(format!("nothing moves its clock: {why}"))),
        }
    }

    fn advance_drivers(&mut self, seconds: i64) -> CaseResult<Reply> {
        let reply =
            self.ask("", Op::Advance { seconds }, format!("advance({seconds} s)"))?.map(drop);
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

    /// How far the store's clock was moved on, in seconds.
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
        let answer = self.worker.driver_at_work(key)?.call(Op::Advance { seconds });
        Ok(super::operate::reply(answer?))
    }
}

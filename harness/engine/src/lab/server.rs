//! The server that a store has started: it lives on between the processes of a case.
//!
//! 1. `open` names it, and the claim is looked at.
//! 2. Where calls are held, a driver whose calls are not opens the store first: what it starts is under no filter, so that the server's work
//!    is no step of the operation's, and goes on when nobody lets calls pass.
//! 3. It ends before anything is put back or damaged in the files below it, and with the case.

use interloper_driver::{Can, Open, Opened};

use super::{Abort, CaseResult, Lab};
use crate::driver::{DriverKey, Leave, Observation};

/// Client id of the driver that starts servers where calls are held.
const STARTER: u8 = u8::MAX;

impl Lab<'_> {
    /// Returns whether a server of the store's runs.
    pub fn has_server(&self) -> bool {
        self.worker.has_server()
    }

    /// Kills the store's server, and all that it started, where they are; whether there was one. The processes that have the store open stay.
    ///
    /// # Errors
    /// When what is left of it cannot be ended.
    pub fn kill_server(&mut self) -> CaseResult<bool> {
        let there = self.worker.has_server();
        if there {
            self.worker.end_servers(Leave::Kill)?;
            self.record("kill -9 of the server", "and of what it started");
        }
        Ok(there)
    }

    /// Ends the servers of the case.
    pub(crate) fn end_servers(&mut self, how: Leave) -> CaseResult<()> {
        for note in self.worker.end_servers(how)? {
            self.add_note(note);
        }
        Ok(())
    }

    /// Takes the server that `open` named.
    pub(super) fn take_server(&mut self, key: DriverKey, opened: Opened) -> CaseResult<()> {
        match opened.server {
            Some(pid) if self.hello.driver_can(Can::Server) => {
                if self.worker.adopt(key, pid)? {
                    return Ok(());
                }
                let what = format!(
                    "open named {pid} as its server, which is no process that the store's user has started here"
                );
                Err(Abort::Driver(Observation::Protocol(what)))
            }
            _ => Ok(()),
        }
    }

    /// Has the server started by a driver whose calls pass, if the next one's are held.
    pub(super) fn start_server(&mut self, open: &Open) -> CaseResult<()> {
        if self.hold.is_none() || !self.hello.driver_can(Can::Server) || self.has_server() {
            return Ok(());
        }
        let key = DriverKey { hold: None, client: STARTER, ..self.key() };
        self.worker.begin(key)?.map_err(Abort::Trouble)?;
        // Why it does not start is for the driver to say that is asked next.
        let opened = self.worker.driver_at_work(key)?.open(open.clone())?;
        let taken = match opened {
            Ok(Ok(opened)) => self.take_server(key, opened),
            _ => Ok(()),
        };
        self.worker.end(key, Leave::Close)?;
        taken
    }
}

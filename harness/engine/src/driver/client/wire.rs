//! The lines and bytes that come from a driver, and what it means when they do not.

use std::os::fd::AsFd;
use std::time::Duration;

use interloper_driver::{Answer, ChildEvent, MAX_LINE};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use super::{CallResult, Driver, OUTPUT_LIMIT, Observation};
use crate::prober::ended_for_memory;

impl Driver {
    /// Returns the answer that a line gives to the waiting request; `None` if it belongs to an earlier one.
    pub(super) fn read_line(&mut self, line: &[u8], n: u64, word: &str) -> Option<CallResult> {
        if let Ok(event) = serde_json::from_slice::<ChildEvent>(line)
            && event.event == "child"
        {
            // The fork itself is answered by the child, after an earlier child's event was waited for.
            self.case = None;
            return Some(Err(self.died(&wait_status(event.status), word)));
        }
        match serde_json::from_slice::<Answer>(line) {
            Ok(answer) if answer.n < n => None,
            Ok(answer) if answer.n > n => Some(Err(Observation::Protocol(format!(
                "{word} was answered with number {} instead of {n}",
                answer.n
            )))),
            Ok(answer) if answer.ok.is_some() == answer.err.is_some() => {
                Some(Err(Observation::Protocol(format!(
                    "{word} was answered with neither or both of ok and err"
                ))))
            }
            Ok(answer) => Some(Ok(answer)),
            Err(error) => Some(Err(Observation::Protocol(format!(
                "{word} was answered with something that is not an answer: {error}"
            )))),
        }
    }

    /// Returns what happened to a driver that can no longer be asked.
    pub(super) fn crashed(&mut self, word: &str) -> Observation {
        // One that is traced could not come to its end while a call of its is held.
        self.stepping = false;
        self.held = None;
        if self.must_end() {
            let words = self.last_words();
            return Observation::Protocol(format!(
                "it closed its requests during {word} and lives on{words}"
            ));
        }
        let how = match self.spawned.child.wait() {
            Ok(status) => {
                use std::os::unix::process::ExitStatusExt;
                wait_status(status.into_raw())
            }
            Err(error) => format!("is gone ({error})"),
        };
        let mut patience = 100;
        while self.drain() && patience > 0 {
            patience -= 1;
        }
        self.died(&how, word)
    }

    /// Returns the observation that a process ended, and by which status or call.
    fn died(&self, how: &str, word: &str) -> Observation {
        let why = ended_for_memory();
        let how = why.as_deref().unwrap_or(how);
        Observation::Crash(format!("it {how} during {word}{}", self.last_words()))
    }

    pub(super) fn last_words(&self) -> String {
        let said = String::from_utf8_lossy(&self.output);
        let line = said.trim().lines().rev().find(|line| !line.trim().is_empty());
        line.map_or_else(String::new, |line| {
            let line: String = line.chars().take(160).collect();
            format!("; last words: {line}")
        })
    }

    /// Waits until something happens, at most for so long.
    pub(super) fn wait(
        &mut self,
        at_most: Duration,
        to_send: bool,
    ) -> std::result::Result<(), Observation> {
        // A whole millisecond at the least: poll(2) counts in those.
        let timeout = at_most.clamp(Duration::from_millis(1), Duration::from_secs(60));
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        let watched = [&self.spawned.answers, &self.spawned.stdout, &self.spawned.stderr];
        let mut fds = vec![PollFd::new(self.process.as_fd(), PollFlags::POLLIN)];
        let mut which = Vec::new();
        for (index, fd) in watched.into_iter().enumerate().filter(|(index, _)| !self.closed[*index])
        {
            which.push(index);
            fds.push(PollFd::new(fd.as_fd(), PollFlags::POLLIN));
        }
        let holding = self.stepper.as_ref().filter(|_| self.held.is_none());
        if let Some(stepper) = holding {
            fds.push(PollFd::new(stepper.descriptor(), PollFlags::POLLIN));
        }
        if to_send {
            fds.push(PollFd::new(self.spawned.requests.as_fd(), PollFlags::POLLOUT));
        }
        let sites = self.sites.clone();
        let waiting = sites.as_ref().map(|sites| sites.borrow());
        let at_sites = fds.len();
        fds.extend(waiting.iter().flat_map(|sites| sites.needs()));
        let others = fds.len();
        fds.extend(self.next_process.iter().flat_map(|next| next.needs()));
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(Observation::Protocol(format!("poll: {errno}"))),
        }
        let happened = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        let died = happened(&fds[0]);
        let ready: Vec<usize> =
            which.iter().zip(&fds[1..]).filter(|(_, fd)| happened(fd)).map(|(i, _)| *i).collect();
        // Not the hang-up that comes when the last process under the filter has ended.
        let asked = holding.is_some()
            && fds[which.len() + 1].revents().is_some_and(|ev| ev.contains(PollFlags::POLLIN));
        let other = fds[others..].iter().any(happened);
        let at_sites = fds[at_sites..others].iter().any(happened);
        drop(fds);
        drop(waiting);
        if let Some(sites) = sites.filter(|_| at_sites) {
            sites.borrow_mut().tend();
        }
        if let Some(next) = self.next_process.as_mut().filter(|_| other) {
            next.tend();
        }
        if asked {
            self.hold()?;
        }
        if ready.iter().any(|index| *index > 0) {
            self.drain();
        }
        if ready.contains(&0) {
            self.receive()?;
        }
        if died && self.lines.is_empty() && self.held.is_none() {
            return Err(Observation::Crash(String::new()));
        }
        Ok(())
    }

    /// Takes the call that is held: keeps it where it is a step of the request under way, and lets it go otherwise.
    pub(super) fn hold(&mut self) -> std::result::Result<(), Observation> {
        let Some(stepper) = &mut self.stepper else { return Ok(()) };
        let taken = if self.stepping { stepper.take() } else { stepper.pass().map(|()| None) };
        self.held = taken.map_err(|error| Observation::Protocol(error.to_string()))?;
        // A thread that makes another call, of the same name perhaps, no longer sleeps in the one that it was let go into.
        if self.released.call.map(|(thread, _)| thread) == stepper.last_thread {
            self.released.call = None;
        }
        Ok(())
    }

    /// Reads what the driver wrote to its standard output and error; whether there was anything.
    pub(super) fn drain(&mut self) -> bool {
        let mut any = false;
        for (index, fd) in [(1, &self.spawned.stdout), (2, &self.spawned.stderr)] {
            let mut chunk = [0_u8; 16 << 10];
            match nix::unistd::read(fd, &mut chunk) {
                Ok(0) => self.closed[index] = true,
                Ok(n) => {
                    any = true;
                    let room = OUTPUT_LIMIT.saturating_sub(self.output.len());
                    self.output.extend_from_slice(&chunk[..n.min(room)]);
                }
                Err(_) => {}
            }
        }
        any
    }

    pub(super) fn receive(&mut self) -> std::result::Result<(), Observation> {
        let mut chunk = [0_u8; 64 << 10];
        let n = match nix::unistd::read(&self.spawned.answers, &mut chunk) {
            Ok(0) => {
                self.closed[0] = true;
                return Ok(());
            }
            Err(_) => return Ok(()),
            Ok(n) => n,
        };
        for piece in chunk[..n].split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if self.partial.last() == Some(&b'\n') {
                self.partial.pop();
                self.lines.push_back(std::mem::take(&mut self.partial));
            }
        }
        if self.partial.len() > MAX_LINE {
            self.partial = Vec::new();
            self.kill();
            return Err(Observation::Protocol(format!(
                "an answer is longer than {} MiB",
                MAX_LINE >> 20
            )));
        }
        Ok(())
    }
}

/// Describes a wait status, wait(2).
fn wait_status(status: i32) -> String {
    use std::os::unix::process::ExitStatusExt;
    let status = std::process::ExitStatus::from_raw(status);
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (_, Some(signal)) => {
            let name = Signal::try_from(signal).map_or("a signal", Signal::as_str);
            format!("was killed by {name}")
        }
        _ => format!("ended with wait status {status:?}"),
    }
}

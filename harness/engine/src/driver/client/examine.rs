//! The end of a forked child, as its parent tells it: what the profile `protocol` looks at.

use std::os::fd::AsFd;

use interloper_driver::{Answer, ChildEvent};
use nix::sys::signal::Signal;
use serde::de::IgnoredAny;

use super::super::spawn::pidfd_send_signal;
use super::Driver;

/// Fault in the event about a child's end, and whether there was no event at all.
pub(crate) type WrongChildEvent = (String, bool);

/// Event that the protocol asks for.
const WANTED: &str =
    "the parent writes {\"event\":\"child\",\"status\":…} when it has waited for its child";

/// Returns whether a line is an answer: something that the child left behind may say one to nobody, as it may at any other time.
fn is_answer(line: &[u8]) -> bool {
    serde_json::from_slice::<Answer<IgnoredAny>>(line)
        .is_ok_and(|answer| answer.err.is_some() || answer.ok.is_some())
}

impl Driver {
    /// Ends the child that serves the case, or with `closed` lets it end by itself, and judges the event that its parent writes.
    ///
    /// # Errors
    /// What is wrong with the event, and whether there is none; the driver is ended then.
    pub(crate) fn end_child(&mut self, closed: bool) -> std::result::Result<(), WrongChildEvent> {
        let Some(case) = self.case.take() else { return Ok(()) };
        if !closed {
            pidfd_send_signal(case.process.as_fd(), Signal::SIGKILL);
        }
        let told = self.child_status();
        pidfd_send_signal(case.process.as_fd(), Signal::SIGKILL);
        let wanted = if closed { 0 } else { Signal::SIGKILL as i32 };
        match told {
            // The bit that says that there is a core file, wait(2).
            Ok(status) if status & !0x80 == wanted => Ok(()),
            Ok(status) => Err((
                format!(
                    "the event says status {status} and the wait status is {wanted}, as wait(2) gives it"
                ),
                false,
            )),
            // A store may have killed the parent: that is no fault of the driver's.
            Err(_) if self.is_dead() => Err(("the driver's process has ended, too".into(), false)),
            Err(why) => {
                self.kill();
                Err((why, true))
            }
        }
    }

    /// Returns the wait status in the event that comes next.
    fn child_status(&mut self) -> std::result::Result<i32, String> {
        let mut came = None;
        self.wait_until(self.limits.start, |driver| {
            came = driver.lines.drain(..).find(|line| !line.is_empty() && !is_answer(line));
            came.is_some()
        });
        let line = came.ok_or_else(|| format!("no event came; {WANTED}"))?;
        let event: ChildEvent = serde_json::from_slice(&line)
            .map_err(|error| format!("a line came that is no event: {error}; {WANTED}"))?;
        match event.event.as_str() {
            "child" => Ok(event.status),
            other => Err(format!("an event {other:?} came; {WANTED}")),
        }
    }
}

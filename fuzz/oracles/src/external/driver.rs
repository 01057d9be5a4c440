//! A program that is kept running, and what goes in and out of it.
//!
//! A batch is four bytes of length, and in it each input with four bytes of length before it, big end first. The answer to each input is a
//! line of JSON.

use std::fmt::{self, Display};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

/// Answer of a program to an input.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It was read, as this.
    Value(Value),
    /// It was refused, for this reason.
    Refused(String),
}

/// Reason why there was no answer.
#[derive(Debug)]
pub enum Fault {
    /// The program could not be started.
    Start(String, io::Error),
    /// It ended, or wrote something that is no answer.
    Died(String),
    /// It did not answer in time.
    Hangs(Duration),
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Start(command, error) => {
                write!(f, "cannot start {command}: {error}; ci/install brings what it needs")
            }
            Fault::Died(how) => write!(f, "ended without an answer: {how}"),
            Fault::Hangs(after) => write!(f, "no answer after {} s", after.as_secs()),
        }
    }
}

impl std::error::Error for Fault {}

/// A program, started when it is first asked, and again after it died.
pub struct Driver {
    make: Box<dyn Fn() -> Command + Send>,
    deadline: Duration,
    running: Option<Running>,
}

struct Running {
    child: Child,
    // One socket for both directions: a write to a program that died is an error and no signal, and a read can have an end.
    channel: BufReader<UnixStream>,
}

impl Driver {
    /// Returns a driver that is started by that command, and has so long for each batch.
    pub fn new(make: impl Fn() -> Command + Send + 'static, deadline: Duration) -> Driver {
        Driver { make: Box::new(make), deadline, running: None }
    }

    /// Returns an answer to each input, in their order. After a fault the next batch has a new program.
    ///
    /// # Errors
    /// Where the program cannot be started, dies, or does not answer in time.
    pub fn ask(&mut self, batch: &[Vec<u8>]) -> Result<Vec<Answer>, Fault> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        let answers = running.ask(batch, self.deadline)?;
        self.running = Some(running);
        Ok(answers)
    }

    fn start(&self) -> Result<Running, Fault> {
        let mut command = (self.make)();
        let shown = format!("{command:?}");
        let mut start = || -> io::Result<Running> {
            let (ours, theirs) = UnixStream::pair()?;
            let output = theirs.try_clone()?;
            command.stdin(Stdio::from(OwnedFd::from(theirs)));
            command.stdout(Stdio::from(OwnedFd::from(output)));
            let child = command.stderr(Stdio::null()).spawn()?;
            Ok(Running { child, channel: BufReader::new(ours) })
        };
        start().map_err(|error| Fault::Start(shown, error))
    }
}

impl Running {
    /// Returns a driver reads a whole batch before it looks at the first input, so writing here does not wait for an answer.
    fn ask(&mut self, batch: &[Vec<u8>], deadline: Duration) -> Result<Vec<Answer>, Fault> {
        let until = Instant::now() + deadline;
        let frame = frame(batch).map_err(|error| Fault::Died(error.to_string()))?;
        let fault = |error: io::Error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Fault::Hangs(deadline),
            _ => Fault::Died(error.to_string()),
        };
        self.channel.get_ref().set_write_timeout(Some(deadline)).map_err(fault)?;
        self.channel.get_mut().write_all(&frame).map_err(fault)?;
        let mut answers = Vec::with_capacity(batch.len());
        let mut line = Vec::new();
        for _ in batch {
            // A time of nothing would be none at all.
            let left = until.saturating_duration_since(Instant::now());
            let left = left.max(Duration::from_millis(1));
            self.channel.get_ref().set_read_timeout(Some(left)).map_err(fault)?;
            line.clear();
            self.channel.read_until(b'\n', &mut line).map_err(fault)?;
            answers.push(serde_json::from_slice(&line).map_err(|error| {
                Fault::Died(match line.is_empty() {
                    true => "nothing was written".to_owned(),
                    false => format!("{error}: {}", String::from_utf8_lossy(&line)),
                })
            })?);
        }
        Ok(answers)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be in an endless loop, and has nothing to lose. What it already did by itself is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn frame(batch: &[Vec<u8>]) -> Result<Vec<u8>, std::num::TryFromIntError> {
    let mut body = vec![0; 4];
    for input in batch {
        body.extend(u32::try_from(input.len())?.to_be_bytes());
        body.extend(input);
    }
    let length = u32::try_from(body.len() - 4)?.to_be_bytes();
    body[..4].copy_from_slice(&length);
    Ok(body)
}

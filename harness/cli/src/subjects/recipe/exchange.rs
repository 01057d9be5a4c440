//! One command, from its start to its end: what it printed, and what it asked of the server meanwhile.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::server::Server;

/// Most of an output that is kept, in bytes; the rest is read and dropped.
const MOST_OUTPUT: usize = 1 << 20;

/// What a pipe holds at least before a writer has to wait, in bytes: pipe(7).
const PIPE: usize = 1 << 16;

/// End of a command.
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs a command to its end, and serves it meanwhile.
///
/// There is one thread: a driver is judged by what its threads sleep in. What the command started and left behind is not waited for.
///
/// # Errors
/// When the command cannot be started, or standard input is longer than a pipe holds.
pub(super) fn run(
    command: &mut Command,
    stdin: &[u8],
    mut server: Option<&mut Server>,
) -> io::Result<Outcome> {
    command.stdin(input(stdin)?).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let pidfd = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        let mut waited = vec![PollFd::new(&pidfd, PollFlags::IN)];
        let (out, err) = (child.stdout.as_ref(), child.stderr.as_ref());
        waited.extend(out.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        waited.extend(err.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        waited.extend(server.iter().flat_map(|server| server.waits_for()));
        match poll(&mut waited, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ended = !waited[0].revents().is_empty();
        drop(waited);
        drain(&mut child, &mut stdout, &mut stderr)?;
        if let Some(server) = server.as_deref_mut() {
            server.serve()?;
        }
        if ended {
            let status = child.wait()?;
            drain(&mut child, &mut stdout, &mut stderr)?;
            return Ok(Outcome { status, stdout, stderr });
        }
    }
}

/// Returns standard input with a text in it.
fn input(text: &[u8]) -> io::Result<Stdio> {
    if text.is_empty() {
        return Ok(Stdio::null());
    }
    if text.len() > PIPE {
        let why = format!("standard input of {} bytes; it may have {PIPE}", text.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(text)?;
    Ok(reader.into())
}

/// Reads what is there to be read, and lets go of a pipe that ended.
fn drain(child: &mut Child, stdout: &mut Vec<u8>, stderr: &mut Vec<u8>) -> io::Result<()> {
    if let Some(pipe) = &mut child.stdout
        && read_ready(pipe, stdout)?
    {
        child.stdout = None;
    }
    if let Some(pipe) = &mut child.stderr
        && read_ready(pipe, stderr)?
    {
        child.stderr = None;
    }
    Ok(())
}

/// Reads until a read would wait; whether that was the end.
fn read_ready(pipe: &mut (impl Read + AsFd), into: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 1 << 16];
    while is_ready(pipe)? {
        let n = pipe.read(&mut buffer)?;
        if n == 0 {
            return Ok(true);
        }
        let room = MOST_OUTPUT.saturating_sub(into.len());
        into.extend_from_slice(&buffer[..n.min(room)]);
    }
    Ok(false)
}

/// Returns whether a read would not wait.
pub(super) fn is_ready(file: &impl AsFd) -> io::Result<bool> {
    let mut waited = [PollFd::new(file, PollFlags::IN)];
    poll(&mut waited, Some(&Timespec::default()))?;
    Ok(!waited[0].revents().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, stdin: &[u8]) -> Outcome {
        run(Command::new("sh").args(["-c", script]), stdin, None).unwrap()
    }

    #[test]
    fn output_standard_input_and_status_are_kept() {
        let outcome = sh("cat; echo no >&2; exit 3", b"secret");
        assert_eq!(outcome.stdout, b"secret");
        assert_eq!(outcome.stderr, b"no\n");
        assert_eq!(outcome.status.code(), Some(3));
    }

    #[test]
    fn output_beyond_a_bound_is_read_and_dropped() {
        let outcome = sh("head -c 3000000 /dev/zero", b"");
        assert_eq!(outcome.stdout.len(), MOST_OUTPUT);
        assert!(outcome.status.success());
    }

    #[test]
    fn a_process_that_stays_behind_is_not_waited_for() {
        // It holds the pipes open for longer than anybody waits for a test.
        let outcome = sh("sleep 600 & echo $!", b"");
        let pid = String::from_utf8(outcome.stdout).unwrap();
        Command::new("kill").arg(pid.trim()).status().unwrap();
    }
}

//! The loop in which a driver serves its store.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::sys::{self, Side};
use crate::{
    ANSWER_FD, Answer, ChildEvent, ErrorKind, Failure, Hello, MAX_LINE, Op, Open, PROTOCOL,
    REQUEST_FD, Request, SessionStore,
};

/// Serves the store on descriptors 3 and 4 until the harness closes them.
///
/// This is the whole `main` of a Rust driver.
///
/// # Errors
/// When the descriptors are not there, or the harness sent something that is not a line.
pub fn serve(store: &mut dyn SessionStore) -> io::Result<()> {
    let requests = File::open(format!("/dev/fd/{REQUEST_FD}"))?;
    let answers = File::options().write(true).open(format!("/dev/fd/{ANSWER_FD}"))?;
    serve_on(store, requests, answers)
}

/// Serves the store on the given streams.
///
/// # Errors
/// When a stream fails, or a line is longer than [`MAX_LINE`].
pub fn serve_on(
    store: &mut dyn SessionStore,
    requests: impl Read,
    mut answers: impl Write,
) -> io::Result<()> {
    // The harness sends one request at a time, so a buffer never holds a line that a forked sibling should have read.
    let mut requests = BufReader::new(requests);
    let mut line = Vec::new();
    let mut forked = false;
    loop {
        line.clear();
        if requests.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)? == 0 {
            // An inherited exit handler must not run once for each child.
            if forked {
                sys::exit_now(0);
            }
            return Ok(());
        }
        if line.len() > MAX_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "request line is too long"));
        }
        let request: Request = match serde_json::from_slice(&line) {
            Ok(request) => request,
            Err(error) => {
                let failure = Failure::invalid(format!("not a request: {error}"));
                write_line(&mut answers, &Answer { n: 0, ok: None, err: Some(failure) })?;
                continue;
            }
        };
        let n = request.n;
        if matches!(request.op, Op::Fork) {
            match sys::fork() {
                Ok(Side::Child) => {
                    forked = true;
                    let ok = Some(json!({ "pid": std::process::id() }));
                    write_line(&mut answers, &Answer { n, ok, err: None })?;
                }
                Ok(Side::Parent(pid)) => {
                    let status = sys::wait(pid)?;
                    // The child may have died in the middle of a line: the newline ends it.
                    answers.write_all(b"\n")?;
                    write_line(&mut answers, &ChildEvent { event: "child".into(), status })?;
                }
                Err(error) => {
                    write_line(&mut answers, &Answer { n, ok: None, err: Some(error.into()) })?;
                }
            }
            continue;
        }
        let ends = matches!(request.op, Op::Close) && forked;
        let answer = match perform(store, request.op) {
            Ok(ok) => Answer { n, ok: Some(ok), err: None },
            Err(failure) => Answer { n, ok: None, err: Some(failure) },
        };
        write_line(&mut answers, &answer)?;
        if ends {
            sys::exit_now(0);
        }
    }
}

fn write_line(answers: &mut impl Write, line: &impl serde::Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    answers.write_all(&bytes)?;
    answers.flush()
}

fn perform(store: &mut dyn SessionStore, op: Op) -> Result<Value, Failure> {
    Ok(match op {
        Op::Hello { protocol } if protocol != PROTOCOL => {
            return Err(Failure::new(
                ErrorKind::Unsupported,
                format!("this driver speaks protocol {PROTOCOL}, not {protocol}"),
            ));
        }
        Op::Hello { .. } => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = since.ok().and_then(|since| i64::try_from(since.as_secs()).ok());
            serde_json::to_value(Hello { now, ..store.hello() })?
        }
        Op::Open(open) => {
            set_umask(&open)?;
            store.open(&open)?;
            json!({})
        }
        Op::Save { id, session } => {
            store.save(&id, &session)?;
            json!({})
        }
        Op::Create { id, session } => json!({ "id": store.create(id.as_deref(), &session)? }),
        Op::Load { id } => match store.load(&id)? {
            Some(session) => json!({ "session": session }),
            None => json!({ "absent": true }),
        },
        Op::Delete { id } => {
            store.delete(&id)?;
            json!({})
        }
        Op::Rotate { id } => json!({ "id": store.rotate(&id)? }),
        Op::List => json!({ "ids": store.list()? }),
        Op::Purge => {
            store.purge()?;
            json!({})
        }
        Op::Close => {
            store.close().or_else(|failure| match failure.kind {
                ErrorKind::Unsupported => Ok(()),
                _ => Err(failure),
            })?;
            json!({})
        }
        Op::Advance { seconds } => {
            store.advance(seconds)?;
            json!({})
        }
        Op::Fork => return Err(Failure::unsupported()),
    })
}

fn set_umask(open: &Open) -> Result<(), Failure> {
    let mask = u32::from_str_radix(&open.umask, 8)
        .ok()
        .filter(|mask| *mask <= 0o777)
        .ok_or_else(|| Failure::invalid(format!("umask {:?} is not octal", open.umask)))?;
    sys::set_umask(mask);
    Ok(())
}

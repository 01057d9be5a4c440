//! The loop in which a driver serves its store.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::sys::{self, Side};
use crate::{
    ANSWER_FD, Answer, ChildEvent, Done, ErrorKind, Failure, Forked, Hello, LoadAnswer, MAX_LINE,
    NewId, OkAnswer, Op, Opened, PROTOCOL, Pairs, REQUEST_FD, Request, SessionStore, answer, op,
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
                let n = serde_json::from_slice(&line).map_or(0, |Numbered { n }| n);
                refuse(&mut answers, n, failure)?;
                continue;
            }
        };
        let n = request.n;
        if matches!(request.op, Op::Fork(_)) {
            match sys::fork() {
                Ok(Side::Child) => {
                    forked = true;
                    let ok = Some(Forked { pid: std::process::id().cast_signed() });
                    write_line(&mut answers, &Answer { n, ok, err: None, ran: Vec::new() })?;
                }
                Ok(Side::Parent(pid)) => {
                    let status = sys::wait(pid)?;
                    // The child may have died in the middle of a line: the newline ends it.
                    answers.write_all(b"\n")?;
                    write_line(&mut answers, &ChildEvent { event: "child".into(), status })?;
                }
                Err(error) => {
                    refuse(&mut answers, n, error.into())?;
                }
            }
            continue;
        }
        let ends = matches!(request.op, Op::Close(_)) && forked;
        let answer = match perform(store, request.op) {
            Ok(ok) => Answer { n, ok: Some(ok), err: None, ran: Vec::new() },
            Err(failure) => Answer { n, ok: None, err: Some(failure), ran: Vec::new() },
        };
        write_line(&mut answers, &answer)?;
        if ends {
            sys::exit_now(0);
        }
    }
}

/// The number of a line that is no request otherwise.
#[derive(serde::Deserialize)]
struct Numbered {
    n: u64,
}

fn refuse(answers: &mut impl Write, n: u64, failure: Failure) -> io::Result<()> {
    write_line(answers, &Answer { n, ok: None::<OkAnswer>, err: Some(failure), ran: Vec::new() })
}

fn write_line(answers: &mut impl Write, line: &impl serde::Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    answers.write_all(&bytes)?;
    answers.flush()
}

fn perform(store: &mut dyn SessionStore, op: Op) -> Result<OkAnswer, Failure> {
    Ok(match op {
        Op::Hello(op::Hello { protocol }) if protocol != PROTOCOL => {
            return Err(Failure::new(
                ErrorKind::Unsupported,
                format!("this driver speaks protocol {PROTOCOL}, not {protocol}"),
            ));
        }
        Op::Hello(_) => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = since.ok().and_then(|since| i64::try_from(since.as_secs()).ok());
            Hello { now, ..store.hello() }.into()
        }
        Op::Open(open) => {
            sys::set_umask(open.umask);
            store.open(&open)?;
            Opened { server: store.server() }.into()
        }
        Op::Save(op::Save { id, session }) => done(store.save(&id, &session))?,
        Op::Create(op::Create { id, session }) => {
            NewId { id: store.create(id.as_deref(), &session)? }.into()
        }
        Op::Load(op::Load { id }) => match store.load(&id)? {
            Some(session) => LoadAnswer::Session(Box::new(session)).into(),
            None => LoadAnswer::Absent.into(),
        },
        Op::Update(op::Update { id, set }) => done(store.update(&id, &set))?,
        Op::Delete(op::Delete { id }) => done(store.delete(&id))?,
        Op::Rotate(op::Rotate { id }) => NewId { id: store.rotate(&id)? }.into(),
        Op::List(_) => answer::Ids { ids: store.list()? }.into(),
        Op::Purge(_) => done(store.purge())?,
        Op::Fetch(fetch) => done(store.fetch(&fetch))?,
        Op::Close(_) => done(store.close().or_else(|failure| match failure.kind {
            ErrorKind::Unsupported => Ok(()),
            _ => Err(failure),
        }))?,
        Op::Advance(op::Advance { seconds }) => done(store.advance(seconds))?,
        Op::Parse(op::Parse { header, value }) => {
            Pairs { pairs: store.parse(header, value.as_slice())? }.into()
        }
        Op::Fork(_) | Op::Watch(_) => return Err(Failure::unsupported()),
    })
}

fn done(reply: Result<(), Failure>) -> Result<OkAnswer, Failure> {
    reply.map(|()| Done {}.into())
}

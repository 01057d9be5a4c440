//! Writing: reports to standard output or to a file, and complaints to standard error.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use interloper_record::{Exit, Policy, Run, Trouble, TroubleKind};
use nix::unistd::{AccessFlags, access};

use crate::args::OutputArgs;
use crate::report::{Extent, Format, WIDTH};

/// How much room a report needs at least, in bytes.
const ROOM: usize = 64 << 10;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// Noticed before anything was run.
    #[error("{}: cannot be written: {source}; {}", .path.display(), way_out(.source))]
    Beforehand {
        /// The file or directory that was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Noticed when it was too late.
    #[error("cannot write {}: {source}; {}", .path.display(), way_out(.source))]
    Failed {
        /// The file that was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard output.
    #[error("standard output: cannot be written: {0}")]
    Stdout(#[from] io::Error),
}

impl OutputError {
    /// The exit code for it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            OutputError::Beforehand { .. } => Exit::Usage,
            OutputError::Failed { .. } | OutputError::Stdout(_) => Exit::Broken,
        }
    }
}

fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free space, or name a file on another disk"
        }
        _ => "name a file in a directory that exists and that you may write to",
    }
}

/// Says what went wrong, in one line on standard error.
pub(crate) fn complain(what: &str) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{red}interloper:{red:#} {}", one_line(what));
}

/// Says something by the way, in one line on standard error.
pub(crate) fn note(what: &str) {
    let _ = writeln!(anstream::stderr(), "interloper: {}", one_line(what));
}

/// Messages quote what programs wrote, and those may write anything.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line
}

/// Writes text with colours to standard output, without them where they are not wanted.
///
/// A reader that went away (`| head`) has what it wanted.
pub(crate) fn print(text: &str) -> Result<(), OutputError> {
    print_bytes(text.as_bytes(), true)
}

/// Writes what another program reads to standard output.
pub(crate) fn print_plain(bytes: &[u8]) -> Result<(), OutputError> {
    print_bytes(bytes, false)
}

fn print_bytes(bytes: &[u8], coloured: bool) -> Result<(), OutputError> {
    let written = if coloured {
        let mut out = anstream::AutoStream::auto(io::stdout());
        out.write_all(bytes).and_then(|()| out.flush())
    } else {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    };
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The text for people, or the one for machines where there is one: to the file, or to standard output.
///
/// With a file for machines, people get the text they can read all the same.
pub(crate) fn either(
    human: impl Fn(usize) -> String,
    machine: Option<&str>,
    file: Option<&Path>,
) -> Result<(), OutputError> {
    let Some(file) = file else {
        return match machine {
            Some(text) => print_bytes(text.as_bytes(), false),
            None => print(&human(width())),
        };
    };
    let bytes = match machine {
        Some(text) => {
            print(&human(width()))?;
            text.as_bytes().to_vec()
        }
        None => anstream::adapter::strip_bytes(human(WIDTH).as_bytes()).into_vec(),
    };
    write_file(file, &bytes)?;
    note(&format!("wrote {}", file.display()));
    Ok(())
}

/// The width that text for people is written in.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

/// Whether somebody sees standard error move.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A report of a run: to the file, or to standard output.
///
/// With a file for machines, people get the report they can read all the same. They get it too if the file cannot be written, which is then
/// a trouble of the run.
pub(crate) fn report(
    run: &mut Run,
    asked: &OutputArgs,
    extent: Extent,
    policy: &Policy,
) -> Result<(), OutputError> {
    let format = asked.format();
    let render = |run: &Run, format: Format, width| {
        let mut bytes = Vec::new();
        format.writer(policy.clone(), width, extent).write(run, &mut bytes)?;
        Ok::<_, OutputError>(bytes)
    };
    let Some(file) = &asked.output else {
        let bytes = render(run, format, width())?;
        return print_bytes(&bytes, format == Format::Human);
    };
    let mut bytes = render(run, format, WIDTH)?;
    if format == Format::Human {
        bytes = anstream::adapter::strip_bytes(&bytes).into_vec();
    }
    let written = write_file(file, &bytes);
    if let Err(error) = &written {
        run.troubles.push(unwritten(error));
    }
    if written.is_err() || format != Format::Human {
        print_bytes(&render(run, Format::Human, width())?, true)?;
    }
    match written {
        Ok(()) => note(&format!("wrote {}", file.display())),
        Err(error) => complain(&error.to_string()),
    }
    Ok(())
}

/// A file that was asked for and is not there, as a trouble of the run.
pub(crate) fn unwritten(error: &OutputError) -> Trouble {
    Trouble { kind: TroubleKind::Output, store: None, what: error.to_string(), details: Vec::new() }
}

/// Fails now where `write_file` would fail after an hour of work.
pub(crate) fn check_writable(path: &Path) -> Result<(), OutputError> {
    let fail = |source| OutputError::Beforehand { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(fail(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    // A pipe or a terminal is written to as it is; a file is replaced, so its directory is what counts.
    match is_special(path) {
        true => access(path, AccessFlags::W_OK).map_err(|errno| fail(errno.into())),
        false => check_room(parent(path)).map_err(fail),
    }
}

/// Fails where a file cannot be made, or has no room for a report; nothing is left of the try.
pub(crate) fn check_room(dir: &Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(dir)?;
    file.write_all(&[0; ROOM])?;
    // Some file systems find out only now.
    file.sync_all()
}

/// The text of a file, which has at most so many bytes: `/dev/zero` has no end.
pub(crate) fn read_text(path: &Path, longest: u64) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(longest + 1).read_to_string(&mut text)?;
    match text.len() as u64 > longest {
        true => {
            let why = format!("it is longer than {} MiB", longest >> 20);
            Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
        }
        false => Ok(text),
    }
}

/// Writes a file atomically.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let fail = |source| OutputError::Failed { path: path.to_owned(), source };
    if is_special(path) {
        return fs::write(path, bytes).map_err(fail);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".interloper-");
    // What the umask allows, as any program's output; a temporary file alone would be 0600.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(parent(path)).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(fail)?;
    file.persist(path).map(drop).map_err(|error| fail(error.error))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// `/dev/stdout`, a FIFO or the shell's `>(…)`: nothing that could be renamed into place.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

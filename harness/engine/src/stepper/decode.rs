//! What a held call is about: its paths, flags, modes and bytes, read from the thread that makes it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use interloper_driver::Umask;

use super::backend::Held;
use super::calls::{Arg, CallSpec, Effect, Value, makes, show};
use super::scope::{Scope, descriptor};
use super::tracee_memory;
use crate::driver::status;

/// Decoded call.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    pub(crate) name: &'static str,
    /// The paths it names, or that its descriptors lead to.
    pub(crate) paths: Vec<PathBuf>,
    /// The flags of an open.
    pub(crate) open_flags: Option<u64>,
    /// Number of bytes that it moves.
    pub(crate) count: Option<u64>,
    /// The program it starts, with its arguments.
    pub(crate) argv: Vec<Vec<u8>>,
    /// The first descriptor it acts on, of those that lead into the sandbox.
    pub(crate) fd: Option<i32>,
    /// The inode that leads to.
    pub(crate) inode: Option<u64>,
    /// The umask in force, where it makes something.
    pub(crate) umask: Option<Umask>,
    values: Vec<(Arg, Value)>,
}

impl Decoded {
    /// Formats the call for a story.
    pub(crate) fn show(&self, short: &dyn Fn(&Path) -> PathBuf) -> String {
        show(self.name, &self.values, short)
    }

    /// Returns whether the sandbox may be another afterwards.
    pub(crate) fn changes(&self, effect: Effect) -> bool {
        match self.open_flags {
            Some(flags) => makes(flags) || flags & libc::O_TRUNC as u64 != 0,
            None => effect.changes(),
        }
    }
}

/// Reads a held call.
pub(crate) fn decode(held: &Held, spec: &CallSpec, scope: &Scope) -> Decoded {
    let name = syscalls::Sysno::new(held.number as usize).map_or("?", |call| call.name());
    let mut decoded = Decoded {
        name,
        paths: Vec::new(),
        open_flags: None,
        count: None,
        argv: Vec::new(),
        fd: None,
        inode: None,
        umask: None,
        values: Vec::new(),
    };
    let thread = held.thread;
    let mut dir = None;
    for (index, (arg, raw)) in spec.args.iter().zip(held.args).enumerate() {
        let value = match *arg {
            Arg::Fd => {
                let (path, inode) = scope.descriptor(thread, raw as i32);
                if decoded.inode.is_none() && inode.is_some() {
                    decoded.fd = Some(raw as i32);
                    decoded.inode = inode;
                }
                decoded.paths.extend(path.clone());
                Value::Fd { number: raw as i32, path }
            }
            Arg::DirFd => {
                dir = (raw as i32 != libc::AT_FDCWD).then_some(raw as i32);
                Value::Dir { number: raw as i32, path: None }
            }
            Arg::Path => {
                let path = tracee_memory::text(thread, raw).map(|text| {
                    let text = PathBuf::from(OsStr::from_bytes(&text));
                    // With AT_EMPTY_PATH, and for utimensat(2) without a path, the descriptor itself is meant.
                    match (text.as_os_str().is_empty(), dir) {
                        (true, Some(fd)) => descriptor(thread, fd).unwrap_or_default(),
                        (true, None) => text,
                        _ => scope.resolve(thread, dir, &text),
                    }
                });
                let path = path.or_else(|| (raw == 0).then(|| descriptor(thread, dir?)).flatten());
                dir = None;
                decoded.paths.extend(path.clone());
                Value::Path(path)
            }
            Arg::Text => tracee_memory::text(thread, raw).map_or(Value::Unread, Value::Text),
            Arg::OpenFlags => {
                decoded.open_flags = Some(raw);
                Value::Raw(raw)
            }
            Arg::OpenHow => {
                // `struct open_how`, openat2(2): flags, mode, resolve.
                let field = |n: u64| tracee_memory::word(thread, raw.saturating_add(8 * n));
                decoded.open_flags = field(0);
                match (field(0), field(1), field(2)) {
                    (Some(flags), Some(mode), Some(resolve)) => Value::How { flags, mode, resolve },
                    _ => Value::Unread,
                }
            }
            Arg::BytesIn { count } | Arg::BytesOut { count } => {
                decoded.count = held.args.get(count).copied();
                Value::Bytes(decoded.count.unwrap_or_default())
            }
            Arg::VectorIn { count } | Arg::VectorOut { count } => {
                let pieces = held.args.get(count).copied().unwrap_or_default();
                decoded.count = Some(tracee_memory::vector_length(thread, raw, pieces));
                Value::Bytes(decoded.count.unwrap_or_default())
            }
            Arg::Argv => {
                decoded.argv = tracee_memory::list(thread, raw);
                Value::Argv(decoded.argv.clone())
            }
            Arg::Address => {
                // `struct sockaddr_un`, unix(7): two bytes of family, then a path that ends with a zero byte or with the structure.
                let length = held.args.get(index + 1).map_or(0, |length| (*length).min(110));
                let address = tracee_memory::bytes(thread, raw, length as usize);
                let text = address.strip_prefix(&(libc::AF_UNIX as u16).to_ne_bytes());
                let text = text.and_then(|text| text.split(|byte| *byte == 0).next());
                let path = text
                    .filter(|text| !text.is_empty())
                    .map(|text| scope.resolve(thread, None, Path::new(OsStr::from_bytes(text))));
                decoded.paths.extend(path.clone());
                Value::Path(path)
            }
            _ => Value::Raw(raw),
        };
        decoded.values.push((*arg, value));
    }
    let makes = match decoded.open_flags {
        Some(flags) => makes(flags),
        None => matches!(name, "creat" | "mkdir" | "mkdirat" | "mknod" | "mknodat" | "bind"),
    };
    if makes && scope.any(&decoded.paths) {
        decoded.umask = status(thread).ok().and_then(|status| status.umask);
    }
    decoded
}

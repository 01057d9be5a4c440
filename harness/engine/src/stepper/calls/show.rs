//! A call as a story prints it: one line, shorter than strace's.
//!
//! What a call writes or reads is a secret as likely as not: only its length is printed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::call_class::Arg;
use super::names::{ACCESS_BITS, ACCESS_MODE, LARGE_FILE, Names, OPEN, RESOLVE};

/// Number of characters that are printed of a path or a text; of a longer one, its end: the name is there.
const LONGEST_TEXT: usize = 60;
/// Number of arguments of a program that are printed.
const MOST_ARGUMENTS: usize = 8;
/// Mark for an omission.
pub(crate) const LEFT_OUT: &str = "…";
/// Mark for data that could not be read from the driver's memory.
const UNREADABLE: &str = "?";

/// Decoded value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The argument itself.
    Raw(u64),
    /// `Arg::Fd`: the descriptor, and where it leads.
    Fd { number: i32, path: Option<PathBuf> },
    /// `Arg::DirFd`: the descriptor or AT_FDCWD, and where it leads.
    Dir { number: i32, path: Option<PathBuf> },
    /// `Arg::Path` and `Arg::Address`: the path, absolute where it could be resolved; nothing where it could not be read, or is none.
    ///
    /// Where a call takes an empty or null path for its descriptor (AT_EMPTY_PATH, utimensat(2)), it is where that leads.
    Path(Option<PathBuf>),
    /// `Arg::Text`: the text, without its zero byte.
    Text(Vec<u8>),
    /// `Arg::BytesIn`, `BytesOut`, `VectorIn`, `VectorOut`: how many bytes.
    Bytes(u64),
    /// `Arg::Argv`: the arguments of a program, its name first.
    Argv(Vec<Vec<u8>>),
    /// `Arg::OpenHow`: the fields of `struct open_how`.
    How { flags: u64, mode: u64, resolve: u64 },
    /// Data that could not be read from the driver's memory.
    Unread,
}

/// Formats a path for a story: below the home directory as `~/…`.
pub(crate) fn below_home(home: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(home) {
        Ok(rest) if rest.as_os_str().is_empty() => "~".into(),
        Ok(rest) => Path::new("~").join(rest),
        Err(_) => path.to_owned(),
    }
}

/// Returns a name as it stands in a call that [`show`] printed.
pub(crate) fn shown_name(name: &OsStr) -> String {
    escaped_bytes(name.as_bytes()).concat()
}

/// Formats a call for a story: `openat("~/alpha.json", O_WRONLY|O_CREAT, 0600)`.
///
/// `short` abbreviates paths. Not printed are the directory of a path that was resolved, flags that are none, the mode of an open that
/// makes nothing, and pointers at the end.
pub(crate) fn show(
    name: &str,
    values: &[(Arg, Value)],
    short: &dyn Fn(&Path) -> PathBuf,
) -> String {
    let mut shown: Vec<String> = Vec::new();
    // Pointers that nobody looked at, until something follows them.
    let mut pointers = 0;
    for index in 0..values.len() {
        if values[index].0 == Arg::Opaque {
            pointers += 1;
            continue;
        }
        if let Some(text) = argument(values, index, short) {
            shown.extend(std::iter::repeat_n(LEFT_OUT.to_owned(), pointers));
            pointers = 0;
            shown.push(text);
        }
    }
    format!("{name}({})", shown.join(", "))
}

/// Formats one argument; `None` if it says nothing.
fn argument(
    values: &[(Arg, Value)],
    index: usize,
    short: &dyn Fn(&Path) -> PathBuf,
) -> Option<String> {
    let (arg, value) = &values[index];
    let before = index.checked_sub(1).map(|before| values[before].0);
    let quoted_path = |path: &Path| quoted(&escaped_path(&short(path)));
    let text = match (arg, value) {
        (_, Value::Unread) => UNREADABLE.to_owned(),
        (Arg::Count | Arg::Opaque, _) => return None,
        (Arg::DirFd, _) if is_absolute(values.get(index + 1)) => return None,
        (_, Value::Fd { number, path } | Value::Dir { number, path }) => match path {
            Some(path) => format!("{} {}", descriptor(*number), ended(&escaped_path(&short(path)))),
            None => descriptor(*number),
        },
        (Arg::Fd | Arg::DirFd, Value::Raw(number)) => descriptor(*number as i32),
        (_, Value::Path(Some(path))) => quoted_path(path),
        (Arg::Path, _) => UNREADABLE.to_owned(),
        // An address of the network, or one without a name.
        (Arg::Address, _) => LEFT_OUT.to_owned(),
        (_, Value::Text(text)) => quoted(&escaped_bytes(text)),
        (_, Value::Argv(list)) => argv(list),
        (_, Value::How { flags, mode, resolve }) => how(*flags, *mode, *resolve),
        (_, Value::Bytes(count)) => match arg {
            Arg::BytesOut { .. } | Arg::VectorOut { .. } => format!("up to {}", bytes(*count)),
            _ => bytes(*count),
        },
        (Arg::OpenFlags, Value::Raw(flags)) => open_flags(*flags),
        (Arg::Mode, Value::Raw(_)) if makes_nothing(values) => return None,
        (Arg::Mode, Value::Raw(bits)) => mode(*bits),
        (Arg::Flags(names), Value::Raw(bits)) => return flags(*bits & 0xffff_ffff, names),
        (Arg::Choice(names), Value::Raw(value)) => choice(*value & 0xffff_ffff, names),
        (Arg::Id, Value::Raw(id)) => match *id as u32 {
            u32::MAX => "-1".into(),
            id => id.to_string(),
        },
        // A number after a pointer is the size of what it points to.
        (Arg::Number, _) if matches!(before, Some(Arg::Address | Arg::OpenHow | Arg::Opaque)) => {
            return None;
        }
        (Arg::Bytes | Arg::Number, Value::Raw(number)) => (*number as i64).to_string(),
        // A pointer that was not read where it should have been.
        (_, Value::Raw(_) | Value::Path(None)) => UNREADABLE.to_owned(),
    };
    Some(text)
}

/// Returns whether a value is a path that says all without its directory.
fn is_absolute(value: Option<&(Arg, Value)>) -> bool {
    matches!(value, Some((_, Value::Path(Some(path)))) if path.is_absolute())
}

/// Returns whether a call opens without making anything: its mode is whatever was in the register.
fn makes_nothing(values: &[(Arg, Value)]) -> bool {
    values.iter().any(|value| match value {
        (Arg::OpenFlags, Value::Raw(flags)) => !makes(*flags),
        _ => false,
    })
}

/// Returns whether an open with these flags may make a file.
pub(crate) fn makes(flags: u64) -> bool {
    let temporary = libc::O_TMPFILE as u64;
    flags & libc::O_CREAT as u64 != 0 || flags & temporary == temporary
}

/// Returns a descriptor's number, or the name of what is none.
fn descriptor(number: i32) -> String {
    match number {
        libc::AT_FDCWD => "AT_FDCWD".into(),
        _ => number.to_string(),
    }
}

/// Returns the flags of open(2): how it accesses first, as they are written.
fn open_flags(bits: u64) -> String {
    // The C library passes an `int`: what is above is not its.
    let bits = bits & 0xffff_ffff & !LARGE_FILE;
    let access = choice(bits & ACCESS_BITS, ACCESS_MODE);
    match flags(bits & !ACCESS_BITS, OPEN) {
        Some(others) => format!("{access}|{others}"),
        None => access,
    }
}

/// Returns the fields of `struct open_how`, without its mode where nothing is made, and without its restrictions where it has none.
fn how(flag_bits: u64, mode_bits: u64, resolve: u64) -> String {
    let mut shown = vec![open_flags(flag_bits)];
    if makes(flag_bits) {
        shown.push(mode(mode_bits));
    }
    shown.extend(flags(resolve, RESOLVE));
    shown.join(", ")
}

/// Formats a mode in octal, with the kind of file if it names one, mknod(2).
fn mode(bits: u64) -> String {
    let kind = match bits as u32 & libc::S_IFMT {
        0 => "",
        libc::S_IFREG => "S_IFREG|",
        libc::S_IFIFO => "S_IFIFO|",
        libc::S_IFSOCK => "S_IFSOCK|",
        libc::S_IFCHR => "S_IFCHR|",
        libc::S_IFBLK => "S_IFBLK|",
        libc::S_IFDIR => "S_IFDIR|",
        _ => "S_IFMT|",
    };
    format!("{kind}{:04o}", bits & 0o7777)
}

/// Returns the names of the bits that are set; `None` if none is, and no bits have no name.
fn flags(bits: u64, names: Names) -> Option<String> {
    let mut left = bits;
    let mut shown: Vec<String> = Vec::new();
    for (name_bits, name) in names {
        // A name of several bits, or one of a bit of its own that a longer name has not covered.
        if *name_bits != 0 && bits & name_bits == *name_bits && left & name_bits != 0 {
            shown.push((*name).into());
            left &= !name_bits;
        }
    }
    if bits == 0 {
        shown.extend(names.iter().find(|(bits, _)| *bits == 0).map(|(_, name)| (*name).into()));
    }
    if left != 0 {
        shown.push(format!("{left:#x}"));
    }
    (!shown.is_empty()).then(|| shown.join("|"))
}

/// Returns the name of a value, or the value.
fn choice(value: u64, names: Names) -> String {
    match names.iter().find(|(known, _)| *known == value) {
        Some((_, name)) => (*name).into(),
        None => value.to_string(),
    }
}

/// Formats a length.
fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".into(),
        _ => format!("{count} bytes"),
    }
}

/// Returns the arguments of a program.
fn argv(list: &[Vec<u8>]) -> String {
    let mut shown: Vec<String> =
        list.iter().take(MOST_ARGUMENTS).map(|text| quoted(&escaped_bytes(text))).collect();
    if list.len() > MOST_ARGUMENTS {
        shown.push(LEFT_OUT.into());
    }
    format!("[{}]", shown.join(", "))
}

/// Formats a text between quotation marks, its beginning left out if it is long.
fn quoted(pieces: &[String]) -> String {
    format!("\"{}\"", ended(pieces))
}

/// Joins the pieces of a text, its beginning left out if it is long.
fn ended(pieces: &[String]) -> String {
    let mut width = 0;
    let fitting = pieces
        .iter()
        .rev()
        .take_while(|piece| {
            width += piece.chars().count();
            width <= LONGEST_TEXT
        })
        .count();
    let end = pieces[pieces.len() - fitting..].concat();
    match fitting == pieces.len() {
        true => end,
        false => format!("{LEFT_OUT}{end}"),
    }
}

/// Returns the characters of a path, as [`escaped_bytes`] has them.
fn escaped_path(path: &Path) -> Vec<String> {
    escaped_bytes(path.as_os_str().as_bytes())
}

/// Returns the characters of bytes that are mostly text: characters that a terminal would act on, and bytes that are no text, as escapes.
fn escaped_bytes(bytes: &[u8]) -> Vec<String> {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            let valid = chunk.valid().chars().map(escaped_char);
            valid.chain(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")))
        })
        .collect()
}

/// Returns a character, or its escape: control characters, and those that turn the direction of writing.
fn escaped_char(character: char) -> String {
    match character {
        '\'' => character.into(),
        _ => character.escape_debug().to_string(),
    }
}

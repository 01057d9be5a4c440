//! The words that the table of calls is written in.

/// Treatment of a call by the stepper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Class {
    /// It can reach files: held, where it reaches the sandbox's writable mounts.
    Reaches(CallSpec),
    /// It passes by, and why that is right.
    Quiet(&'static str),
    /// It is answered with ENOSYS, and why.
    Refused(&'static str),
}

/// A call that can reach files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CallSpec {
    /// Its arguments, in order.
    pub(crate) args: &'static [Arg],
    /// Effect that the call may have.
    pub(crate) effect: Effect,
    /// With which arguments it does that.
    pub(crate) when: When,
}

/// Meaning of an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arg {
    /// A descriptor that the call acts on.
    Fd,
    /// A descriptor of the directory that the following path is relative to, or AT_FDCWD.
    DirFd,
    /// A pointer to a path.
    Path,
    /// A pointer to text that is no path: a link's target, the name of an attribute.
    Text,
    /// The flags of open(2).
    OpenFlags,
    /// A pointer to `struct open_how`, openat2(2).
    OpenHow,
    /// Permission bits; printed in octal.
    Mode,
    /// A set of named bits; what has no name is printed in hexadecimal.
    Flags(&'static [(u64, &'static str)]),
    /// One of several named values; what has no name is printed in decimal.
    Choice(&'static [(u64, &'static str)]),
    /// A pointer to bytes that are written, as many as the argument of that index says.
    BytesIn { count: usize },
    /// A pointer to where bytes are read to, as many as the argument of that index says.
    BytesOut { count: usize },
    /// A pointer to `struct iovec`, as many as the argument of that index says; the bytes go to the file.
    VectorIn { count: usize },
    /// The same; the bytes come from the file.
    VectorOut { count: usize },
    /// A number that `BytesIn`, `BytesOut`, `VectorIn` or `VectorOut` counts with: not printed by itself.
    Count,
    /// A length or an offset in bytes.
    Bytes,
    /// A user or group; -1 leaves it alone.
    Id,
    /// A pointer to `struct sockaddr`; its length is the following argument.
    Address,
    /// A pointer to a null-terminated array of arguments, execve(2).
    Argv,
    /// A number without a name; after a pointer, the size of what that points to, and not printed.
    Number,
    /// A pointer whose target is not looked at: printed as `…`, and at the end not at all.
    Opaque,
}

/// Effect of a call on files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    /// Looks a name up, or reads metadata: a check that something may come between and its use.
    Look,
    /// Opens, and may create or empty what it opens.
    Open,
    /// Reads contents or names.
    Read,
    /// Writes contents, or changes the size.
    Write,
    /// Makes, removes or moves a name.
    Name,
    /// Changes mode, owner, times or attributes.
    Attribute,
    /// Makes what was changed durable.
    Sync,
    /// Takes or gives back a lock.
    Lock,
    /// Closes a descriptor.
    Close,
    /// Starts a program.
    Execute,
    /// Maps contents into memory, for changes that no call shows.
    Map,
}

impl Effect {
    /// Returns whether the sandbox may be another afterwards.
    pub(crate) fn changes(self) -> bool {
        matches!(
            self,
            Effect::Open | Effect::Write | Effect::Name | Effect::Attribute | Effect::Map
        )
    }
}

/// With which arguments a call is held; the filter tests them, so that the others cost nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    /// With any.
    Always,
    /// If all these bits are set in the low 32 bits of the arguments of these indices.
    Bits(&'static [(usize, u32)]),
    /// If the low 32 bits of the argument of this index are one of these.
    OneOf(usize, &'static [u32]),
}

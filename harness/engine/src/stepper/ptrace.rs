//! The requests of ptrace(2), and waiting for what it stops.
//!
//! A thread that is gone is no error anywhere here: whatever is traced may be killed at any moment.

use std::io;
use std::mem::MaybeUninit;

use nix::errno::Errno;

/// `struct ptrace_syscall_info`, ptrace(2): not in every C library's headers.
#[repr(C)]
struct Info {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    instruction: u64,
    stack: u64,
    /// Number and six arguments at entry; the result at the end.
    data: [u64; 8],
}

/// `PTRACE_SYSCALL_INFO_*` of <linux/ptrace.h>.
const AT_EXIT: u8 = 2;
const AT_SECCOMP: u8 = 3;
const GET_SYSCALL_INFO: libc::c_long = 0x420e;
/// `PTRACE_EVENT_STOP`: a new thread's first stop, or a stop of the whole process.
pub(super) const EVENT_STOP: i32 = 128;

/// A call that a thread is stopped at, and from where it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: i32,
    pub(super) args: [u64; 6],
    pub(super) instruction: u64,
    pub(super) stack: u64,
}

/// State of a thread that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThreadState {
    /// It stopped: by which signal, and at which event.
    Stopped { signal: i32, event: i32 },
    /// There is no such thread any more.
    Gone,
}

/// Point up to which a stopped thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Until something happens to it.
    Event,
    /// Until the call that it is in ends.
    Exit,
}

fn request(request: libc::c_long, thread: i32, address: u64, data: u64) -> nix::Result<i64> {
    // SAFETY: where a request takes a pointer, the caller passes one to memory that lives as long as the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_ptrace, request, thread, address, data) })
}

/// Attaches to a process of one thread without stopping it; every thread and child of it will be attached too.
pub(super) fn seize(process: i32) -> nix::Result<()> {
    let options = libc::PTRACE_O_TRACESECCOMP
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_EXITKILL;
    request(libc::PTRACE_SEIZE as libc::c_long, process, 0, options as u64).map(drop)
}

/// Lets a stopped thread go on, with a signal where that is not 0.
pub(super) fn resume(thread: i32, until: Until, signal: i32) {
    let how = match until {
        Until::Event => libc::PTRACE_CONT,
        Until::Exit => libc::PTRACE_SYSCALL,
    };
    let _ = request(how as libc::c_long, thread, 0, signal as u64);
}

/// Leaves a thread in the stop that its whole process is in, until that is continued.
pub(super) fn listen(thread: i32) {
    let _ = request(libc::PTRACE_LISTEN as libc::c_long, thread, 0, 0);
}

/// Returns the kernel's message about an event: the new thread, or the former one.
pub(super) fn message(thread: i32) -> Option<i32> {
    let mut message: libc::c_ulong = 0;
    let address = &raw mut message as u64;
    request(libc::PTRACE_GETEVENTMSG as libc::c_long, thread, 0, address).ok()?;
    Some(message as i32)
}

fn info(thread: i32) -> Option<Info> {
    let mut info = MaybeUninit::<Info>::zeroed();
    let address = info.as_mut_ptr() as u64;
    request(GET_SYSCALL_INFO, thread, size_of::<Info>() as u64, address).ok()?;
    // SAFETY: plain numbers, for which zero is a value too, where the kernel wrote less.
    Some(unsafe { info.assume_init() })
}

/// Returns the call that a thread is held at, before it is made.
pub(super) fn entry(thread: i32) -> Option<Entry> {
    let info = info(thread).filter(|info| info.op == AT_SECCOMP)?;
    let [number, args @ .., _] = info.data;
    let Info { instruction, stack, .. } = info;
    Some(Entry { number: number as i32, args, instruction, stack })
}

/// Returns the result of the call at whose end a thread is held.
pub(super) fn result(thread: i32) -> Option<i64> {
    let info = info(thread).filter(|info| info.op == AT_EXIT)?;
    Some(info.data[0] as i64)
}

/// The general registers of a stopped thread: `NT_PRSTATUS` of <linux/elf.h>.
#[derive(Clone, Copy, Debug)]
pub(super) struct Registers(libc::user_regs_struct);

const GENERAL: u64 = 1;

impl Registers {
    /// Reads them; `None` if the thread is gone.
    pub(super) fn of(thread: i32) -> io::Result<Option<Registers>> {
        let mut registers = MaybeUninit::<libc::user_regs_struct>::zeroed();
        let size = size_of::<libc::user_regs_struct>();
        let mut vector = libc::iovec { iov_base: registers.as_mut_ptr().cast(), iov_len: size };
        let get = libc::PTRACE_GETREGSET as libc::c_long;
        match request(get, thread, GENERAL, &raw mut vector as u64) {
            // SAFETY: plain numbers, for which zero is a value too, where the kernel wrote less.
            Ok(_) => Ok(Some(Registers(unsafe { registers.assume_init() }))),
            Err(Errno::ESRCH) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Returns the address at which the stack begins.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn stack(&self) -> u64 {
        self.0.rsp
    }

    /// Returns the address at which the stack begins.
    #[cfg(target_arch = "aarch64")]
    pub(super) fn stack(&self) -> u64 {
        self.0.sp
    }

    /// Writes them.
    pub(super) fn put(mut self, thread: i32) -> io::Result<()> {
        let size = size_of::<libc::user_regs_struct>();
        let mut vector = libc::iovec { iov_base: (&raw mut self.0).cast(), iov_len: size };
        let set = libc::PTRACE_SETREGSET as libc::c_long;
        gone_is_fine(request(set, thread, GENERAL, &raw mut vector as u64))
    }

    /// Returns them with the arguments of another call.
    #[cfg(target_arch = "x86_64")]
    fn with_arguments(mut self, [a, b, c, d, e, f]: [u64; 6]) -> Registers {
        let to = &mut self.0;
        (to.rdi, to.rsi, to.rdx, to.r10, to.r8, to.r9) = (a, b, c, d, e, f);
        self
    }

    /// Returns them with the arguments of another call.
    #[cfg(target_arch = "aarch64")]
    fn with_arguments(mut self, args: [u64; 6]) -> Registers {
        self.0.regs[..6].copy_from_slice(&args);
        self
    }

    /// Returns those of a thread that is held at the end of a call and makes a call from the same instruction next: syscall(2) has the
    /// registers of a call's number, and the length of the instruction.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn before_call(mut self, number: i32, args: [u64; 6]) -> Registers {
        self = self.with_arguments(args);
        self.0.rip -= 2;
        self.0.rax = number as u64;
        // Not in a call, so that nothing is restarted.
        self.0.orig_rax = u64::MAX;
        self
    }

    /// Returns those of a thread that is held at the end of a call and makes a call from the same instruction next.
    #[cfg(target_arch = "aarch64")]
    pub(super) fn before_call(mut self, number: i32, args: [u64; 6]) -> Registers {
        self = self.with_arguments(args);
        self.0.pc -= 4;
        self.0.regs[8] = number as u64;
        self
    }

    /// Returns those of a thread whose call has given a value.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn after_call(mut self, value: i64) -> Registers {
        self.0.rax = value as u64;
        self.0.orig_rax = u64::MAX;
        self
    }

    /// Returns those of a thread whose call has given a value.
    #[cfg(target_arch = "aarch64")]
    pub(super) fn after_call(mut self, value: i64) -> Registers {
        self.0.regs[0] = value as u64;
        self
    }
}

/// Makes another call of the one that a thread is held at. The kernel puts the filter to it again, and does not stop it again (seccomp(2)).
#[cfg(target_arch = "x86_64")]
pub(super) fn change(thread: i32, number: i32, args: [u64; 6]) -> io::Result<()> {
    let Some(mut registers) = Registers::of(thread)? else { return Ok(()) };
    registers = registers.with_arguments(args);
    registers.0.orig_rax = number as u64;
    registers.put(thread)
}

/// Makes another call of the one that a thread is held at. The number is a set of registers of its own here.
#[cfg(target_arch = "aarch64")]
pub(super) fn change(thread: i32, number: i32, args: [u64; 6]) -> io::Result<()> {
    let Some(mut registers) = Registers::of(thread)? else { return Ok(()) };
    registers = registers.with_arguments(args);
    registers.0.regs[8] = number as u64;
    registers.put(thread)?;
    set_number(thread, number)
}

/// Makes the call that a thread is held at give a value without being made.
///
/// A number that is no call's is skipped, and what is in the register of results then stays.
pub(super) fn skip(thread: i32, value: i64) -> io::Result<()> {
    skip_call(thread)?;
    answer(thread, value)
}

#[cfg(target_arch = "x86_64")]
fn skip_call(thread: i32) -> io::Result<()> {
    let number = std::mem::offset_of!(libc::user_regs_struct, orig_rax) as u64;
    gone_is_fine(request(libc::PTRACE_POKEUSER as libc::c_long, thread, number, -1_i64 as u64))
}

/// Makes the call that a thread is held at the end of give another value.
#[cfg(target_arch = "x86_64")]
pub(super) fn answer(thread: i32, value: i64) -> io::Result<()> {
    let result = std::mem::offset_of!(libc::user_regs_struct, rax) as u64;
    gone_is_fine(request(libc::PTRACE_POKEUSER as libc::c_long, thread, result, value as u64))
}

#[cfg(target_arch = "aarch64")]
fn skip_call(thread: i32) -> io::Result<()> {
    set_number(thread, -1)
}

/// Sets the call's number, which is a set of registers of its own here: `NT_ARM_SYSTEM_CALL` of <linux/elf.h>.
#[cfg(target_arch = "aarch64")]
fn set_number(thread: i32, mut number: i32) -> io::Result<()> {
    const NUMBER: u64 = 0x404;
    let mut vector = libc::iovec { iov_base: (&raw mut number).cast(), iov_len: 4 };
    let set = libc::PTRACE_SETREGSET as libc::c_long;
    gone_is_fine(request(set, thread, NUMBER, &raw mut vector as u64))
}

/// Makes the call that a thread is held at the end of give another value: the first of the general registers.
#[cfg(target_arch = "aarch64")]
pub(super) fn answer(thread: i32, value: i64) -> io::Result<()> {
    match Registers::of(thread)? {
        Some(registers) => registers.after_call(value).put(thread),
        None => Ok(()),
    }
}

fn gone_is_fine(done: nix::Result<i64>) -> io::Result<()> {
    match done {
        Ok(_) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Whose death is left for another to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// It is taken note of here, and the thread is gone for good then.
    Ours,
    /// Somebody else waits for it: only stops are looked for.
    Anothers,
}

/// Looks at what a traced thread has come to, without waiting for it.
pub(super) fn look(thread: i32, death: Death) -> Option<ThreadState> {
    // SAFETY: plain numbers, for which zero is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let what = match death {
        Death::Ours => libc::WSTOPPED | libc::WEXITED,
        Death::Anothers => libc::WSTOPPED,
    };
    let flags = what | libc::WNOHANG | libc::__WALL;
    // SAFETY: the kernel fills one structure of its own layout in.
    if unsafe { libc::waitid(libc::P_PID, thread as libc::id_t, &raw mut info, flags) } != 0 {
        return (Errno::last() == Errno::ECHILD).then_some(ThreadState::Gone);
    }
    // SAFETY: waitid(2) sets these fields, or leaves the zeros where nothing happened.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    match info.si_code {
        _ if pid == 0 => None,
        libc::CLD_TRAPPED | libc::CLD_STOPPED => {
            Some(ThreadState::Stopped { signal: status & 0xff, event: status >> 8 })
        }
        _ => Some(ThreadState::Gone),
    }
}

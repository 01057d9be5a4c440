//! The filter that every driver, and all that it starts, is under from before its first instruction.
//!
//! It refuses what no store needs and what leads around the sandbox's walls: keys, other processes' memory, programs in the kernel,
//! new namespaces, mounts, and calls whose work no other filter sees. The stepper's filter comes on top; the kernel takes the stricter of
//! two answers, seccomp(2).
//!
//! What runtimes try first and do without is answered with ENOSYS, as on a kernel that lacks it; the rest with EPERM.

use libc::{
    BPF_ALU, BPF_AND, BPF_JEQ, BPF_JGT, BPF_K, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, sock_filter,
    sock_fprog,
};
use nix::errno::Errno;
use syscalls::Sysno;

use crate::bpf::{NO_SUCH_CALL, argument_offset, give, jump, known_calls_only, load, op};
use crate::sandbox::Tier;

const FORBIDDEN: u32 = SECCOMP_RET_ERRNO | libc::EPERM as u32;
const NO_SUCH_FAMILY: u32 = SECCOMP_RET_ERRNO | libc::EAFNOSUPPORT as u32;

/// Calls that are refused whatever their arguments are, by the answer.
const REFUSED: [(u32, &[&str]); 2] = [
    (
        FORBIDDEN,
        &[
            // Keys: those of whoever started the run are not the store's, and what a store plants there outlives it.
            "add_key",
            "keyctl",
            "request_key",
            // The memory and the descriptors of other processes.
            "kcmp",
            "pidfd_getfd",
            "process_madvise",
            "process_vm_readv",
            "process_vm_writev",
            "ptrace",
            // Programs in the kernel, measurements of others, faults handled by others.
            "bpf",
            "perf_event_open",
            "userfaultfd",
            // Namespaces and mounts. `unshare` is below.
            "chroot",
            "fsconfig",
            "fsmount",
            "fsopen",
            "fspick",
            "mount",
            "mount_setattr",
            "move_mount",
            "open_by_handle_at",
            "open_tree",
            "open_tree_attr",
            "pivot_root",
            "setns",
            "umount2",
            // The machine.
            "acct",
            "delete_module",
            "finit_module",
            "init_module",
            "ioperm",
            "iopl",
            "kexec_file_load",
            "kexec_load",
            "quotactl",
            "quotactl_fd",
            "reboot",
            "swapoff",
            "swapon",
            "syslog",
            "vhangup",
        ],
    ),
    (
        NO_SUCH_CALL,
        &[
            // Its work is done by threads of the kernel's, past every filter.
            "io_uring_enter",
            "io_uring_register",
            "io_uring_setup",
            // Its flags are in memory, where a filter does not look; the C library falls back to `clone`.
            "clone3",
            // Memory that belongs to no process and no file system, and that no limit counts.
            "memfd_create",
            "memfd_secret",
        ],
    ),
];

/// Calls that are refused where there is no ipc namespace: what they make is in the host's, and outlives the run or is not bounded.
const OF_THE_HOST: [(Tier, &[&str]); 3] = [
    (Tier::Uids, &["mq_open"]),
    // There what a store leaves belongs to whoever runs the harness, and cannot be told from what is theirs.
    (Tier::Predicted, &["mq_open", "msgget", "semget", "shmget"]),
    (Tier::Namespaces, &[]),
];

/// Upper limit of one shared memory segment where no namespace bounds them all, in bytes; the host has 4,096 of them at most.
const LARGEST_SEGMENT: u32 = 1 << 20;
const TOO_LARGE: u32 = SECCOMP_RET_ERRNO | libc::ENOMEM as u32;

/// The flags of clone(2) that make namespaces, but for CLONE_NEWTIME, which only unshare(2) and clone3(2) take.
const NEW_NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;
/// CLONE_NEWTIME of <linux/sched.h>.
const CLONE_NEWTIME: i32 = 0x80;

/// Families of sockets that programs use for what a store does. Others reach hosts and hypervisors (vsock), or code of the kernel's.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
/// Socket families that stay allowed if the network is the host's.
const LOCAL_FAMILIES: [i32; 4] = [libc::AF_UNIX; 4];
/// Requests that put characters into a terminal's input, ioctl_tty(2) and ioctl_console(2), and change how its input is read.
const TERMINAL: [u64; 3] = [libc::TIOCSTI, TIOCLINUX, libc::TIOCSETD];
/// TIOCLINUX of <asm-generic/ioctls.h>.
const TIOCLINUX: u64 = 0x541c;

/// Returns the filter of a tier.
pub(crate) fn program(tier: Tier) -> Vec<sock_filter> {
    let families = if tier == Tier::Namespaces { FAMILIES } else { LOCAL_FAMILIES };
    let of_the_host =
        OF_THE_HOST.iter().filter(|(of, _)| *of == tier).flat_map(|(_, names)| *names);
    let of_the_host: Vec<&str> = of_the_host.copied().collect();
    let mut program = known_calls_only();
    let calls = (0..=Sysno::last().id() as usize).filter_map(Sysno::new);
    for call in calls {
        let then = match call.name() {
            "unshare" => any_bit(0, NEW_NAMESPACES | CLONE_NEWTIME, FORBIDDEN),
            "clone" => any_bit(0, NEW_NAMESPACES, FORBIDDEN),
            "ioctl" => one_of(1, TERMINAL.map(|request| request as u32), FORBIDDEN),
            "socket" | "socketpair" => {
                none_of(0, families.map(|family| family as u32), NO_SUCH_FAMILY)
            }
            "shmget" if tier == Tier::Uids => more_than(1, LARGEST_SEGMENT, TOO_LARGE),
            name if of_the_host.contains(&name) => vec![give(NO_SUCH_CALL)],
            name => match REFUSED.iter().find(|(_, names)| names.contains(&name)) {
                Some((answer, _)) => vec![give(*answer)],
                None => continue,
            },
        };
        program.push(jump(BPF_JEQ, call.id() as u32, 0, then.len() as u8));
        program.extend(then);
    }
    program.push(give(SECCOMP_RET_ALLOW));
    program
}

/// Gives an answer where any of the bits is set in the low half of an argument.
fn any_bit(argument: usize, bits: i32, answer: u32) -> Vec<sock_filter> {
    vec![
        load(argument_offset(argument)),
        op(BPF_ALU | BPF_AND | BPF_K, bits as u32),
        jump(BPF_JEQ, 0, 1, 0),
        give(answer),
        give(SECCOMP_RET_ALLOW),
    ]
}

/// Gives an answer where the low half of an argument is one of these.
fn one_of<const N: usize>(argument: usize, values: [u32; N], answer: u32) -> Vec<sock_filter> {
    let mut then = vec![load(argument_offset(argument))];
    for value in values {
        then.extend([jump(BPF_JEQ, value, 0, 1), give(answer)]);
    }
    then.push(give(SECCOMP_RET_ALLOW));
    then
}

/// Gives an answer where the low half of an argument is none of these.
fn none_of<const N: usize>(argument: usize, values: [u32; N], answer: u32) -> Vec<sock_filter> {
    let mut then = vec![load(argument_offset(argument))];
    for value in values {
        then.extend([jump(BPF_JEQ, value, 0, 1), give(SECCOMP_RET_ALLOW)]);
    }
    then.push(give(answer));
    then
}

/// Gives an answer where an argument is more than this.
fn more_than(argument: usize, most: u32, answer: u32) -> Vec<sock_filter> {
    let low = argument_offset(argument);
    vec![
        load(low + size_of::<u32>()),
        jump(BPF_JEQ, 0, 1, 0),
        give(answer),
        load(low),
        jump(BPF_JGT, most, 0, 1),
        give(answer),
        give(SECCOMP_RET_ALLOW),
    ]
}

/// Puts the filter on this process for good; it must have `no_new_privs`.
///
/// Allocates nothing: it runs between `fork` and `execve`.
pub(crate) fn put_on(program: &[sock_filter]) -> nix::Result<()> {
    let filter = sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    // SAFETY: `filter` points to `program`, which the kernel copies.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const filter)
    };
    Errno::result(result).map(drop)
}

/// LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and LANDLOCK_SCOPE_SIGNAL of <linux/landlock.h>.
const SCOPES: u64 = 0b11;

/// `struct landlock_ruleset_attr` of <linux/landlock.h>, as it is from Linux 6.12 on.
#[repr(C)]
struct Ruleset {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

/// Keeps this process, and all that it starts, from signalling, tracing and reading the processes of others, and from their abstract sockets;
/// landlock(7). It must have `no_new_privs`.
///
/// Where no namespace does that. Kernels before 6.12, and those without Landlock, do not: the threat model says so.
pub(crate) fn keep_to_itself() {
    let ruleset = Ruleset { handled_access_fs: 0, handled_access_net: 0, scoped: SCOPES };
    // SAFETY: the structure outlives the call, and its size is said; the descriptor is closed here and nobody else's.
    unsafe {
        let size = size_of::<Ruleset>();
        let fd = libc::syscall(libc::SYS_landlock_create_ruleset, &raw const ruleset, size, 0);
        if fd >= 0 {
            libc::syscall(libc::SYS_landlock_restrict_self, fd, 0);
            libc::close(fd as libc::c_int);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_fits_the_kernel_limit() {
        // BPF_MAXINSNS of <linux/bpf_common.h>.
        for tier in [Tier::Namespaces, Tier::Uids, Tier::Predicted] {
            assert!(program(tier).len() < 4096);
        }
    }

    #[test]
    fn every_name_is_a_call_of_one_of_the_machines() {
        for name in REFUSED.iter().flat_map(|(_, names)| *names) {
            let known = |known: Option<&str>| known == Some(*name);
            let machines = (0..=syscalls::x86_64::Sysno::last().id() as usize)
                .map(|n| syscalls::x86_64::Sysno::new(n).map(|call| call.name()));
            assert!(machines.into_iter().any(known), "{name}");
        }
    }
}

//! The seccomp filter: which calls are held, decided by the kernel before anything else looks at them.
//!
//! A program in classic BPF over `struct seccomp_data`, seccomp(2). Calls that always pass cost nothing: the kernel remembers them (5.11).

use std::mem::offset_of;

use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W,
    SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF, seccomp_data,
    sock_filter,
};
use syscalls::Sysno;

use super::calls::{CallSpec, Class, When, class, every_call};

/// What the kernel does with a call that may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hold {
    /// It asks whoever listens.
    Notify,
    /// It stops for the tracer.
    Trace,
}

/// `AUDIT_ARCH_*` of <linux/audit.h>: the machine, 64 bits, little-endian.
#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7;

/// Numbers from here on are of the x32 ABI: the same calls under other numbers.
const X32: u32 = 0x4000_0000;

const DENY: u32 = SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

/// The filter that holds every call which can reach files.
pub(crate) fn program(hold: Hold) -> Vec<sock_filter> {
    let held = match hold {
        Hold::Notify => SECCOMP_RET_USER_NOTIF,
        Hold::Trace => SECCOMP_RET_TRACE,
    };
    let mut program = vec![
        // Another architecture's numbers mean other calls: `int 0x80` would pass by.
        load(offset_of!(seccomp_data, arch)),
        jump(BPF_JEQ, ARCH, 1, 0),
        give(DENY),
        load(offset_of!(seccomp_data, nr)),
    ];
    if cfg!(target_arch = "x86_64") {
        program.extend([jump(BPF_JGE, X32, 0, 1), give(DENY)]);
    }
    // What a newer kernel has after the last call that we know.
    let unknown = Sysno::last().id() as u32 + 1;
    program.extend([jump(BPF_JGE, unknown, 0, 1), give(DENY)]);
    for call in every_call() {
        let number = call.id() as u32;
        let then = match class(call.name()) {
            Some(Class::Reaches(spec)) => test(&spec, held),
            Some(Class::Refused(_)) => vec![give(DENY)],
            // A call that nobody classified is a hole: a test fails on one, and here it is refused.
            None => vec![give(DENY)],
            Some(Class::Quiet(_)) => continue,
        };
        // The lists of arguments are short: a jump over them fits in a byte.
        program.push(jump(BPF_JEQ, number, 0, then.len() as u8));
        program.extend(then);
    }
    program.push(give(SECCOMP_RET_ALLOW));
    program
}

/// What follows once the number is that call's.
fn test(spec: &CallSpec, held: u32) -> Vec<sock_filter> {
    match spec.when {
        When::Always => vec![give(held)],
        When::OneOf(argument, values) => {
            let mut then = vec![load(argument_offset(argument))];
            for value in values {
                then.extend([jump(BPF_JEQ, *value, 0, 1), give(held)]);
            }
            then.push(give(SECCOMP_RET_ALLOW));
            then
        }
        When::Bits(masks) => {
            let mut then = Vec::new();
            for (argument, bits) in masks {
                then.extend([
                    load(argument_offset(*argument)),
                    op(BPF_ALU | BPF_AND | BPF_K, *bits),
                    jump(BPF_JEQ, *bits, 1, 0),
                    give(SECCOMP_RET_ALLOW),
                ]);
            }
            then.push(give(held));
            then
        }
    }
}

/// Where the low half of an argument is; both architectures are little-endian.
fn argument_offset(index: usize) -> usize {
    offset_of!(seccomp_data, args) + index * size_of::<u64>()
}

fn load(offset: usize) -> sock_filter {
    op(BPF_LD | BPF_W | BPF_ABS, offset as u32)
}

fn give(action: u32) -> sock_filter {
    op(BPF_RET | BPF_K, action)
}

fn op(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

fn jump(condition: u32, k: u32, then: u8, otherwise: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | condition | BPF_K) as u16, jt: then, jf: otherwise, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_fits_the_kernel_limit() {
        // BPF_MAXINSNS of <linux/bpf_common.h>.
        assert!(program(Hold::Notify).len() < 4096);
    }
}

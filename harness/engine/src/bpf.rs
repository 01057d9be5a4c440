//! Instructions of classic BPF over `struct seccomp_data`, seccomp(2).

use std::mem::offset_of;

use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ERRNO,
    seccomp_data, sock_filter,
};
use syscalls::Sysno;

/// `AUDIT_ARCH_*` of <linux/audit.h>: the machine, 64 bits, little-endian.
#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7;

/// Numbers from here on are of the x32 ABI: the same calls under other numbers.
const X32: u32 = 0x4000_0000;

/// Answer to a call that this machine must not have; programs then try another way.
pub(crate) const NO_SUCH_CALL: u32 = SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

/// Returns the beginning of every filter: refuses what is no call of this machine that we know, and leaves the call's number loaded.
pub(crate) fn known_calls_only() -> Vec<sock_filter> {
    let mut program = vec![
        // Another architecture's numbers mean other calls: `int 0x80` would pass by.
        load(offset_of!(seccomp_data, arch)),
        jump(BPF_JEQ, ARCH, 1, 0),
        give(NO_SUCH_CALL),
        load(offset_of!(seccomp_data, nr)),
    ];
    if cfg!(target_arch = "x86_64") {
        program.extend([jump(BPF_JGE, X32, 0, 1), give(NO_SUCH_CALL)]);
    }
    // What a newer kernel has after the last call that we know.
    let unknown = Sysno::last().id() as u32 + 1;
    program.extend([jump(BPF_JGE, unknown, 0, 1), give(NO_SUCH_CALL)]);
    program
}

/// Returns the offset of an argument's low half; both architectures are little-endian.
pub(crate) fn argument_offset(index: usize) -> usize {
    offset_of!(seccomp_data, args) + index * size_of::<u64>()
}

pub(crate) fn load(offset: usize) -> sock_filter {
    op(BPF_LD | BPF_W | BPF_ABS, offset as u32)
}

pub(crate) fn give(action: u32) -> sock_filter {
    op(BPF_RET | BPF_K, action)
}

pub(crate) fn op(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

pub(crate) fn jump(condition: u32, k: u32, then: u8, otherwise: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | condition | BPF_K) as u16, jt: then, jf: otherwise, k }
}

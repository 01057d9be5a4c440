//! Who a process of the harness is, and what it can never be again.
//!
//! The kernel's facts, capabilities(7), credentials(7), keyrings(7) and ptrace(2):
//!
//! - a change of ids from 0 to 0 drops nothing: who runs as uid 0 keeps every capability, and gets them again at each `execve`,
//!   unless `SECBIT_NOROOT` says that uid 0 is an id like any other;
//! - the bounding set and the securebits outlive `execve`, and locked bits cannot be taken back;
//! - with `SECBIT_NO_SETUID_FIXUP` a change of ids leaves capabilities alone, so they are given up by name;
//! - who has the same uid as another process may trace it, read its memory and take its descriptors, if that is dumpable;
//! - a signal is allowed where the sender's real or effective uid is the receiver's real or saved one: the effective one does not count;
//! - a session keyring is inherited through everything until it is replaced.

use nix::errno::Errno;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use crate::principal::Identity;

/// NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE of <linux/securebits.h>, each with its lock, and the lock of KEEP_CAPS.
const SECUREBITS: libc::c_ulong = 0b1110_1111;
/// SECBIT_NO_SETUID_FIXUP of <linux/securebits.h>.
const NO_SETUID_FIXUP: libc::c_ulong = 1 << 2;
/// The most capabilities a kernel could have: two words of bits.
const CAPABILITIES: libc::c_ulong = 64;

/// Takes the principal's ids, and gives up every capability and each way to get one.
///
/// Somebody with uid 0 afterwards has its files and nothing more.
pub(crate) fn become_principal(identity: &Identity) -> nix::Result<()> {
    let uid = Uid::from_raw(identity.uid);
    take_ids(identity, [uid, uid])?;
    give_up_privileges()
}

/// Becomes a prober: the principal's id decides what it may do, and `real` who may signal it.
///
/// A store that kills or stops whatever runs as its own user does not reach it.
pub(crate) fn become_prober(identity: &Identity, real: u32) -> nix::Result<()> {
    take_ids(identity, [Uid::from_raw(real), Uid::from_raw(identity.uid)])?;
    give_up_privileges()
}

fn take_ids(identity: &Identity, [real, effective]: [Uid; 2]) -> nix::Result<()> {
    let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
    let gid = Gid::from_raw(identity.gid);
    setgroups(&groups)?;
    setresgid(gid, gid, gid)?;
    lock_privileges();
    setresuid(real, effective, real)
}

/// Takes from the process every way to a capability that the kernel lets it take.
///
/// Nobody but whoever has CAP_SETPCAP can, and nobody else needs to: the rest has no uid 0 and gets `no_new_privs`.
fn lock_privileges() {
    // SAFETY: numbers only.
    unsafe {
        for capability in 0..CAPABILITIES {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        libc::prctl(libc::PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0);
    }
}

/// Gives up every capability and each way to get one, and keeps the ids.
///
/// # Errors
/// `EPERM` where one is left: whoever has it must not be let near a store.
pub(crate) fn give_up_privileges() -> nix::Result<()> {
    lock_privileges();
    nix::sys::prctl::set_no_new_privs()?;
    let nothing = [CapabilitySets::default(); 2];
    let mut left = [CapabilitySets { effective: 1, ..CapabilitySets::default() }; 2];
    // SAFETY: both calls get a header and two sets, as version 3 has them, which outlive the calls.
    unsafe {
        let header = CapabilityHeader { version: 0x2008_0522, pid: 0 };
        Errno::result(libc::syscall(libc::SYS_capset, &raw const header, nothing.as_ptr()))?;
        Errno::result(libc::syscall(libc::SYS_capget, &raw const header, left.as_mut_ptr()))?;
    }
    if left == nothing { Ok(()) } else { Err(Errno::EPERM) }
}

/// `struct __user_cap_header_struct` of <linux/capability.h>.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct` of <linux/capability.h>.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct CapabilitySets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Makes the supervisor of a user namespace somebody whom no store runs as, with all that its root may do.
///
/// Files that it makes are still root's: scenarios tell of root's directories.
pub(crate) fn leave_root(uid: u32) -> nix::Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(uid));
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0) })?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    nix::unistd::setfsgid(Gid::from_raw(0));
    nix::unistd::setfsuid(Uid::from_raw(0));
    Ok(())
}

/// Makes a process one that nobody with its uid can trace, read, or take descriptors from.
///
/// A change of ids and `execve` set this anew.
pub(crate) fn hide_from_own_uid() -> nix::Result<()> {
    nix::sys::prctl::set_dumpable(false)
}

/// Leaves the caller's session keyring for a new, empty one without a name, which ends with the last process that has it.
///
/// Kernels and containers without keyrings have none to leave.
pub(crate) fn leave_keyring() -> nix::Result<()> {
    // SAFETY: numbers, and a null that means "without a name".
    let joined = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            libc::KEYCTL_JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    };
    match Errno::result(joined) {
        Ok(_) | Err(Errno::ENOSYS | Errno::EPERM | Errno::EACCES) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Closes every descriptor but the standard ones.
pub(crate) fn close_inherited() -> nix::Result<()> {
    // SAFETY: numbers only; called where a role begins, before anything of its own is open.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    Errno::result(closed).map(drop)
}

//! The tree that a sandbox shows.
//!
//! The kernel's facts: mounts inherited from another user namespace are locked, so `MS_REMOUNT|MS_RDONLY` on them fails where
//! it drops a locked flag; `mount_setattr` with `AT_RECURSIVE` only adds flags and goes through (Linux 5.12).

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::layout::Layout;
use crate::error::{Context, Result};

/// A detached mount and the path it goes to.
pub(crate) struct Inherited<'a> {
    pub(crate) fd: RawFd,
    pub(crate) path: &'a Path,
    pub(crate) is_dir: bool,
}

/// Size limit of each writable place.
const PLACE_SIZE: &str = "256m";
/// Limit of files and directories in each writable place: those without contents take no room of the above.
const PLACE_INODES: &str = "20k";

/// Limits of what processes may share without a file, by the names of the settings in `/proc/sys/kernel`, proc_sys_kernel(5): bytes of one
/// segment, pages of all, segments; queues of messages; semaphores.
const IPC_LIMITS: [(&str, &str); 5] = [
    ("shmmax", "268435456"),
    ("shmall", "65536"),
    ("shmmni", "256"),
    ("msgmni", "32"),
    ("sem", "250 32000 32 128"),
];

/// Builds the sandbox's tree from a scratch mount and makes it the root.
///
/// `write_files` puts accounts and driver files in place while the tree is still writable; it gets the tree's path.
pub(crate) fn build(
    layout: &Layout,
    inherited: &[Inherited<'_>],
    write_files: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    // Nothing done here may travel to the host's mount namespace.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
        .on("make private", "/")?;
    // Any directory will do: it is only covered in this namespace.
    let tree = Path::new("/tmp");
    mount_tmpfs(tree, "mode=0755,size=64m")?;

    for dir in ["proc", "dev", "etc", "run", "var", "home", "tmp", "opt", "root"] {
        make_dir(&tree.join(dir), 0o755)?;
    }
    for link in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        let host = Path::new("/").join(link);
        if let Ok(target) = fs::read_link(&host) {
            symlink(target, tree.join(link)).on("link", &host)?;
        }
    }
    let (inside, apart): (Vec<_>, Vec<_>) =
        inherited.iter().partition(|mount| layout.shown().iter().any(|path| path == mount.path));
    for mount in apart {
        attach(tree, mount)?;
    }
    write_files(tree)?;

    // Needs the host's /proc still in sight (the kernel refuses a fresh one where none is fully visible).
    mount(
        Some("proc"),
        &tree.join("proc"),
        Some("proc"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
        // Of processes that one may not trace not even their names are there: the supervisor's and the probers' are nobody's business.
        Some("hidepid=2"),
    )
    .on("mount a fresh /proc at", "/proc")?;
    limit_ipc(&tree.join("proc/sys/kernel"));
    // The namespaces' settings are uid 0's of the sandbox, whatever capabilities it has.
    let settings = tree.join("proc/sys");
    mount(Some(&settings), &settings, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .on("make a mount of", "/proc/sys")?;
    set_read_only(&settings, false)?;
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, tree.join("dev").join(name)).on("link", target)?;
    }
    for root in layout.roots() {
        let path = below(tree, &root.path);
        make_dir(&path, 0o755)?;
        let options = format!("mode={:o},size={PLACE_SIZE},nr_inodes={PLACE_INODES}", root.mode);
        mount_tmpfs(&path, &options)?;
    }

    // Below a writable place, and so only after that was mounted.
    for mount in inside {
        attach(tree, mount)?;
    }

    std::env::set_current_dir(tree).on("enter", tree)?;
    nix::unistd::pivot_root(".", ".").doing("make the sandbox's tree the root")?;
    umount2(".", MntFlags::MNT_DETACH).doing("let go of the host's tree")?;
    std::env::set_current_dir("/").on("enter", "/")?;
    set_read_only(Path::new("/"), false)
}

/// Bounds what is shared in the sandbox's ipc namespace; kernels before 5.19 let only the host's root do that.
fn limit_ipc(settings: &Path) {
    for (name, value) in IPC_LIMITS {
        let _ = fs::write(settings.join(name), value);
    }
}

/// Brings the loopback interface up: a new network namespace has it down.
pub(crate) fn loopback_up() -> Result<()> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").doing("make a socket")?;
    // SAFETY: the structure is plain numbers; the name is a NUL-terminated "lo" and the union member read is the one the request defines.
    unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = *from as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
        let fd = std::os::fd::AsRawFd::as_raw_fd(&socket);
        if libc::ioctl(fd, libc::SIOCSIFFLAGS, &raw const request) != 0 {
            return Err(io::Error::last_os_error()).doing("bring the loopback interface up");
        }
    }
    Ok(())
}

/// Returns a path of the sandbox while its tree is still below another directory.
fn below(tree: &Path, path: &Path) -> PathBuf {
    tree.join(path.strip_prefix("/").unwrap_or(path))
}

fn mount_tmpfs(at: &Path, options: &str) -> Result<()> {
    mount(
        Some("interloper"),
        at,
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some(options),
    )
    .on("mount a tmpfs at", at)
}

/// Leaves only so many bytes in a place, whatever is in it; `None` gives everything back.
pub(crate) fn leave_space(place: &Path, bytes: Option<u64>) -> Result<()> {
    let size = match bytes {
        None => PLACE_SIZE.to_string(),
        Some(bytes) => {
            let now = nix::sys::statvfs::statvfs(place).on("measure", place)?;
            // A size of 0 means no limit, tmpfs(5): a root directory alone takes no block.
            let used = (now.blocks() - now.blocks_free()) * now.fragment_size();
            (used + bytes).max(1).to_string()
        }
    };
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let options = format!("size={size}");
    mount(None::<&str>, place, None::<&str>, flags, Some(options.as_str()))
        .on("change the size of", place)
}

fn make_dir(path: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(path).on("make the directory", path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).on("set the mode of", path)
}

fn attach(tree: &Path, inherited: &Inherited<'_>) -> Result<()> {
    let at = below(tree, inherited.path);
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent).on("make the directory", parent)?;
    }
    if inherited.is_dir {
        fs::create_dir_all(&at).on("make the directory", &at)?;
    } else if !at.exists() {
        fs::write(&at, b"").on("make the mount point", &at)?;
    }
    let to = c_path(&at)?;
    // SAFETY: a descriptor that `open_tree` made for us and NUL-terminated strings.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            inherited.fd,
            c"".as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error()).on("show", inherited.path);
    }
    nix::unistd::close(inherited.fd).on("let go of", inherited.path)?;
    set_read_only(&at, true)
}

fn set_read_only(at: &Path, recursive: bool) -> Result<()> {
    let path = c_path(at)?;
    // SAFETY: the structure is plain numbers, for which zero means "leave as it is".
    let mut attributes: libc::mount_attr = unsafe { std::mem::zeroed() };
    attributes.attr_set = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the structure and the string outlive the call, and the size is the structure's.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            std::mem::size_of::<libc::mount_attr>(),
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error()).on("make read-only", at);
    }
    Ok(())
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from).on("name", path)
}

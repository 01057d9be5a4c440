//! Mounts that are not looked into: asking a server that does not answer would stop the scan, `statfs(2)` included.
//!
//! `/proc/self/mountinfo` (proc_pid_mountinfo(5)) names type and place of each without asking any server.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// What a mount is to a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mount {
    /// Another machine's files, or another process's.
    Network,
    /// The kernel's own: no files that anybody keeps.
    Pseudo,
}

/// Every mount by its place; `None` for one of a disk or of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mounts(HashMap<PathBuf, Option<Mount>>);

impl Mounts {
    /// Reads the mounts of this process's namespace.
    pub(crate) fn read() -> Mounts {
        Mounts::parse(&fs::read("/proc/self/mountinfo").unwrap_or_default())
    }

    fn parse(text: &[u8]) -> Mounts {
        let mut mounts = HashMap::new();
        for line in text.split(|&byte| byte == b'\n') {
            let fields: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
            let dash = fields.iter().position(|field| *field == b"-");
            let (Some(place), Some(kind)) = (fields.get(4), dash.and_then(|n| fields.get(n + 1)))
            else {
                continue;
            };
            let place = PathBuf::from(OsString::from_vec(unescape(place)));
            // The last one that is mounted at a place is the one that is seen.
            mounts.insert(place, kind_of(kind));
        }
        Mounts(mounts)
    }

    /// Returns what is mounted at a path, if that is not looked into.
    pub(crate) fn at(&self, path: &Path) -> Option<Mount> {
        self.0.get(path).copied().flatten()
    }

    /// Returns the mount that a path is in or at, if it is not looked into.
    pub(crate) fn above(&self, path: &Path) -> Option<Mount> {
        path.ancestors().find_map(|at| self.0.get(at).copied()).flatten()
    }
}

fn kind_of(name: &[u8]) -> Option<Mount> {
    let network: [&[u8]; 20] = [
        b"nfs",
        b"nfs4",
        b"cifs",
        b"smb3",
        b"smbfs",
        b"afs",
        b"coda",
        b"ceph",
        b"9p",
        b"virtiofs",
        b"glusterfs",
        b"lustre",
        b"gfs2",
        b"ocfs2",
        b"orangefs",
        b"ncpfs",
        b"fuse",
        b"autofs",
        b"vboxsf",
        b"beegfs",
    ];
    let pseudo: [&[u8]; 15] = [
        b"proc",
        b"sysfs",
        b"cgroup",
        b"cgroup2",
        b"debugfs",
        b"tracefs",
        b"securityfs",
        b"devpts",
        b"bpf",
        b"pstore",
        b"efivarfs",
        b"configfs",
        b"binfmt_misc",
        b"selinuxfs",
        b"nsfs",
    ];
    if network.contains(&name) || name.starts_with(b"fuse.") {
        return Some(Mount::Network);
    }
    (pseudo.contains(&name) || name == b"mqueue").then_some(Mount::Pseudo)
}

/// Reads the octal escapes of spaces, tabs, newlines and backslashes.
fn unescape(field: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(&byte) = field.get(at) {
        let digits = field.get(at + 1..at + 4).filter(|_| byte == b'\\');
        let code =
            digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 4 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_mount_is_known_by_its_line() {
        let text = b"36 35 98:0 / /mnt rw - ext4 /dev/sda rw\n37 35 0:5 / /srv/a\\040b rw shared:1 - nfs4 host:/x rw\n\
            38 35 0:6 / /home rw - fuse.sshfs x rw\n39 35 0:7 / /proc rw - proc proc rw\n40 35 0:8 / /home rw - tmpfs x rw\n";
        let mounts = Mounts::parse(text);
        assert_eq!(mounts.at(Path::new("/srv/a b")), Some(Mount::Network));
        assert_eq!(mounts.above(Path::new("/srv/a b/c/d")), Some(Mount::Network));
        assert_eq!(mounts.at(Path::new("/proc")), Some(Mount::Pseudo));
        assert_eq!(mounts.above(Path::new("/home/ann")), None);
        assert_eq!((mounts.at(Path::new("/mnt")), mounts.at(Path::new("/home"))), (None, None));
    }
}

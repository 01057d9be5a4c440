use std::path::{Path, PathBuf};

use super::super::{Class, Value, class, show};
use Value::{Bytes, Dir, Fd, How, Raw, Text, Unread};

/// A call with its arguments, printed as in a story of `owner`.
fn line<const N: usize>(name: &str, values: [Value; N]) -> String {
    let Some(Class::Reaches(spec)) = class(name) else { panic!("{name} is not held") };
    assert_eq!(spec.args.len(), N, "{name}");
    let values: Vec<_> = spec.args.iter().copied().zip(values).collect();
    let short = |path: &Path| match path.strip_prefix("/home/owner") {
        Ok(rest) => Path::new("~").join(rest),
        Err(_) => path.to_owned(),
    };
    show(name, &values, &short)
}

fn path(path: &str) -> Value {
    Value::Path(Some(PathBuf::from(path)))
}

/// The session file, open as 3.
fn session() -> Value {
    Fd { number: 3, path: Some("/home/owner/s/a.json".into()) }
}

/// The working directory.
fn here() -> Value {
    Dir { number: libc::AT_FDCWD, path: Some("/home/owner".into()) }
}

fn bits(bits: i32) -> Value {
    // As a register has it: the upper half is whatever was there.
    Raw(0xabcd_0000_0000 | u64::from(bits as u32))
}

#[test]
fn opens() {
    let create = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
    assert_eq!(
        line("openat", [here(), path("/home/owner/s/a.json"), bits(create), Raw(0o666)]),
        r#"openat("~/s/a.json", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666)"#
    );
    assert_eq!(
        line("open", [path("/home/owner/s"), bits(libc::O_DIRECTORY), Raw(0o7777)]),
        r#"open("~/s", O_RDONLY|O_DIRECTORY)"#
    );
    assert_eq!(
        line("open", [path("/tmp"), bits(libc::O_RDWR | libc::O_TMPFILE), Raw(0o600)]),
        r#"open("/tmp", O_RDWR|O_TMPFILE, 0600)"#
    );
    assert_eq!(line("creat", [path("/tmp/a"), Raw(0o644)]), r#"creat("/tmp/a", 0644)"#);
    let how = How {
        flags: (libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL) as u64,
        mode: 0o600,
        resolve: 0x0c,
    };
    assert_eq!(
        line("openat2", [here(), path("/home/owner/a"), how, Raw(24)]),
        r#"openat2("~/a", O_WRONLY|O_CREAT|O_EXCL, 0600, RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH)"#
    );
    assert_eq!(line("openat2", [here(), path("/a"), Unread, Raw(24)]), r#"openat2("/a", ?)"#);
}

#[test]
fn a_path_that_was_not_resolved_keeps_its_directory() {
    let unread = Value::Path(None);
    assert_eq!(line("unlinkat", [here(), unread.clone(), Raw(0)]), "unlinkat(AT_FDCWD ~/, ?)");
    let nowhere = Dir { number: 7, path: None };
    assert_eq!(
        line("unlinkat", [nowhere, path("a"), Raw(0x200)]),
        r#"unlinkat(7, "a", AT_REMOVEDIR)"#
    );
    assert_eq!(line("unlink", [unread]), "unlink(?)");
}

#[test]
fn contents_are_counted_and_never_printed() {
    assert_eq!(line("write", [session(), Bytes(412), Raw(412)]), "write(3 ~/s/a.json, 412 bytes)");
    assert_eq!(
        line("write", [Fd { number: -1, path: None }, Bytes(1), Raw(1)]),
        "write(-1, 1 byte)"
    );
    assert_eq!(
        line("read", [session(), Bytes(4096), Raw(4096)]),
        "read(3 ~/s/a.json, up to 4096 bytes)"
    );
    assert_eq!(
        line("pwrite64", [session(), Bytes(100), Raw(100), Raw(8192)]),
        "pwrite64(3 ~/s/a.json, 100 bytes, 8192)"
    );
    assert_eq!(line("writev", [session(), Bytes(77), Raw(3)]), "writev(3 ~/s/a.json, 77 bytes)");
    assert_eq!(
        line("pwritev2", [session(), Bytes(77), Raw(3), Raw(u64::MAX), Raw(9), Raw(2)]),
        "pwritev2(3 ~/s/a.json, 77 bytes, -1, …, RWF_DSYNC)"
    );
    assert_eq!(
        line("fsetxattr", [session(), Text(b"user.key".into()), Bytes(16), Raw(16), Raw(1)]),
        r#"fsetxattr(3 ~/s/a.json, "user.key", 16 bytes, XATTR_CREATE)"#
    );
    // A pointer that nobody followed.
    assert_eq!(line("write", [session(), Raw(0x7fff_0000), Raw(5)]), "write(3 ~/s/a.json, ?)");
}

#[test]
fn descriptors_and_sizes() {
    assert_eq!(line("fsync", [session()]), "fsync(3 ~/s/a.json)");
    assert_eq!(line("close", [Fd { number: 5, path: None }]), "close(5)");
    assert_eq!(line("ftruncate", [session(), Raw(0)]), "ftruncate(3 ~/s/a.json, 0)");
    assert_eq!(
        line("fallocate", [session(), Raw(3), Raw(0), Raw(4096)]),
        "fallocate(3 ~/s/a.json, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 0, 4096)"
    );
    let copy = Fd { number: 4, path: Some("/home/owner/s/b.json".into()) };
    assert_eq!(
        line("copy_file_range", [session(), Raw(0), copy, Raw(0), Raw(412), Raw(0)]),
        "copy_file_range(3 ~/s/a.json, …, 4 ~/s/b.json, …, 412)"
    );
    assert_eq!(
        line("mmap", [Raw(0), Raw(32768), Raw(3), Raw(1), session(), Raw(0)]),
        "mmap(…, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 3 ~/s/a.json, 0)"
    );
    assert_eq!(line("sync", []), "sync()");
    assert_eq!(
        line("close_range", [Raw(3), Raw(u64::from(u32::MAX)), Raw(4)]),
        "close_range(3, ~0, CLOSE_RANGE_CLOEXEC)"
    );
}

#[test]
fn locks() {
    assert_eq!(line("fcntl", [session(), Raw(6), Raw(0x7fff)]), "fcntl(3 ~/s/a.json, F_SETLK)");
    assert_eq!(line("flock", [session(), Raw(6)]), "flock(3 ~/s/a.json, LOCK_EX|LOCK_NB)");
    assert_eq!(
        line("ioctl", [session(), Raw(0x4004_9409), Raw(4)]),
        "ioctl(3 ~/s/a.json, FICLONE)"
    );
}

#[test]
fn names() {
    let (temporary, session) = (path("/home/owner/s/a.tmp"), path("/home/owner/s/a.json"));
    assert_eq!(
        line("rename", [temporary.clone(), session.clone()]),
        r#"rename("~/s/a.tmp", "~/s/a.json")"#
    );
    assert_eq!(
        line("renameat2", [here(), temporary.clone(), here(), session.clone(), Raw(1)]),
        r#"renameat2("~/s/a.tmp", "~/s/a.json", RENAME_NOREPLACE)"#
    );
    assert_eq!(
        line("linkat", [here(), temporary, here(), session.clone(), Raw(0)]),
        r#"linkat("~/s/a.tmp", "~/s/a.json")"#
    );
    assert_eq!(
        line("symlinkat", [Text(b"../b".into()), here(), session]),
        r#"symlinkat("../b", "~/s/a.json")"#
    );
    assert_eq!(
        line("mkdirat", [here(), path("/home/owner/s"), Raw(0o700)]),
        r#"mkdirat("~/s", 0700)"#
    );
    assert_eq!(
        line("mknodat", [here(), path("/tmp/f"), Raw(0o010_600), Raw(0)]),
        r#"mknodat("/tmp/f", S_IFIFO|0600, 0)"#
    );
    let socket = Fd { number: 6, path: None };
    assert_eq!(line("bind", [socket.clone(), path("/tmp/s"), Raw(110)]), r#"bind(6, "/tmp/s")"#);
    assert_eq!(line("connect", [socket, Value::Path(None), Raw(16)]), "connect(6, …)");
}

#[test]
fn attributes_and_looks() {
    assert_eq!(line("fchmod", [session(), Raw(0o600)]), "fchmod(3 ~/s/a.json, 0600)");
    assert_eq!(
        line("fchownat", [here(), path("/tmp/a"), Raw(1000), Raw(0xffff_ffff), Raw(0x100)]),
        r#"fchownat("/tmp/a", 1000, -1, AT_SYMLINK_NOFOLLOW)"#
    );
    assert_eq!(
        line("newfstatat", [here(), path("/tmp/a"), Raw(1), Raw(0x100)]),
        r#"newfstatat("/tmp/a", …, AT_SYMLINK_NOFOLLOW)"#
    );
    assert_eq!(line("stat", [path("/tmp/a"), Raw(1)]), r#"stat("/tmp/a")"#);
    assert_eq!(
        line("statx", [here(), path("/tmp/a"), Raw(0), Raw(0xfff), Raw(1)]),
        r#"statx("/tmp/a", STATX_ALL)"#
    );
    assert_eq!(line("access", [path("/tmp/a"), Raw(0)]), r#"access("/tmp/a", F_OK)"#);
    assert_eq!(
        line("faccessat2", [here(), path("/tmp/a"), Raw(6), Raw(0x8200)]),
        r#"faccessat2("/tmp/a", R_OK|W_OK, AT_EACCESS|0x8000)"#
    );
    assert_eq!(
        line(
            "setxattrat",
            [here(), path("/tmp/a"), Raw(0), Text(b"user.k".into()), Raw(1), Raw(16)]
        ),
        r#"setxattrat("/tmp/a", "user.k")"#
    );
}

#[test]
fn programs() {
    let argv = Value::Argv(vec![b"gpg".into(), b"--decrypt".into()]);
    assert_eq!(
        line("execve", [path("/usr/bin/gpg"), argv, Raw(1)]),
        r#"execve("/usr/bin/gpg", ["gpg", "--decrypt"])"#
    );
    let many = Value::Argv(vec![b"x".into(); 9]);
    assert_eq!(
        line("execve", [path("/x"), many, Raw(1)]),
        r#"execve("/x", ["x", "x", "x", "x", "x", "x", "x", "x", …])"#
    );
}

#[test]
fn what_a_terminal_would_act_on_is_escaped() {
    assert_eq!(
        line("unlink", [path("/tmp/a\n\u{1b}[31m\"é\u{202e}'")]),
        r#"unlink("/tmp/a\n\u{1b}[31m\"é\u{202e}'")"#
    );
    assert_eq!(
        line("symlink", [Text(b"a\xff\0".into()), path("/tmp/l")]),
        r#"symlink("a\xff\0", "/tmp/l")"#
    );
}

#[test]
fn a_long_path_keeps_its_end() {
    let long = format!("/tmp/{}/session.json", "d".repeat(100));
    let shown = line("unlink", [path(&long)]);
    assert_eq!(shown, format!("unlink(\"…{}/session.json\")", "d".repeat(47)));
    // An escape is cut off whole.
    let escapes = format!("/tmp/{}", "\n".repeat(100));
    assert_eq!(line("unlink", [path(&escapes)]), format!("unlink(\"…{}\")", "\\n".repeat(30)));
}

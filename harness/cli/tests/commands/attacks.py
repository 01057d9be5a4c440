"""A hostile driver: a careful store that first tries one way out of its sandbox after another.

Whatever works ends it with what that was as its last words, so that the verdict is an error which names it. Where nothing works it is
a store that passes. What it is to attack stands in its arguments: the names of attacks, `as=PRINCIPAL`, and `NAME=VALUE`.
"""
import ctypes
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import stat
import struct
import sys
import termios

from interloper_driver import Failure, Store, serve

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
NUMBERS = {
    "ptrace": (101, 117), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "mount": (165, 40),
    "unshare": (272, 97), "setns": (308, 268), "process_vm_readv": (310, 270), "perf_event_open": (298, 241), "bpf": (321, 280),
    "userfaultfd": (323, 282), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425),
    "open_tree": (428, 428), "fsopen": (430, 430), "clone3": (435, 435), "memfd_create": (319, 279), "shmget": (29, 194),
    "shmat": (30, 196), "chroot": (161, 51), "umount2": (166, 39), "open_by_handle_at": (304, 265), "prctl": (157, 167),
    "clone": (56, 220),
}
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\u009b31m"
WORDS = [word for word in sys.argv[1:] if "=" not in word]
GIVEN = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
BROKEN = []
TAKEN = []


def call(name, *args):
    """A bare system call: its result, or the negative errno."""
    args = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = LIBC.syscall(ctypes.c_long(NUMBERS[name][0 if X86 else 1]), *args)
    return result if result != -1 else -ctypes.get_errno()


def broke(what):
    BROKEN.append(what)


def works(what, result):
    if result >= 0:
        broke(f"{what} works: {result}")


def opened(path, flags=os.O_RDONLY):
    try:
        return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None


def others():
    """Processes that are none of this driver's: those that /proc names, and low numbers, since it may hide some."""
    family, pid = {os.getpid()}, os.getpid()
    seen = {int(name) for name in os.listdir("/proc") if name.isdigit()} | {1, 2, 3, 4, 5, os.getppid()}
    supervisor = int(GIVEN.get("supervisor", "1"))
    return sorted((seen | {supervisor}) - family - {pid})


def privileges():
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    for sets in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if sets == "CapBnd" and GIVEN.get("tier") == "predicted":
            continue
        if int(status[sets], 16):
            broke(f"{sets} is {status[sets]}")
    if status["NoNewPrivs"] != "1":
        broke("no_new_privs is not set")
    if status["Seccomp"] != "2":
        broke("there is no filter")
    if GIVEN.get("as") == "service" and os.getresuid() != (0, 0, 0):
        broke(f"a service has the uids {os.getresuid()}")
    # What setuid(0) of a uid 0 gave back: all capabilities, by default.
    for uid in (0, 900, 901, 1000, 1001, 1002):
        if uid not in os.getresuid() and LIBC.setresuid(uid, uid, uid) == 0:
            broke(f"could become uid {uid}")
    # PR_SET_SECUREBITS to nothing, PR_CAP_AMBIENT_RAISE of CAP_SYS_ADMIN.
    if GIVEN.get("tier") != "predicted":
        works("clearing the securebits", call("prctl", 28, 0, 0, 0, 0))
    works("raising an ambient capability", call("prctl", 47, 2, 21, 0, 0))


def processes():
    for pid in others():
        for name in ("mem", "environ", "maps", "auxv", "syscall", "stack"):
            fd = opened(f"/proc/{pid}/{name}")
            if fd is not None and not same_owner(pid):
                try:
                    if os.read(fd, 8):
                        broke(f"read /proc/{pid}/{name}")
                except OSError:
                    pass
        if opened(f"/proc/{pid}/mem", os.O_RDWR) is not None and not same_owner(pid):
            broke(f"opened /proc/{pid}/mem for writing")
        for fd in range(8):
            if opened(f"/proc/{pid}/fd/{fd}", os.O_WRONLY) is not None and not same_owner(pid):
                broke(f"opened descriptor {fd} of {pid}")
        for attach in (16, 0x4206):
            works(f"ptrace {attach} of {pid}", call("ptrace", attach, pid, 0, 0))
        process = call("pidfd_open", pid, 0)
        if process >= 0:
            for fd in range(8):
                works(f"pidfd_getfd {fd} of {pid}", call("pidfd_getfd", process, fd, 0))
        buffer = ctypes.create_string_buffer(8)
        here = struct.pack("PP", ctypes.addressof(buffer), 8)
        there = struct.pack("PP", ctypes.addressof(buffer), 8)
        works(f"process_vm_readv of {pid}", call("process_vm_readv", pid, here, 1, there, 1, 0))
        score = opened(f"/proc/{pid}/oom_score_adj", os.O_WRONLY)
        if score is not None and not same_owner(pid) and GIVEN.get("tier") != "predicted":
            broke(f"could change the oom score of {pid}")


def same_owner(pid):
    """The driver that forked this one is a store's own process."""
    return pid == os.getppid()


def signals():
    for pid in others():
        if same_owner(pid):
            continue
        try:
            os.kill(pid, 0)
            broke(f"could signal {pid}")
        except OSError:
            pass


def keys():
    works("keyctl", call("keyctl", 0, -3, 1))
    works("add_key", call("add_key", b"user", b"planted", b"x", 1, -3))
    works("request_key", call("request_key", b"user", b"interloper-test", None, -3))
    # Elsewhere whoever shares a user namespace sees the names of keys that everybody may see.
    keys = "/proc/keys"
    if GIVEN.get("tier") == "namespaces" and os.path.exists(keys) and "interloper-test" in open(keys).read():
        broke("the caller's key is in sight")


def kernel():
    blank = ctypes.create_string_buffer(256)
    works("bpf", call("bpf", 0, blank, 128))
    works("perf_event_open", call("perf_event_open", blank, 0, -1, -1, 0))
    works("userfaultfd", call("userfaultfd", 1))
    works("io_uring_setup", call("io_uring_setup", 1, blank))
    works("open_by_handle_at", call("open_by_handle_at", -100, blank, 0))


def namespaces():
    for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000, 0x80):
        works(f"unshare {flag:#x}", call("unshare", flag))
        if flag != 0x80:
            pid = call("clone", flag | signal.SIGCHLD, 0, 0, 0, 0)
            if pid == 0:
                os._exit(0)
            works(f"clone {flag:#x}", pid)
    works("clone3", call("clone3", ctypes.create_string_buffer(struct.pack("Q", 0x10000000), 88), 88))
    for pid in [1, os.getpid()]:
        for name in ("user", "mnt", "net"):
            fd = opened(f"/proc/{pid}/ns/{name}")
            if fd is not None:
                works(f"setns to {name} of {pid}", call("setns", fd, 0))


def mounts():
    works("mount", call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
    works("remount", call("mount", b"none", b"/", None, 32, None))
    works("umount", call("umount2", b"/proc", 2))
    works("chroot", call("chroot", b"/tmp"))
    works("open_tree", call("open_tree", -100, b"/", 1))
    works("fsopen", call("fsopen", b"tmpfs", 0))
    for path in ("/proc/sys/kernel/shmall", "/proc/sys/net/ipv4/ip_forward", "/etc/passwd", "/usr/interloper-attack"):
        if opened(path, os.O_WRONLY | (os.O_CREAT if "attack" in path else 0)) is not None:
            broke(f"opened {path} for writing")
    try:
        os.mknod("/tmp/device", 0o600 | stat.S_IFBLK, os.makedev(254, 0))
        broke("made a device")
    except OSError:
        pass


def sockets():
    for family in (40, 16 + 22, 17, 21, 30):
        try:
            socket.socket(family, socket.SOCK_STREAM if family != 38 else socket.SOCK_SEQPACKET)
            broke(f"made a socket of family {family}")
        except OSError:
            pass
    if GIVEN.get("port"):
        try:
            socket.create_connection(("127.0.0.1", int(GIVEN["port"])), 2)
            broke("reached a port of the host")
        except OSError:
            pass
    if GIVEN.get("abstract"):
        try:
            socket.socket(socket.AF_UNIX).connect("\0" + GIVEN["abstract"])
            broke("reached an abstract socket of the host")
        except OSError:
            pass


def terminal():
    # Whoever is the caller may open the caller's terminal by its name.
    named = [] if GIVEN.get("tier") == "predicted" else ["/dev/pts/0"]
    for path in ["/dev/tty", *named, *(f"/proc/{pid}/fd/{fd}" for pid in others() for fd in range(3))]:
        if same_owner_path(path):
            continue
        fd = opened(path, os.O_RDWR)
        if fd is not None:
            broke(f"opened {path}")
    for fd in (0, 1, 2):
        if os.isatty(fd):
            broke(f"descriptor {fd} is a terminal")
        for request in (termios.TIOCSTI, 0x541C):
            try:
                fcntl.ioctl(fd, request, b"x")
                broke(f"ioctl {request:#x} works")
            except OSError as error:
                if error.errno != 1:
                    broke(f"ioctl {request:#x} reached the kernel: {error}")


def same_owner_path(path):
    return path.startswith(f"/proc/{os.getppid()}/")


def descriptors():
    """What is open: its pipes, and what this program opened itself."""
    for name in os.listdir("/proc/self/fd"):
        try:
            leads_to = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if int(name) > 4 and leads_to.split(":")[0] in ("socket", "anon_inode", "pipe"):
            broke(f"has descriptor {name}: {leads_to}")


def memory():
    works("memfd_create", call("memfd_create", b"x", 0))
    got = 0
    for n in range(64):
        for mebibytes in (64, 1):
            if call("shmget", 0, mebibytes << 20, 0o1600) >= 0:
                got += mebibytes
    if got > 512:
        broke(f"{got} MiB of segments")


def shared_memory():
    """Memory that processes share and that no file is behind: no limit of a process's counts it."""
    import mmap

    # MAP_POPULATE of <sys/mman.h>: there at once.
    TAKEN.append(mmap.mmap(-1, 256 << 20, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x8000))
    # Until the next look at it.
    signal.pause()


def exchange(victim):
    """Puts a link to a file outside in the place of every session, for as long as the driver's first process lives."""
    sessions = os.path.join(os.environ["HOME"], "sessions")
    aside = os.path.join(sessions, ".link")
    while True:
        try:
            for name in os.listdir(sessions):
                if name != ".link":
                    os.symlink(victim, aside)
                    os.rename(aside, os.path.join(sessions, name))
        except OSError:
            try:
                os.remove(aside)
            except OSError:
                pass


def escapes():
    os.write(1, ESCAPES.encode())
    os.write(2, ESCAPES.encode())


def sparse():
    """Three files of a GiB each that take no room; the harness is to read none of it."""
    for n in range(3):
        with open(os.path.join(os.environ["HOME"], f"sparse{n}"), "wb") as file:
            file.truncate(1 << 30)


def inodes():
    made = 0
    top = os.path.join(os.environ["HOME"], "many")
    os.mkdir(top)
    try:
        for n in range(40_000):
            os.mkdir(f"{top}/{n}")
            made += 1
    except OSError:
        pass
    if made > 30_000:
        broke(f"made {made} directories")
    # What is left is the harness's to remove.
    for n in range(max(made - 100, 0), made):
        os.rmdir(f"{top}/{n}")


ATTACKS = {
    function.__name__: function
    for function in (
        privileges, processes, signals, keys, kernel, namespaces, mounts, sockets, terminal, descriptors, memory,
        shared_memory, escapes, sparse, inodes,
    )
}


class Attacks(Store):
    name, version, keeps = "attacks" + (ESCAPES if "escapes" in WORDS else ""), "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        as_service = os.getuid() == 0 and os.environ.get("USER") == "service"
        if not GIVEN.get("as") == "service" or as_service:
            for word in WORDS:
                ATTACKS[word]()
        if BROKEN:
            os.write(2, ("\nBROKE OUT: " + "; ".join(BROKEN[:20])).encode())
            os._exit(9)
        fd = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        os.fchmod(fd, 0o600)
        with open(fd, "w") as file:
            json.dump(session["data"], file)

    def load(self, id):
        try:
            with open(self.path) as file:
                return {"data": json.load(file)}
        except FileNotFoundError:
            raise Failure("absent", "no session" + (ESCAPES if "escapes" in WORDS else ""))

    def delete(self, id):
        os.remove(self.path)


if "link" in GIVEN and os.fork() == 0:
    exchange(GIVEN["link"])
serve(Attacks())

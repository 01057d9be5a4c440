"""A hostile driver: a careful store that misbehaves in the one way that its argument names.

`START` has what is done before or instead of serving, `CALLS` what is done in an operation, and `ANSWERS` what is sent in place of an
answer. The attacks on the walls of the sandbox are in `attacks.py`; these are about time, the protocol, and what is left over.
"""
import ctypes
import fcntl
import json
import mmap
import os
import resource
import shutil
import signal
import socket
import sys
import termios
import time

import interloper_driver as kit
from careful import Careful
from interloper_driver import Failure, serve

NAME = sys.argv[1]
LIBC = ctypes.CDLL(None, use_errno=True)
ESCAPES = b"\x1b]0;owned\x07\x1b[2J\x1b[31m\xc2\x9b31m\r\n\x1b[8m"
SLEEP = 600
START, CALLS, ANSWERS = {}, {}, {}
DOING = [""]


class Files(Careful):
    name = "hostile"

    def close(self):
        pass


class Once(Files):
    can = ["umask"]


STORE = Once() if NAME.startswith("once_") else Files()


def at_start(function):
    START[function.__name__] = function
    return function


def during(*ops):
    def register(function):
        CALLS[function.__name__] = (ops, function)
        return function

    return register


def instead_of(*ops):
    def register(function):
        ANSWERS[function.__name__] = (ops, function)
        return function

    return register


def request():
    """The next request, for those who do not use the kit."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(3, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return json.loads(line)


def write(text):
    rest = memoryview(text.encode() if isinstance(text, str) else text)
    while rest:
        rest = rest[os.write(4, rest):]


def hello(**changes):
    """Answers hello, truly but for these."""
    n = request()["n"]
    write(json.dumps({"n": n, "ok": {**STORE.hello(), **changes}}) + "\n")


# Hello.


@at_start
def hello_none():
    """Waits for what does not come: nobody ends that."""
    signal.pause()


@at_start
def hello_slept():
    time.sleep(SLEEP)


@at_start
def hello_garbage():
    request()
    write(b"\x00\xff\xfeno JSON\n")
    time.sleep(SLEEP)


@at_start
def hello_half_a_line():
    request()
    write('{"n":0,"ok":{"name":')
    signal.pause()


@at_start
def hello_wrong_number():
    request()
    write(json.dumps({"n": 7, "ok": STORE.hello()}) + "\n")
    time.sleep(SLEEP)


@at_start
def hello_wrong_types():
    hello(name=7, keeps="data", setups={"file": True})
    time.sleep(SLEEP)


@at_start
def hello_unknown_words():
    hello(can=["fork", "teleport"])
    time.sleep(SLEEP)


@at_start
def hello_too_long():
    request()
    write(b"x" * ((16 << 20) + 1))
    time.sleep(SLEEP)


@at_start
def hello_twice():
    n = request()["n"]
    line = json.dumps({"n": n, "ok": STORE.hello()}) + "\n"
    write(line + line)
    serve(STORE)


@at_start
def hello_after_hanging_up():
    request()
    os.close(3)
    write(json.dumps({"n": 0, "ok": STORE.hello()}) + "\n")
    time.sleep(SLEEP)


@at_start
def ends_at_once():
    sys.exit(0)


@at_start
def ends_after_hello():
    hello()
    sys.exit(0)


@at_start
def becomes_another_program():
    os.execvp("sleep", ["sleep", str(SLEEP)])


@at_start
def hello_claims_everything():
    ops = ["save", "load", "delete", "create", "rotate", "list", "purge", "close", "advance", "fork"]
    Files.hello = lambda self: dict(
        name="everything", version="9", kind="store", medium="files", keeps=["data", "cookies", "headers", "auth", "expires"], ops=ops,
        ids="both", can=["fork", "umask", "read_only"],
        setups=[{"name": "default", "at": "home"}, {"name": "file", "at": "file", "one_session": True}, {"name": "dir", "at": "dir"}],
        promises=["atomic", "durable", "exclusive", "encrypted", "no_rollback"],
    )
    serve(STORE)


@at_start
def hello_application_without_requests():
    Files.hello = lambda self: dict(
        name="app", version="9", kind="application", medium="files", keeps=["data"], ops=["save"], setups=[{"name": "default", "at": "home"}]
    )
    serve(STORE)


@at_start
def floods_empty_lines():
    request()
    while True:
        os.write(4, b"\n" * 4096)


@at_start
def floods_old_answers():
    hello()
    request()
    while True:
        os.write(4, b'{"n":0,"ok":{}}\n' * 256)


# Fork.


def forks(answer):
    """Answers fork like this, and everything else as it should be."""

    def start():
        hello()
        while True:
            asked = request()
            if asked["op"] == "fork":
                answer(asked["n"])
            else:
                write(json.dumps({"n": asked["n"], "ok": {}}) + "\n")

    return start


def claims(pid):
    return forks(lambda n: write(json.dumps({"n": n, "ok": {"pid": pid}}) + "\n"))


def parent_for_child(n):
    pid = os.fork()
    if pid == 0:
        time.sleep(SLEEP)
    write(json.dumps({"n": n, "ok": {"pid": pid}}) + "\n")
    os.waitpid(pid, 0)
    write(json.dumps({"event": "child", "status": 9}) + "\n")


def two_children(n):
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            write(json.dumps({"n": n, "ok": {"pid": os.getpid()}}) + "\n")
            signal.pause()
    os.wait()


def ends_at_fork(n):
    if os.fork() == 0:
        os._exit(0)
    _, status = os.wait()
    write(json.dumps({"event": "child", "status": status}) + "\n")


def parent_dies(n):
    if os.fork() != 0:
        os._exit(3)
    time.sleep(0.01)
    write(json.dumps({"n": n, "ok": {"pid": os.getpid()}}) + "\n")
    time.sleep(SLEEP)


START["fork_unanswered"] = forks(lambda n: signal.pause())
START["fork_names_itself"] = claims(os.getpid())
START["fork_names_pid_1"] = claims(1)
START["fork_names_a_prober"] = claims(4)
START["fork_names_a_negative_pid"] = claims(-1)
START["fork_names_a_text"] = claims("4711")
START["fork_names_a_huge_pid"] = claims(1 << 40)
START["fork_is_refused"] = forks(lambda n: write('{"n":%d,"err":{"kind":"io","message":"no more"}}\n' % n))
START["fork_answered_by_the_parent"] = forks(parent_for_child)
START["fork_makes_two_children"] = forks(two_children)
START["fork_ends_at_once"] = forks(ends_at_fork)
START["fork_ends_the_parent"] = forks(parent_dies)


@instead_of("fork")
def fork_answered_twice(line):
    return line + line


@during("open", "save", "load", "delete", "close")
def forks_at_every_request():
    """The child serves on, and its parent waits for it: deeper and deeper."""
    pid = os.fork()
    if pid != 0:
        os.waitpid(pid, 0)
        os._exit(0)


# Open.


@during("open")
def open_never_answers():
    signal.pause()


@during("open")
def open_crashes():
    os.abort()


@during("open")
def open_is_refused():
    raise OSError(5, "not today")


# Answers.


@during("save")
def floods_between_its_steps():
    while True:
        os.write(4, b"\n" * 4096)
        os.stat(STORE.home)


@instead_of("save")
def save_wrong_number(line):
    return json.dumps({"n": 1 << 40, "ok": {}}).encode() + b"\n"


@instead_of("save")
def save_both(line):
    return json.dumps({**json.loads(line), "err": {"kind": "io", "message": "and yet"}}).encode() + b"\n"


@instead_of("save")
def save_neither(line):
    return json.dumps({"n": json.loads(line)["n"]}).encode() + b"\n"


@instead_of("save")
def save_half_a_line(line):
    write(line[:5])
    signal.pause()


@instead_of("open", "save", "load", "delete", "close")
def answers_of_15_mib(line):
    """Fields that nobody knows are ignored, however long they are."""
    return json.dumps({**json.loads(line), "more": "x" * (15 << 20)}).encode() + b"\n"


@instead_of("load")
def load_no_session(line):
    return json.dumps({"n": json.loads(line)["n"], "ok": {"session": [1, "two", None]}}).encode() + b"\n"


@instead_of("load")
def load_deep(line):
    deep = b"[" * 100_000 + b"]" * 100_000
    return b'{"n":%d,"ok":{"session":{"data":{"a":%s}}}}\n' % (json.loads(line)["n"], deep)


@instead_of("load")
def load_nan(line):
    return b'{"n":%d,"ok":{"session":{"data":{"a":NaN}}}}\n' % json.loads(line)["n"]


@instead_of("load")
def load_huge_number(line):
    return b'{"n":%d,"ok":{"session":{"data":{"a":%s}}}}\n' % (json.loads(line)["n"], b"9" * 100_000)


@instead_of("load")
def load_lone_surrogates(line):
    return b'{"n":%d,"ok":{"session":{"data":{"a":"\\ud800"}}}}\n' % json.loads(line)["n"]


@instead_of("load")
def load_not_utf8(line):
    return b'{"n":%d,"ok":{"session":{"data":{"a":"\xff\xfe"}}}}\n' % json.loads(line)["n"]


@during("save")
def save_answered_before_it_works():
    """The answer comes first, and then the work goes on: the next request finds it busy."""
    write(b'{"n":%d,"ok":{}}\n' % DOING[1])


@during("save")
def writes_into_its_requests():
    """A pipe has a way in for whoever may open it anew."""
    fd = os.open("/dev/fd/3", os.O_WRONLY | os.O_NONBLOCK)
    os.write(fd, b'{"n":1,"op":"load","id":"alpha"}\n' * 4)


@during("save")
def closes_its_answers():
    os.close(4)
    time.sleep(SLEEP)


@during("save")
def replaces_its_pipes():
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 3)
    os.dup2(null, 4)


# Time.


@during("save")
def runs_for_ever():
    while True:
        pass


@during("save")
def calls_for_ever():
    while True:
        os.stat("/")


@during("save", "load")
def sleeps_a_little_each_time():
    time.sleep(4.5)


@during("save")
def sleeps_for_ever():
    while True:
        time.sleep(0.1)


@during("save")
def waits_at_its_fifo():
    os.mkfifo(STORE.path + ".fifo", 0o600)
    os.open(STORE.path + ".fifo", os.O_RDONLY)


@during("save")
def locks_itself_out():
    """Two processes of its own, each with the lock that the other wants."""
    a, b = (os.open(STORE.path + end, os.O_CREAT | os.O_RDWR, 0o600) for end in (".a", ".b"))
    ready, told = os.pipe()
    if os.fork() == 0:
        fcntl.lockf(b, fcntl.LOCK_EX)
        os.write(told, b"x")
        fd = os.open(STORE.path + ".a", os.O_RDWR)
        fcntl.flock(fd, fcntl.LOCK_EX)
        os._exit(0)
    fcntl.flock(a, fcntl.LOCK_EX)
    os.read(ready, 1)
    # By the process, fcntl_locking(2): another descriptor does not help. The kernel sees no cycle, since the two locks are of two kinds.
    fcntl.lockf(b, fcntl.LOCK_EX)


@during("save")
def waits_at_a_futex():
    word = ctypes.c_int(0)
    LIBC.syscall(ctypes.c_long(202 if os.uname().machine == "x86_64" else 98), ctypes.byref(word), 0, 0, None, None, 0)


@during("save")
def pauses():
    signal.pause()


@during("save")
def stops_itself():
    os.kill(os.getpid(), signal.SIGSTOP)


@during("save")
def stops_its_parent():
    os.kill(os.getppid(), signal.SIGSTOP)


@during("load")
def kills_its_parent():
    """And serves on, so that the next request finds nobody who has anything open."""
    os.kill(os.getppid(), signal.SIGKILL)


@during("save")
def kills_everything():
    os.kill(-1, signal.SIGKILL)


@during("save")
def ends_its_group():
    os.killpg(0, signal.SIGTERM)


@during("save")
def asks_everything_to_end():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(-1, signal.SIGTERM)


# What is left.


@during("save")
def leaves_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(SLEEP)
        os._exit(0)
    os.wait()


@during("save")
def leaves_a_deaf_daemon():
    if os.fork() == 0:
        for number in set(range(1, signal.NSIG)) - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
            signal.signal(number, signal.SIG_IGN)
        os.setsid()
        if os.fork() == 0:
            while True:
                os.stat("/")
        os._exit(0)
    os.wait()


@during("save")
def leaves_a_daemon_with_its_answers():
    """It keeps the answers open, and says something now and then."""
    if os.fork() == 0:
        os.setsid()
        while True:
            time.sleep(0.01)
            os.write(4, b'{"n":0,"ok":{}}\n')


@during("save")
def leaves_a_daemon_at_work_and_waits():
    """Something runs, so that it may still be woken; but it is not it that works."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
        os._exit(0)
    os.wait()
    signal.pause()


@during("save")
def bombs():
    """As far as it is let: with more of them, their memory is what ends it."""
    resource.setrlimit(resource.RLIMIT_NPROC, (16, 16))
    while True:
        try:
            os.fork()
        except OSError:
            pass


@during("save")
def makes_10000_files():
    top = STORE.home + "/many"
    os.makedirs(top, exist_ok=True)
    for n in range(10_000):
        os.close(os.open(f"{top}/{n}", os.O_CREAT | os.O_WRONLY, 0o600))


@during("save")
def digs_12000_deep():
    digs(12_000)


@during("save")
def digs_3000_deep():
    digs(3_000)


def digs(depth):
    back = os.open(".", os.O_RDONLY)
    os.chdir(STORE.home)
    try:
        for _ in range(depth):
            os.mkdir("d", 0o700)
            os.chdir("d")
    except FileExistsError:
        pass
    os.fchdir(back)
    os.close(back)


@during("save")
def fills_the_disk():
    fd = os.open(STORE.home + "/full", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        while True:
            os.write(fd, b"x" * (1 << 20))
    except OSError:
        os.close(fd)


@during("save")
def makes_a_sparse_tebibyte():
    """Or as much as it may."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(STORE.home + "/sparse", "wb") as file:
        for size in (1 << 40, (1 << 30) - 1):
            try:
                file.truncate(size)
                break
            except OSError:
                pass


@during("save")
def eats_memory():
    held = []
    while True:
        held.append(b"x" * (64 << 20))


@during("save")
def eats_shared_memory():
    held = []
    while True:
        held.append(mmap.mmap(-1, 64 << 20, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x8000))


@during("save")
def names_with_escapes():
    for name in (ESCAPES.replace(b"/", b""), b"\xff\xfe\x80", b"new\nline", b"\xe2\x80\xae rtl", b"-rf", b"x" * 255):
        fd = os.open(os.path.join(STORE.home.encode(), name), os.O_CREAT | os.O_WRONLY, 0o666)
        os.close(fd)


@during("save")
def prints_escapes():
    os.write(1, ESCAPES * 10)
    os.write(2, ESCAPES * 10)
    raise Failure("other", ESCAPES.decode("utf-8", "replace"))


@during("save")
def prints_a_gigabyte():
    for _ in range(512):
        os.write(1, b"x" * (1 << 20))
        os.write(2, b"y" * (1 << 20))


@during("save")
def changes_its_limits():
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_STACK):
        resource.setrlimit(limit, (0, 0))


@during("save")
def shuts_its_home():
    os.chmod(os.path.dirname(STORE.path), 0)
    os.chmod(STORE.home, 0)


@during("save")
def replaces_its_directory_by_a_link():
    """The directory above is not its own, so it is the one of its sessions."""
    place = os.path.dirname(STORE.path)
    os.rename(place, place + ".aside")
    os.symlink("/etc", place)


@during("save")
def removes_its_directory():
    os.chdir(os.path.dirname(STORE.path))
    shutil.rmtree(os.path.dirname(STORE.path), ignore_errors=True)


@during("save")
def tries_the_walls():
    """Each is refused, and none is worth a word in the verdict of a store that then works."""
    blank = ctypes.create_string_buffer(256)
    x86 = os.uname().machine == "x86_64"
    for numbers, args in [
        ((165, 40), (b"none", b"/tmp", b"tmpfs", 0, None)), ((272, 97), (0x10000000,)), ((101, 117), (16, 1, 0, 0)),
        ((250, 219), (0, -3, 1)), ((161, 51), (b"/tmp",)), ((435, 435), (blank, 88)), ((321, 280), (0, blank, 128)),
    ]:
        args = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
        if LIBC.syscall(ctypes.c_long(numbers[0 if x86 else 1]), *args) != -1:
            raise Failure("other", f"BROKE OUT: {numbers[0]} works")
    for address in ("\0" + "interloper", "\0/tmp/.X11-unix/X0"):
        connects(socket.AF_UNIX, address)
    for port in (22, 80, 6379):
        connects(socket.AF_INET, ("127.0.0.1", port))


def connects(family, address):
    try:
        socket.socket(family).connect(address)
        raise Failure("other", f"BROKE OUT: connected to {address!r}")
    except OSError:
        pass


@during("save")
def types_into_the_terminal():
    for path in ("/dev/tty", "/dev/console", "/dev/stdin", "/dev/fd/1", "/dev/fd/2"):
        try:
            fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(fd, termios.TIOCSTI, b"x")
        except OSError:
            continue
        raise Failure("other", f"BROKE OUT: typed into {path}")


# Close.


@instead_of("close")
def close_unanswered(line):
    return b""


@instead_of("close")
def lives_on_after_close(line):
    write(line)
    while True:
        time.sleep(SLEEP)


@during("close")
def close_crashes():
    os.kill(os.getpid(), signal.SIGSEGV)


@during("close")
def close_runs_for_ever():
    while True:
        pass


@during("close")
def once_close_never_ends():
    while True:
        time.sleep(0.01)


def perform(store, op, asked):
    DOING[:] = [op, asked["n"]]
    ops, function = CALLS.get(NAME, ((), None))
    if op in ops:
        function()
    return PERFORM(store, op, asked)


def answers(line):
    try:
        n = json.loads(line).get("n")
    except ValueError:
        n = None
    ops, function = ANSWERS.get(NAME, ((), None))
    # A fork is answered by the child, past `perform`.
    op = DOING[0] if n == DOING[1] else "fork"
    if n is not None and op in ops:
        line = function(line)
    WRITE(line)


def names():
    return sorted({*START, *CALLS, *ANSWERS})


if __name__ == "__main__":
    if NAME == "--list":
        print("\n".join(names()))
        sys.exit(0)
    if NAME not in names() + ["nothing"]:
        sys.exit(f"no misbehaviour {NAME}")
    DOING[:] = ["", -1]
    PERFORM, kit._perform = kit._perform, perform
    WRITE, kit._write = kit._write, answers
    START.get(NAME, lambda: serve(STORE))()

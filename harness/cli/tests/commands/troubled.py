# A sound store whose driver makes one kind of trouble: the word is its argument.
import json, os, signal, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import interloper_driver
from interloper_driver import Failure, Store, serve

TROUBLE = sys.argv[1]
HELD = "Seccomp:\t2" in open("/proc/self/status").read()


class Files(Store):
    name, version, keeps = "files", "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "file", "at": "file", "one_session": True}]
    can = ["umask"] if TROUBLE.startswith("once") else ["fork", "umask"]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        if TROUBLE == "fifo":
            os.mkfifo(self.path + ".fifo", 0o600)
            os.open(self.path + ".fifo", os.O_RDONLY)
        while TROUBLE == "loops":
            pass
        while TROUBLE == "steps":
            os.path.exists(self.path)
        if TROUBLE == "stops":
            os.kill(os.getppid(), signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
        if TROUBLE == "kills":
            os.kill(-1, signal.SIGKILL)
        new = "%s.%d" % (self.path, os.getpid())
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w") as file:
            json.dump(session["data"], file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, self.path)
        place = os.open(os.path.dirname(self.path), os.O_RDONLY)
        os.fsync(place)
        os.close(place)

    def load(self, id):
        try:
            with open(self.path) as file:
                return {"data": json.load(file)}
        except ValueError as error:
            raise Failure("corrupt", error)

    def delete(self, id):
        try:
            os.remove(self.path)
        except FileNotFoundError:
            pass


forks, fork = 0, os.fork


def late():
    global forks
    forks += 1
    pid = fork()
    if pid == 0 and forks == 7:
        time.sleep(6)
    return pid


if TROUBLE == "late-fork":
    os.fork = late
if TROUBLE == "once-closes":
    # It says hello, closes its requests, and lives on.
    os.read(3, 4096)
    os.close(3)
    hello = {**Files().hello(), "runtime": "python"}
    os.write(4, json.dumps({"n": 0, "ok": hello}).encode() + b"\n")
    time.sleep(600)
if TROUBLE == "late-hello" and HELD:
    time.sleep(600)
serve(Files())

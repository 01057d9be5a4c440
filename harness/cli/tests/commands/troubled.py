# A sound store whose driver makes one kind of trouble: the word is its argument.
import json, os, signal, sys, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import interloper_driver
from careful import Careful
from interloper_driver import serve

TROUBLE = sys.argv[1]
HELD = "Seccomp:\t2" in open("/proc/self/status").read()


class Files(Careful):
    name = "files"
    can = ["umask"] if TROUBLE.startswith("once") else ["fork", "umask"]

    def save(self, id, session):
        if TROUBLE == "fifo":
            os.mkfifo(self.path + ".fifo", 0o600)
            os.open(self.path + ".fifo", os.O_RDONLY)
        while TROUBLE == "steps":
            os.path.exists(self.path)
        if TROUBLE == "stops":
            os.kill(os.getppid(), signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
        if TROUBLE == "kills":
            os.kill(-1, signal.SIGKILL)
        super().save(id, session)


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

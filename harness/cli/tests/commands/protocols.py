# A sound store whose driver breaks the protocol in the one way that its argument names.
import json, os, sys, time

import interloper_driver as kit
from interloper_driver import Failure, Store, serve

FLAW = sys.argv[1] if len(sys.argv) > 1 else ""
if FLAW == "import":
    import no_such_module


class Files(Store):
    name, version, keeps = "files", "1.0.0", ["data", "expires"]
    ops = ["save", "load", "delete", "create", "rotate", "list", "purge", "advance", "close"]
    setups = [{"name": "default", "at": "home"}, {"name": "dir", "at": "dir"}]
    ids = "both"

    def open(self, at):
        self.slow = FLAW == "slow" and at.umask != 0o027
        self.broken = FLAW if FLAW != "only-dir" or at.path else ""
        self.dir = at.path or os.path.join(at.home, "sessions")
        os.makedirs(self.dir, 0o700, exist_ok=True)

    def path(self, id):
        return os.path.join(self.dir, "s" + id.encode("utf-8", "surrogatepass").hex())

    def breaks(self, op):
        if self.broken == op:
            raise TypeError("broken driver")

    def save(self, id, session):
        if self.slow:
            time.sleep(3)
        self.breaks("save")
        fd = os.open(self.path(id) + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "w") as file:
            json.dump({"data": session["data"], "expires_at": session["expires_at"]}, file)
        os.replace(self.path(id) + ".new", self.path(id))

    def load(self, id):
        self.breaks("load")
        if self.broken == "session" or self.broken == "only-dir":
            return "no session"
        try:
            with open(self.path(id)) as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def delete(self, id):
        self.breaks("delete")
        if self.broken != "idle-delete" and os.path.exists(self.path(id)):
            os.remove(self.path(id))

    def create(self, requested, session):
        self.breaks("create")
        id = os.urandom(8).hex()
        self.save(id, session)
        return 7 if self.broken == "number" else id

    def rotate(self, id):
        self.breaks("rotate")
        new = os.urandom(8).hex()
        try:
            os.rename(self.path(id), self.path(new))
        except FileNotFoundError:
            raise Failure("absent")
        return new

    def list(self):
        self.breaks("list")
        ids = [bytes.fromhex(name[1:]).decode() for name in os.listdir(self.dir)]
        return "no list" if self.broken == "text" else ids

    def purge(self):
        self.breaks("purge")

    def advance(self, seconds):
        self.breaks("advance")

    def close(self):
        self.breaks("close")


write, fork = kit._write, os.fork


def writes(line):
    if b'"event"' in line and FLAW == "silent":
        return
    if b'"event"' in line and FLAW == "status":
        line = b'\n{"event":"child","status":0}\n'
    write(line)


def forks():
    pid = fork()
    if pid == 0 and FLAW == "pid":
        os.getpid = lambda: 1
    return pid


kit._write, os.fork = writes, forks
serve(Files())

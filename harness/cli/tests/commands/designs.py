"""Sound stores, each of a design that was accused of something which is right; its word is the argument."""
import hashlib
import json
import os
import stat
import sys
import time

from interloper_driver import Failure, Store, serve

DESIGN = sys.argv[1]


class Design(Store):
    """A file for each session, in a directory of its owner's."""

    version, keeps = "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "dir", "at": "dir"}]

    def open(self, at):
        self.dir = at.path

    def path(self, id):
        if not id or len(id) > 100 or not all(c.isascii() and (c.isalnum() or c in "-_") for c in id):
            raise Failure("invalid")
        return os.path.join(self.dir, "session-" + id)

    def save(self, id, session):
        path = self.path(id)
        os.makedirs(self.dir, 0o700, exist_ok=True)
        fd = os.open("%s.%d" % (path, os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            json.dump({key: session[key] for key in self.keeps_of()}, file)
        os.rename("%s.%d" % (path, os.getpid()), path)

    def keeps_of(self):
        return ["data" if part == "data" else "expires_at" for part in self.keeps]

    def read(self, path):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Failure("corrupt", error)
        with os.fdopen(fd) as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Failure("corrupt", "no file")
            self.look(os.fstat(fd))
            try:
                return json.load(file)
            except ValueError as error:
                raise Failure("corrupt", error)

    def look(self, status):
        """Refuses a file for what it is."""

    def load(self, id):
        return self.read(self.path(id))

    def delete(self, id):
        try:
            os.remove(self.path(id))
        except FileNotFoundError:
            pass


class RefusesLinks(Design):
    """Takes no file that has two names, neither to load it nor to replace it."""

    def look(self, status):
        if status.st_nlink != 1:
            raise Failure("denied", "the file has another name")

    def save(self, id, session):
        try:
            self.read(self.path(id))
        except Failure as failure:
            if failure.kind == "denied":
                raise
        super().save(id, session)


class HashesIds(Design):
    """Its ids are 32 hexadecimal digits: its driver makes one of any other word, and passes those that are one already."""

    def path(self, id):
        of = len(id) == 32 and all(c in "0123456789abcdef" for c in id)
        name = id if of else hashlib.md5(id.encode("utf-8", "surrogatepass")).hexdigest()
        return os.path.join(self.dir, name)


class Frame(Design):
    """A framework: a request with the id of a session that is there is in that session; `rotate` is what it does at login."""

    ops = ["save", "load", "delete", "create", "rotate"]
    ids = "both"

    def create(self, requested, session):
        id = requested if requested and self.load(requested) is not None else os.urandom(16).hex()
        self.save(id, session)
        return id

    def rotate(self, id):
        session = self.load(id)
        if session is None:
            raise Failure("absent")
        new = os.urandom(16).hex()
        self.save(new, session)
        self.delete(id)
        return new


class KeepsAtLogin(Frame):
    """The same without a new id at login, which is the fault."""

    def rotate(self, id):
        return id


class OldIdStays(Frame):
    """The same with the old id alive, which is a fault too."""

    def rotate(self, id):
        session = self.load(id)
        if session is None:
            raise Failure("absent")
        new = os.urandom(16).hex()
        self.save(new, session)
        return new


class MadeByCaller(Design):
    """Works in a directory that its caller made: it opens nothing that is another user's, and makes its files anew."""

    setups = [{"name": "dir", "at": "dir", "made_by": "caller"}]
    temporary = os.O_EXCL | os.O_NOFOLLOW

    def save(self, id, session):
        path = self.path(id)
        new = os.path.join(self.dir, self.temp(id))
        try:
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | self.temporary, 0o600)
        except FileExistsError as error:
            raise Failure("denied", error)
        with os.fdopen(fd, "w") as file:
            json.dump({"data": session["data"]}, file)
        try:
            os.rename(new, path)
        except OSError as error:
            os.remove(new)
            raise Failure("denied", error)

    def temp(self, id):
        return ".%s" % os.urandom(16).hex()

    def look(self, status):
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise Failure("denied", "the file is somebody else's")


class FollowsLinks(MadeByCaller):
    """The same with a temporary file of a known name, through whatever link lies there: the fault."""

    temporary = 0

    def temp(self, id):
        return "session.tmp"


class HoldsTheEnd(Design):
    """Keeps the end of a session for its caller, who goes by it."""

    keeps = ["data", "expires"]


class SignsItsCookie(Design):
    """Names files after ids, in a directory that anybody lists; nobody uses an id without its signature."""

    id_is_credential = False
    ids = "both"

    def save(self, id, session):
        os.makedirs(self.dir, 0o755, exist_ok=True)
        os.chmod(self.dir, 0o755)
        super().save(id, session)


class Hangs(Design):
    """Waits for ever in a load, and is careful otherwise."""

    def save(self, id, session):
        super().save(id, session)
        read, write = os.pipe()
        os.read(read, 1)


class LocksBeside(Design):
    """One session in a file, replaced under a lock that lies beside it."""

    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.file = at.path

    def path(self, id):
        return self.file

    def save(self, id, session):
        lock = os.open(self.file + ".lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self.dir = os.path.dirname(self.file)
        super().save(id, session)
        os.close(lock)


DESIGNS = {
    "refuses-links": RefusesLinks, "hashes-ids": HashesIds, "frame": Frame, "keeps-at-login": KeepsAtLogin,
    "old-id-stays": OldIdStays, "holds-the-end": HoldsTheEnd, "signs-its-cookie": SignsItsCookie, "hangs": Hangs,
    "locks-beside": LocksBeside, "made-by-caller": MadeByCaller, "follows-links": FollowsLinks,
}
store = DESIGNS[DESIGN]()
store.name = DESIGN
serve(store)

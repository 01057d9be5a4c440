"""Keeps all sessions in one JSON file, changed under a lock. The argument is the flaw to switch on."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import sys

from interloper_driver import Failure, Store, serve

FLAW = sys.argv[1] if len(sys.argv) > 1 else "none"
LARGEST = 24 << 20


class OneFile(Store):
    name, version, keeps = "one-file-py", "1.0.0", ["data"]
    ops = ["save", "load", "update", "delete"]
    setups = [{"name": "file", "at": "file"}]
    promises = ["atomic", "durable", "exclusive"]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        with self.locked():
            sessions = self.read()
            sessions[id] = session["data"]
            self.write(sessions)

    def load(self, id):
        sessions = self.read()
        return {"data": sessions[id]} if id in sessions else None

    def update(self, id, set):
        early = self.read() if FLAW == "update-reads-early" else None
        with self.locked():
            sessions = early or self.read()
            if id not in sessions:
                raise Failure("absent")
            sessions[id].update(set["data"])
            self.write(sessions)

    def delete(self, id):
        with self.locked():
            sessions = self.read()
            if sessions.pop(id, None) is not None:
                self.write(sessions)

    @contextlib.contextmanager
    def locked(self):
        """Holds the lock of the store; it ends with the process."""
        if FLAW == "lock-in-tmp":
            fd = os.open("/tmp/one-file.lock", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        else:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            fd = os.open(self.path + ".lock", flags, 0o600)
            own(fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def read(self):
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise error if isinstance(error, PermissionError) else Failure("corrupt", error)
        with os.fdopen(fd, "rb") as file:
            own(fd)
            if os.fstat(fd).st_size > LARGEST:
                raise Failure("corrupt", "the file is too large")
            digest, _, body = file.read().partition(b"\n")
        if digest != hashlib.sha256(body).hexdigest().encode():
            raise Failure("corrupt", "the checksum is wrong")
        return json.loads(body)

    def write(self, sessions):
        body = json.dumps(sessions).encode()
        text = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
        if len(text) > LARGEST:
            raise Failure("invalid", "there is no room for the session")
        if FLAW == "backup" and os.path.exists(self.path):
            shutil.copyfile(self.path, self.path + "~")
        temporary = f"{self.path}.{secrets.token_hex(16)}"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                os.fchmod(fd, 0o600)
                while text:
                    text = text[os.write(fd, text):]
                os.fsync(fd)
            finally:
                os.close(fd)
            os.rename(temporary, self.path)
        except BaseException:
            os.unlink(temporary)
            raise
        fd = os.open(os.path.dirname(self.path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def own(fd):
    """Refuses everything but a regular file of the owner's with one name; nobody else may open it from here on."""
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise Failure("corrupt", "this is no file of the store")
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise Failure("denied", "others can write to the file")
    if status.st_mode & 0o777 != 0o600:
        os.fchmod(fd, 0o600)


serve(OneFile())

"""Keeps each session in a JSON file of its own, named after a hash of the id. The argument is the flaw to switch on."""

import hashlib
import json
import os
import pickle
import secrets
import stat
import sys

from interloper_driver import Failure, Store, serve

FLAW = sys.argv[1] if len(sys.argv) > 1 else "none"
LARGEST = 16 << 20


class Files(Store):
    name, version, keeps = "files-py", "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "dir", "at": "dir"}]
    promises = ["atomic", "durable"]

    def open(self, at):
        self.path = at.path

    def directory(self, make=False):
        """Returns a descriptor of the store's directory, which is the owner's and closed to everybody else."""
        wide = FLAW == "modes-from-umask"
        if make:
            try:
                os.mkdir(self.path, 0o777 if wide else 0o700)
                sync(os.path.dirname(self.path))
            except FileExistsError:
                pass
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        status = os.fstat(fd)
        if status.st_uid != os.geteuid():
            os.close(fd)
            raise Failure("denied", "the directory is another user's")
        if status.st_mode & 0o077 and not wide:
            os.fchmod(fd, 0o700)
        return fd

    def file(self, id):
        if FLAW == "id-as-path":
            return id + ".json"
        return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest() + ".json"

    def save(self, id, session):
        body = json.dumps({"id": id, "data": session["data"]}).encode()
        if len(body) > LARGEST:
            raise Failure("invalid", "the session is too large")
        text = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
        directory = self.directory(make=True)
        try:
            write(directory, self.file(id), text)
        finally:
            os.close(directory)

    def load(self, id):
        directory = self.directory()
        try:
            text = read(directory, self.file(id))
        finally:
            os.close(directory)
        digest, _, body = text.partition(b"\n")
        if digest != hashlib.sha256(body).hexdigest().encode():
            if FLAW == "pickle-fallback":
                try:
                    return {"data": pickle.loads(text)}
                except Exception as error:
                    raise Failure("corrupt", error)
            raise Failure("corrupt", "the checksum is wrong")
        document = json.loads(body)
        if document["id"] != id:
            raise Failure("corrupt", "this is another session's file")
        return {"data": document["data"]}

    def delete(self, id):
        directory = self.directory()
        try:
            os.unlink(self.file(id), dir_fd=directory)
            os.fsync(directory)
        finally:
            os.close(directory)


def write(directory, name, text):
    """Replaces a file atomically; it is on the disk when this returns."""
    wide = FLAW == "modes-from-umask"
    temporary = secrets.token_hex(16) + ".tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(temporary, flags, 0o666 if wide else 0o600, dir_fd=directory)
    try:
        try:
            if not wide:
                os.fchmod(fd, 0o600)
            while text:
                text = text[os.write(fd, text):]
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(temporary, dir_fd=directory)
        raise
    os.fsync(directory)


def read(directory, name):
    """Returns what is in a regular file of the owner's that nobody else may write to."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError as error:
        raise error if isinstance(error, (FileNotFoundError, PermissionError)) else Failure("corrupt", error)
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or status.st_size > LARGEST + 100:
            raise Failure("corrupt", "this is no session file")
        if status.st_uid != os.geteuid() or status.st_mode & 0o022 and FLAW != "modes-from-umask":
            raise Failure("denied", "others can write to the file")
        return file.read()


def sync(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


serve(Files())

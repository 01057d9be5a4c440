"""Keeps sessions in a database of SQLite, in a directory of its own. The argument is the flaw to switch on."""

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
import stat
import sys
import time

from interloper_driver import Failure, Store, serve

FLAW = sys.argv[1] if len(sys.argv) > 1 else "none"
LARGEST = 48 << 20
NAME = "sessions.db"


class Sqlite(Store):
    name, version, keeps = "sqlite-py", "1.0.0", ["data"]
    medium = "database"
    ops = ["save", "load", "delete", "create"]
    ids = "both"
    setups = [{"name": "dir", "at": "dir"}]
    promises = ["atomic", "durable", "exclusive"]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        body = json.dumps(session["data"])
        with self.database(make=True) as database:
            database.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", (id, body, digest(id, body)))

    def load(self, id):
        same = "LIKE" if FLAW == "like" else "="
        with self.database() as database:
            row = database.execute(f"SELECT id, body, digest FROM sessions WHERE id {same} ?", (id,)).fetchone()
        if row is None:
            return None
        if row[2] != digest(row[0], row[1]):
            raise Failure("corrupt", "the checksum is wrong")
        return {"data": json.loads(row[1])}

    def delete(self, id):
        same = "LIKE" if FLAW == "like" else "="
        with self.database() as database:
            database.execute(f"DELETE FROM sessions WHERE id {same} ?", (id,))

    def create(self, requested, session):
        id = f"{os.getpid():08x}{time.time_ns():024x}" if FLAW == "ids-from-time" else secrets.token_hex(16)
        self.save(id, session)
        return id

    @contextlib.contextmanager
    def database(self, make=False):
        """A transaction in the database. SQLite opens it by name, so what has the name is looked at before and afterwards."""
        directory = self.directory(make)
        try:
            own(directory, make)
            database = sqlite3.connect(os.path.join(self.path, NAME), timeout=2, isolation_level=None)
            try:
                database.execute("PRAGMA trusted_schema=OFF")
                database.execute("PRAGMA synchronous=EXTRA")
                database.execute("PRAGMA secure_delete=" + ("OFF" if FLAW == "leaves-free-pages" else "ON"))
                database.execute("BEGIN IMMEDIATE")
                if not os.path.samestat(os.stat(self.path, follow_symlinks=False), os.fstat(directory)):
                    raise Failure("denied", "the directory was replaced")
                # Not through a descriptor of the file: closing one ends all locks of this process on it, SQLite's too (fcntl(2)).
                check(os.stat(NAME, dir_fd=directory, follow_symlinks=False))
                database.execute("CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, body TEXT, digest TEXT) WITHOUT ROWID")
                yield database
                database.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise Failure("io", error)
            except (sqlite3.DatabaseError, TypeError) as error:
                raise Failure("corrupt", error)
            finally:
                database.close()
        finally:
            os.close(directory)

    def directory(self, make):
        """Returns a descriptor of the store's directory, which is the owner's and closed to everybody else."""
        parent = os.open(os.path.dirname(self.path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            status = os.fstat(parent)
            if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o1022 in (0o020, 0o002, 0o022):
                raise Failure("denied", "others can replace the directory, and SQLite opens its files by name")
            if make:
                try:
                    os.mkdir(self.path, 0o700)
                    os.fsync(parent)
                except FileExistsError:
                    pass
        finally:
            os.close(parent)
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        status = os.fstat(fd)
        if status.st_uid != os.geteuid():
            os.close(fd)
            raise Failure("denied", "the directory is another user's")
        if status.st_mode & 0o077:
            os.fchmod(fd, 0o700)
        return fd


def digest(id, body):
    return hashlib.sha256(json.dumps([id, body]).encode()).hexdigest()


def own(directory, make):
    """Makes the file with mode 0600 if there is none; refuses everything but a regular file of the owner's alone."""
    create = os.O_CREAT if make else 0
    try:
        fd = os.open(NAME, os.O_RDONLY | create | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600, dir_fd=directory)
    except OSError as error:
        raise error if isinstance(error, (FileNotFoundError, PermissionError)) else Failure("corrupt", error)
    try:
        check(os.fstat(fd))
        os.fchmod(fd, 0o600)
    finally:
        os.close(fd)


def check(status):
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or status.st_size > LARGEST:
        raise Failure("corrupt", "this is no database of the store")
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise Failure("denied", "others can write to the file")


serve(Sqlite())

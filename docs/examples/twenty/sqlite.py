"""Keeps sessions in a database of SQLite. The argument is the flaw to switch on."""

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


class Sqlite(Store):
    name, version, keeps = "sqlite-py", "1.0.0", ["data"]
    medium = "database"
    ops = ["save", "load", "delete", "create"]
    ids = "both"
    setups = [{"name": "file", "at": "file"}]
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
        """A transaction in the database, whose file has mode 0600 before SQLite opens it."""
        own(self.path, make)
        database = sqlite3.connect(self.path, timeout=2, isolation_level=None)
        try:
            database.execute("PRAGMA trusted_schema=OFF")
            database.execute("PRAGMA synchronous=EXTRA")
            database.execute("PRAGMA secure_delete=" + ("OFF" if FLAW == "leaves-free-pages" else "ON"))
            database.execute("BEGIN IMMEDIATE")
            database.execute("CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, body TEXT, digest TEXT) WITHOUT ROWID")
            yield database
            database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise Failure("io", error)
        except (sqlite3.DatabaseError, TypeError) as error:
            raise Failure("corrupt", error)
        finally:
            database.close()


def digest(id, body):
    return hashlib.sha256(json.dumps([id, body]).encode()).hexdigest()


def own(path, make):
    """Refuses everything but a regular file of the owner's with one name that nobody else may write to."""
    create = os.O_CREAT if make else 0
    try:
        fd = os.open(path, os.O_RDONLY | create | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise error if isinstance(error, (FileNotFoundError, PermissionError)) else Failure("corrupt", error)
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1 or status.st_size > LARGEST:
            raise Failure("corrupt", "this is no database of the store")
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise Failure("denied", "others can write to the file")
        if status.st_mode & 0o777 != 0o600:
            os.fchmod(fd, 0o600)
    finally:
        os.close(fd)


serve(Sqlite())

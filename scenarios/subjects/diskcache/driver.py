"""Sessions in a diskcache.Cache, as its tutorial uses one, every setting at its default: `cache.set(id, values, expire=seconds)`."""

import functools
import pickle
import sqlite3
import time

import diskcache
from interloper_driver import Failure, Store, decode_bytes, encode_bytes, serve

KINDS = {"SQLITE_CORRUPT": "corrupt", "SQLITE_NOTADB": "corrupt", "SQLITE_BUSY": "conflict", "SQLITE_LOCKED": "conflict",
         "SQLITE_PERM": "denied", "SQLITE_READONLY": "denied", "SQLITE_CANTOPEN": "io", "SQLITE_FULL": "io", "SQLITE_IOERR": "io"}
# What the documentation of pickle names.
DAMAGED = (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError)




def named(operation):
    """Gives what the operation raises a kind."""
    @functools.wraps(operation)
    def whole(*given):
        try:
            return operation(*given)
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            kind = KINDS.get("_".join(name.split("_")[:2]), "other")
            raise Failure(kind, f"{name}: {error}") from error
        except diskcache.Timeout as error:
            raise Failure("conflict", f"Timeout: {error}") from error
        except DAMAGED as error:
            raise Failure("corrupt", f"{type(error).__name__}: {error}") from error
    return whole


class DiskCache(Store):
    """One directory, opened once."""

    name, version = "diskcache", diskcache.__version__
    keeps, enforces = ["data", "expires"], ["expiry"]
    ops = ["save", "load", "update", "delete", "list", "purge", "close"]
    setups = [{"name": "dir", "at": "dir"}]

    @named
    def open(self, at):
        self.cache = diskcache.Cache(at.path)

    @named
    def save(self, id, session):
        self._put(id, session["data"], session["expires_at"])

    @named
    def load(self, id):
        data, expires = self.cache.get(id, expire_time=True)
        return None if data is None else {"data": encode_bytes(data), "expires_at": expires and round(expires)}

    @named
    def update(self, id, set):
        with self.cache.transact():
            data, expires = self.cache.get(id, expire_time=True)
            if data is None:
                raise Failure("absent")
            self._put(id, {**data, **set.get("data", {})}, set.get("expires_at") or expires)

    @named
    def delete(self, id):
        self.cache.delete(id)

    @named
    def list(self):
        return list(self.cache)

    @named
    def purge(self):
        self.cache.expire()

    @named
    def close(self):
        self.cache.close()

    def _put(self, id, data, expires):
        """Sets a session, which has so many seconds left."""
        self.cache.set(id, decode_bytes(data), expire=None if expires is None else expires - time.time())


if __name__ == "__main__":
    serve(DiskCache())

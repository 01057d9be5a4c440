"""A shelf of Python's standard library, opened for each operation: `with shelve.open(path) as shelf: shelf[id] = values`.

`shelve.open` takes the best dbm that this Python was built with, so each one that it has is a setup of its own.
"""

import contextlib
import importlib
import pickle
import platform
import shelve

from interloper_driver import Failure, Store, decode_bytes, encode_bytes, serve

# What the documentation of pickle names.
DAMAGED = (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError)


def there(word):
    """Whether this Python has that dbm."""
    try:
        return bool(importlib.import_module(f"dbm.{word}"))
    except ImportError:
        return False


class Shelf(Store):
    """One shelf, whose files have the path and an ending."""

    name, version = "shelve", platform.python_version()
    keeps, ops = ["data"], ["save", "load", "update", "delete", "list"]
    setups = [{"name": word, "at": "file", "params": {"dbm": word}} for word in ("dumb", "gnu", "ndbm", "sqlite3") if there(word)]

    def open(self, at):
        self.path, self.dbm = at.path, importlib.import_module(f"dbm.{at.params['dbm']}")

    def save(self, id, session):
        with self._shelf() as shelf:
            shelf[id] = decode_bytes(session["data"])

    def load(self, id):
        with self._shelf() as shelf:
            return {"data": encode_bytes(shelf[id])} if id in shelf else None

    def update(self, id, set):
        with self._shelf() as shelf:
            if id not in shelf:
                raise Failure("absent")
            shelf[id] = {**shelf[id], **decode_bytes(set.get("data", {}))}

    def delete(self, id):
        with self._shelf() as shelf:
            shelf.pop(id, None)

    def list(self):
        with self._shelf() as shelf:
            return list(shelf)

    @contextlib.contextmanager
    def _shelf(self):
        """`shelve.open(path)`."""
        try:
            with shelve.Shelf(self.dbm.open(self.path, "c")) as shelf:
                yield shelf
        except DAMAGED as error:
            raise Failure("corrupt", f"{type(error).__name__}: {error}") from error


if __name__ == "__main__":
    serve(Shelf())

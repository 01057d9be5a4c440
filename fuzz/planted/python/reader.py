"""What the planted readers share: a session in a file of its own, read and written by `decode` and `encode`."""

import os
import sys

from interloper_driver import Failure, Store, serve


class Corrupt(Exception):
    """The file is not what the store writes."""


class Reader(Store):
    """A store of one file for each session. `careless` says whether the fault is there."""

    version, keeps, ops = "1", ["data"], ["save", "load", "delete"]
    setups = [{"name": "dir", "at": "dir"}]

    def __init__(self, careless):
        self.careless = careless
        self.name = f"{os.path.basename(sys.argv[0])[:-3]}-{'careless' if careless else 'careful'}"

    def open(self, at):
        self.dir = at.path
        os.makedirs(self.dir, 0o700, exist_ok=True)

    def path(self, id):
        return os.path.join(self.dir, f"{id}.session")

    def save(self, id, session):
        put(self.path(id), self.encode(session["data"]))

    def load(self, id):
        try:
            with open(self.path(id), "rb") as file:
                whole = file.read()
        except FileNotFoundError:
            return None
        try:
            return {"data": self.decode(whole)}
        except (Corrupt, ValueError, KeyError, IndexError, TypeError) as error:
            raise Failure("corrupt", f"{type(error).__name__}: {error}") from None

    def delete(self, id):
        try:
            os.unlink(self.path(id))
        except FileNotFoundError:
            pass


def put(path, whole):
    """Replaces a file, atomically."""
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(whole)
    os.rename(path + ".new", path)


def texts(data):
    """The entries, where all are texts: what else there is, a format of texts refuses."""
    if not all(isinstance(value, str) for value in data.values()):
        raise Failure("invalid", "only texts are kept")
    return data


def main(reader):
    """Serves a reader: `careless` or `careful` is the argument."""
    serve(reader(sys.argv[1] == "careless"))

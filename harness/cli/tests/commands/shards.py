"""A sound store with a file for each session: two hex digits of a hash of the id are a subdirectory, as git and nginx do."""
import hashlib
import json
import os

from interloper_driver import Failure, Store, serve


class Sharded(Store):
    name, version, keeps = "shards", "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "default", "at": "home"}, {"name": "dir", "at": "dir"}]

    def open(self, at):
        self.dir = at.path or os.path.join(at.home, ".cache", "shards")

    def path(self, id):
        name = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
        return os.path.join(self.dir, name[:2], name)

    def save(self, id, session):
        path = self.path(id)
        for dir in (os.path.dirname(self.dir), self.dir, os.path.dirname(path)):
            os.makedirs(dir, 0o700, exist_ok=True)
        fd = os.open(path + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(fd, "w") as file:
            json.dump(session["data"], file)
        os.rename(path + ".tmp", path)

    def load(self, id):
        try:
            with open(self.path(id)) as file:
                return {"data": json.load(file)}
        except ValueError as error:
            raise Failure("corrupt", error)

    def delete(self, id):
        try:
            os.remove(self.path(id))
        except FileNotFoundError:
            pass


serve(Sharded())

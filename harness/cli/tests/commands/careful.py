"""The careful store that drivers of these tests are made of: one file, replaced as a whole."""
import json
import os

from interloper_driver import Failure, Store


class Careful(Store):
    version, keeps = "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path, self.home = at.path, at.home

    def save(self, id, session):
        new = "%s.%d" % (self.path, os.getpid())
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w") as file:
            json.dump(session["data"], file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, self.path)
        place = os.open(os.path.dirname(self.path), os.O_RDONLY)
        os.fsync(place)
        os.close(place)

    def load(self, id):
        try:
            with open(self.path) as file:
                return {"data": json.load(file)}
        except ValueError as error:
            raise Failure("corrupt", error)

    def delete(self, id):
        try:
            os.remove(self.path)
        except FileNotFoundError:
            pass

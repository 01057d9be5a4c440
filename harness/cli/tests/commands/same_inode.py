"""Two open files with one inode number, in two file systems: both get the same secret at the same place, one after the other."""
import json
import os

from interloper_driver import Store, serve


def new(path):
    return os.open(path, os.O_CREAT | os.O_WRONLY, 0o644)


class Two(Store):
    name, version, keeps = "two", "1.0.0", ["data"]
    ops = ["save", "load"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        text = json.dumps(session["data"]).encode()
        here, there = new(self.path), new("/tmp/copy")
        for n in range(500):
            ours, theirs = os.fstat(here).st_ino, os.fstat(there).st_ino
            if ours == theirs:
                break
            # Numbers only grow: whichever is behind is made anew.
            if ours < theirs:
                os.close(here)
                here = new(f"{self.path}{n}")
            else:
                os.close(there)
                there = new(f"/tmp/copy{n}")
        os.write(here, b"[]")
        os.write(there, text)
        os.pwrite(here, text, 0)
        if ours != theirs:
            raise OSError("no two files with one inode number")

    def load(self, id):
        with open(self.path) as file:
            return {"data": json.load(file)}


serve(Two())

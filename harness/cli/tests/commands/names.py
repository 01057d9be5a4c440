"""Keeps each session in a file whose name is no text, or, as `names.py deep`, deeper than any path may be long."""

import json
import os
import sys

from interloper_driver import Store, serve

PIECE = "d" * 200


class Names(Store):
    name, version, keeps = "names", "1", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "dir", "at": "dir"}]

    def open(self, at):
        self.dir = at.path
        os.makedirs(self.dir, exist_ok=True)

    def enter(self):
        """Makes the directory of the sessions the current one."""
        os.chdir(self.dir)
        for _ in range(30 if DEEP else 0):
            if not os.path.exists(PIECE):
                os.mkdir(PIECE)
            os.chdir(PIECE)

    def save(self, id, session):
        self.enter()
        with open(name(id), "w") as file:
            json.dump(session["data"], file)

    def load(self, id):
        self.enter()
        if not os.path.exists(name(id)):
            return None
        with open(name(id)) as file:
            return {"data": json.load(file)}

    def delete(self, id):
        self.enter()
        if os.path.exists(name(id)):
            os.remove(name(id))


def name(id):
    return id.encode() if DEEP else b"\xff\xfe" + id.encode()


DEEP = sys.argv[1:] == ["deep"]
serve(Names())

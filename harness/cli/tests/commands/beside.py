"""Reads a file beside itself at the first save, as a runtime that loads its code late, and looks at each directory above it."""

import json
import os

from interloper_driver import Store, serve

HERE = os.path.dirname(os.path.abspath(__file__))


class Beside(Store):
    name, version, keeps = "beside", "1", ["data"]
    ops = ["save", "load"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        above = HERE
        while above != "/":
            os.lstat(above)
            os.path.exists(os.path.join(above, "node_modules")) if above != "/tmp" else None
            above = os.path.dirname(above)
        with open(os.path.join(HERE, "interloper_driver.py")) as file:
            file.read()
        with open(self.path, "w") as file:
            json.dump(session["data"], file)

    def load(self, id):
        if not os.path.exists(self.path):
            return None
        with open(self.path) as file:
            return {"data": json.load(file)}


serve(Beside())

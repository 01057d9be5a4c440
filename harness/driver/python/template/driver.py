"""The driver of a store in Python. Put your store's calls in place of the lines that read and write the file."""

import json
import os

from interloper_driver import Failure, Store, serve


class Files(Store):
    name, version, keeps = "files", "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        with open(self.path, "w") as file:
            json.dump(session["data"], file)

    def load(self, id):
        try:
            with open(self.path) as file:
                return {"data": json.load(file)}
        except ValueError as error:
            raise Failure("corrupt", error)

    def delete(self, id):
        if os.path.exists(self.path):
            os.remove(self.path)


serve(Files())

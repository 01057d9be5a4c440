"""Hands each session to a helper that the driver's parent started before any case: the process that serves touches no file."""

import json
import os

from interloper_driver import Store, serve


def helper(orders, done):
    for line in os.fdopen(orders):
        path, text = json.loads(line)
        # In the open for a moment, and closed before anybody is answered.
        with open(path, "w") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o600)
        os.write(done, b"\n")


class Delegates(Store):
    name, version, keeps = "delegates", "1", ["data"]
    ops = ["save", "load"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        os.write(ORDERS, json.dumps([self.path, json.dumps(session["data"])]).encode() + b"\n")
        os.read(DONE, 1)

    def load(self, id):
        if not os.path.exists(self.path):
            return None
        with open(self.path) as file:
            return {"data": json.load(file)}


(take, ORDERS), (DONE, give) = os.pipe(), os.pipe()
if os.fork() == 0:
    for fd in (3, 4, ORDERS, DONE):
        os.close(fd)
    helper(take, give)
    os._exit(0)
os.close(take)
serve(Delegates())

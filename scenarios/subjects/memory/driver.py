"""Sessions that are kept nowhere: `driver.py kept` in a variable, `driver.py given` on the command line of each request as well.

This is the "ephemeral" form that advice about session files ends with: a script logs in, uses what it got until it ends, and keeps nothing.
`given` is how a command is used for that, `http example.org Authorization:"Bearer …"`: it is started with the values as its arguments.
"""

import json
import platform
import subprocess
import sys

from interloper_driver import Failure, Store, serve


class Memory(Store):
    """One process; its end is the end of the sessions."""

    version, medium = platform.python_version(), "memory"
    keeps, ops = ["data"], ["save", "load", "update", "delete", "list"]
    setups = [{"name": "none", "at": "none"}]

    def __init__(self, word):
        self.name, self.given, self.sessions = f"memory-{word}", word == "given", {}

    def open(self, at):
        self.sessions = {}

    def save(self, id, session):
        self.sessions[id] = json.dumps(session["data"])
        self._use(id)

    def load(self, id):
        self._use(id)
        return {"data": json.loads(self.sessions[id])} if id in self.sessions else None

    def update(self, id, set):
        if id not in self.sessions:
            raise Failure("absent")
        self.sessions[id] = json.dumps({**json.loads(self.sessions[id]), **set.get("data", {})})
        self._use(id)

    def delete(self, id):
        self.sessions.pop(id, None)

    def list(self):
        return list(self.sessions)

    def _use(self, id):
        """One request with this session."""
        if self.given and id in self.sessions:
            # A command that takes an argument and makes no request: there is no network.
            subprocess.run(["/bin/sh", "-c", ":", "request", self.sessions[id]], check=True)


if __name__ == "__main__":
    serve(Memory(sys.argv[1]))

"""A store that keeps a session as lines of key|value. A word as argument makes it lose what it should not: `pipe` every entry of a session one
of whose keys has a vertical bar, `empty` the entries whose value is "". With `hex` it takes only ids of 32 hexadecimal digits."""
import json
import os
import re
import sys
from urllib.parse import quote, unquote

from interloper_driver import Failure, Store, serve

WORD = sys.argv[1] if len(sys.argv) > 1 else ""


class Lines(Store):
    name, version, keeps = "lines", "1.0.0", ["data"]
    ops = ["save", "load", "delete"]
    setups = [{"name": "dir", "at": "dir"}]
    if WORD == "hex":
        id_form = {"alphabet": "0123456789abcdef", "length": 32, "example": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}

    def open(self, at):
        self.dir = at.path
        os.makedirs(self.dir, 0o700, exist_ok=True)

    def path(self, id):
        if WORD == "hex" and not re.fullmatch("[0-9a-f]{32}", id):
            raise Failure("invalid", "an id has 32 hexadecimal digits")
        name = quote(id, safe="").replace(".", "%2E")
        if not 0 < len(name) <= 200:
            raise Failure("invalid", "an id has 1 to 200 characters")
        return os.path.join(self.dir, name)

    def save(self, id, session):
        path, lines = self.path(id), []
        for key, value in session["data"].items():
            if WORD == "pipe" and "|" in key:
                lines = []
                break
            if WORD == "empty" and value == "":
                continue
            lines.append(quote(key, safe="") + "|" + json.dumps(value))
        new = path + ".new"
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(fd, "w") as file:
            file.write("\n".join(lines))
            file.flush()
            os.fsync(fd)
        os.replace(new, path)

    def load(self, id):
        try:
            with open(self.path(id)) as file:
                text = file.read()
        except FileNotFoundError:
            return None
        try:
            pairs = [line.partition("|") for line in text.split("\n") if line]
            return {"data": {unquote(key): json.loads(value) for key, _, value in pairs}}
        except ValueError as error:
            raise Failure("corrupt", error) from error

    def delete(self, id):
        try:
            os.remove(self.path(id))
        except FileNotFoundError:
            pass


serve(Lines())

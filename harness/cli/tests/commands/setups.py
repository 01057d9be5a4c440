"""Drivers about setups and versions: setups.py named | hello-1 | refuses-2 | made-by-caller."""

import json
import os
import sys

FLAW = sys.argv[1]


def bare(hello):
    """Answers hello, and nothing else."""
    for line in os.fdopen(3):
        os.write(4, json.dumps({"n": json.loads(line)["n"], **hello}).encode() + b"\n")


if FLAW == "hello-1":
    bare({"ok": {"name": "old", "version": "1", "keeps": ["data"], "ops": ["save", "load"], "places": ["file"], "single": ["file"]}})
elif FLAW == "refuses-2":
    bare({"err": {"kind": "unsupported", "message": "this driver speaks protocol 1, not 2"}})

from interloper_driver import Store, serve


class Files(Store):
    """Keeps each session in a file of its own, private from its first byte on, whose name the setup says."""

    name, version, keeps = "files", "1.0.0", ["data"]
    ops = ["save", "load"]
    setups = [
        {"name": "plain", "at": "dir", "made_by": "caller" if FLAW == "made-by-caller" else "store"},
        {"name": "with-end", "at": "dir", "params": {"end": ".session"}},
        {"name": "shared", "at": "tmp"},
    ]

    def open(self, at):
        ends = {"plain": "", "with-end": ".session", "shared": ""}
        assert at.params.get("end", "") == ends[at.setup], at
        assert (at.path is None) == (at.setup == "shared"), at
        if FLAW == "made-by-caller" and at.setup == "plain":
            assert os.stat(at.path).st_mode & 0o7777 == 0o700, at
        self.dir, self.end = at.path or "/tmp/files", at.params.get("end", "")

    def file(self, id):
        return os.path.join(self.dir, id + self.end)

    def save(self, id, session):
        os.makedirs(self.dir, 0o700, exist_ok=True)
        os.umask(0o077)
        with open(self.file(id), "w") as file:
            json.dump(session["data"], file)

    def load(self, id):
        if not os.path.exists(self.file(id)):
            return None
        with open(self.file(id)) as file:
            return {"data": json.load(file)}


serve(Files())

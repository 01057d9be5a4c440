"""Prints each session that it saves, into a buffer that is written when it is full or the process exits.

`prints.py` uses the kit, `prints.py bare` speaks the protocol itself, cannot fork, and has a buffer that is not Python's stdout.
"""

import io
import json
import os
import sys


def save(path, session):
    print("saving", json.dumps(session), file=OUT)
    with open(path, "w") as file:
        json.dump(session, file)


def load(path):
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def kit():
    from interloper_driver import Store, serve

    class Prints(Store):
        name, version, keeps = "prints", "1", ["data"]
        ops = ["save", "load"]
        setups = [{"name": "file", "at": "file", "one_session": True}]

        def open(self, at):
            self.path = at.path

        def save(self, id, session):
            save(self.path, session)

        def load(self, id):
            return load(self.path)

    serve(Prints())


def bare():
    hello = {
        "name": "prints", "version": "1", "runtime": "python", "keeps": ["data"], "ops": ["save", "load"],
        "setups": [{"name": "file", "at": "file", "one_session": True}], "can": ["umask"],
    }
    path = None
    for line in os.fdopen(3):
        asked = json.loads(line)
        op, ok = asked["op"], {}
        if op == "hello":
            ok = hello
        elif op == "open":
            os.umask(int(asked["umask"], 8))
            path = asked["at"]
        elif op == "save":
            save(path, asked["session"])
        elif op == "load":
            session = load(path)
            ok = {"absent": True} if session is None else {"session": session}
        os.write(4, json.dumps({"n": asked["n"], "ok": ok}).encode() + b"\n")


if sys.argv[1:] == ["bare"]:
    OUT = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w"), 1 << 20))
    bare()
else:
    # As where PYTHONUNBUFFERED is not set.
    OUT = sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w"), 1 << 20))
    kit()

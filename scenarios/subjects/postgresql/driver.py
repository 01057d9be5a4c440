"""Sessions in a table of a PostgreSQL server of the store's own, with psycopg: `driver.py`, in the ways that the server's pages show.

The first process that opens the store starts the server with `postgres -D`, and it lives on; SIGTERM ends it as its service does. What `initdb`
makes takes seconds, so it is made once for each driver, with small WAL segments and without the databases that nobody uses, and a case begins
with a copy.
"""

import glob
import io
import os
import pwd
import subprocess
import tarfile
import tempfile

import psycopg
from interloper_driver import Failure, Store, serve, start_server
from psycopg.types.json import Jsonb

# Debian and Ubuntu have one directory for each version: the newest.
BIN = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
USER = pwd.getpwuid(os.getuid()).pw_name
DATABASE = "app"
TABLE = "CREATE TABLE sessions (id text PRIMARY KEY, data jsonb NOT NULL, expires timestamptz)"
SAVE = ("INSERT INTO sessions VALUES (%s, %s, to_timestamp(%s)) "
        "ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data, expires = EXCLUDED.expires")
LIVES = "(expires IS NULL OR expires > now())"
# `default` is what `initdb` and `postgres` do without an option: they trust everybody on this host. `peer` is Debian's way, which asks the kernel who
# is there. `vacuumed` is the same, with what is supposed to remove dead rows after each delete.
SETUPS = {
    "default": [],
    "peer": ["-c", "listen_addresses="],
    "vacuumed": ["-c", "listen_addresses="],
}
ASK = [f"{BIN}/psql", "-w", "-U", USER, "-d", DATABASE, "-c", "TABLE sessions", "-c", "SELECT query FROM pg_stat_activity"]


class PostgreSQL(Store):
    """One server, and its table."""

    name = "postgresql"
    version = subprocess.run([f"{BIN}/postgres", "-V"], capture_output=True, text=True).stdout.split()[2]
    medium = "server"
    keeps, enforces = ["data", "expires"], ["expiry"]
    ops = ["save", "load", "update", "delete", "list", "purge", "close"]
    setups = [{"name": name, "at": "dir", "params": {"way": name}} for name in SETUPS]
    promises, can = ["atomic", "durable"], ("fork", "umask", "server")
    doors = [
        {"name": "tmp", "path": "/tmp/.s.PGSQL.5432", "ask": [*ASK, "-h", "/tmp"]},
        {"name": "run", "path": "run/.s.PGSQL.5432", "ask": [*ASK, "-h", os.path.expanduser(f"~{USER}/run")]},
        {"name": "port", "path": "127.0.0.1:5432", "ask": [*ASK, "-h", "127.0.0.1"]},
    ]

    def __init__(self):
        self.cluster, self.db = made(), None

    def open(self, at):
        self.way = at.params["way"]
        self.at = "/tmp" if self.way == "default" else os.path.join(at.home, "run")
        if self._answers():
            return None
        if not os.path.exists(os.path.join(at.path, "PG_VERSION")):
            if self.cluster is None:
                raise Failure("denied", "PostgreSQL does not run as root")
            self._make(at.path)
        os.makedirs(self.at, exist_ok=True)
        options = ["-k", self.at, "-c", "shared_buffers=8MB", "-c", "max_connections=20", *SETUPS[self.way]]
        log = os.path.join(at.home, "logfile")
        return start_server([f"{BIN}/postgres", "-D", at.path, *options], self._answers, log)

    def _make(self, path):
        """Puts what initdb made there, with the modes that it has."""
        with tarfile.open(fileobj=io.BytesIO(self.cluster)) as tar:
            tar.extractall(path)
        os.chmod(path, 0o700)
        if self.way != "default":
            with open(os.path.join(path, "pg_hba.conf"), "w", encoding="utf-8") as hba:
                hba.write("local all all peer\n")

    def save(self, id, session):
        self._do(SAVE, (id, Jsonb(session["data"]), session["expires_at"]))

    def load(self, id):
        row = self._do(f"SELECT data, extract(epoch FROM expires)::bigint FROM sessions WHERE id = %s AND {LIVES}", (id,)).fetchone()
        return row and {"data": row[0], "expires_at": row[1]}

    def update(self, id, set):
        changed = self._do(f"UPDATE sessions SET data = data || %s, expires = coalesce(to_timestamp(%s), expires) WHERE id = %s AND {LIVES}",
                           (Jsonb(set.get("data", {})), set.get("expires_at"), id))
        if changed.rowcount == 0:
            raise Failure("absent")

    def delete(self, id):
        self._do("DELETE FROM sessions WHERE id = %s", (id,))
        if self.way == "vacuumed":
            for command in ("VACUUM sessions", "SELECT pg_switch_wal()", "CHECKPOINT"):
                self._do(command)

    def list(self):
        return [id for id, in self._do(f"SELECT id FROM sessions WHERE {LIVES}").fetchall()]

    def purge(self):
        self._do(f"DELETE FROM sessions WHERE NOT {LIVES}")

    def close(self):
        """Lets go of the connection; the server lives on."""
        if self.db:
            self.db.close()

    def _do(self, command, values=None):
        try:
            return self.db.execute(command, values)
        except (psycopg.DataError, psycopg.ProgrammingError) as error:
            raise Failure("invalid", str(error)) from None
        except psycopg.OperationalError as error:
            raise Failure("io", str(error)) from None

    def _answers(self):
        """Whether the server is there, and has recovered."""
        try:
            self.db = psycopg.connect(host=self.at, dbname=DATABASE, user=USER, autocommit=True)
            return True
        except psycopg.OperationalError:
            return False


def made():
    """What initdb makes, as a tar archive; None for root, for whom it makes nothing."""
    if os.getuid() == 0:
        return None
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "cluster")
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "text": True}
        subprocess.run([f"{BIN}/initdb", "-D", path, "-U", USER, "--wal-segsize=1", "--no-locale", "-E", "UTF8", "--no-sync"], **quiet,
                       stderr=subprocess.DEVNULL)
        # A cluster needs no template to run on, and a copy of three databases is three times as large.
        for database, commands in (
            ("template1", [f"CREATE DATABASE {DATABASE}", "DROP DATABASE postgres"]),
            (DATABASE, ["UPDATE pg_database SET datistemplate = false, datallowconn = true",
                        "DROP DATABASE template0", "DROP DATABASE template1", TABLE]),
        ):
            subprocess.run([f"{BIN}/postgres", "--single", "-D", path, "-F", database], **quiet, input="\n".join(commands) + "\n",
                           stderr=subprocess.DEVNULL)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(path, ".")
    return packed.getvalue()


if __name__ == "__main__":
    serve(PostgreSQL())

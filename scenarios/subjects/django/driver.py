"""Django's session backends: `driver.py file`, `db`, `cached_db` and `cache`, every other setting at its default.

The operations are the calls of the session middleware and of `django.contrib.auth` on `request.session`. The database is
SQLite, migrated where that was not done yet, and the cache is the one in files.
"""

import functools
import logging
import sys
from datetime import datetime, timezone
from importlib import import_module

import django
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import SuspiciousOperation
from django.core.management import call_command
from django.core.signals import request_finished
from django.db import Error, connection
from interloper_driver import Failure, Store, serve

# Where each backend keeps its sessions. Django makes no directory for those in files: without a setting, they are in /tmp.
SETUPS = {
    "file": [{"name": "dir", "at": "dir", "made_by": "caller"}, {"name": "tmp", "at": "tmp"}],
    "db": [{"name": "file", "at": "file"}],
    "cached_db": [{"name": "file", "at": "file"}],
    "cache": [{"name": "dir", "at": "dir"}],
}
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
CACHE = "django.core.cache.backends.filebased.FileBasedCache"


# The value in a session that is its end.
EXPIRY = "_session_expiry"
KINDS = {"SQLITE_CORRUPT": "corrupt", "SQLITE_NOTADB": "corrupt", "SQLITE_BUSY": "conflict", "SQLITE_LOCKED": "conflict",
         "SQLITE_PERM": "denied", "SQLITE_READONLY": "denied", "SQLITE_CANTOPEN": "io", "SQLITE_FULL": "io", "SQLITE_IOERR": "io"}


class Suspicion(logging.Handler):
    """What Django logs when it reads a session that it did not write, before it goes on with an empty one."""

    said = None

    def emit(self, record):
        Suspicion.said = record.getMessage()


def request(operation):
    """One request: what it raises has a kind, and its end closes the database and the cache."""
    @functools.wraps(operation)
    def whole(self, *given):
        Suspicion.said = None
        try:
            answer = operation(self, *given)
        except SuspiciousOperation as error:
            raise Failure("invalid", error) from error
        except UpdateError as error:
            raise Failure("conflict", "the session was deleted before the request completed") from error
        except Error as error:
            name = getattr(error.__cause__, "sqlite_errorname", "")
            raise Failure(KINDS.get(name, KINDS.get("_".join(name.split("_")[:2]), "other")), f"{name}: {error}") from error
        finally:
            request_finished.send(sender=None)
        if Suspicion.said:
            raise Failure("corrupt", Suspicion.said)
        return answer
    return whole


class Django(Store):
    """One backend."""

    version, ids, id_is_credential = django.get_version(), "both", True
    keeps, enforces = ["data", "expires"], ["expiry"]
    ops = ["save", "load", "update", "delete", "create", "rotate"]
    # `VALID_KEY_CHARS`, and what `_get_new_session_key` makes of them.
    id_form = {"alphabet": "abcdefghijklmnopqrstuvwxyz0123456789", "length": 32,
               "example": "5u0ohb4dh7iiuf4ie1pu8s80shd2bwhm"}

    def __init__(self, word):
        self.word, self.name, self.setups = word, f"django-{word}", SETUPS[word]
        self.medium = "database" if "db" in word else "files"
        # `clearsessions` does nothing with a cache.
        self.ops = self.ops + ["purge"] * (word != "cache")
        settings.configure(
            SECRET_KEY="the secret of the application", INSTALLED_APPS=["django.contrib.sessions"], USE_TZ=True,
            SESSION_ENGINE=f"django.contrib.sessions.backends.{word}", DATABASES={"default": DATABASE}, CACHES={"default": {"BACKEND": CACHE}},
        )
        django.setup()
        logging.getLogger("django.security").addHandler(Suspicion())

    @request
    def open(self, at):
        if at.path:
            settings.SESSION_FILE_PATH = settings.DATABASES["default"]["NAME"] = at.path
            settings.CACHES["default"]["LOCATION"] = at.path + ".cache" * (self.word == "cached_db")
        self.backend = import_module(settings.SESSION_ENGINE).SessionStore
        if "db" in self.word and "django_session" not in connection.introspection.table_names():
            call_command("migrate", verbosity=0)

    @request
    def save(self, id, session):
        mine = self.backend(id)
        if mine.session_key != id:
            raise Failure("invalid", "no session key")
        mine.clear()
        put(mine, session)
        mine.save(must_create=not mine.exists(id))

    @request
    def load(self, id):
        mine = self.backend(id)
        data = {name: value for name, value in mine.items() if name != EXPIRY}
        expires = int(mine.get_expiry_date().timestamp()) if EXPIRY in mine else None
        return {"data": data, "expires_at": expires} if mine.session_key == id else None

    @request
    def update(self, id, set):
        put(mine := self.there(id), set)
        mine.save()

    @request
    def delete(self, id):
        """A logout."""
        self.backend(id).flush()

    @request
    def create(self, requested, session):
        """The first request of a browser, with whatever cookie it has, that puts something into its session."""
        put(mine := self.backend(requested), session)
        mine.save()
        return mine.session_key

    @request
    def rotate(self, id):
        """A login."""
        mine = self.there(id)
        mine.cycle_key()
        mine.save()
        return mine.session_key

    @request
    def purge(self):
        """The command `clearsessions`."""
        if "purge" not in self.ops:
            raise Failure("unsupported")
        self.backend.clear_expired()

    def there(self, id):
        """The session of this key, if there is one: a look at its values shows whether it keeps the key."""
        mine = self.backend(id)
        mine.keys()
        if mine.session_key != id:
            raise Failure("absent")
        return mine


def put(mine, session):
    """Sets values, and the end, of a session."""
    if EXPIRY in session.get("data", {}):
        raise Failure("invalid", "a name of Django's own")
    for name, value in session.get("data", {}).items():
        mine[name] = value
    if session.get("expires_at") is not None:
        mine.set_expiry(datetime.fromtimestamp(session["expires_at"], timezone.utc))


if __name__ == "__main__":
    serve(Django(sys.argv[1]))

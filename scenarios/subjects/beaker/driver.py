"""Beaker's file sessions under Bottle: `driver.py plain`, `driver.py signed` and `driver.py encrypted`.

Every operation is one request through the middleware, as Beaker's and Bottle's documentation wire it, with the browser's
cookie: the session's id, which `session.secret` signs.
"""

import sys
from importlib.metadata import version
from wsgiref.util import setup_testing_defaults

import bottle
from beaker.middleware import SessionMiddleware
from beaker.session import SignedCookie, SimpleCookie
from interloper_driver import Failure, Store, decode_bytes, encode_bytes, serve

SECRET = {"session.secret": "the secret of the application"}
KEYS = {"session.encrypt_key": "the key of the application", "session.validate_key": "another key"}
OPTIONS = {"plain": {}, "signed": SECRET, "encrypted": {**SECRET, **KEYS}}
KEY = "beaker.session.id"
# What Beaker keeps beside the application's values.
TAKEN = ("_accessed_time", "_creation_time", "_domain", "_path")


class Beaker(Store):
    """`SessionMiddleware(app, {"session.type": "file", "session.data_dir": …})`, and one page."""

    version, ids = version("beaker"), "both"
    keeps, ops = ["data"], ["save", "load", "update", "delete", "create", "rotate"]
    setups = [{"name": "dir", "at": "dir"}]

    def __init__(self, word):
        self.name, self.options, self.id_is_credential = f"beaker-{word}", OPTIONS[word], word == "plain"
        self.promises = ["encrypted"] if word == "encrypted" else []

    def open(self, at):
        page = bottle.Bottle()
        page.catchall = False
        page.route("/", callback=lambda: self.work(bottle.request.environ["beaker.session"]))
        files = {"session.type": "file", "session.data_dir": at.path, "session.cookie_expires": 3600}
        self.app = SessionMiddleware(page, {**files, **self.options})

    def save(self, id, session):
        self._request(id, lambda mine: put(mine, session["data"]), own=True)

    def load(self, id):
        return self._request(id, lambda mine: {"data": values(mine)} if is_there(mine) else None, own=True)

    def update(self, id, set):
        self._request(id, lambda mine: put(there(mine), {**values(mine), **set.get("data", {})}), own=True)

    def delete(self, id):
        self._request(id, lambda mine: mine.delete(), own=True)

    def create(self, requested, session):
        """A login by a browser that already has a cookie; only the application can sign one."""
        return self._request(requested, lambda mine: put(mine, session["data"]), own=False)

    def rotate(self, id):
        """`regenerate_id`, which Beaker's documentation advises for a login."""
        return self._request(id, lambda mine: (there(mine).regenerate_id(), put(mine, values(mine)))[1], own=True)

    def _request(self, id, work, own):
        """One request with this cookie, which Beaker set if it is the browser's own; returns what the application made of its session."""
        environ, answer = {}, []
        setup_testing_defaults(environ)
        if id is not None:
            cookie = SignedCookie(SECRET["session.secret"]) if own and "session.secret" in self.options else SimpleCookie()
            cookie[KEY] = id
            environ["HTTP_COOKIE"] = cookie.output(attrs=[], header="").strip()
        self.work = lambda mine: answer.extend((work(mine), mine.was_invalidated)) or ""
        list(self.app(environ, lambda status, headers, exc_info=None: None))
        if own and answer[1]:
            raise Failure("corrupt", "the session could not be read, and another one with another id is in its place")
        return answer[0]


def is_there(mine):
    """Whether it is one that was saved: a deleted session keeps its file, with two values of Beaker's own in it."""
    return not mine.is_new and ("_creation_time" in mine or bool(values(mine)))


def there(mine):
    """The session, if it is one that was saved."""
    if not is_there(mine):
        raise Failure("absent")
    return mine


def put(mine, data):
    """Makes these the values of the session, and saves it; returns its id."""
    if any(name in TAKEN for name in data):
        raise Failure("invalid", "a name of Beaker's own")
    for name in values(mine):
        del mine[name]
    for name, value in data.items():
        mine[name] = decode_bytes(value)
    mine.save()
    return mine.id


def values(mine):
    """The application's values."""
    return {name: encode_bytes(mine[name]) for name in mine if name not in TAKEN}


if __name__ == "__main__":
    serve(Beaker(sys.argv[1]))

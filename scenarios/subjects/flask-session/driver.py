"""Flask-Session with cachelib's FileSystemCache, as its documentation configures it, every other option at its default.

Every operation is one request with the browser's cookie, from opening the session to saving it. An application cannot
choose an id: `save` names the session that the request opened, where none of that id is there.
"""

from importlib.metadata import version

from cachelib.file import FileSystemCache
from flask import Flask
from flask import session as mine
from flask_session import Session
from interloper_driver import Failure, Store, decode_bytes, encode_bytes, serve
from werkzeug.http import dump_cookie

# The extension's own value in every session.
PERMANENT = "_permanent"


class FlaskSession(Store):
    """`SESSION_TYPE = "cachelib"`."""

    name, version, ids, id_is_credential = "flask-session", version("flask-session"), "both", True
    keeps, ops = ["data"], ["save", "load", "update", "delete", "create", "rotate"]
    setups = [{"name": "dir", "at": "dir"}]

    def open(self, at):
        self.app = Flask("application")
        self.app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=FileSystemCache(at.path, threshold=500))
        Session(self.app)

    def save(self, id, session):
        if not id:
            raise Failure("invalid", "an empty cookie is none to the extension")

        def work():
            mine.sid = id
            put(session["data"])
        self._request(id, work)

    def load(self, id):
        return self._request(id, lambda: {"data": values()} if mine.sid == id else None)

    def update(self, id, set):
        self._request(id, lambda: (there(id), put({**values(), **set.get("data", {})})))

    def delete(self, id):
        self._request(id, lambda: mine.clear())

    def create(self, requested, session):
        """A login by a browser that already has a cookie."""
        return self._request(requested, lambda: (put(session["data"]), mine.sid)[1])

    def rotate(self, id):
        """What the page about security says a login should do."""
        return self._request(id, lambda: (there(id), self.app.session_interface.regenerate(mine), mine.sid)[2])

    def _request(self, id, work):
        """One request with this cookie; returns what the application made of its session."""
        cookie = {} if id is None else {"Cookie": dump_cookie("session", id, path=None)}
        with self.app.test_request_context("/", headers=cookie):
            answer = work()
            self.app.process_response(self.app.make_response(""))
        return answer


def there(id):
    """Says so, if there is no such session: the extension makes a new one then, with another id."""
    if mine.sid != id:
        raise Failure("absent")


def put(data):
    """Makes these the values of the session."""
    if PERMANENT in data:
        raise Failure("invalid", "a name of Flask's own")
    mine.clear()
    mine.update({name: decode_bytes(value) for name, value in data.items()})


def values():
    """The application's values."""
    return {name: encode_bytes(value) for name, value in mine.items() if name != PERMANENT}


if __name__ == "__main__":
    serve(FlaskSession())

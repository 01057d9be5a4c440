"""A small application on Bottle with Beaker, whose sessions are files.

SETUP says how Beaker is set up: `defaults`, with no more than the type and the directory of files; `example`, with the options of an
example that goes around as secure; `hardened`, as https://beaker.readthedocs.io/en/latest/configuration.html advises, with
`regenerate_id` at the login.
"""

import os

from beaker.middleware import SessionMiddleware
from bottle import Bottle, request

SETUP = os.environ["SETUP"]
OPTIONS = {"session.type": "file", "session.data_dir": "./data"}
if SETUP == "example":
    OPTIONS |= {
        "session.cookie_expires": 3600,
        "session.httponly": True,
        "session.secure": True,
        "session.samesite": "Lax",
    }
if SETUP == "hardened":
    os.umask(0o077)
    OPTIONS |= {
        "session.cookie_expires": True,
        "session.httponly": True,
        "session.secure": True,
        "session.samesite": "Lax",
        "session.secret": "3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f6",
        "session.timeout": 600,
    }

bottle = Bottle()
app = SessionMiddleware(bottle, OPTIONS)


def session():
    return request.environ["beaker.session"]


@bottle.post("/login")
def login():
    if SETUP == "hardened":
        session().regenerate_id()
    session()["user"] = request.forms["user"]
    session().save()
    return "welcome"


@bottle.post("/logout")
def logout():
    if SETUP == "hardened":
        session().delete()
    else:
        session().invalidate()
    return "goodbye"


@bottle.get("/whoami")
def whoami():
    return session().get("user", "nobody")


@bottle.post("/set")
def set_value():
    session()["value"] = request.forms["value"]
    session().save()
    return "kept"


@bottle.get("/get")
def get_value():
    return session().get("value", "")

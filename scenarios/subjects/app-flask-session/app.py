"""A small application on Flask with Flask-Session, whose sessions are files of cachelib's FileSystemCache.

HARDENED=1 does what https://flask-session.readthedocs.io/en/latest/security.html advises: the flags and the prefix of the cookie,
another id at the login, and files that nobody else reaches.
"""

import os

from cachelib.file import FileSystemCache
from flask import Flask, request, session
from flask_session import Session

HARDENED = "HARDENED" in os.environ
if HARDENED:
    os.umask(0o077)

app = Flask(__name__)
app.config.update(
    SESSION_TYPE="cachelib",
    SESSION_CACHELIB=FileSystemCache(os.path.join(os.environ["HOME"], "sessions"), threshold=500),
)
if HARDENED:
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=600,
    )
Session(app)


@app.post("/login")
def login():
    if HARDENED:
        app.session_interface.regenerate(session)
    session["user"] = request.form["user"]
    return "welcome"


@app.post("/logout")
def logout():
    session.clear()
    return "goodbye"


@app.get("/whoami")
def whoami():
    return session.get("user", "nobody")


@app.post("/set")
def set_value():
    session["value"] = request.form["value"]
    return "kept"


@app.get("/get")
def get_value():
    return session.get("value", "")

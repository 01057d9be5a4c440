"""A small application on Bottle alone, which has cookies and no sessions.

SETUP says which cookie: `defaults`, an id that this application keeps the user for, set with no more than its name and its value;
`hardened`, the same with the flags that https://bottlepy.org/docs/dev/tutorial.html#cookies lists; `signed`, the user's name in a
signed cookie, which is that page's own example of a login; `signed-hardened`, the same with the flags.
"""

import os
import secrets

from bottle import Bottle, request, response

SETUP = os.environ["SETUP"]
SECRET = "3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f6" if SETUP.startswith("signed") else None
FLAGS = {"httponly": True, "secure": True, "samesite": "lax"} if SETUP.endswith("hardened") else {}
COOKIE = "account" if SECRET else "session_id"

SESSIONS = {}  # id -> user; a signed cookie has the user's name in it
VALUES = {}  # user -> what that user keeps

app = Bottle()


def user():
    value = request.get_cookie(COOKIE, secret=SECRET)
    return value if SECRET else SESSIONS.get(value)


@app.post("/login")
def login():
    if SECRET:
        response.set_cookie(COOKIE, request.forms["user"], secret=SECRET, **FLAGS)
    else:
        SESSIONS.pop(request.get_cookie(COOKIE), None)
        id = secrets.token_urlsafe(32)
        SESSIONS[id] = request.forms["user"]
        response.set_cookie(COOKIE, id, **FLAGS)
    return "welcome"


@app.post("/logout")
def logout():
    SESSIONS.pop(request.get_cookie(COOKIE), None)
    response.delete_cookie(COOKIE, **FLAGS)
    return "goodbye"


@app.get("/whoami")
def whoami():
    return user() or "nobody"


@app.post("/set")
def set_value():
    VALUES[user()] = request.forms["value"]
    return "kept"


@app.get("/get")
def get_value():
    return VALUES.get(user(), "")

"""A small application on Flask: its session is a signed cookie, as Flask has it.

HARDENED=1 does what https://flask.palletsprojects.com/en/stable/web-security/ advises for production.
"""

import os

from flask import Flask, request, session

app = Flask(__name__)
app.secret_key = "3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f6"
HARDENED = "HARDENED" in os.environ
if HARDENED:
    app.config.update(
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=600,
    )


@app.post("/login")
def login():
    if HARDENED:
        session.clear()
        session.permanent = True
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

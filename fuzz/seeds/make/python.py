"""Writes the seeds that Python programs make: python.py DIRECTORY (the folder `fuzz/seeds`).

Needs itsdangerous, Flask and Django in the interpreter that runs it. Keys and secrets here are made up.
"""

import hashlib
import http.cookiejar
import http.cookies
import pathlib
import sys
import time
from urllib.request import Request

SEEDS = pathlib.Path(sys.argv[1])
NOW = 1_750_000_000
KEY = "a-key-for-seeds-only"


def write(folder, name, content):
    path = SEEDS / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def cookie(name, value, **changes):
    fields = dict(
        version=0, name=name, value=value, port=None, port_specified=False,
        domain="example.org", domain_specified=False, domain_initial_dot=False,
        path="/", path_specified=True, secure=False, expires=NOW + 10**9,
        discard=False, comment=None, comment_url=None, rest={},
    )
    return http.cookiejar.Cookie(**{**fields, **changes})


def jars():
    for folder, make in [("netscape", http.cookiejar.MozillaCookieJar), ("lwp", http.cookiejar.LWPCookieJar)]:
        path = SEEDS / folder / "python"
        path.parent.mkdir(parents=True, exist_ok=True)
        jar = make(str(path))
        jar.set_cookie(cookie("plain", "one"))
        jar.set_cookie(cookie("host", "two", domain=".example.net", domain_specified=True, domain_initial_dot=True))
        jar.set_cookie(cookie("safe", "three", secure=True, rest={"HTTPOnly" if folder == "netscape" else "HttpOnly": None}))
        jar.set_cookie(cookie("ends", "four words here", expires=None, discard=True, path="/a/b"))
        jar.set_cookie(cookie("quoted", '"a\\b;c"', version=1, port="80,8080", port_specified=True, comment="why not"))
        jar.save(ignore_discard=True, ignore_expires=True)
        path = SEEDS / folder / "python-empty"
        make(str(path)).save()
    # A server may send any of these names: `Set-Cookie: a"b=1`.
    jar = http.cookiejar.LWPCookieJar(str(SEEDS / "lwp" / "python-names"))
    for name in ['a"b', '"c"', "d'e", "é"]:
        jar.set_cookie(cookie(name, "1"))
    jar.save(ignore_discard=True, ignore_expires=True)


def headers():
    morsels = http.cookies.SimpleCookie()
    morsels["session"] = "abc.def-123"
    morsels["session"].update({"path": "/app", "domain": "example.org", "max-age": 3600, "secure": True,
                               "httponly": True, "samesite": "Lax", "expires": "Wed, 18 Jun 2025 08:00:00 GMT"})
    morsels["odd"] = 'a;b,"c" \\'
    for morsel in morsels.values():
        write("set_cookie", f"python-{morsel.key}", morsel.OutputString())
    jar = http.cookiejar.CookieJar()
    for name, value in [("a", "1"), ("b", "two"), ("session", "abc.def-123")]:
        jar.set_cookie(cookie(name, value, domain="example.org"))
    request = Request("http://example.org/")
    jar.add_cookie_header(request)
    write("cookie_header", "python", request.get_header("Cookie"))


def signed():
    time.time, real = (lambda: NOW), time.time
    from flask import Flask
    from itsdangerous import Signer, TimestampSigner, URLSafeSerializer

    app = Flask("seeds")
    app.secret_key = KEY
    flask = app.session_interface.get_signing_serializer(app)
    write("itsdangerous", "flask", flask.dumps({"user": "anna", "admin": False}))
    write("itsdangerous", "flask-zlib", flask.dumps({"text": "again and " * 40}))
    write("itsdangerous", "timestamp", TimestampSigner(KEY).sign("value"))
    write("itsdangerous", "sha512", TimestampSigner(KEY, digest_method=hashlib.sha512).sign("value"))
    write("itsdangerous_untimed", "signer", Signer(KEY).sign("a.value"))
    write("itsdangerous_untimed", "sha256", Signer(KEY, digest_method=hashlib.sha256, key_derivation="hmac").sign("value"))
    write("itsdangerous_untimed", "serializer", URLSafeSerializer(KEY).dumps({"user": "anna"}))
    from django.conf import settings

    settings.configure(SECRET_KEY=KEY)
    from django.core import signing

    write("django", "dumps", signing.dumps({"user": "anna"}, key=KEY))
    salt = "django.contrib.sessions.backends.signed_cookies"
    write("django", "session", signing.dumps({"_auth_user_id": "7"}, key=KEY, salt=salt, compress=True))
    write("django_untimed", "signer", signing.Signer(key=KEY).sign("anna:1"))
    write("django_untimed", "sha1", signing.Signer(key=KEY, algorithm="sha1").sign("anna"))
    write("django_untimed", "object", signing.Signer(key=KEY).sign_object({"user": "anna"}))
    write("django", "session-zlib", signing.dumps({"text": "again and " * 40}, key=KEY, salt=salt, compress=True))
    time.time = real


jars()
headers()
signed()

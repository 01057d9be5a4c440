"""One request of a session of requests, whose cookies are in a file.

The documentation of requests has no word for saving a session. What its users do most is this: the jar of the session is one of
http.cookiejar's, which reads and writes files.
"""

import argparse
import http.cookiejar
import os

import requests

parser = argparse.ArgumentParser()
parser.add_argument("--read-only", action="store_true")
parser.add_argument("--auth")
parser.add_argument("--cookie")
parser.add_argument("path")
parser.add_argument("url")
asked = parser.parse_args()

session = requests.Session()
session.cookies = http.cookiejar.LWPCookieJar(asked.path)
if os.path.exists(asked.path):
    session.cookies.load()
given = {}
if asked.auth:
    given["auth"] = tuple(asked.auth.split(":", 1))
if asked.cookie:
    given["cookies"] = dict([asked.cookie.split("=", 1)])
print(session.get(asked.url, timeout=60, **given).status_code)
if not asked.read_only:
    session.cookies.save()

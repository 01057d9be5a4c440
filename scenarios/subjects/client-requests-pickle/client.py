"""One request of a session of requests, whose cookies a script pickles.

This is the answer that most users of requests find when they ask how to keep a session:

    with open(path, "wb") as file:
        pickle.dump(session.cookies, file)
    with open(path, "rb") as file:
        session.cookies.update(pickle.load(file))
"""

import argparse
import os
import pickle

import requests

parser = argparse.ArgumentParser()
parser.add_argument("--read-only", action="store_true")
parser.add_argument("--auth")
parser.add_argument("--cookie")
parser.add_argument("path")
parser.add_argument("url")
asked = parser.parse_args()

session = requests.Session()
if os.path.exists(asked.path):
    with open(asked.path, "rb") as file:
        session.cookies.update(pickle.load(file))
given = {}
if asked.auth:
    given["auth"] = tuple(asked.auth.split(":", 1))
if asked.cookie:
    given["cookies"] = dict([asked.cookie.split("=", 1)])
print(session.get(asked.url, timeout=60, **given).status_code)
if not asked.read_only:
    with open(asked.path, "wb") as file:
        pickle.dump(session.cookies, file)

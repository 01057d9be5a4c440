"""A small HTTP client that keeps its cookies in a file, as scripts do: urllib with a MozillaCookieJar.

    fetch.py [--read-only] [--user NAME:PASSWORD] JAR URL
"""

import argparse
import base64
import http.cookiejar
import os
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("--read-only", action="store_true")
parser.add_argument("--user")
parser.add_argument("jar")
parser.add_argument("url")
args = parser.parse_args()

jar = http.cookiejar.MozillaCookieJar(args.jar)
if os.path.exists(args.jar):
    jar.load()
request = urllib.request.Request(args.url)
if args.user:
    request.add_header("Authorization", "Basic " + base64.b64encode(args.user.encode()).decode())
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
print(opener.open(request).read().decode(), end="")
if not args.read_only:
    jar.save()

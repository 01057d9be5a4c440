"""A client that does its worst: hostile_client.py WHAT JAR URL."""

import http.cookiejar
import os
import signal
import socket
import sys
import time
import urllib.parse
import urllib.request

what, jar, url = sys.argv[1:]
at = urllib.parse.urlsplit(url)


def connect():
    """Connects to the site."""
    return socket.create_connection((at.hostname, at.port))


if what == "silent":
    sys.exit(0)
elif what == "hangs":
    connect()
    time.sleep(600)
elif what == "garbage":
    connect().sendall(b"\x00\x01SSH-2.0\r\n\r\n")
elif what == "endless":
    connection = connect()
    try:
        while True:
            connection.sendall(b"GET / HTTP/1.1\r\nX: " + bytes(1 << 16))
    except OSError:
        pass
elif what == "many":
    for _ in range(300):
        connect().sendall(b"GET / HTTP/1.1\r\nCookie: " + b"x" * 60000 + b"\r\n\r\n")
elif what == "forgetful":
    connect().sendall(b"GET / HTTP/1.1\r\n\r\n")
elif what == "stays":
    if os.fork() == 0:
        os.setsid()
        while True:
            try:
                connect().sendall(b"GET / HTTP/1.1\r\n\r\n")
            except OSError:
                pass
            time.sleep(0.01)
elif what == "killparent":
    os.kill(os.getppid(), signal.SIGKILL)
elif what == "killlater":
    # The harness asks twice before it tests: the parent is killed once evil.test is asked.
    if at.hostname == "evil.test":
        os.kill(os.getppid(), signal.SIGKILL)
    cookies = http.cookiejar.MozillaCookieJar(jar)
    if os.path.exists(jar):
        cookies.load()
    urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies)).open(url).read()
    cookies.save()
elif what == "fails":
    print("\x1b[31mcannot find the moon", file=sys.stderr)
    sys.exit(7)

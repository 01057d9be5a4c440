"""A client that does its worst: hostile_client.py WHAT JAR URL."""

import os
import socket
import sys
import time
import urllib.parse

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
elif what == "fails":
    print("\x1b[31mcannot find the moon", file=sys.stderr)
    sys.exit(7)

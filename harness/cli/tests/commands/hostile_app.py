"""A server that does its worst: hostile_app.py SOCKET WHAT."""

import os
import socket
import struct
import sys
import time

path, what = sys.argv[1], sys.argv[2]
if what == "exits":
    print("cannot find the database", file=sys.stderr)
    sys.exit(3)
if what == "elsewhere":
    path += ".other"
if what == "silent":
    time.sleep(600)
listener = socket.socket(socket.AF_UNIX)
if what == "link":
    # Whoever follows it would speak with a server of somebody else.
    os.symlink("/run/some-other.sock", path)
    time.sleep(600)
listener.bind(path)
listener.listen(64)
if what == "forks":
    # The parent ends, and what serves has another one.
    if os.fork():
        os._exit(0)
    os.setsid()
while True:
    connection, _ = listener.accept()
    if what == "resets":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        continue
    if not connection.recv(65536):
        continue
    if what == "hangs":
        connection.recv(65536)
    elif what == "garbage":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        connection.close()
    elif what == "gigabyte":
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(1 << 14):
                connection.sendall(bytes(1 << 16))
        except OSError:
            connection.close()
    else:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        connection.close()

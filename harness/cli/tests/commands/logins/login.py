"""A login command that keeps the token from its standard input, with the fault that its first argument names."""

import os
import sys


def keep(path, flags, mode):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | flags, mode)
    os.write(fd, token)
    os.fsync(fd)
    os.close(fd)


def put_in_place(path):
    os.rename(path, "token")
    directory = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(directory)
    os.close(directory)


fault = sys.argv[1]
token = sys.argv[2].encode() if fault == "argument" else sys.stdin.buffer.read()
temporary = f"token.{os.getpid()}"
if fault == "umask":
    keep("token", os.O_TRUNC, 0o666)
elif fault == "chmod-after":
    keep("token", os.O_TRUNC, 0o666)
    os.chmod("token", 0o600)
elif fault == "widens":
    keep(temporary, os.O_EXCL, 0o666)
    put_in_place(temporary)
elif fault == "parent":
    os.makedirs(".tool", exist_ok=True)
    keep(".tool/token", os.O_TRUNC, 0o600)
else:
    keep(temporary, os.O_EXCL, 0o600)
    put_in_place(temporary)
    if fault == "left-over":
        keep(temporary, os.O_EXCL, 0o600)
    if fault == "prints":
        print("logged in with", token.decode())

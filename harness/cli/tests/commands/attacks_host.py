"""The host that a hostile driver is to get at: a terminal, a key, a port and an abstract socket. Runs a command there, and says what came.

usage: attacks_host.py COMMAND ARGS…, in which {port} and {abstract} are put in. Prints what the command printed; its code is the command's.
"""
import ctypes
import os
import pty
import socket
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL = (248, 250) if os.uname().machine == "x86_64" else (217, 219)
# A session keyring of its own with a key that everybody who has it may read.
LIBC.syscall(KEYCTL, 1, None)
key = LIBC.syscall(ADD_KEY, b"user", b"interloper-test", b"secret", 6, -3)
if key > 0:
    LIBC.syscall(KEYCTL, 5, key, 0x3F3F3F3F)

port = socket.create_server(("127.0.0.1", 0))
abstract = socket.socket(socket.AF_UNIX)
name = f"interloper-attacks-{os.getpid()}"
abstract.bind("\0" + name)
abstract.listen()

argv = [word.replace("{port}", str(port.getsockname()[1])).replace("{abstract}", name) for word in sys.argv[1:]]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
text = b""
while True:
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    text += read
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(text)
sys.stdout.flush()
sys.exit(code)

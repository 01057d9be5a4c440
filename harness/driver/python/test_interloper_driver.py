"""Drives a toy store over descriptors 3 and 4, as the harness does. `Driver` serves the stores' own tests, too."""

import atexit
import errno
import json
import os
import random
import re
import select
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from interloper_driver import MAX_LINE, Failure, Store, decode_bytes, encode_bytes, serve, start_server  # noqa: E402

# Puts the two pipes on 3 and 4 by way of numbers that cannot clash with either, and becomes the driver.
LAUNCH = """
import fcntl, os, sys
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]]
for to, fd in zip((3, 4), high):
    os.dup2(fd, to)
    os.close(fd)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Driver:
    """A driver process and the harness's side of its pipes."""

    def __init__(self, *command, **environment):
        request_end, self.requests = os.pipe()
        self.answers, answer_end = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(request_end), str(answer_end), sys.executable, *command],
            pass_fds=(request_end, answer_end), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={"PATH": os.defpath, "PYTHONPATH": HERE, **environment},
        )
        os.close(request_end)
        os.close(answer_end)
        self.n, self.buffer, self.output = 0, b"", None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def send(self, line):
        """Sends raw bytes."""
        while line:
            line = line[os.write(self.requests, line):]

    def line(self):
        """The next line without its newline; None at the end."""
        while b"\n" not in self.buffer:
            if not select.select([self.answers], [], [], 30)[0]:
                raise TimeoutError("the driver does not answer")
            chunk = os.read(self.answers, 1 << 16)
            if not chunk:
                return None
            self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def ask(self, op, **fields):
        """Sends one request and returns its whole answer."""
        self.n += 1
        self.send(json.dumps({"n": self.n, "op": op, **fields}).encode() + b"\n")
        answer = json.loads(self.line().decode("utf-8"))
        assert answer["n"] == self.n, answer
        return answer

    def ok(self, op, **fields):
        """What `ok` holds; an error is a failed test."""
        answer = self.ask(op, **fields)
        assert "ok" in answer, answer
        return answer["ok"]

    def err(self, op, **fields):
        """The kind and the message of the error; anything else is a failed test."""
        answer = self.ask(op, **fields)
        assert "err" in answer, answer
        return answer["err"]["kind"], answer["err"]["message"]

    def open(self, home, path=None, umask="0022", **fields):
        """Opens the store."""
        return self.ok("open", setup="dir", home=str(home), at=path and str(path), umask=umask, params={}, **fields)

    def event(self):
        """The parent's report on its child: what the child left unfinished, and the wait status."""
        torn = self.line()
        event = json.loads(self.line().decode("utf-8"))
        assert event.pop("event") == "child", event
        return torn, event["status"]

    def end(self):
        """Closes the pipes; returns the exit status, stdout and stderr."""
        if self.output is None:
            os.close(self.requests)
            out, err = self.process.communicate(timeout=30)
            os.close(self.answers)
            self.output = self.process.returncode, out.decode(), err.decode()
        return self.output


class Toy(Store):
    """Keeps each session in a JSON file; some ids make trouble."""

    name, version = "toy", "0.1"
    keeps, ops = ["data"], ["save", "load", "update", "delete"]
    setups = [{"name": "dir", "at": "dir"}]

    def open(self, at):
        """Remembers the directory."""
        self.dir, self.at = at.path, at

    def save(self, id, session):
        """Writes the file."""
        if id.startswith("errno-"):
            raise OSError(int(id[6:]), "made up")
        print("saved", id)  # stays in Python's buffer: a fork must not print it twice
        with open(os.path.join(self.dir, id), "w", encoding="utf-8") as file:
            json.dump(session, file)

    def parse(self, header, value):
        """Answers what it was given, as bytes and as text."""
        return [(header, value), ("text", value.decode("latin-1"))]

    def load(self, id):
        """Reads the file."""
        if id == "draw":
            return {"data": {"number": random.random(), "cloexec": not os.get_inheritable(4)}}
        if id == "opened":
            return {"data": {"read_only": self.at.read_only, "home": self.at.home, "params": self.at.params}}
        if id == "key-error":
            return {}["no such key"]
        if id == "exit":
            sys.exit("enough")
        if id == "conflict":
            raise Failure("conflict", "somebody else was here")
        if id == "library":
            raise OSError("no number")
        if id == "surrogate":
            return {"data": {"text": "a\ud800b"}}
        if id == "not-json":
            return {"data": {"nan": float("nan")}}
        if id == "too-long":
            return {"data": {"text": "x" * MAX_LINE}}
        if id == "torn":
            os.write(4, b'{"n":9,"ok":{"sess')
            os.kill(os.getpid(), signal.SIGKILL)
        if not os.path.exists(os.path.join(self.dir, id)):
            return None
        with open(os.path.join(self.dir, id), encoding="utf-8") as file:
            return json.load(file)

    def update(self, id, set):
        """Reads, changes and writes the file."""
        session = self.load(id)
        session["data"].update(set["data"])
        self.save(id, session)

    def delete(self, id):
        """Removes the file."""
        os.unlink(os.path.join(self.dir, id))


# Says that it is up by a file, and at SIGTERM by another.
SERVER = ("import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (open('ended', 'w').close(), sys.exit(0)))\n"
          "print('secret'); print('trouble', file=sys.stderr, flush=True); open('up', 'w').close()\nwhile True: time.sleep(0.05)")


class Served(Toy):
    """The toy, with a server; in a directory named `broken`, one that ends at once."""

    can = ("fork", "umask", "server")

    def open(self, at):
        """Starts the server, if it is not there."""
        super().open(at)
        os.chdir(at.path)
        if os.path.exists("up"):
            return None
        script = "raise SystemExit(3)" if at.path.endswith("broken") else SERVER
        return start_server([sys.executable, "-c", script], lambda: os.path.exists("up"), log="log")


class Servers(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = place.name

    def test_a_header_travels_as_text_or_in_base64(self):
        with Driver(os.path.abspath(__file__), "serve") as driver:
            plain = driver.ok("parse", header="cookie", value="a=\u00e9")["pairs"]
            self.assertEqual(plain[0], ["cookie", {"b64": "YT3DqQ=="}])
            odd = driver.ok("parse", header="set_cookie", value={"b64": "YT3/"})["pairs"]
            self.assertEqual(odd, [["set_cookie", {"b64": "YT3/"}], ["text", "a=\u00ff"]])
            self.assertEqual(driver.err("parse", header="cookie")[0], "invalid")

    def test_a_server_outlives_the_process_that_started_it(self):
        with Driver(os.path.abspath(__file__), "serve-a-server") as driver:
            driver.ok("fork")
            server = driver.open(self.dir, self.dir)["server"]
            driver.ok("close")
            driver.event()
            driver.ok("fork")
            self.assertEqual(driver.open(self.dir, self.dir), {})
            driver.ok("close")
            driver.event()
            self.assertEqual(os.stat(f"/proc/{server}").st_uid, os.getuid())
            self.assertEqual(os.getpgid(server), server)
            fds = [os.readlink(f"/proc/{server}/fd/{fd}") for fd in os.listdir(f"/proc/{server}/fd")]
            self.assertEqual([at for at in fds if at.startswith("pipe:")], [], "it holds a pipe of the harness's")
        os.kill(server, signal.SIGTERM)
        while not os.path.exists(os.path.join(self.dir, "ended")):
            select.select([], [], [], 0.01)
        with open(os.path.join(self.dir, "log"), encoding="utf-8") as log:
            self.assertEqual(sorted(log.read().split()), ["secret", "trouble"])

    def test_a_server_that_ends_at_once_is_an_error(self):
        broken = os.path.join(self.dir, "broken")
        os.mkdir(broken)
        with Driver(os.path.abspath(__file__), "serve-a-server") as driver:
            kind, message = driver.err("open", setup="dir", home=self.dir, at=broken, umask="0022", params={})
            self.assertEqual(kind, "io")
            self.assertIn("ended with 3", message)

    def test_only_a_driver_that_says_so_names_a_server(self):
        with Driver(os.path.abspath(__file__), "serve-no-server") as driver:
            self.assertEqual(driver.open(self.dir, self.dir), {})


class Unsaid(Toy):
    """A toy whose `open` returns something, and that says nothing of a server."""

    def open(self, at):
        """Returns a number."""
        super().open(at)
        return 1


class Cases(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = place.name
        self.driver = Driver(os.path.abspath(__file__), "serve")
        self.addCleanup(self.driver.end)

    def open(self, **fields):
        """Opens the toy store in the test's directory."""
        self.driver.open(self.dir, self.dir, **fields)

    def test_hello(self):
        hello = self.driver.ok("hello", protocol=2, unknown={"field": 1})
        self.assertEqual((hello["name"], hello["kind"], hello["setups"]), ("toy", "store", [{"name": "dir", "at": "dir"}]))
        self.assertEqual(hello["can"], ["fork", "umask"])
        self.assertRegex(hello["runtime"], r"^python 3\.\d+\.\S+ /")
        self.assertEqual(hello["runtime"].split(" ", 2)[2], sys.executable)
        self.assertNotIn("doors", hello)
        for other in (1, 3):
            kind, message = self.driver.err("hello", protocol=other)
            self.assertEqual((kind, message), ("unsupported", f"this driver speaks protocol 2, not {other}"))

    def test_round_trip(self):
        self.open(read_only=True)
        self.assertTrue(self.driver.ok("load", id="opened")["session"]["data"]["read_only"])
        self.assertEqual(self.driver.ok("load", id="a"), {"absent": True})
        data = {"text": "ü\u2028", "bytes": {"b64": "AP8="}, "deep": [{"x": None}]}
        self.assertEqual(self.driver.ok("save", id="a", session={"data": data}), {})
        session = self.driver.ok("load", id="a")["session"]
        self.assertEqual(session["data"], data)
        self.assertEqual((session["cookies"], session["headers"], session["auth"]), ([], [], None))
        self.assertEqual(self.driver.ok("update", id="a", set={"data": {"text": "new"}}), {})
        self.assertEqual(self.driver.ok("load", id="a")["session"]["data"], {**data, "text": "new"})
        self.assertEqual(self.driver.err("update", id="a")[0], "invalid")
        self.assertEqual(self.driver.ok("delete", id="a"), {})
        self.assertEqual(self.driver.ok("close"), {})

    def test_watch(self):
        self.open()
        self.assertEqual(self.driver.ask("load", id="a").get("ran"), None)
        self.assertEqual(self.driver.ok("watch"), {})
        first = self.driver.ask("load", id="a")["ran"]
        # Lines of the store, and none of the kit's or the library's.
        here = os.path.abspath(__file__)
        self.assertTrue(first)
        for place in first:
            self.assertRegex(place, "^" + re.escape(here) + r":\d+\*1$")
        self.assertEqual(self.driver.ask("load", id="a")["ran"], [])
        failed = self.driver.ask("load", id="conflict")
        self.assertEqual((failed["err"]["kind"], len(failed["ran"])), ("conflict", 1))

    def test_bytes(self):
        value = {"k": [b"\x00\xff", "text", {"n": 1}]}
        self.assertEqual(encode_bytes(value), {"k": [{"b64": "AP8="}, "text", {"n": 1}]})
        self.assertEqual(decode_bytes(encode_bytes(value)), value)
        with self.assertRaises(Failure):
            decode_bytes({"b64": "?"})

    def test_umask(self):
        for mask in ("0000", "0022", "077", "777"):
            with self.subTest(mask):
                self.open(umask=mask)
                self.driver.ok("save", id=mask, session={})
                mode = stat.S_IMODE(os.stat(os.path.join(self.dir, mask)).st_mode)
                self.assertEqual(mode, 0o666 & ~int(mask, 8))
        for bad in ("", "0o22", "8", "1777", "-1", " 22", 18, None):
            self.assertEqual(self.driver.err("open", setup="dir", home=self.dir, at=None, umask=bad)[0], "invalid")

    def test_errors(self):
        self.open()
        kinds = {errno.ENOENT: "absent", errno.EACCES: "denied", errno.EPERM: "denied", errno.EINVAL: "invalid",
                 errno.ENAMETOOLONG: "invalid", errno.EIO: "io", errno.ENOSPC: "io"}
        for number, kind in kinds.items():
            self.assertEqual(self.driver.err("save", id=f"errno-{number}", session={})[0], kind)
        self.assertEqual(self.driver.err("load", id="key-error"), ("other", "KeyError: 'no such key'"))
        self.assertEqual(self.driver.err("load", id="exit"), ("other", "SystemExit: enough"))
        self.assertEqual(self.driver.err("load", id="library"), ("other", "OSError: no number"))
        self.assertEqual(self.driver.err("load", id="conflict"), ("conflict", "somebody else was here"))
        self.assertEqual(self.driver.err("load", id="not-json")[0], "other")
        self.assertEqual(self.driver.err("load", id="too-long")[0], "other")
        self.assertEqual(self.driver.err("delete", id="a")[0], "absent")
        self.assertEqual(self.driver.err("load")[0], "invalid")
        for op in ("rotate", "list", "purge", "advance", "create"):
            self.assertEqual(self.driver.err(op, id="a", session={}, seconds=1)[0], "unsupported")
        auth = {"user": "me", "password": "secret"}
        self.assertEqual(self.driver.err("fetch", url="http://app.test/", auth=auth)[0], "unsupported")
        self.assertEqual(self.driver.err("fetch")[0], "invalid")
        self.assertEqual(self.driver.err("start")[0], "unsupported")
        self.assertEqual(self.driver.ok("load", id="surrogate")["session"]["data"]["text"], "a\ufffdb")

    def test_garbage(self):
        for line in (b"garbage\n", b"\n", b"[]\n", b"3\n", b'{"n":1}\n', b'{"n":-1,"op":"hello"}\n', b'{"n":"1"}\n',
                     b'{"n":true,"op":"hello"}\n', b'\xff\n', b"[" * 100000 + b"\n"):
            self.driver.send(line)
            answer = json.loads(self.driver.line().decode())
            self.assertEqual((answer["n"], answer["err"]["kind"]), (0, "invalid"))
        self.driver.ok("hello", protocol=2)

    def test_lines(self):
        self.open()
        text = "x" * (MAX_LINE - 4096)  # many reads and writes, since a pipe holds 64 KiB
        self.driver.ok("save", id="big", session={"data": {"text": text}})
        self.assertEqual(self.driver.ok("load", id="big")["session"]["data"]["text"], text)
        with self.assertRaises(BrokenPipeError):
            self.driver.send(b"x" * (MAX_LINE + (1 << 20)))
        self.assertIsNone(self.driver.line())
        status, _, stderr = self.driver.end()
        self.assertEqual(status, 1)
        self.assertIn("request line is too long", stderr)

    def test_fork(self):
        parent, pids, numbers = self.driver.process.pid, set(), set()
        for case in ("one", "two"):
            pids.add(self.driver.ok("fork")["pid"])
            self.open(umask="0077")
            self.driver.ok("save", id=case, session={})
            drawn = self.driver.ok("load", id="draw")["session"]["data"]
            numbers.add(drawn["number"])
            self.assertTrue(drawn["cloexec"])
            self.driver.ok("close")
            self.assertEqual(self.driver.event(), (b"", 0))
        self.assertEqual((len(pids - {parent}), len(numbers)), (2, 2))
        # The parent itself has opened nothing, and goes on.
        self.driver.ok("hello", protocol=2)
        status, stdout, stderr = self.driver.end()
        self.assertEqual((status, stderr), (0, ""))
        self.assertEqual(stdout.splitlines(), ["hello from the parent", "saved one", "saved two", "exit handler"])

    def test_child_dies(self):
        self.driver.ok("fork")
        self.open()
        self.driver.send(b'{"n":9,"op":"load","id":"torn"}\n')
        self.assertEqual(self.driver.event(), (b'{"n":9,"ok":{"sess', signal.SIGKILL))
        pid = self.driver.ok("fork")["pid"]
        self.open()
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.driver.event(), (b"", signal.SIGKILL))
        self.driver.ok("hello", protocol=2)

    def test_end_of_requests(self):
        self.driver.ok("fork")
        self.open()
        status, stdout, _ = self.driver.end()
        self.assertEqual((status, stdout.count("exit handler")), (0, 1))

    def test_every_operation_is_refused_by_default(self):
        operations = {
            "save": ("id", {}), "load": ("id",), "update": ("id", {}), "delete": ("id",), "create": (None, {}), "rotate": ("id",), "list": (),
            "purge": (), "parse": ("cookie", b""), "fetch": (None,), "advance": (1,), "close": (),
        }
        for name, arguments in operations.items():
            with self.subTest(name), self.assertRaises(Failure) as caught:
                getattr(Store(), name)(*arguments)
            self.assertEqual(caught.exception.kind, "unsupported")

    def test_no_pipes(self):
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "serve"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"descriptor 3", done.stderr)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        atexit.register(print, "exit handler")
        print("hello from the parent")
        random.random()
        serve(Toy())
    elif sys.argv[1:] == ["serve-a-server"]:
        serve(Served())
    elif sys.argv[1:] == ["serve-no-server"]:
        serve(Unsaid())
    else:
        unittest.main()

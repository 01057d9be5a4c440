"""Holds the HTTPie driver against the installed `http` command. Run it with a Python that has requirements.txt."""

import http.server
import os
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from email.utils import formatdate

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")
COMMAND = os.path.join(os.path.dirname(sys.executable), "http")
BASIC = {"type": "basic", "username": "user", "password": "pa:ss"}
BEARER = {"type": "bearer", "token": "t0ken"}
UMASKS = (0o000, 0o022, 0o077)
FAR = 2147483000


def cookie(name, value, domain="", host_only=False, path="/", expires=None, secure=False, **unkept):
    """A protocol cookie, with the attributes that HTTPie keeps."""
    return dict(name=name, value=value, domain=domain, host_only=host_only, path=path, expires=expires, secure=secure,
                **unkept)


def tree(home):
    """Every path below home with its mode and, for files, its bytes."""
    found = {}
    for place, directories, files in os.walk(home):
        for name in directories + files:
            path = os.path.join(place, name)
            content = None
            if name in files:
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, home)] = (oct(stat.S_IMODE(os.lstat(path).st_mode)), content)
    return found


class Answers(http.server.BaseHTTPRequestHandler):
    """Plays every server there is: HTTPie takes it for its proxy. Answers with the Set-Cookie headers of the test."""

    set_cookies = []

    def do_GET(self):
        """Answers."""
        self.send_response(200)
        for value in self.set_cookies:
            self.send_header("Set-Cookie", value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


class Homes(unittest.TestCase):
    def home(self):
        """A new home directory."""
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        return place.name

    def driver(self, home, **opening):
        """A driver that has opened the store."""
        driver = Driver(DRIVER, HOME=home)
        self.addCleanup(driver.end)
        driver.open(home, **opening)
        return driver


class Stores(Homes):
    def same(self, loaded, session):
        """Compares as sets what has no order."""
        for part in ("cookies", "headers"):
            self.assertEqual(sorted(map(repr, loaded.get(part, []))), sorted(map(repr, session.get(part, []))), part)
        self.assertEqual(loaded.get("auth"), session.get("auth"))

    def test_hello(self):
        driver = Driver(DRIVER, HOME=self.home())
        self.addCleanup(driver.end)
        hello = driver.ok("hello", protocol=2)
        self.assertEqual((hello["name"], hello["version"], hello["ops"]), ("httpie", "3.2.4", ["save", "load", "update"]))
        self.assertEqual(hello["setups"], [
            {"name": "default", "at": "home"}, {"name": "file", "at": "file", "one_session": True}])
        self.assertEqual(driver.err("delete", id="a")[0], "unsupported")

    def test_round_trip(self):
        session = {
            "cookies": [
                cookie("everywhere", "a b;c=ü"),
                cookie("host", "1", "www.example.org", host_only=True),
                cookie("domain", "2", "example.org", path="/deep", expires=FAR, secure=True),
                cookie("local", "3", "localhost", host_only=True),
                cookie("address", "4", "127.0.0.1", host_only=True),
            ],
            "headers": [["X-Token", "s3cret"], ["X-Twice", "1"], ["X-Twice", "2"], ["X-Empty", ""]],
        }
        for place in ("default", "file"):
            for auth in (BASIC, BEARER, None):
                with self.subTest(place, auth=auth):
                    home = self.home()
                    path = None if place == "default" else os.path.join(home, "s.json")
                    driver = self.driver(home, path=path)
                    self.assertEqual(driver.ok("load", id="alpha"), {"absent": True})
                    driver.ok("save", id="alpha", session={**session, "auth": auth})
                    again = self.driver(home, path=path)
                    self.same(again.ok("load", id="alpha")["session"], {**session, "auth": auth})
                    # A file is one session, whatever its id.
                    self.assertEqual("absent" in again.ok("load", id="beta"), place == "default")

    def test_save_again(self):
        driver = self.driver(self.home())
        first = [cookie("old", "1", "example.org"), cookie("same", "1", "example.org")]
        driver.ok("save", id="a", session={"cookies": first, "headers": [["A", "1"], ["B", "1"]], "auth": BASIC})
        second = [cookie("same", "2", "example.org"), cookie("late", "1", "example.org", expires=1)]
        driver.ok("save", id="a", session={"cookies": second, "headers": [["B", "2"]]})
        # Cookies can expire; headers and credentials cannot be taken out of a session, only replaced.
        self.same(driver.ok("load", id="a")["session"],
                  {"cookies": second[:1], "headers": [["B", "2"], ["A", "1"]], "auth": BASIC})

    def test_update(self):
        driver = self.driver(self.home())
        self.assertEqual(driver.err("update", id="a", set={"headers": [["A", "1"]]})[0], "absent")
        first = [cookie("old", "1", "example.org"), cookie("same", "1", "example.org")]
        driver.ok("save", id="a", session={"cookies": first, "headers": [["A", "1"], ["B", "1"]], "auth": BASIC})
        second = [cookie("same", "2", "example.org"), cookie("new", "2", "example.org")]
        driver.ok("update", id="a", set={"cookies": second, "headers": [["B", "2"]]})
        self.same(driver.ok("load", id="a")["session"],
                  {"cookies": [first[0], *second], "headers": [["B", "2"], ["A", "1"]], "auth": BASIC})

    def test_refused(self):
        home = self.home()
        driver = self.driver(home)
        for id in ("", "a b", "a\0b", "ü", "a\\b", "~"):
            self.assertEqual(driver.err("save", id=id, session={})[0], "invalid")
            self.assertEqual(driver.err("load", id=id)[0], "invalid")
        self.assertEqual(driver.err("save", id="a", session={"headers": [["X", "1\r\nY: 2"]]})[0], "invalid")
        self.assertEqual(driver.err("save", id="a", session={"cookies": [cookie("a", "1", host_only=True)]})[0],
                         "invalid")
        asking = {"type": "basic", "username": "back\\", "password": "slash"}
        self.assertEqual(driver.err("save", id="a", session={"auth": asking})[0], "invalid")
        self.assertEqual(tree(home), {})
        self.assertEqual(driver.err("save", id="x" * 300, session={})[0], "invalid")

    def test_read_only(self):
        home = self.home()
        self.driver(home).ok("save", id="a", session={"auth": BASIC})
        before = tree(home)
        driver = self.driver(home, read_only=True)
        driver.ok("save", id="a", session={"auth": BEARER, "headers": [["A", "1"]]})
        self.assertEqual(tree(home), before)
        self.assertEqual(driver.ok("load", id="a")["session"]["auth"], BASIC)
        # --session-read-only makes a session that is not there, as its help says.
        driver.ok("save", id="b", session={"auth": BEARER})
        self.assertEqual(driver.ok("load", id="b")["session"]["auth"], BEARER)

    def test_damage(self):
        home = self.home()
        path = os.path.join(home, "s.json")
        driver = self.driver(home, path=path)
        deep = b'{"x":' + b"[" * 200000 + b"]" * 200000 + b"}"
        for content, kind, message in (
            (b"", "corrupt", "invalid session file"),
            (b"{", "corrupt", "invalid session file"),
            (b'{"cookies":"\xff"}', "corrupt", "invalid session file"),
            (b"[]", "other", "AttributeError"),
            (b'{"cookies":[{"name":"a"}]}', "other", "TypeError"),
            (b'{"cookies":[{"name":"a","value":"1","expires":"soon"}]}', "other", "ValueError"),
            (b'{"headers":[{"name":"a"}]}', "other", "KeyError"),
            (b'{"headers":[{"name":"a","value":"1\\n2"}]}', "other", "InvalidHeader"),
            (b'{"auth":{"type":"basic"}}', "other", "KeyError"),
            (b'{"auth":{"type":"magic","raw_auth":""}}', "other", "KeyError"),
            (deep, "other", "RecursionError"),
        ):
            with self.subTest(content[:60]):
                with open(path, "wb") as file:
                    file.write(content)
                answer = driver.err("load", id="a")
                self.assertEqual(answer[0], kind, answer)
                self.assertIn(message, answer[1])
        os.unlink(path)
        os.mkdir(path)
        self.assertEqual(driver.err("load", id="a")[0], "corrupt")
        self.assertEqual(driver.err("save", id="a", session={})[0], "corrupt")
        os.rmdir(path)
        os.symlink("s.json", path)
        self.assertEqual(driver.err("load", id="a")[0], "corrupt")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_denied(self):
        home = self.home()
        path = os.path.join(home, "s.json")
        driver = self.driver(home, path=path)
        driver.ok("save", id="a", session={})
        os.chmod(path, 0)
        self.assertEqual(driver.err("load", id="a")[0], "denied")

    def test_modes(self):
        """Only the innermost directory is made 0700; those above it, and the file, are as the umask says."""
        for umask in UMASKS:
            home = self.home()
            self.driver(home, umask=oct(umask)[2:]).ok("save", id="alpha", session={})
            modes = {path: int(mode, 8) for path, (mode, _) in tree(home).items()}
            outer = {path: 0o777 & ~umask for path in (".config", ".config/httpie", ".config/httpie/sessions")}
            inner = ".config/httpie/sessions/localhost"
            self.assertEqual(modes, {**outer, inner: 0o700, f"{inner}/alpha.json": 0o666 & ~umask})


class SameAsTheCommand(Homes):
    maxDiff = None
    """The driver and the installed command leave the same tree: paths, modes and every byte."""

    def command(self, home, umask, *arguments):
        """Runs `http` in a home. Its look for updates, which would leave the machine, ends at a closed port."""
        done = subprocess.run(
            [COMMAND, "--ignore-stdin", *arguments], preexec_fn=lambda: os.umask(umask),
            env={"PATH": os.defpath, "HOME": home, "HTTPS_PROXY": "http://127.0.0.1:9"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def compare(self, steps, path=None):
        """Does each step with the command in one home and with the driver in another, and compares the homes."""
        for umask in UMASKS:
            with self.subTest(umask=oct(umask)):
                theirs, ours = self.home(), self.home()
                for arguments, session, opening in steps:
                    name = os.path.join(theirs, path) if path else "alpha"
                    option = "--session-read-only" if opening.get("read_only") else "--session"
                    self.command(theirs, umask, f"{option}={name}", *arguments())
                    driver = self.driver(ours, umask=oct(umask)[2:], path=path and os.path.join(ours, path), **opening)
                    driver.ok("save", id="alpha", session=session)
                    driver.end()
                    self.assertEqual(tree(ours), tree(theirs))
                self.assertIn("alpha.json", " ".join(tree(ours)))

    def offline(self, *arguments):
        """A command that sends nothing."""
        return lambda: ["--offline", *arguments[:-1], "http://localhost/", *arguments[-1]]

    def online(self, set_cookies, url, *arguments):
        """A command that is answered with cookies."""
        def prepare():
            Answers.set_cookies = set_cookies
            return ["--proxy", f"http:http://127.0.0.1:{self.port}", *arguments[:-1], url, *arguments[-1]]
        return prepare

    def setUp(self):
        server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def test_offline(self):
        given = ["X-Token:s3cret", "X-Empty;", "Content-Type:text/plain", "X-Space:  both  ", "Cookie:sid=c4nary; b=2"]
        headers = [["X-Token", "s3cret"], ["X-Empty", ""], ["Content-Type", "text/plain"], ["X-Space", "  both  "]]
        session = {"headers": headers, "auth": BASIC, "cookies": [cookie("sid", "c4nary"), cookie("b", "2")]}
        typed = {"headers": [*headers, ["Cookie", "sid=c4nary; b=2"]], "auth": BASIC}
        for path in (None, "alpha.json", "deep/er/alpha.json"):
            self.compare([(self.offline("-a", "user:pa:ss", given), session, {})], path)
        self.compare([(self.offline("-a", "user:pa:ss", given), typed, {})] * 2)

    def test_offline_steps(self):
        self.compare([
            (self.offline("-A", "bearer", "-a", "t0ken", ["A:1", "B:1"]),
             {"headers": [["A", "1"], ["B", "1"]], "auth": BEARER}, {}),
            (self.offline("-a", "other:one", ["B:2"]),
             {"headers": [["B", "2"]], "auth": {"type": "basic", "username": "other", "password": "one"}}, {}),
            (self.offline(["C:3"]), {"headers": [["C", "3"]]}, {}),
            (self.offline(["D:4"]), {"headers": [["D", "4"]]}, {"read_only": True}),
        ])
        self.compare([(self.offline(["D:4"]), {"headers": [["D", "4"]]}, {"read_only": True})], "alpha.json")

    def test_set_cookie_at_localhost(self):
        url = "http://localhost/"
        kept = cookie("kept", "1", "localhost", host_only=True, http_only=True, same_site="strict")
        sid = cookie("sid", "2", "localhost", host_only=True, path="/", expires=FAR, secure=True)
        expires = formatdate(FAR, usegmt=True)
        self.compare([
            (self.online(["kept=1; HttpOnly; SameSite=Strict", f"sid=2; Path=/; Secure; Expires={expires}",
                          "gone=3; Max-Age=0"], url, ["X-Token:s3cret"]),
             {"cookies": [kept, sid, cookie("gone", "3", "localhost", True, expires=1)],
              "headers": [["X-Token", "s3cret"]]}, {}),
            (self.online(["sid=; Path=/; Max-Age=0"], url, []), {"cookies": [kept]}, {}),
        ])

    def test_set_cookie_for_a_domain(self):
        self.compare([
            (self.online(["host=1", "domain=2; Domain=example.org; Path=/deep", 'quoted="a b"'],
                         "http://www.example.org/", []),
             {"cookies": [cookie("host", "1", "www.example.org", host_only=True),
                          cookie("domain", "2", "example.org", path="/deep"),
                          cookie("quoted", '"a b"', "www.example.org", host_only=True)]}, {}),
        ], "alpha.json")


class LockFile(unittest.TestCase):
    def test_no_hosts(self):
        with open(os.path.join(HERE, "requirements.txt"), encoding="ascii") as file:
            lines = [line for line in file if not line.startswith("    --hash=sha256:")]
        self.assertIn("httpie==3.2.4 \\\n", lines)
        for line in lines:
            self.assertRegex(line, r"^(#[^/]*|[a-z0-9-]+==[0-9.]+( ; [^/]*)? \\)\n$")


if __name__ == "__main__":
    unittest.main()

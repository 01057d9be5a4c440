"""Saves and loads cookie files in both formats through the driver, and beside it with http.cookiejar itself."""

import http.cookiejar
import os
import platform
import stat
import subprocess
import sys
import tempfile
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")
FORMATS = {"mozilla": http.cookiejar.MozillaCookieJar, "lwp": http.cookiejar.LWPCookieJar}
FAR = 2147483000


def cookie(name, value, domain, **attributes):
    """A protocol cookie with every attribute."""
    return dict(dict(name=name, value=value, domain=domain, host_only=False, path="/", expires=None, secure=False,
                     http_only=False, same_site=None), **attributes)


class Response:
    """As much of a response as a jar looks at."""

    def __init__(self, *values):
        self.values = values

    def info(self):
        """The headers."""
        return self

    def get_all(self, name, default):
        """The Set-Cookie headers."""
        return list(self.values) if name == "Set-Cookie" else default


class Cases(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = place.name

    def driver(self, word, **opening):
        """A driver that has opened the file of that format."""
        self.path = os.path.join(self.dir, f"{word}.txt")
        driver = Driver(DRIVER, word, HOME=self.dir)
        self.addCleanup(driver.end)
        driver.open(self.dir, self.path, **opening)
        return driver

    def test_hello(self):
        for word in FORMATS:
            with self.subTest(word):
                hello = self.driver(word).ok("hello", protocol=2)
                self.assertEqual((hello["name"], hello["kind"]), (f"cookiejar-{word}", "client"))
                self.assertEqual(hello["version"], platform.python_version())
                self.assertEqual(hello["setups"], [{"name": "file", "at": "file", "one_session": True}])
            self.assertEqual(hello["ops"], ["save", "load", "update"])

    def test_usage(self):
        done = subprocess.run([sys.executable, DRIVER, "pickle"], stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (1, b"usage: driver.py mozilla|lwp\n"))

    def test_round_trip(self):
        cookies = [
            cookie("host", "a b=c", "www.example.org", host_only=True),
            cookie("domain", "2", "example.org", path="/deep", expires=FAR, secure=True),
            cookie("local", "3", "localhost", host_only=True),
            cookie("empty", "", "example.net"),
            cookie("none", "4", ""),
            cookie("past", "5", "example.net", expires=1),
        ]
        for word in FORMATS:
            with self.subTest(word):
                self.assertEqual(self.driver(word).ok("load", id="a"), {"absent": True})
                driver = self.driver(word)
                driver.ok("save", id="a", session={"cookies": [cookie("old", "1", "example.org")]})
                driver.ok("save", id="b", session={"cookies": cookies})
                loaded = self.driver(word).ok("load", id="a")["session"]["cookies"]
                self.assertEqual(sorted(loaded, key=repr), sorted(cookies, key=repr))

    def test_update(self):
        first = [cookie("old", "1", "example.org"), cookie("same", "1", "example.org")]
        second = [cookie("same", "2", "example.org"), cookie("new", "2", "example.org")]
        for word in FORMATS:
            with self.subTest(word):
                self.assertEqual(self.driver(word).err("update", id="a", set={"cookies": second})[0], "absent")
                self.driver(word).ok("save", id="a", session={"cookies": first})
                self.driver(word).ok("update", id="a", set={"cookies": second})
                loaded = self.driver(word).ok("load", id="a")["session"]["cookies"]
                self.assertEqual(sorted(loaded, key=repr), sorted([first[0], *second], key=repr))

    def test_flags(self):
        given = cookie("a", "1", "example.org", http_only=True, same_site="lax")
        for word in FORMATS:
            with self.subTest(word):
                driver = self.driver(word)
                driver.ok("save", id="a", session={"cookies": [given]})
                loaded = driver.ok("load", id="a")["session"]["cookies"][0]
                # MozillaCookieJar looks for an attribute spelt HTTPOnly and so loses the one that servers send.
                self.assertEqual(loaded["http_only"], word == "lwp")
                self.assertEqual(loaded["same_site"], "lax" if word == "lwp" else None)

    def test_as_received(self):
        """The file is the one that a script writes which got the cookies from a server."""
        for word in FORMATS:
            with self.subTest(word):
                theirs = os.path.join(self.dir, "theirs.txt")
                jar = FORMATS[word]()
                jar.extract_cookies(
                    Response("host=1; Path=/; HttpOnly; SameSite=Lax",
                             "domain=2; Domain=example.org; Path=/deep; Secure"),
                    urllib.request.Request("http://www.example.org/"))
                jar.extract_cookies(Response("local=3; Path=/"), urllib.request.Request("http://localhost/"))
                jar.save(theirs, ignore_discard=True, ignore_expires=True)
                self.driver(word).ok("save", id="a", session={"cookies": [
                    cookie("host", "1", "www.example.org", host_only=True, http_only=True, same_site="lax"),
                    cookie("domain", "2", "example.org", path="/deep", secure=True),
                    cookie("local", "3", "localhost", host_only=True),
                ]})
                with open(theirs) as one, open(self.path) as other:
                    self.assertEqual(sorted(one), sorted(other))

    def test_modes(self):
        """What the standard library does about modes, the driver does."""
        for word in FORMATS:
            with self.subTest(word):
                for umask in ("000", "022", "077"):
                    theirs = os.path.join(self.dir, f"theirs-{word}-{umask}")
                    subprocess.run(
                        [sys.executable, "-c", f"import http.cookiejar as c, os, sys; os.umask(0o{umask});"
                         f"c.{FORMATS[word].__name__}().save(sys.argv[1])", theirs], check=True)
                    self.driver(word, umask=umask).ok("save", id="a", session={})
                    modes = [stat.S_IMODE(os.stat(path).st_mode) for path in (self.path, theirs)]
                    self.assertEqual(modes[0], modes[1])
                    os.unlink(self.path)

    def test_errors(self):
        for word in FORMATS:
            with self.subTest(word):
                driver = self.driver(word)
                self.assertEqual(driver.err("delete", id="a")[0], "unsupported")
                self.assertEqual(driver.err("open", setup="file", home=self.dir, at=None, umask="022")[0], "invalid")
                bad = cookie("a", "1", "", host_only=True)
                self.assertEqual(driver.err("save", id="a", session={"cookies": [bad]})[0], "invalid")
                self.assertFalse(os.path.exists(self.path))
                driver.ok("save", id="a", session={"cookies": [cookie("a", "1", "example.org", expires=FAR)]})
                with open(self.path, "r+b") as file:
                    content = file.read()
                    for damaged, kind in ((b"", "corrupt"), (b"garbage\n", "corrupt"), (b"\xff\xfe\n", "other")):
                        file.seek(0)
                        file.truncate()
                        file.write(damaged)
                        file.flush()
                        self.assertEqual(driver.err("load", id="a")[0], kind)
                    file.seek(0)
                    file.write(content + b"Set-Cookie3: a\nx\ty\n")
                self.assertEqual(driver.err("load", id="a")[0], "corrupt")
                os.unlink(self.path)
                os.mkdir(self.path)
                self.assertEqual(driver.err("load", id="a")[0], "io")
                os.rmdir(self.path)


if __name__ == "__main__":
    unittest.main()

"""Holds the requests-pickle driver against scripts of its own. Run it with a Python that has requirements.txt."""

import os
import pickle
import sys
import tempfile
import unittest

import requests

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")


class Cases(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = os.path.join(place.name, "jar")

    def driver(self, word):
        driver = Driver(DRIVER, word)
        self.addCleanup(driver.end)
        driver.ok("open", home="/", setup="file", at=self.path, umask="0022", params={})
        return driver

    def test_a_script_and_the_driver_read_each_others_cookies(self):
        session = requests.Session()
        session.cookies.set("theirs", "1", domain="example.org", path="/")
        with open(self.path, "wb") as file:
            pickle.dump(session.cookies, file)
        driver = self.driver("cookies")
        (cookie,) = driver.ok("load", id="a")["session"]["cookies"]
        self.assertEqual((cookie["name"], cookie["value"], cookie["domain"]), ("theirs", "1", "example.org"))
        driver.ok("update", id="a", set={"cookies": [{**cookie, "name": "ours"}]})
        session = requests.Session()
        with open(self.path, "rb") as file:
            session.cookies.update(pickle.load(file))
        self.assertEqual(session.cookies.get_dict(), {"theirs": "1", "ours": "1"})

    def test_a_script_and_the_driver_read_each_others_sessions(self):
        session = requests.Session()
        session.headers["X-Token"], session.auth = "theirs", ("user", "password")
        with open(self.path, "wb") as file:
            pickle.dump(session, file)
        driver = self.driver("session")
        loaded = driver.ok("load", id="a")["session"]
        self.assertEqual(loaded["headers"], [["X-Token", "theirs"]])
        self.assertEqual(loaded["auth"], {"type": "basic", "username": "user", "password": "password"})
        driver.ok("update", id="a", set={"headers": [["X-Token", "ours"]]})
        with open(self.path, "rb") as file:
            self.assertEqual(pickle.load(file).headers["X-Token"], "ours")


if __name__ == "__main__":
    unittest.main()

"""Holds the Flask-Session driver against an application of its own. Run it with a Python that has requirements.txt."""

import os
import sys
import tempfile
import unittest

from cachelib.file import FileSystemCache
from flask import Flask, session
from flask_session import Session

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")


def application(path):
    """What the extension's quick start shows, with a page that writes and one that reads."""
    app = Flask("application")
    app.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=FileSystemCache(path, threshold=500))
    Session(app)

    @app.get("/set")
    def write():
        session["theirs"] = "written by the application"
        return session.sid

    @app.get("/get")
    def read():
        return session.get("ours", "nothing")

    return app.test_client()


class Cases(unittest.TestCase):
    def test_an_application_and_the_driver_read_each_others_sessions(self):
        with tempfile.TemporaryDirectory() as place, Driver(DRIVER) as driver:
            path = os.path.join(place, "sessions")
            driver.ok("open", home=place, setup="dir", at=path, umask="0022", params={})
            browser = application(path)
            id = browser.get("/set").text
            self.assertEqual(driver.ok("load", id=id), {"session": {"data": {"theirs": "written by the application"}}})
            driver.ok("update", id=id, set={"data": {"ours": "written by the driver"}})
            self.assertEqual(browser.get("/get").text, "written by the driver")
            new = driver.ok("rotate", id=id)["id"]
            self.assertEqual(browser.get("/get").text, "nothing")
            self.assertEqual(driver.ok("load", id=new)["session"]["data"]["ours"], "written by the driver")

    def test_an_unknown_id_is_not_taken(self):
        with tempfile.TemporaryDirectory() as place, Driver(DRIVER) as driver:
            driver.ok("open", home=place, setup="dir", at=os.path.join(place, "s"), umask="0022", params={})
            self.assertNotEqual(driver.ok("create", id="asked-for", session={"data": {"a": "1"}})["id"], "asked-for")


if __name__ == "__main__":
    unittest.main()

"""Holds the Beaker driver against an application of its own. Run it with a Python that has requirements.txt."""

import os
import sys
import tempfile
import unittest

from wsgiref.util import setup_testing_defaults

import bottle
from beaker.middleware import SessionMiddleware

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")

OPTIONS = {
    "plain": {},
    "signed": {"session.secret": "the secret of the application"},
    "encrypted": {"session.secret": "the secret of the application", "session.encrypt_key": "the key of the application",
                  "session.validate_key": "another key"},
}


class Application:
    """What Bottle's recipe shows, with a page that writes and one that reads."""

    def __init__(self, word, path):
        page = bottle.Bottle()
        page.route("/set", callback=self.write)
        page.route("/get", callback=self.read)
        self.app = SessionMiddleware(page, {"session.type": "file", "session.data_dir": path, **OPTIONS[word]})
        self.cookie = None

    def write(self):
        session = bottle.request.environ["beaker.session"]
        session["theirs"] = "written by the application"
        session.save()
        return session.id

    def read(self):
        return dict(bottle.request.environ["beaker.session"]).get("ours", "nothing")

    def request(self, path):
        environ = {"PATH_INFO": path, **({"HTTP_COOKIE": self.cookie} if self.cookie else {})}
        setup_testing_defaults(environ)
        sent = []
        body = b"".join(self.app(environ, lambda status, headers, exc_info=None: sent.extend(headers)))
        for name, value in sent:
            if name.lower() == "set-cookie":
                self.cookie = value.split(";")[0].strip()
        return body.decode()


class Cases(unittest.TestCase):
    def test_an_application_and_the_driver_read_each_others_sessions(self):
        for word in OPTIONS:
            with self.subTest(word), tempfile.TemporaryDirectory() as place, Driver(DRIVER, word) as driver:
                path = os.path.join(place, "data")
                driver.ok("open", home=place, setup="dir", at=path, umask="0022", params={})
                application = Application(word, path)
                id = application.request("/set")
                self.assertEqual(driver.ok("load", id=id), {"session": {"data": {"theirs": "written by the application"}}})
                driver.ok("update", id=id, set={"data": {"ours": "written by the driver"}})
                self.assertEqual(application.request("/get"), "written by the driver")
                driver.ok("delete", id=id)
                self.assertEqual(application.request("/get"), "nothing")

    def test_a_cookie_that_is_not_signed_names_no_session(self):
        for word in OPTIONS:
            with self.subTest(word), tempfile.TemporaryDirectory() as place, Driver(DRIVER, word) as driver:
                driver.ok("open", home=place, setup="dir", at=os.path.join(place, "data"), umask="0022", params={})
                id = driver.ok("create", id="asked-for", session={"data": {"a": "1"}})["id"]
                self.assertEqual(id == "asked-for", word == "plain")


if __name__ == "__main__":
    unittest.main()

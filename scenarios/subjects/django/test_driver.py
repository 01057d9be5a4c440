"""Holds the Django driver against Django's own test client. Run it with a Python that has requirements.txt."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")

# A project of one file: it writes a session through the middleware, or reads the one that the driver wrote.
PROJECT = """
import json, sys
import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

def page(request):
    if request.GET.get("write"):
        request.session["theirs"] = request.GET["write"]
    return HttpResponse(json.dumps(dict(request.session.items())))

urlpatterns = [path("", page)]
word, at, key = sys.argv[1:4]
settings.configure(
    SECRET_KEY="the secret of the application", INSTALLED_APPS=["django.contrib.sessions"], USE_TZ=True, ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"], ALLOWED_HOSTS=["*"], SESSION_FILE_PATH=at,
    SESSION_ENGINE=f"django.contrib.sessions.backends.{word}",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": at}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                        "LOCATION": at + ".cache" * (word == "cached_db")}},
)
django.setup()
from django.test import Client
browser = Client()
if key:
    browser.cookies["sessionid"] = key
print(browser.get("/", {"write": "by the application"} if not key else {}).content.decode())
print(browser.cookies["sessionid"].value)
"""


def project(word, path, key=""):
    """The values of the session, and its key."""
    command = [sys.executable, "-c", PROJECT, word, path, key]
    values, key = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return json.loads(values), key


class Cases(unittest.TestCase):
    def test_a_project_and_the_driver_read_each_others_sessions(self):
        for word in ("file", "db", "cached_db", "cache"):
            with self.subTest(word), tempfile.TemporaryDirectory() as place, Driver(DRIVER, word) as driver:
                at = os.path.join(place, "sessions")
                if word == "file":
                    os.mkdir(at, 0o700)
                setup = "dir" if word in ("file", "cache") else "file"
                driver.ok("open", home=place, setup=setup, at=at, umask="0022", params={})
                written, key = project(word, at)
                self.assertEqual(driver.ok("load", id=key)["session"]["data"], written)
                end = int(time.time()) + 600
                driver.ok("update", id=key, set={"data": {"ours": "by the driver"}, "expires_at": end})
                self.assertEqual(driver.ok("load", id=key)["session"]["expires_at"], end)
                self.assertEqual(project(word, at, key)[0]["ours"], "by the driver")
                driver.ok("delete", id=key)
                self.assertEqual(driver.ok("load", id=key), {"absent": True})


if __name__ == "__main__":
    unittest.main()

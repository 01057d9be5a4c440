"""Holds the diskcache driver against diskcache itself. Run it with a Python that has requirements.txt."""

import os
import sys
import tempfile
import time
import unittest

import diskcache

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")


class Cases(unittest.TestCase):
    def test_a_script_and_the_driver_read_each_others_sessions(self):
        with tempfile.TemporaryDirectory() as place, Driver(DRIVER) as driver:
            path = os.path.join(place, "cache")
            driver.ok("open", home=place, setup="dir", at=path, umask="0022", params={})
            with diskcache.Cache(path) as cache:
                cache.set("a", {"theirs": 1}, expire=600)
            loaded = driver.ok("load", id="a")["session"]
            self.assertEqual(loaded["data"], {"theirs": 1})
            self.assertAlmostEqual(loaded["expires_at"], time.time() + 600, delta=60)
            driver.ok("update", id="a", set={"data": {"ours": 2}})
            with diskcache.Cache(path) as cache:
                self.assertEqual(cache.get("a"), {"theirs": 1, "ours": 2})


if __name__ == "__main__":
    unittest.main()

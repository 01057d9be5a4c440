"""Holds the shelve driver against shelve itself."""

import dbm
import os
import shelve
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "driver", "python"))

from test_interloper_driver import Driver  # noqa: E402

DRIVER = os.path.join(HERE, "driver.py")


class Cases(unittest.TestCase):
    def test_a_script_and_the_driver_read_each_others_sessions(self):
        with tempfile.TemporaryDirectory() as place, Driver(DRIVER) as driver:
            setups = driver.ok("hello", protocol=2)["setups"]
            path = os.path.join(place, "shelf")
            with shelve.open(path) as shelf:
                shelf["a"] = {"theirs": 1}
            used = dbm.whichdb(path).rpartition(".")[2]
            (setup,) = [setup for setup in setups if setup["name"] == used]
            driver.ok("open", home=place, setup=used, at=path, umask="0022", params=setup["params"])
            self.assertEqual(driver.ok("load", id="a"), {"session": {"data": {"theirs": 1}}})
            driver.ok("update", id="a", set={"data": {"ours": 2}})
            with shelve.open(path) as shelf:
                self.assertEqual(shelf["a"], {"theirs": 1, "ours": 2})


if __name__ == "__main__":
    unittest.main()

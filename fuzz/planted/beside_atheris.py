"""Fuzzes the `decode` or `load` of one planted reader with Atheris: python3 beside_atheris.py READER careless|careful [libFuzzer options].

What somebody would write for it: the seeds are two files that the reader wrote, an error that the reader answers is none, and anything else is a
find: an exception, a crash, a time-out, memory. Needs `pip install atheris`.
"""

import os
import sys
import tempfile
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "python"), os.path.join(HERE, "../../harness/driver/python")]

import atheris  # noqa: E402
import interloper_driver  # noqa: E402

name, care, options = sys.argv[1], sys.argv[2], sys.argv[3:]
served = []
interloper_driver.serve = served.append
sys.argv = [name + ".py", care]
with atheris.instrument_imports(include=["reader", name]):
    __import__(name)
store = served[0]
place = tempfile.mkdtemp()
store.open(SimpleNamespace(path=os.path.join(place, "store")))
corpus = os.path.join(place, "corpus")
os.mkdir(corpus)
before = set()
for number, data in enumerate([{"secret0": "Qk3" * 21}, {"secret0": "x" * 30, "quoted": "a%b;c", "other": "d"}]):
    store.save("alpha", {"data": data})
    for file in sorted(os.listdir(store.dir)):
        with open(os.path.join(store.dir, file), "rb") as whole, open(os.path.join(corpus, f"{file}{number}"), "wb") as seed:
            seed.write(whole.read())
files = [os.path.join(store.dir, file) for file in sorted(os.listdir(store.dir))]


def test(data):
    with open(files[0], "wb") as file:
        file.write(data)
    try:
        store.load("alpha")
    except interloper_driver.Failure:
        pass


atheris.Setup([sys.argv[0], corpus, "-timeout=5", "-rss_limit_mb=1024", "-print_final_stats=1", *options], test)
atheris.Fuzz()

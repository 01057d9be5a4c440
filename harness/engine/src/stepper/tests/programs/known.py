"""Programs whose calls are known, by name: the same as known.c's of these names."""

import os
import subprocess
import sys
import threading

HOME = os.environ["HOME"]
MANY, FEW = 20, 3


def at(name):
    return os.path.join(HOME, name)


def make_files(directory, who):
    for n in range(MANY):
        fd = os.open(at(f"{directory}/{who}-{n}"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        assert os.write(fd, b"abc") == 3
        os.close(fd)


def plain():
    os.umask(0o027)
    os.mkdir(at("d"), 0o750)
    os.chdir(at("d"))
    fd = os.open("a", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    assert os.write(fd, b"hello") == 5
    os.fsync(fd)
    os.close(fd)
    os.rename("a", "b")
    os.chmod("b", 0o600)
    os.symlink("b", "s")
    fd = os.open("b", os.O_RDONLY)
    assert os.read(fd, 16) == b"hello"
    os.close(fd)
    os.unlink("b")


def threads():
    os.mkdir(at("t"), 0o700)
    started = [threading.Thread(target=make_files, args=("t", n)) for n in range(FEW)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def children():
    os.mkdir(at("c"), 0o700)
    for n in range(FEW):
        if os.fork() == 0:
            make_files("c", n)
            os._exit(0)
    for _ in range(FEW):
        assert os.wait()[1] == 0


def spawned():
    os.mkdir(at("p"), 0o700)
    for n in range(FEW):
        subprocess.run([sys.executable, "-I", "-S", __file__, "leaf", str(n)], check=True)


def leaf():
    make_files("p", int(sys.argv[2]))


def fails():
    try:
        os.open(at("e"), os.O_WRONLY | os.O_CREAT, 0o600)
        print(0)
    except OSError as error:
        print(error.errno)


globals()[sys.argv[1]]()

"""Measures two programs of one target over the same inputs: files of a folder with one byte changed. Prints a line of ci/fuzz speed.

usage: speed.py TARGET BARE ORACLES FROM COUNT
"""
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile

PAIRS = 31
OPTIONS = ["-runs=0", "-timeout=60", "-rss_limit_mb=2048",
           # The names of functions are looked up by another program, whose time would count.
           "-print_funcs=0"]


def change(source, target, count):
    texts = []
    for name in sorted(os.listdir(source)):
        with open(os.path.join(source, name), "rb") as file:
            texts.append(file.read() or b"\0")
    chance = random.Random(1)
    for number in range(count):
        text = bytearray(texts[number % len(texts)])
        text[chance.randrange(len(text))] = chance.randrange(256)
        with open(os.path.join(target, str(number)), "wb") as file:
            file.write(text)


def seconds(program, inputs, scratch):
    """Of the processor. What a program does before its first input counts for both."""
    with open(os.path.join(scratch, "log"), "w+b") as log:
        command = [program, inputs, f"-artifact_prefix={scratch}/", *OPTIONS]
        child = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            log.seek(0)
            sys.exit(f"{program}: " + log.read().decode(errors="replace")[-2000:])
    return usage.ru_utime + usage.ru_stime


def main():
    target, bare, oracles, source, count = sys.argv[1:]
    count = int(count)
    # Ended so, it leaves nothing behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("speed.py: ended"))
    # In memory where there is a directory of it: a disk is not what is measured.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as scratch:
        inputs = os.path.join(scratch, "inputs")
        os.mkdir(inputs)
        change(source, inputs, count)
        pairs = []
        for number in range(PAIRS):
            # In turn, and each as often the first: a machine that is slow for a while is slow for both.
            order = [bare, oracles] if number % 2 else [oracles, bare]
            took = {program: seconds(program, inputs, scratch) for program in order}
            pairs.append((took[bare], took[oracles]))
    alone = count / statistics.median(pair[0] for pair in pairs)
    held = count / statistics.median(pair[1] for pair in pairs)
    low, ratio, high = statistics.quantiles((pair[0] / pair[1] for pair in pairs), n=4)
    print(f"{target:14} {alone:9.0f} {held:8.0f}  {ratio:5.2f}  {low:.2f} to {high:.2f}", flush=True)


main()

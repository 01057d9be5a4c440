"""Runs `interloper fuzz` and Atheris over the planted readers in Python at the same time, and prints a table of executions and finds:
python3 beside.py INTERLOPER SECONDS [READER...], by a Python that has Atheris.

Both have one process that tries inputs, the same seeds and the same time. The machine does the same for both, so that the ratio holds where it
is busy, too. Each ends with its first find of the fault.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

import run

HERE = os.path.dirname(os.path.abspath(__file__))


def atheris(reader, seconds, directory):
    """Starts Atheris; its find of a planted reader is whatever ends it."""
    command = [sys.executable, os.path.join(HERE, "beside_atheris.py"), reader, "careless", f"-max_total_time={seconds}", "-seed=1"]
    command.append(f"-artifact_prefix={directory}/")
    with open(os.path.join(directory, "log"), "wb") as log:
        return subprocess.Popen(command, cwd=directory, stdout=log, stderr=log)


def interloper(program, reader, wanted, seconds, directory):
    """Starts the search with one sandbox."""
    driver = f"python3 {os.path.join(run.placed('python', directory), reader + '.py')} careless"
    command = [program, "fuzz", "--driver", driver, "--seconds", str(seconds), "--jobs", "1", "--seed", "1", "--format", "json"]
    command += ["--corpus", os.path.join(directory, "corpus")]
    for cause in wanted:
        command += ["--until", cause]
    with open(os.path.join(directory, "record"), "wb") as record:
        return subprocess.Popen(command, stdout=record, stderr=subprocess.DEVNULL)


def row(program, reader, wanted, seconds):
    """One line of the table."""
    with tempfile.TemporaryDirectory() as directory:
        began = time.monotonic()
        ours, theirs = interloper(program, reader, wanted, seconds, directory), atheris(reader, seconds, directory)
        took = {}
        while len(took) < 2:
            for name, process in (("ours", ours), ("theirs", theirs)):
                if name not in took and process.poll() is not None:
                    took[name] = max(time.monotonic() - began, 0.1)
            time.sleep(0.05)
        with open(os.path.join(directory, "record"), encoding="utf-8") as record:
            result = json.load(record)["results"][0]
        with open(os.path.join(directory, "log"), encoding="utf-8", errors="replace") as log:
            said = log.read()
    found = [finding["cause"] for finding in result["findings"] if finding["cause"] in wanted]
    executed = re.search(r"stat::number_of_executed_units: *(\d+)", said)
    executed = int(executed.group(1)) if executed else 0
    error = re.search(r"ERROR: libFuzzer: ([a-z -]+)|Uncaught Python exception", said)
    error = (error.group(1) or "an exception").strip() if error else "-"
    rates = [result["tested"] / took["ours"], executed / took["theirs"]]
    return [reader, ", ".join(found) or "-", f"{result['tested']:,}", f"{rates[0]:.0f}", error, f"{executed:,}", f"{rates[1]:.0f}"]


def main():
    program, seconds, chosen = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    print("| reader | interloper found | inputs | a second | Atheris found | inputs | a second |")
    print("|---|---|---|---|---|---|---|")
    for language, reader, wanted in run.PLANTED:
        if language == "python" and (not chosen or reader in chosen):
            print("| " + " | ".join(row(program, reader, wanted, seconds)) + " |", flush=True)


if __name__ == "__main__":
    main()

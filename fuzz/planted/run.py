"""Runs `interloper fuzz` over the planted readers, and prints a table: python3 run.py INTERLOPER SEEDS [READER...].

For each fault: the inputs and the seconds that each seed took to find it, with their medians, and what the search found in the careful reader
of the same shape within as many inputs.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Reader, the cause that shows the fault, the most inputs.
PLANTED = [
    ("quotes", ("smuggled", "not-kept"), 20_000),
    ("length", "memory", 20_000),
    ("nesting", "crash", 20_000),
    ("quadratic", "hang", 20_000),
    ("prefix", "forged", 20_000),
    ("container", "ran", 20_000),
    ("signature", "forged", 20_000),
    ("index", "others-data", 20_000),
    ("buffer", "others-data", 20_000),
    ("wrap", ("memory", "hang"), 20_000),
    ("encoding", "destroyed", 20_000),
    ("regex", "hang", 20_000),
]
CLEAN = 1_000


def fuzz(program, reader, care, cases, seed, until=()):
    """One search; ends with the first find of these causes. Its causes, inputs and seconds."""
    driver = f"python3 {os.path.join(HERE, 'python', reader + '.py')} {care}"
    with tempfile.TemporaryDirectory() as corpus:
        command = [program, "fuzz", "--driver", driver, "--cases", str(cases), "--seed", str(seed), "--corpus", corpus]
        for cause in until:
            command += ["--until", cause]
        began = time.monotonic()
        done = subprocess.run([*command, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        took = time.monotonic() - began
    try:
        result = json.loads(done.stdout)["results"][0]
    except (ValueError, LookupError):
        sys.exit(f"{reader} {care}: {done.returncode}: {done.stderr[-2000:]}")
    return [found["cause"] for found in result["findings"]], result["tested"], took, result["reason"]


def main():
    program, seeds = sys.argv[1], int(sys.argv[2])
    chosen, missed = sys.argv[3:], 0
    print("| fault | cause | inputs, by seed | median | seconds, median | careful |")
    print("|---|---|---|---|---|---|")
    for reader, wanted, cases in PLANTED:
        if chosen and reader not in chosen:
            continue
        wanted = (wanted,) if isinstance(wanted, str) else wanted
        inputs, times = [], []
        for seed in range(1, seeds + 1):
            causes, tested, took, _ = fuzz(program, reader, "careless", cases, seed, wanted)
            if set(wanted) & set(causes):
                inputs.append(tested)
                times.append(took)
            else:
                missed += 1
        causes, tested, _, reason = fuzz(program, reader, "careful", CLEAN, 1)
        missed += bool(causes) or tested < CLEAN
        clean = ", ".join(causes) or (f"none in {tested:,}" if tested >= CLEAN else f"{tested:,}: {reason}")
        row = [reader, " or ".join(wanted), ", ".join(f"{n:,}" for n in inputs) or "-"]
        row += [f"{statistics.median(inputs):,.0f}" if inputs else "-", f"{statistics.median(times):.1f}" if times else "-", clean]
        print("| " + " | ".join(row) + " |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

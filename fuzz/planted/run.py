"""Runs `interloper fuzz` over the planted readers, and prints a table: python3 run.py INTERLOPER SEEDS [READER...].

For each fault: the inputs and the seconds that each seed took to find it, with their medians, how many changes the inputs were away from what
the search began with, and what it found in the careful reader of the same shape within as many inputs. A reader is named as `index` or, in one
language, as `php/index`.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = {"python": ("python3", ".py"), "node": ("node", ".js"), "php": ("php", ".php"), "ruby": ("ruby", ".rb")}

# Language, reader, the causes that show the fault.
PLANTED = [
    ("python", "quotes", ("smuggled", "not-kept")),
    ("python", "length", ("memory",)),
    ("python", "nesting", ("crash",)),
    ("python", "quadratic", ("hang", "slow")),
    ("python", "prefix", ("forged",)),
    ("python", "container", ("ran",)),
    ("python", "signature", ("forged",)),
    ("python", "index", ("others-data",)),
    ("python", "buffer", ("others-data",)),
    ("python", "wrap", ("memory", "hang")),
    ("python", "encoding", ("destroyed",)),
    ("python", "regex", ("hang",)),
    ("node", "buffer", ("others-data",)),
    ("node", "container", ("ran",)),
    ("node", "regex", ("hang",)),
    ("node", "signature", ("forged",)),
    ("php", "encoding", ("destroyed",)),
    ("php", "index", ("others-data",)),
    ("php", "prefix", ("forged",)),
    ("php", "quadratic", ("hang", "slow")),
    ("ruby", "length", ("memory",)),
    ("ruby", "quotes", ("smuggled", "not-kept")),
    ("ruby", "wrap", ("memory", "hang")),
]
# The most inputs and seconds of a search for a fault, and the inputs that the careful reader gets from each seed.
MOST, SECONDS, CLEAN = 20_000, 300, 400


def placed(language, directory):
    """Copies the readers of a language beside its kit, as `interloper init` puts it: a sandbox shows a driver's own directory."""
    place = os.path.join(directory, language)
    shutil.copytree(os.path.join(HERE, language), place, ignore=shutil.ignore_patterns("__pycache__"))
    kit = "interloper_driver" + COMMANDS[language][1]
    shutil.copy(os.path.join(HERE, "../../harness/driver", language, kit), place)
    os.chmod(directory, 0o755)
    return place


def fuzz(program, language, reader, care, cases, seed, until=()):
    """One search; ends with the first find of these causes. Its findings, inputs and seconds."""
    command, ending = COMMANDS[language]
    with tempfile.TemporaryDirectory() as directory:
        driver = f"{command} {os.path.join(placed(language, directory), reader + ending)} {care}"
        command = [program, "fuzz", "--driver", driver, "--cases", str(cases), "--seed", str(seed)]
        command += ["--corpus", os.path.join(directory, "corpus")]
        command += ["--seconds", str(SECONDS), "--format", "json"]
        for cause in until:
            command += ["--until", cause]
        began = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        took = time.monotonic() - began
    try:
        result = json.loads(done.stdout)["results"][0]
    except (ValueError, LookupError):
        sys.exit(f"{language} {reader} {care}: {done.returncode}: {done.stderr[-2000:]}")
    return result, took


def changes(finding):
    """The number of changes between what the search began with and the input that showed the finding."""
    return next(fact["changes"] for fact in finding["evidence"] if fact["fact"] == "search")


def find(program, language, reader, wanted, seed):
    """The inputs, seconds and changes that one seed took, or nothing if it did not find the fault."""
    result, took = fuzz(program, language, reader, "careless", MOST, seed, wanted)
    found = [finding for finding in result["findings"] if finding["cause"] in wanted]
    return (result["tested"], took, min(map(changes, found))) if found else None


def clean(program, language, reader, seed):
    """What one seed found in the careful reader, or why it tried too little."""
    result, _ = fuzz(program, language, reader, "careful", CLEAN, seed)
    causes = [finding["cause"] for finding in result["findings"]]
    return causes or ([] if result["tested"] >= CLEAN else [f"{result['tested']} inputs: {result['reason']}"])


def main():
    program, seeds, chosen, failed = sys.argv[1], range(1, int(sys.argv[2]) + 1), sys.argv[3:], False
    print("| reader | cause | inputs, by seed | median | seconds, median | changes | careful |")
    print("|---|---|---|---|---|---|---|")
    # As many at once as there are processors, each with one sandbox.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for language, reader, wanted in PLANTED:
            if chosen and reader not in chosen and f"{language}/{reader}" not in chosen:
                continue
            finds = list(pool.map(lambda seed: find(program, language, reader, wanted, seed), seeds))
            wrong = sum(pool.map(lambda seed: clean(program, language, reader, seed), seeds), [])
            found = [one for one in finds if one]
            # What shows with the files that the store itself wrote was found by no search.
            failed |= len(found) < len(finds) or bool(wrong) or any(one[2] == 0 for one in found)
            median = [f"{statistics.median(column):,.0f}" for column in zip(*found)] or ["-"] * 3
            inputs = ", ".join(f"{one[0]:,}" if one else "none" for one in finds)
            careful = ", ".join(wrong) or f"none in {len(seeds)} × {CLEAN}"
            row = [f"{language}/{reader}", " or ".join(wanted), inputs, *median, careful]
            print("| " + " | ".join(row) + " |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

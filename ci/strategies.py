"""Writes the tables of docs/src/strategies.md from run records: `strategies.py PAGE DIR TARGET…`. Called by ci/strategies."""

import json
import re
import sys
from pathlib import Path

# What is compared, in rows: a question, and the scenarios that answer it.
ROWS = {
    "another user reads a file": ["permissions::nobody_reaches", "exposure::no_window"],
    "another user asks the server": ["doors::nobody_asks"],
    "another user reads arguments": ["exposure::arguments"],
    "no secret in a file beside the store (memory: in any)": ["exposure::elsewhere"],
    "nothing readable in the files": ["encryption::no_clear_text"],
    "the client is killed": ["faults::crash"],
    "the power fails": ["faults::power_loss"],
    "the server is killed": ["faults::server_killed"],
    "a deleted session does not load": ["deletion::absent_after_delete"],
    "nothing of it is left in files": ["deletion::residue"],
    "the server does not give it back": ["deletion::recoverable"],
    "an expired session does not load": ["deletion::expired_does_not_load"],
    "another process loads it": ["honesty::saved_loads"],
}
# A store in memory keeps its process for the whole case: no other one is asked, because there is nothing to load (docs/src/protocol.md, `medium`).
ENDS = {("another process loads it", "memory-kept"), ("another process loads it", "memory-given")}
# The verdicts, from what decides to what does not.
ORDER = ["error", "fail", "skip", "pass", "unsupported"]


def cell(results):
    """What the page says of a store in a row: the worst verdict, with causes."""
    if not results:
        return "–"
    verdict = min((result["verdict"] for result in results), key=ORDER.index)
    if verdict == "fail":
        found = {(one["cause"], one["severity"]) for result in results for one in result["findings"]}
        return "**fails**: " + ", ".join(f"`{cause}` ({severity})" for cause, severity in sorted(found))
    if verdict == "pass":
        return "holds"
    if verdict == "unsupported":
        return "–"
    reason = next(result.get("reason") or "" for result in results if result["verdict"] == verdict)
    return f"not tested: {reason.split(';')[0]}"


def table(records, targets):
    """One table, a row for each question and a column for each store."""
    head = ["", *(f"`{target}`" for target in targets)]
    lines = [head, ["---"] * len(head)]
    for question, scenarios in ROWS.items():
        row = [question]
        for target in targets:
            if (question, target) in ENDS:
                row.append("no: it ends with its process")
                continue
            row.append(cell([one for one in records[target]["results"] if one["scenario"] in scenarios]))
        lines.append(row)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(page, place, *targets):
    records = {target: json.loads(Path(place, target.replace("/", "-") + ".json").read_text()) for target in targets}
    versions = ", ".join(f"{one['name']} {one['version']}" for record in records.values() for one in record["stores"])
    middle = len(targets) // 2 + len(targets) % 2
    parts = [table(records, targets[:middle]), table(records, targets[middle:]), f"Versions: {versions}."]
    page, made = Path(page), "\n\n".join(parts)
    whole = re.sub(r"(<!-- made by ci/strategies -->\n).*?(\n<!-- end -->)", lambda found: found[1] + "\n" + made + "\n" + found[2],
                   page.read_text(), flags=re.DOTALL)
    page.write_text(whole)


main(*sys.argv[1:])

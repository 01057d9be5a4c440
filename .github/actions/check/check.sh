#!/usr/bin/env bash
# Runs the check as root, where other users are real, and makes the other reports from the same run.
set -euo pipefail
program=$(command -v interloper)
# The arguments are words as a shell reads them, and nothing that it runs.
mapfile -d '' -t arguments < <(xargs printf '%s\0' <<<"$ARGUMENTS")
[ -n "$ARGUMENTS" ] || arguments=()
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo env "PATH=$PATH" "HOME=$HOME")
code=0
"${sudo[@]}" "$program" check "${arguments[@]}" --save "$RESULTS" || code=$?
if [ -f "$RESULTS/run.json" ]; then
  # These say the same, and end with the same code.
  "${sudo[@]}" "$program" report "$RESULTS" --output "$RESULTS/run.html" >/dev/null || true
  "${sudo[@]}" "$program" report "$RESULTS" --output "$RESULTS/run.sarif" >/dev/null || true
  [ -z "${GITHUB_OUTPUT:-}" ] || echo "sarif=$RESULTS/run.sarif" >>"$GITHUB_OUTPUT"
fi
exit "$code"

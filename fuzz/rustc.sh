#!/usr/bin/env bash
# What cargo calls for the compiler. libFuzzer goes through the counters of a program after each input, and there are fifty times as many in
# what readers are compared with as in the readers. So in everything else edges are not counted.
set -euo pipefail
shopt -s extglob
case "$*" in
  # The readers, and what reads for them.
  *'--crate-name '@(interloper_driver|interloper_flawed|interloper_formats|interloper_record|serde*|toml*|winnow)\ *) ;;
  # The last level is the one that holds.
  *sancov-module*) set -- "$@" -Cllvm-args=-sanitizer-coverage-level=0 ;;
esac
exec "$@"

#!/usr/bin/env bash
# Builds every fuzz target into $OUT, each with its seeds and dictionary. $SRC and $OUT are ClusterFuzzLite's; a local layout with the
# same variables does as well (ci/fuzz clusterfuzzlite).
set -euo pipefail
cd "$SRC/interloper/fuzz"
cargo fuzz build --release
host=$(rustc -vV | sed -n 's/^host: //p')
built=${CARGO_TARGET_DIR:-target}/$host/release

# shellcheck source=../fuzz/seeds.sh
. ./seeds.sh

for source in fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  cp "$built/$target" "$OUT/"
  [ ! -f "dictionaries/$target.dict" ] || cp "dictionaries/$target.dict" "$OUT/"
  files=()
  for folder in $(seeds "$target"); do
    [ ! -d "$folder" ] || files+=("$folder")
  done
  [ ! -d "regressions/$target" ] || files+=("regressions/$target")
  [ "${#files[@]}" -eq 0 ] || zip -q -r "$OUT/${target}_seed_corpus.zip" "${files[@]}" -x '*.md'
done

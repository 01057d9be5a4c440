# shellcheck shell=bash disable=SC2154
# The commands of ci/fuzz for the target `external`: readers in other processes.

# As interloper_oracles::external::PROGRAMS has them; a test compares the two.
external_formats="cookie_header netscape netscape_curl netscape_wget netscape_perl lwp lwp_perl httpie cookie_store express tough_cookie php php_serialize php_binary"

# The format of a program, which is its folder of seeds.
external_format() { case $1 in netscape_*) echo netscape ;; lwp_*) echo lwp ;; *) echo "$1" ;; esac; }

# Some formats have one dictionary and one folder of regressions.
external_family() {
  case $1 in
    php*) echo php ;;
    cookie_store | tough_cookie) echo json_jars ;;
    *) external_format "$1" ;;
  esac
}

external_check() {
  local format program
  if [ $# -gt 2 ] || [[ ! ${2-1} =~ ^[1-9][0-9]*$ ]]; then
    echo "ci/fuzz: $1: wants one whole number above 0, SECONDS, or nothing" >&2
    exit 2
  fi
  read -ra formats <<<"${FUZZ_EXTERNAL:-$external_formats}"
  for format in "${formats[@]}"; do
    [[ " $external_formats " == *" $format "* ]] \
      || { echo "ci/fuzz: there is no reader $format in FUZZ_EXTERNAL; there are: $external_formats" >&2; exit 2; }
  done
  for program in python3 node php perl curl wget; do
    command -v "$program" >/dev/null || { echo "ci/fuzz: external needs $program: ci/install" >&2; exit 2; }
  done
  perl -MHTTP::Cookies -e 1 2>/dev/null || { echo "ci/fuzz: external needs HTTP::Cookies of Perl: ci/install" >&2; exit 2; }
}

# external_run FORMAT CORPUS SECONDS [OPTIONS]: the log is in artifacts/external-FORMAT.log.
external_run() {
  local format=$1 dictionary
  dictionary=dictionaries/$(external_family "$format").dict
  mkdir -p "$2" "artifacts/external-$format"
  INTERLOPER_EXTERNAL=$format "$built/external" "$2" "seeds/$(external_format "$format")" -dict="$dictionary" -max_total_time="$3" -timeout=120 -detect_leaks=0 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="artifacts/external-$format/" "${@:4}" >"artifacts/external-$format.log" 2>&1
}

external() {
  local format
  build external --features external
  for format in "${formats[@]}"; do
    external_run "$format" "corpus/external-$format" "${1:-60}" || external_report "$format"
    printf '%-14s %9s executions  %5s new units\n' "$format" "$(stat "external-$format" number_of_executed_units)" \
      "$(stat "external-$format" new_units_added)"
  done
}

# The input is made small by asking for each one alone: then libFuzzer's own artifact is the right one.
external_report() {
  local format=$1 log=artifacts/external-$1.log folder crash name
  folder=regressions/$(external_family "$format")
  crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
  grep -aE -A1 'panicked at|SUMMARY|ERROR: ' "$log" | cut -c1-600 | head -6 >&2 || true
  [ -f "$crash" ] || { echo "external $format: failed, and left no input: $log" >&2; exit 1; }
  name=$(basename "$crash" | cut -c1-20)
  mkdir -p "$folder"
  cp "$crash" "$folder/$name"
  INTERLOPER_EXTERNAL=$format INTERLOPER_EXTERNAL_BATCH=1 "$built/external" -minimize_crash=1 -max_total_time=30 \
    -exact_artifact_path="$folder/$name.small" "$crash" >/dev/null 2>&1 || true
  [ ! -s "$folder/$name.small" ] || mv "$folder/$name.small" "$folder/$name"
  rm -f "$folder/$name.small"
  cat >&2 <<REPORT
external $format: fuzz/$folder/$name ($(wc -c <"$folder/$name") bytes)
  replay   INTERLOPER_EXTERNAL=$format INTERLOPER_EXTERNAL_BATCH=1 cargo +nightly fuzz run external --features external fuzz/$folder/$name
           cargo test -p interloper-oracles --test external
  then     put the difference on the list in fuzz/oracles/src/external/known, or mend the reader; say in fuzz/$folder/$name.md
           what it shows: the test wants it
REPORT
  exit 1
}

# A difference in each program, three times from the seeds alone: after how many executions and seconds it was found.
external-planted() {
  local format try found from
  build external --features external
  for format in "${formats[@]}"; do
    found=()
    for try in 1 2 3; do
      rm -rf corpus/planted
      from=$SECONDS
      if INTERLOPER_PLANT=1 external_run "$format" corpus/planted "${1:-300}" -seed="$try"; then
        found+=(none)
      else
        found+=("$(external_executions "$format")/$((SECONDS - from))s")
      fi
    done
    printf '%-14s %s\n' "$format" "${found[*]}"
  done
}

# What was found in a batch ends without libFuzzer's own numbers, so they stand beside it.
external_executions() { sed -n 's/^after \([0-9]*\) executions$/\1/p' "artifacts/external-$1.log" | tail -1; }

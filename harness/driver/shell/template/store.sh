#!/bin/sh
# A store in a shell. Put your tool's commands in place of those that read and write the file.
#
# `save` gets the secret on standard input, and must end with status 0 if it is kept. `load` prints the secret and nothing else, and ends
# with another status if there is none. `delete` ends with status 0, even if there was none.
set -eu
file=$HOME/token

case $1 in
  save) cat >"$file" ;;
  load) cat "$file" ;;
  delete) rm -f "$file" ;;
  *) echo "usage: store.sh save|load|delete" >&2; exit 2 ;;
esac

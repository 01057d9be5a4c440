#!/usr/bin/env bash
# OSS-Fuzz's variables are ClusterFuzzLite's, so the script is, too.
exec bash "$SRC/interloper/.clusterfuzzlite/build.sh"

#!/bin/sh -eu
# fuzz.sh SECONDS [SEED] - builds the fuzz targets, replays their samples and fuzzes each for SECONDS, on all cores; with
# a SEED always the same way, else every time another.
cd "$(dirname "$0")/.."
seconds=${1:-20}
seed=${2:-0}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz >build/fuzz.log 2>&1 || { tail -40 build/fuzz.log; exit 1; }
find build/fuzz -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x | sort |
	xargs -P "$(nproc)" -I{} tools/fuzz-one.sh {} "$seconds" "$seed"

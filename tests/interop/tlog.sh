#!/bin/sh -eu
# tlog.sh - other people's clients read and check a ledger of ours. usage: tlog.sh [BUILD-FOLDER]
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build/release}")
command -v go >/dev/null || { echo "skipped: go is not here"; exit 0; }
(cd tests/interop/tlog && go build -o "$build/interop-tlog" . 2>/dev/null) ||
	{ echo "skipped: Tessera's client could not be had"; exit 0; }
cmake --build "$build" --target bench_ledger palisade-cli >/dev/null
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
n=0
for size in 1 256 70000; do
	mkdir "$temp/$size"
	"$build/bench_ledger" $size "$temp/$size" >/dev/null
	for ledger in "$temp/$size"/bench-ledger-?; do
		"$build/interop-tlog" "$ledger" "$ledger.vkey" "$build/palisade"
		n=$((n + 1))
	done
done
echo "$n passed, 0 failed"

#!/bin/sh -eu
# check-exports.sh [BUILD] - libpalisade.so and libpalisade.a show exactly what the public headers declare (cmake/api.txt).
# The compiler's own list of prototypes is compared, so this does not repeat how tools/api-symbols.sh reads headers.
build=$(realpath "${1:-$PWD}")
cd "$(dirname "$0")/.."
[ -e "$build/libpalisade.so" ] || build=$PWD/build/release
if ! [ -e "$build/libpalisade.so" ] || ! command -v gcc >/dev/null; then
	echo "skipped: no libpalisade.so here (run make), or no gcc"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -e 's,[ 	]*#.*,,' -e '/^$/d' -e 's|[^ ]*|#include "palisade/&.h"|' cmake/api.txt >"$work/all.c"
gcc -std=c17 -D_GNU_SOURCE -Iinclude -aux-info "$work/aux" -fsyntax-only "$work/all.c"
grep include/palisade "$work/aux" | grep -v static | sed -nE 's/^[^(]* extern [^(]*[ *]([a-z0-9_]+) \(.*/\1/p' | sort -u >"$work/declared"
nm -D --defined-only "$build/libpalisade.so" | awk '{ print $3 }' | sort >"$work/shared"
nm -g --defined-only "$build/libpalisade.a" | awk 'NF == 3 { print $3 }' | sort >"$work/static"
bad=0
for kind in shared static; do
	diff "$work/declared" "$work/$kind" >"$work/diff" && continue
	echo "the $kind library does not export what the public headers declare (< declared, > exported):"
	grep '^[<>]' "$work/diff"
	bad=1
done
[ -s "$work/declared" ] || { echo "no declaration found"; bad=1; }
exit $bad

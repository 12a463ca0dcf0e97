#!/bin/sh -eu
# check-libraries.sh [BUILD] - no library is looked for in the current folder or by a relative path: whoever runs the
# program among untrusted files would run one of them.
build=$(realpath "${1:-$PWD}")
cd "$(dirname "$0")/.."
[ -e "$build/palisade" ] || build=$PWD/build/release
if ! [ -e "$build/palisade" ] || ! command -v readelf >/dev/null; then
	echo "skipped: no palisade here (run make), or no readelf"
	exit 0
fi
bad=0
for file in "$build"/palisade "$build"/libpalisade.so; do
	[ -e "$file" ] || continue
	readelf -d "$file" | sed -nE 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]/\2/p' | while read -r path; do
		echo "$path:" | tr ':' '\n' | sed '$d' | grep -v '^/' && echo "$file looks for libraries there: \"$path\""
		:
	done | grep . && bad=1
done
exit $bad

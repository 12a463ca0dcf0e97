#!/bin/sh -u
# check.sh - everything that must hold: both compilers without a warning, unit tests, the whole suite under ASan and
# UBSan, every corpus and 6 s of fuzzing a target, the house rules, the command end to end. Closes with one line,
# "N passed, N failed". Logs are in build/check/.
cd "$(dirname "$0")/.." || exit 2
logs=$PWD/build/check
rm -rf "$logs"
mkdir -p "$logs"
started=$(date +%s)
passed=0
failed=0

# step NAME COMMAND...: adds up the closing lines that the command prints; one that prints none counts as one test.
step() {
	name=$1
	shift
	printf '%-16s' "$name"
	"$@" >"$logs/$name.log" 2>&1
	rc=$?
	p=$(grep -Eo '[0-9]+ passed' "$logs/$name.log" | awk '{ n += $1 } END { print n + 0 }')
	f=$(grep -Eo '[0-9]+ failed' "$logs/$name.log" | awk '{ n += $1 } END { print n + 0 }')
	[ $rc -eq 0 ] && [ "$p" -eq 0 ] && p=1
	[ $rc -ne 0 ] && [ "$f" -eq 0 ] && f=1
	passed=$((passed + p))
	failed=$((failed + f))
	printf '%8d right %4d wrong   at %4d s\n' "$p" "$f" $(($(date +%s) - started))
	[ "$f" -eq 0 ] || grep -nE 'FAILED|Failed|error|ERROR' "$logs/$name.log" | head -30
	grep -hE '(^|: )skipped' "$logs/$name.log" | sed 's/^[0-9]*: //' | sort -u | head -20
}

built() { cmake --preset "$1" && cmake --build --preset "$1"; }
tested() {
	(cd "build/$1" && ctest --verbose -j"$(nproc)" >"$logs/ctest-$1.txt")
	rc=$?
	grep -vE 'tests passed, [0-9]+ tests failed' "$logs/ctest-$1.txt"
	return $rc
}
e2e() { PALISADE=$PWD/build/$1/palisade /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e; }

step build-gcc built release
step build-clang built clang
step build-asan built asan
step unit tested release
step unit-asan tested asan
step e2e e2e release
step e2e-asan e2e asan
step faults tools/faults.sh
step build-fuzz built fuzz
step corpus tested fuzz
step fuzz tools/fuzz.sh "${FUZZ_SECONDS:-6}" 1 # a seed: a check must not fail by chance; make fuzz looks further
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

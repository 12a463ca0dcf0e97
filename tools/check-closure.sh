#!/bin/sh -eu
# check-closure.sh - every row of a table has all that belongs to it: samples, tests, a header, words in the manual.
cd "$(dirname "$0")/.."
bad=0
say() { echo "$1"; bad=1; }
for f in $(sed -n 's/^PAL_FORMAT(\([a-z0-9_]*\)).*/\1/p' src/formats/formats.def); do
	[ -e "src/formats/$f.c" ] || say "format $f: no src/formats/$f.c"
	[ -n "$(ls "tests/corpus/$f/good" 2>/dev/null)" ] || say "format $f: no sample in tests/corpus/$f/good"
	[ -n "$(ls "tests/corpus/$f/bad" 2>/dev/null)" ] || say "format $f: no sample in tests/corpus/$f/bad"
	[ -e "tests/unit/test_$f.c" ] || say "format $f: no tests/unit/test_$f.c"
	grep -q "^| $f |" docs/formats.md || say "format $f: not in docs/formats.md; run palisade formats --format markdown"
done
for d in $(sed -n 's/^PAL_DETECTOR(\([a-z0-9_]*\)).*/\1/p' src/detect/detectors.def); do
	[ -e "src/detect/$d.c" ] || say "detector $d: no src/detect/$d.c"
	[ -e "tests/unit/test_$d.c" ] || say "detector $d: no tests/unit/test_$d.c"
done
for v in $(sed -n 's/^CLI_VERB(\([a-z]*\)).*/\1/p' src/cli/verbs.def); do
	[ -e "src/cli/verb_$v.c" ] || say "verb $v: no src/cli/verb_$v.c"
done
for h in include/palisade/*.h; do
	stem=$(basename "$h" .h)
	case $stem in detector | embed) continue ;; esac # a shape alone, or made by the build
	ls src/*/"$stem.c" >/dev/null 2>&1 || say "$h: no source of its name"
	[ "$(sed -n 's/^ \*   \([a-z]*\)  *[^ ].*/\1/p' "$h" | grep -xE 'units|memory|errors|threads' | tr '\n' ' ')" = \
		"units memory errors threads " ] || say "$h: its head does not say units, memory, errors, threads"
done
for c in $(cut -f1 rules/controls.tsv | grep -E '^[A-Z]+-[0-9]+$'); do
	grep -q "$c" docs/controls.md || say "control $c: not in docs/controls.md"
done
exit $bad

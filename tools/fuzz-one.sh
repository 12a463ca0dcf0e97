#!/bin/sh -eu
# fuzz-one.sh TARGET SECONDS SEED - one fuzz target on a scratch copy of its samples; ends with "N passed, N failed".
target=$1
name=${target##*/fuzz_}
work=build/fuzz/work/$name
samples=tests/corpus/$name
mkdir -p "$work"
[ -d "$samples" ] || samples=$work
if "$target" -seed="$3" -max_total_time="$2" -timeout=10 -rss_limit_mb=2560 -artifact_prefix="$work/crash-" -print_final_stats=0 \
	-verbosity=0 "$work" "$samples" >"$work.log" 2>&1; then
	echo "fuzz $name: 1 passed, 0 failed"
else
	tail -30 "$work.log"
	echo "fuzz $name: 0 passed, 1 failed"
	exit 255
fi

#!/bin/sh -eu
# run.sh - every benchmark, one after the other, on a machine that should do nothing else; prints what docs/performance.md
# keeps. BENCH_QUICK=1 takes small sizes.
cd "$(dirname "$0")/../.."
build=$PWD/build/release
scratch=$(mktemp -d "${TMPDIR:-/tmp}/palisade-bench-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
small=${BENCH_QUICK:-}
say() { printf '\n### %s\n\n' "$1"; }
timed() { # timed RUNS COMMAND...: the median wall time in milliseconds
	runs=$1
	shift
	for _ in $(seq "$runs"); do
		a=$(date +%s%N)
		"$@" >/dev/null 2>&1 || :
		b=$(date +%s%N)
		echo $(((b - a) / 1000000))
	done | sort -n | sed -n "$(((runs + 1) / 2))p"
}

say "Machine"
grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //'
echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f", $2 / 1e6 }' /proc/meminfo) GB, $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
openssl speed -evp sha256 -bytes 16384 -seconds 3 2>/dev/null | tail -1

say "Hashing a 4 GB tree; verifying a signature over it (bench_hash)"
if [ -n "$small" ]; then "$build/bench_hash" 512 16 "$scratch"; else "$build/bench_hash" 4096 16 "$scratch"; fi
if [ -z "$small" ]; then
	say "Verifying a signature over a 10 GB model"
	"$build/bench_hash" 10240 16 "$scratch"
fi

say "The ledger (bench_ledger)"
if [ -n "$small" ]; then "$build/bench_ledger" 100000 "$scratch"; else "$build/bench_ledger" 10000000 "$scratch"; fi

say "Workers (bench_scan)"
"$build/bench_scan" "$scratch"

say "Small model files, start-up included, beside the peers that can be installed (bench_small.py)"
if [ -n "$small" ]; then python3 tests/bench/bench_small.py "$build/palisade" "$scratch" 1000; else python3 tests/bench/bench_small.py "$build/palisade" "$scratch" 12000; fi

say "Starting: one small file, and the structure of a model of 10 GB (median of 9)"
echo "nothing but the version:           $(timed 9 "$build/palisade" --version) ms"
echo "one README:                        $(timed 9 "$build/palisade" scan README.md) ms"
python3 tests/bench/make_tree.py "$scratch/hollow.safetensors" 10 hollow
echo "the structure of 10 GB:            $(timed 9 "$build/palisade" scan --structure "$scratch/hollow.safetensors") ms"

say "The numbers of models (bench_weights)"
if [ -n "$small" ]; then "$build/bench_weights" 1 "$scratch"; else "$build/bench_weights" 10 "$scratch"; fi

say "Formats, one core (bench_formats)"
"$build/bench_formats"
"$build/bench_tables"
"$build/bench_pickle"

say "Detectors, one core (bench_detect)"
find src include docs rules tests -type f \( -name '*.[ch]' -o -name '*.md' -o -name '*.rules' -o -name '*.py' \) -exec cat {} + >"$scratch/text"
"$build/bench_detect" "$scratch/text"

say "palisade check on the demonstration"
DEMO_DIR=$scratch/demo examples/clinic/demo.sh >/dev/null 2>&1
cd "$scratch/demo"
export PALISADE_PASSPHRASE_FILE=$scratch/demo/passphrase
echo "nothing changed:                    $(timed 9 "$build/palisade" check) ms (median of 9)"
echo "everything hashed and examined anew: $(timed 5 "$build/palisade" check --no-cache) ms (median of 5)"
rm -f .palisade/store.db*
echo "cold, the index lost:                $(timed 1 "$build/palisade" check) ms"

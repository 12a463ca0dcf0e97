#!/bin/sh -u
# peers.sh [FOLDER] - a set of files that nobody published (tests/interop/newset), and what Palisade and four other scanners
# say of it, in one run: the table of docs/detection.md. The scanners come from PyPI into an environment in FOLDER (a scratch
# folder unless given); one that cannot be had is skipped, out loud. SEED, TOOLS (fewer scanners), EVERY (each Nth file
# only) and RUN=no (load nothing, which takes a quarter of an hour) may be set.
cd "$(dirname "$0")/../.." || exit 2
here=$PWD/tests/interop/newset
if [ $# -gt 0 ]; then
	mkdir -p "$1" && room=$(cd "$1" && pwd) || exit 2
else
	room=$(mktemp -d "${TMPDIR:-/tmp}/palisade-peers-XXXXXX") || exit 2
	trap 'rm -rf "$room"' EXIT
fi
PALISADE=${PALISADE:-$PWD/build/release/palisade}
export PALISADE HOME="$room/home" PROMPTFOO_DISABLE_TELEMETRY=1 CI=1 TF_CPP_MIN_LOG_LEVEL=3
mkdir -p "$HOME"
rm -rf "$room/set"
skipped=0 asked=""

# What Debian's libraries can load is loaded, where a child can be kept from the network.
run=--run
[ "${RUN:-yes}" != no ] && unshare -n true 2>/dev/null || run=
[ -n "$run" ] || echo "skipped: no file is loaded to see its payload run (RUN=no, or unshare -n needs rights that are not here)"
/usr/bin/python3 "$here/build.py" "$room/set" --seed "${SEED:-2026}" $run || exit 1

ask() { # ask TOOL PYTHON
	if "$2" "$here/peers.py" "$1" "$room/set" "$room/$1.tsv" >"$room/$1.log" 2>&1; then
		asked="$asked $room/$1.tsv"
	else
		skipped=$((skipped + 1))
		echo "skipped: $1 did not run to its end ($(tail -1 "$room/$1.log"))"
	fi
}

ask palisade /usr/bin/python3
# All in one environment, with the libraries that they read Keras, ONNX, TensorFlow and archives with.
python=$room/venv/bin/python
[ -x "$python" ] || python3 -m venv "$room/venv" || exit 2
"$python" -m pip install -q h5py onnx safetensors py7zr lz4 tensorflow-cpu >"$room/pip.log" 2>&1 ||
	echo "without some of h5py, onnx, safetensors, py7zr, lz4, tensorflow-cpu, which the scanners would use"
for tool in ${TOOLS:-picklescan modelscan fickling modelaudit}; do
	if ! timeout 900 "$python" -m pip install -q "$tool" >"$room/$tool.log" 2>&1; then
		skipped=$((skipped + 1))
		echo "skipped: $tool cannot be installed here"
		continue
	fi
	"$python" -m pip list 2>/dev/null | grep "^$tool "
	ask "$tool" "$python"
done
# shellcheck disable=SC2086 # paths of ours, without blanks
/usr/bin/python3 "$here/table.py" "$room/set" $asked
echo "malicious: told with exit code 1, warned of with 0, not read; after the slash, benign files of which either was said"
echo "$(echo "$asked" | wc -w) scanners asked, $skipped skipped"

#!/bin/sh -u
# run.sh - what we write, other people's programs read, and the other way round. Needs PyPI and the Go module proxy for
# the peers; what cannot be had is skipped, out loud. Closes with "N passed, N failed, N skipped".
cd "$(dirname "$0")/../.." || exit 2
palisade=$PWD/build/release/palisade
room=$PWD/build/interop
mkdir -p "$room"
passed=0 failed=0 skipped=0
case_() { # case_ WHAT WANTED COMMAND...
	what=$1 want=$2
	shift 2
	"$@" >"$room/last.log" 2>&1
	got=$?
	if { [ "$want" = 0 ] && [ $got -eq 0 ]; } || { [ "$want" = no ] && [ $got -ne 0 ]; }; then
		passed=$((passed + 1))
		echo "ok       $what"
	else
		failed=$((failed + 1))
		echo "FAILED   $what (exit $got)"
		tail -5 "$room/last.log"
	fi
}
skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1"
}

oms() {
	peer=$room/venv/bin/model_signing
	if [ ! -x "$peer" ] && ! { python3 -m venv "$room/venv" && "$room/venv/bin/pip" install -q model-signing pyopenssl; } >"$room/pip.log" 2>&1; then
		skip "model-signing from PyPI cannot be installed here"
		return
	fi
	work=$(mktemp -d "$room/oms-XXXXXX")
	mkdir -p "$work/model/sub"
	echo weights >"$work/model/weights.bin"
	echo config >"$work/model/sub/config.json"
	for curve in P-256 P-384 P-521; do
		openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "$work/$curve.pem" 2>/dev/null
		openssl pkey -in "$work/$curve.pem" -pubout -out "$work/$curve.pub"
		case_ "we sign with $curve" 0 "$palisade" sign "$work/model" --key "$work/$curve.pem" -o "$work/$curve.sig"
		case_ "model_signing verifies our $curve" 0 "$peer" verify key "$work/model" --signature "$work/$curve.sig" --public_key "$work/$curve.pub"
		case_ "model_signing signs with $curve" 0 "$peer" sign key "$work/model" --signature "$work/peer-$curve.sig" --private_key "$work/$curve.pem"
		case_ "we verify model_signing's $curve" 0 "$palisade" verify "$work/model" --signature "$work/peer-$curve.sig" --key "$work/$curve.pub"
	done
	echo changed >>"$work/model/weights.bin"
	case_ "model_signing refuses a changed model" no "$peer" verify key "$work/model" --signature "$work/P-256.sig" --public_key "$work/P-256.pub"
	case_ "we refuse a changed model" no "$palisade" verify "$work/model" --signature "$work/peer-P-256.sig" --key "$work/P-256.pub"
	rm -rf "$work"
}

tlog() {
	if ! command -v go >/dev/null; then
		skip "no Go here, which the tile readers are written in"
		return
	fi
	case_ "Tessera and x/mod read a ledger of ours" 0 tests/interop/tlog.sh
}

convert() {
	if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
		skip "no PyTorch here (apt-get install python3-torch)"
		return
	fi
	peer=$room/safetensors
	[ -d "$peer/safetensors" ] || pip3 install -q --no-deps --target "$peer" safetensors >"$room/pip.log" 2>&1 ||
		skip "safetensors from PyPI cannot be installed here; our own reader checks alone"
	case_ "what torch saves, converted, is bit for bit what torch loads" 0 env "PYTHONPATH=$peer" /usr/bin/python3 tests/interop/convert.py "$palisade"
}

tables() {
	peer=$room/tables
	if [ ! -x "$peer/bin/python3" ] && ! { python3 -m venv "$peer" && "$peer/bin/pip" install -q pyarrow fastparquet duckdb fastavro cramjam; } >"$room/pip.log" 2>&1; then
		skip "pyarrow, fastparquet, duckdb and fastavro from PyPI cannot be installed here"
		return
	fi
	ninja -C build/release cells >"$room/cells.log" 2>&1
	case_ "what pyarrow, fastparquet, DuckDB and fastavro write is read cell by cell as they read it" 0 "$peer/bin/python3" tests/interop/tables.py build/release/cells
}

boost() {
	peer=$room/boost
	if [ ! -x "$peer/bin/python" ] || ! "$peer/bin/python" -c 'import catboost, skops' 2>/dev/null; then
		if ! { python3 -m venv "$peer" && "$peer/bin/pip" install -q xgboost-cpu lightgbm catboost scikit-learn skops pandas; } >"$room/pip.log" 2>&1; then
			skip "XGBoost, LightGBM, CatBoost and skops from PyPI cannot be installed here"
			return
		fi
	fi
	case_ "models of XGBoost, LightGBM, CatBoost and skops are clean, and a bent link is found" 0 "$peer/bin/python" tests/interop/boost.py "$palisade"
}

r_objects() {
	if ! command -v R >/dev/null; then
		skip "no R here (apt-get install r-base-core)"
		return
	fi
	case_ "what R saves is read to its end: models are clean, code is found" 0 /usr/bin/python3 tests/interop/r.py "$palisade" R
}

oms
tlog
case_ "published models give no finding at medium or above" 0 tests/interop/models.sh
convert
tables
boost
r_objects
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]

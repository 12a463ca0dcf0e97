#!/bin/sh -eu
# demo.sh - the clinic's pipeline from raw tables to a release, in a scratch copy; then a bad partner feed and a tampered
# model, each stopped at its gate. Everything is real: the tables come from Debian's python3-sklearn, the models are
# trained here, the signatures and the ledger can be checked with other tools.
here=$(cd "$(dirname "$0")" && pwd)
palisade=${PALISADE:-$here/../../build/release/palisade}
palisade=$(cd "$(dirname "$palisade")" && pwd)/$(basename "$palisade")
work=${DEMO_DIR:-$here/../../build/demo}
rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)
cp "$here"/*.py "$here"/*.yaml "$work"
cd "$work"
umask 077
od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >passphrase
export PALISADE_PASSPHRASE_FILE="$work/passphrase"
bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
run() { printf '%s$ palisade %s%s\n' "$bold" "$*" "$plain"; "$palisade" "$@"; }
expect() { # expect CODE COMMAND...: the demo itself fails when a gate does not do what it should
	want=$1 code=0
	shift
	run "$@" || code=$?
	[ "$code" -eq "$want" ] || { echo "demo: exit $code, expected $want" >&2; exit 1; }
}

say "1. A workspace, keys for two stewards and a release signer, and two real tables"
run init
for name in dana omar ml-release; do "$palisade" key new "$name" >/dev/null; done
/usr/bin/python3 collect.py
wc -l data/*.csv

say "2. Nobody has approved the data yet: the first gate is closed"
expect 1 check --stage collect

say "3. A steward approves; the steps run, each behind its gate and on record"
run approve biopsies --as dana --reason "registry export, reviewed 2026-11"
run approve forms --as dana --reason "scanned forms, no names on them"
run run
run run --again
for model in risk digits; do run sign "models/$model" --as ml-release -o "models/$model.sig"; done

say "4. The whole pipeline: every gate is open"
expect 0 check

say "5. A partner sends the same table with names, national numbers, flipped labels and a flood of one record"
/usr/bin/python3 attack.py
expect 1 check partner.yaml --stage collect

say "6. Somebody swaps the pickle of the released model for one that runs a command"
expect 1 check tampered.yaml --stage release

say "7. Weights that carry a script in their lowest bits: the numbers differ by less than a hundred thousandth"
echo "None of four other scanners tells these two files apart: picklescan and modelaudit call both clean, fickling both unsafe,"
echo "and modelscan reads neither (tests/interop/peers.sh asks them again)."
expect 0 scan hidden/clean.safetensors
expect 1 scan hidden/hidden.safetensors

say "8. A batch of biopsies is recalled: everything made from it is tainted, down to the live deployment"
run quarantine biopsies --as omar --reason "ward recalls the batch"
expect 1 gate deploy ward-api
run restore biopsies --as omar --reason "recall was for another batch"
expect 0 gate deploy ward-api

say "9. The page for people who would rather look, and the proof for people who would rather check"
expect 0 report -o report.html
run log verify
echo
echo "The report:   $work/report.html"
echo "The ledger:   $work/.palisade/ledger   (C2SP tlog-tiles; palisade log verify --ledger DIR --vkey FILE needs nothing else)"
echo
echo "Try next:     cd $work && export PALISADE_PASSPHRASE_FILE=$work/passphrase"
echo "              $palisade check --explain COL-05"
echo "              $palisade lineage risk --svg lineage.svg"
echo "              $palisade scan tampered/risk"
echo "              $palisade check --format sarif"

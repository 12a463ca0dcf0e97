#!/bin/sh -eu
# faults.sh - makes the n-th allocation and the n-th write of the real command fail, in turn; see tests/fault/.
cd "$(dirname "$0")/.."
mkdir -p build/fault
gcc -O1 -shared -fPIC -D_GNU_SOURCE -o build/fault/shim.so tests/fault/shim.c -ldl
exec /usr/bin/python3 tests/fault/run.py build/release/palisade build/fault/shim.so "${FAULT_SECONDS:-90}"

#!/bin/sh -eu
# api-symbols.sh [--headers | --write FOLDER] - the public functions and tables, one a line: what the headers that
# cmake/api.txt names declare, and those that they include. CC (cc) reads them, so comments and macros do not deceive.
# --headers prints the headers; --write makes api.list, and of it api.map and api.ld for the linker.
self=$(realpath "$0")
cd "$(dirname "$self")/.."
cc=${CC:-cc}
named() { sed -e 's,[ \t]*#.*,,' -e '/^$/d' cmake/api.txt; }
lines() {
	named | sed 's|.*|#include "palisade/&.h"|' | "$cc" -E -std=c17 -D_GNU_SOURCE -Iinclude -x c -
}
if [ "${1:-}" = --headers ]; then
	lines | sed -n 's|^# [0-9]* "\(include/palisade/[a-z0-9_]*\.[a-z]*\)".*|\1|p' | sort -u
	exit
fi
if [ "${1:-}" = --write ]; then
	"$self" >"$2/api.list"
	{ echo '{ global:' && sed 's/$/;/' "$2/api.list" && echo 'local: *; };'; } >"$2/api.map"
	{ echo 'EXTERN(' && cat "$2/api.list" && echo ')'; } >"$2/api.ld"
	exit
fi
# Only text from our own headers; then a statement a line; then the declared name of each.
lines | awk '/^# [0-9]+ "/ { ours = $3 ~ /include\/palisade\//; next } ours' | tr '\n' ' ' |
	awk '{
		depth = 0
		out = ""
		n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			if (c == "{") depth++
			if (depth == 0) out = out c
			if (c == "}" && --depth == 0 && out ~ /static inline/) out = ""
			if (c == ";" && depth == 0) { print out; out = "" }
		}
	}' | grep -vE 'typedef|static inline' | sed 's/__attribute__ *((\([^()]*\|[^()]*([^()]*)[^()]*\)*))//g' |
	sed -nE -e 's/^[^(]*[ *](pal_[a-z0-9_]+) *\(.*/\1/p' -e 's/^ *extern [^(]*[ *](pal_[a-z0-9_]+) *(\[.*|;)$/\1/p' |
	sort -u

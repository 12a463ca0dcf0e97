#!/bin/sh -eu
# lint.sh - the slower static checks, one file a process: clang-tidy (.clang-tidy), cppcheck, gcc -fanalyzer on the rooms
# that parse. cppcheck 2.10 loses its way at `c ? (struct x){ 0 } : y`, which is internalAstError; gcc 12
# takes the booleans of a struct that a function returns for uninitialised, which clang's analyser watches better.
cd "$(dirname "$0")/.."
cmake --preset clang >/dev/null
bad=0
find src -name '*.c' | sort | xargs -P "$(nproc)" -n 1 clang-tidy -p build/clang --quiet 2>/dev/null || bad=1
cppcheck --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --quiet -Iinclude \
	--suppress=missingIncludeSystem --suppress=unknownMacro --suppress=internalAstError -j "$(nproc)" src || bad=1
find src/base src/crypto src/formats -name '*.c' | sort |
	xargs -P "$(nproc)" -I{} gcc -fanalyzer -Wno-analyzer-use-of-uninitialized-value -O1 -Werror -std=c17 -D_GNU_SOURCE '-DPALISADE_VERSION="0"' -Iinclude \
		-Isrc/formats -c -o /dev/null {} || bad=1
exit $bad

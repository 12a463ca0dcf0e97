#!/bin/sh -eu
# check-format.sh - every source is laid out as .clang-format says.
cd "$(dirname "$0")/.."
find src include tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +

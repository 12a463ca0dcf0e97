#!/bin/sh -eu
# check-duplicates.sh - no run of ten or more equal lines of code stands in two places of src/ (blank lines, comments,
# lone braces and includes do not count; nor do tables, whose rows look alike by nature).
cd "$(dirname "$0")/.."
exec /usr/bin/python3 - <<'EOF'
import collections, glob, re, sys

LEAST = 10
places = collections.defaultdict(list)
for path in sorted(glob.glob("src/*/*.c")):
    lines = []
    for n, line in enumerate(open(path), 1):
        line = re.sub(r"\s+", " ", line.strip())
        if len(line) > 3 and not line.startswith(("/*", "*", "//", "#include", "{")):
            lines.append((n, line))
    for i in range(len(lines) - LEAST + 1):
        places["\n".join(text for _, text in lines[i:i + LEAST])].append((path, lines[i][0]))
bad = [p for p in places.values() if len(p) > 1]
for where in bad[:20]:
    print("the same %d lines: " % LEAST + ", ".join("%s:%d" % p for p in where))
sys.exit(1 if bad else 0)
EOF

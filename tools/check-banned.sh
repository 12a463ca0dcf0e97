#!/bin/sh -eu
# check-banned.sh - words that palisade does not use. ALLOWED: "file word count"; a count may only fall.
cd "$(dirname "$0")/.."
allowed='src/base/arena.c calloc 1
src/base/mem.c calloc 1
src/base/mem.c realloc 1
src/base/mem.c memcpy 1
src/base/mem.c memmove 1
src/cli/cli.c getenv 1
src/cli/passphrase.c getenv 2'

bad=0
for w in strcpy strcat sprintf vsprintf gets atoi atol strtol strtoul strtok alloca system rand \
         malloc calloc realloc strdup memcpy memmove goto \
         getenv setenv putenv unsetenv localtime gmtime ctime asctime setlocale; do
	for f in $(grep -rlwE "$w *\(|$w +[a-z]+;" src include --include='*.[ch]' 2>/dev/null || :); do
		n=$(grep -cwE "$w *\(|$w +[a-z]+;" "$f")
		a=$(printf '%s\n' "$allowed" | awk -v f="$f" -v w="$w" '$1 == f && $2 == w { print $3 }')
		[ "$n" -le "${a:-0}" ] && continue
		echo "$f: $w x $n, allowed ${a:-0}"
		bad=1
	done
done
exit $bad

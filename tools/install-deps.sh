#!/bin/sh -eu
# install-deps.sh [build|check] - installs the Debian packages that are missing, and says so; nothing when all are there.
build='gcc make cmake ninja-build pkg-config libc6-dev libssl-dev libjansson-dev libsqlite3-dev libvectorscan-dev
libfyaml-dev libseccomp-dev libgraphviz-dev zlib1g-dev
libbz2-dev liblzma-dev liblz4-dev libzstd-dev libsnappy-dev libbrotli-dev libxml2-dev'
demo='python3 python3-sklearn python3-numpy'
check='clang libclang-rt-14-dev clang-format clang-tidy cppcheck libpcre2-dev python3-pytest python3-jsonschema
python3-yaml python3-cryptography libxml2-utils man-db openssl graphviz gdb'
want="$build $demo"
[ "${1:-build}" = check ] && want="$want $check"
missing=''
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
run=''
[ "$(id -u)" = 0 ] || run=sudo
if ! { [ -z "$run" ] || command -v sudo >/dev/null; }; then
	echo "not root and no sudo; please run: apt-get install -y$missing" >&2
	exit 2
fi
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $run apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 ||
	{ $run apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive $run apt-get install -y --no-install-recommends $missing >/dev/null; }

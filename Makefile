# The front door; CMake presets do the work (CMakePresets.json), tools/ holds what each target runs.
PREFIX ?= /usr/local
.PHONY: all demo check interop bench fuzz lint install clean

all:
	@tools/install-deps.sh build
	@cmake --preset release >/dev/null
	@cmake --build --preset release

demo: all
	@examples/clinic/demo.sh

check:
	@tools/install-deps.sh check
	@tools/check.sh

interop: all
	@tests/interop/run.sh

bench: all
	@cmake --build --preset release --target benches
	@tests/bench/run.sh

fuzz:
	@tools/install-deps.sh check
	@tools/fuzz.sh 60

lint:
	@tools/install-deps.sh check
	@tools/lint.sh

install: all
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)" >build/release/install.log
	@echo "installed below $(DESTDIR)$(PREFIX); the list is build/release/install_manifest.txt"

clean:
	rm -rf build

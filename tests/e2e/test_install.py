"""make install into an empty prefix: what lies where, and programs that use the installed library both ways."""
import os
import pickle
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PALISADE = os.environ.get("PALISADE", os.path.join(ROOT, "build", "release", "palisade"))
BUILD = os.path.dirname(PALISADE)

PROGRAM = r"""
#include <palisade/oms.h>
#include <palisade/scan.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	struct pal_scan_options o = { .workers = 1 };
	struct pal_scan_result  r = { 0 };
	struct pal_scanner     *s = NULL;
	struct pal_arena        a;
	struct pal_diag         d = { 0 };
	const char             *path = ".";
	size_t                  n = 0;

	if (pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main();
	pal_arena_init(&a, (size_t)64 << 20);
	if (argc != 2 || pal_scanner_new(&o, &s, &d) != PAL_OK || pal_scan(s, argv[1], &path, 1, &a, &r, &d) != PAL_OK) {
		fprintf(stderr, "%s\n", d.text);
		return 2;
	}
	for (size_t i = 0; i < r.files.count; i++) {
		const struct pal_scan_file *f = pal_list_at(&r.files, i);

		for (size_t j = 0; j < f->finding_count; j++, n++)
			printf("%s %s\n", pal_severity_name(f->findings[j].severity), f->findings[j].rule->id);
	}
	printf("%s\n", pal_oms_order_name(PAL_OMS_ORDER_SPEC));
	pal_scanner_free(&s);
	pal_arena_done(&a);
	return n == 0 ? 0 : 1;
}
"""


class Evil:
    def __reduce__(self):
        return (os.system, ("true",))


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120, **more)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not os.path.exists(os.path.join(BUILD, "libpalisade.so")):
        pytest.skip("this build makes no public libraries")
    where = tmp_path_factory.mktemp("prefix")
    done = run("cmake", "--install", BUILD, "--prefix", where)
    assert done.returncode == 0, done.stderr
    return where


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    path = tmp_path_factory.mktemp("evil") / "evil.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    return path


@pytest.mark.parametrize("path", [
    "bin/palisade", "lib/libpalisade.a", "lib/libpalisade.so", "lib/libpalisade.so.0", "lib/pkgconfig/palisade.pc",
    "include/palisade/scan.h", "include/palisade/oms.h", "include/palisade/err.def", "share/man/man1/palisade.1",
    "share/bash-completion/completions/palisade", "share/zsh/site-functions/_palisade",
    "share/fish/vendor_completions.d/palisade.fish", "share/palisade/rules/pii.rules", "share/doc/palisade/LICENSE",
    "share/doc/palisade/README.md", "share/doc/palisade/docs/cli.md", "share/palisade/examples/clinic/demo.sh",
])
def test_what_is_installed(prefix, path):
    assert (prefix / path).exists()


def test_no_private_header_is_installed(prefix):
    assert not (prefix / "include/palisade/store.h").exists()
    for header in (prefix / "include/palisade").glob("*.h"):
        alone = prefix / "alone.c"
        alone.write_text('#include <palisade/%s>\n' % header.name)
        flags = run("pkg-config", "--cflags", "palisade", env=pkg(prefix)).stdout.split()
        done = run("gcc", "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", alone, *flags)
        assert done.returncode == 0, done.stderr


def pkg(prefix):
    return {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}


def test_installed_command(prefix, evil):
    done = run(prefix / "bin/palisade", "scan", evil)
    assert done.returncode == 1 and "PICKLE" in done.stdout


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_program_with_pkg_config(prefix, evil, tmp_path, kind):
    (tmp_path / "p.c").write_text(PROGRAM)
    flags = run("pkg-config", "--cflags", "--libs", *(["--static"] if kind == "static" else []), "palisade",
                env=pkg(prefix))
    assert flags.returncode == 0, flags.stderr
    words = flags.stdout.split()
    if kind == "static":  # the rest is Debian's, which is shared: only ours is taken from the archive
        words = ["-l:libpalisade.a" if w == "-lpalisade" else w for w in words]
    # The library is found by its run path: workers start without an environment, so without LD_LIBRARY_PATH.
    words.append("-Wl,-rpath,%s" % (prefix / "lib"))
    done = run("gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", tmp_path / "p", tmp_path / "p.c", *words)
    assert done.returncode == 0, done.stderr
    needed = run("ldd", tmp_path / "p").stdout
    assert ("libpalisade.so" in needed) == (kind == "shared")
    done = run(tmp_path / "p", evil)
    assert done.returncode == 1 and "critical PICKLE-EXEC" in done.stdout, done
    assert done.stdout.endswith("specification\n")
    clean = tmp_path / "clean.csv"
    clean.write_text("id,colour\n1,red\n2,green\n")
    done = run(tmp_path / "p", clean)
    assert done.returncode == 0, done


def test_destdir(prefix, tmp_path):
    done = run("cmake", "--install", BUILD, "--prefix", "/opt/palisade", env={**os.environ, "DESTDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "opt/palisade/bin/palisade").exists()
    assert run(tmp_path / "opt/palisade/bin/palisade", "--version").stdout.startswith("palisade ")


def test_exports(prefix):
    done = run(os.path.join(ROOT, "tools", "check-exports.sh"), BUILD)
    assert done.returncode == 0 and "skipped" not in done.stdout, done.stdout


def test_manual_page(prefix):
    if shutil.which("man") is None:
        pytest.skip("man is not here")
    done = run("man", "--warnings", "-l", prefix / "share/man/man1/palisade.1", env={**os.environ, "MANWIDTH": "100"})
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for words in ("PALISADE(1)", "palisade scan PATH...", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
        assert words in done.stdout

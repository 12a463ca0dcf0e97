/* fuzz_runs.c - the run scanner and every validator on any bytes: runs lie inside, values fit their template. */
#include "detect/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pal_detect *rules;

static void
take(void *arg, const struct pal_run_hit *h)
{
	const struct pal_view *text = arg;
	struct pal_view        value = h->compact;

	PAL_ASSERT(h->start < h->end && h->end <= text->len && h->compact.len <= h->end - h->start);
	PAL_ASSERT(h->grouped || h->compact.len == h->end - h->start);
	for (size_t i = 0; pal_validator_at(i) != NULL; i++) {
		struct pal_view v = value;

		(void)pal_validator_at(i)->check(&v);
		PAL_ASSERT(v.len <= value.len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view text = { data, size };

	if (rules == NULL && pal_detect_load(NULL, &rules, NULL) != PAL_OK)
		return 0;
	pal_runs_scan(&rules->engine->runs, text, take, &text);
	for (size_t i = 0; size < 300 && pal_validator_at(i) != NULL; i++) {
		struct pal_view v = text;

		(void)pal_validator_at(i)->check(&v);
		PAL_ASSERT(v.len <= text.len);
	}
	return 0;
}

/* fuzz_source.c - any bytes as a program of Python. */
#include "detect/rules.h"

extern const struct pal_detector pal_detector_source;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pal_detect *rules;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_content  piece = { .kind = PAL_CONTENT_SOURCE,
				      .text = { data, size },
				      .name = pal_view_of("python") };
	PAL_AUTO_ARENA      a;
	struct pal_findings found;
	void               *state = NULL;

	pal_arena_init(&a, (size_t)8 << 20);
	if (rules == NULL && pal_detect_load(NULL, &rules, NULL) != PAL_OK)
		return 0;
	found = pal_findings_of(&a, 100);
	PAL_ASSERT(pal_detector_source.start(rules, &a, &state) == PAL_OK);
	PAL_ASSERT(pal_detector_source.feed(state, &piece, &found) == PAL_OK);
	return 0;
}

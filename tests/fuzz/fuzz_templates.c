/* fuzz_templates.c - any bytes as a chat template, as bytes of a blob, and as names that a pickle looks up. */
#include "detect/rules.h"

extern const struct pal_detector pal_detector_templates, pal_detector_payloads;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pal_detect *rules;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pal_detector *const detectors[] = { &pal_detector_templates, &pal_detector_payloads };
	struct pal_content piece = { .text = { data, size }, .name = pal_view_of("chat_template") };

	if (rules == NULL && pal_detect_load(NULL, &rules, NULL) != PAL_OK)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		PAL_AUTO_ARENA      a;
		struct pal_findings found;
		void               *state = NULL;

		pal_arena_init(&a, (size_t)8 << 20);
		found = pal_findings_of(&a, 100);
		piece.kind = i == 0 ? PAL_CONTENT_META : PAL_CONTENT_BYTES;
		PAL_ASSERT(detectors[i]->start(rules, &a, &state) == PAL_OK);
		PAL_ASSERT(detectors[i]->feed(state, &piece, &found) == PAL_OK);
	}
	(void)pal_globals_judge(&rules->globals, size % 2 == 0 ? NULL : "keras", pal_view_sub(piece.text, 0, size / 2),
				pal_view_sub(piece.text, size / 2, size));
	return 0;
}

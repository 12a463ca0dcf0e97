/* fuzz_openlineage.c - events in any form; every step that is made must be one that can be signed. */
#include "palisade/openlineage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_ARENA         a;
	struct pal_openlineage o = { 0 };
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, (size_t)32 << 20);
	if (pal_openlineage_parse((struct pal_view){ data, size }, &a, &o, &d) != PAL_OK) {
		PAL_ASSERT(d.text[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < o.steps.count; i++) {
		const struct pal_step *s = pal_list_at(&o.steps, i);

		PAL_ASSERT(s->output_count > 0 && s->name != NULL && pal_store_is_digest(s->outputs[0].digest));
	}
	return 0;
}

/* format.c - one harness for every format; built once per row of formats.def with -DFORMAT=NAME. */
#include "palisade/format.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)
#define UNDER_TEST   PASTE(pal_format_, FORMAT)

extern const struct pal_format UNDER_TEST;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every byte that a piece shows, so that a sanitizer sees one too many. */
static enum pal_err
touch(void *arg, const struct pal_content *piece)
{
	volatile uint8_t *sum = arg;
	struct pal_view   views[] = { piece->text, piece->module, piece->name, piece->tensor.dtype };

	for (size_t v = 0; v < sizeof(views) / sizeof(views[0]); v++)
		for (size_t i = 0; i < views[v].len; i++)
			*sum ^= views[v].data[i];
	for (size_t c = 0; c < piece->cell_count; c++)
		for (size_t i = 0; i < piece->cells[c].len; i++)
			*sum ^= piece->cells[c].data[i];
	return PAL_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view   v = { data, size };
	struct pal_input  in = pal_input_of_view(v);
	struct pal_limits limits = pal_limits_default;
	struct pal_diag   d = { 0 };
	uint8_t           sum = 0;
	PAL_AUTO_ARENA    arena;
	struct pal_sink   sink = { .take = touch, .arg = &sum, .arena = &arena, .limits = &limits };

	pal_arena_init(&arena, (size_t)64 << 20);
	limits.output = 16u << 20;
	(void)UNDER_TEST.probe(pal_view_sub(v, 0, PAL_PROBE_HEAD), size, (struct pal_view){ 0 });
	(void)UNDER_TEST.parse(&in, &sink, &d);
	pal_input_done(&in);
	return 0;
}

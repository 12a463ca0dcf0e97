/* fuzz_dsse.c - whatever reads as an envelope must write and read back as the same. */
#include "palisade/dsse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_ARENA  arena;
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_diag d = { 0 };
	struct pal_dsse e = { 0 }, back = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	if (pal_dsse_read((struct pal_view){ data, size }, &arena, &e, &d) != PAL_OK)
		return 0;
	pal_dsse_write(&e, &b);
	PAL_ASSERT(pal_dsse_read(pal_buf_view(&b), &arena, &back, &d) == PAL_OK);
	PAL_ASSERT(pal_view_eq(e.payload, back.payload) && e.signature_count == back.signature_count);
	return 0;
}

/* fuzz_oms.c - bundles, and statements as if they were signed. */
#include "evidence/oms_inside.h"
#include "palisade/oms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_ARENA    arena;
	PAL_AUTO_BUF      pae = pal_buf_of(0);
	struct pal_view   v = { data, size };
	struct oms_bundle b = { 0 };
	struct oms_claims c = { 0 };
	struct pal_diag   d = { 0 };

	pal_arena_init(&arena, (size_t)64 << 20);
	if (oms_read_bundle(v, &arena, &b, &d) == PAL_OK)
		oms_bundle_done(&b);
	if (oms_read_statement(v, &arena, &c, &d) == PAL_OK)
		PAL_ASSERT(c.manifest.entries.count > 0 && c.root != NULL);
	if (oms_read_old_statement(v, &arena, &c, &d) == PAL_OK)
		PAL_ASSERT(c.manifest.entries.count > 0);
	oms_old_pae(pal_view_of("t"), v, &pae);
	return 0;
}

/* fuzz_checkpoint.c - the text of checkpoints; what is read must be written the same way again. */
#include "palisade/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view       v = { data, size };
	struct pal_checkpoint c = { 0 };
	struct pal_diag       d = { 0 };
	PAL_AUTO_BUF          b = pal_buf_of(0);

	if (pal_checkpoint_parse(v, &c, &d) != PAL_OK)
		return 0;
	pal_buf_add(&b, c.origin);
	pal_buf_printf(&b, "\n%llu\n", (unsigned long long)c.head.size);
	pal_hash_add(&b, &c.head.root);
	pal_buf_add_byte(&b, '\n');
	pal_buf_add(&b, c.extensions);
	if (!pal_view_eq(pal_buf_view(&b), v))
		__builtin_trap();
	return 0;
}

/* fuzz_journal.c - a journal that anything may have happened to. */
#include "merkle/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view           rest = { data, size };
	struct pal_journal_record r = { 0 };
	PAL_AUTO_BUF              b = pal_buf_of(0);

	while (pal_journal_next(&rest, &r))
		pal_journal_add(&b, &r);
	if (!pal_view_eq(pal_buf_view(&b), (struct pal_view){ data, size - rest.len }))
		__builtin_trap();
	return 0;
}

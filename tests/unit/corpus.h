/* corpus.h - every sample of tests/corpus/NAME/KIND handed to a test. */
#ifndef PALISADE_TEST_CORPUS_H
#define PALISADE_TEST_CORPUS_H

#include "check.h"
#include "palisade/file.h"
#include "palisade/walk.h"

/* Calls fn for each; `what` is the name. Returns how many there were. */
static inline size_t
corpus_each(const char *folder, void (*fn)(struct pal_view sample, const char *what))
{
	PAL_AUTO_ARENA  a;
	struct pal_list list = { 0 };

	pal_arena_init(&a, (size_t)1 << 20);
	list = pal_list_of(&a, sizeof(struct pal_entry));
	CHECK_SAY(pal_walk(folder, 1000, &list, NULL) == PAL_OK, folder);
	for (size_t i = 0; i < list.count; i++) {
		const char  *name = ((const struct pal_entry *)pal_list_at(&list, i))->path;
		PAL_AUTO_BUF b = pal_buf_of(0);

		CHECK(pal_file_read(pal_arena_printf(&a, "%s/%s", folder, name), 1 << 20, &b, NULL) == PAL_OK);
		fn(pal_buf_view(&b), name);
	}
	return list.count;
}

#endif

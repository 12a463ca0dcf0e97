/* format.c - the table of formats, made from formats.def. */
#include "palisade/format.h"

#define PAL_FORMAT(name) extern const struct pal_format pal_format_##name;
#include "formats.def"
#undef PAL_FORMAT

const struct pal_format *const pal_formats[] = {
#define PAL_FORMAT(name) &pal_format_##name,
#include "formats.def"
#undef PAL_FORMAT
	NULL,
};

const struct pal_format *
pal_format_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	const struct pal_format *best = NULL;
	unsigned int             most = 0;

	for (const struct pal_format *const *f = pal_formats; *f != NULL; f++) {
		unsigned int sure = (*f)->probe(head, size, name);

		if (sure > most) {
			most = sure;
			best = *f;
		}
	}
	return best;
}

const struct pal_format *
pal_format_named(const char *name)
{
	for (const struct pal_format *const *f = pal_formats; *f != NULL; f++)
		if (pal_view_is(pal_view_of(name), (*f)->name))
			return *f;
	return NULL;
}

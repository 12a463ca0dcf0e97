/*
 * shape.h - what a run of digits and capitals looks like: sets of characters and templates made of them.
 *
 * A template is a row of items, each a set of characters and how often it
 * occurs: `9{3}A` is three digits and a capital. 9 is a digit, A a capital,
 * X either of both, [..] a set of your own, any other character itself.
 *
 *   units    characters
 *   memory   none: a template is a value
 *   errors   PAL_ECONFIG, with what was expected, for a text that is no set or template
 *   threads  pure
 */
#ifndef PALISADE_DETECT_SHAPE_H
#define PALISADE_DETECT_SHAPE_H

#include "palisade/err.h"
#include "palisade/view.h"

#define PAL_SHAPE_LONGEST 40
#define PAL_SHAPE_ITEMS   16

struct pal_charset {
	uint64_t bits[4];
};

struct pal_shape_item {
	struct pal_charset set;
	size_t             least, most;
};

struct pal_shape {
	struct pal_shape_item items[PAL_SHAPE_ITEMS];
	size_t                count, least, most;
};

static inline bool
pal_charset_has(const struct pal_charset *s, uint8_t c)
{
	return (s->bits[c >> 6] >> (c & 63) & 1) != 0;
}

/* Takes "[A-Za-z0-9_-]" off *rest; a backslash makes the next character itself. */
PAL_NODISCARD enum pal_err pal_charset_parse(struct pal_view *rest, struct pal_charset *ret_set, struct pal_diag *d);

/* Takes "{2}" or "{2,5}" off *rest; 1 to 1 when there is none. */
PAL_NODISCARD enum pal_err pal_repeat_parse(struct pal_view *rest, size_t most, size_t *ret_least, size_t *ret_most,
					    struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_shape_parse(struct pal_view text, struct pal_shape *ret_shape, struct pal_diag *d);

bool pal_shape_match(const struct pal_shape *s, struct pal_view value); /* all of value */

#endif

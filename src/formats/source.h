/*
 * source.h - a program's text, handed over whole.
 *
 *   units    bytes, of UTF-8 after conversion
 *   memory   a feed of up to PAL_SOURCE_MOST bytes, until it returns
 *   errors   those of the sink and the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_SOURCE_H
#define PALISADE_FORMATS_SOURCE_H

#include "palisade/content.h"

#define PAL_SOURCE_MOST ((size_t)4 << 20)

/* SOURCE: all of the file up to PAL_SOURCE_MOST; what is behind it is said to be unread. */
PAL_NODISCARD enum pal_err pal_give_source(struct pal_input *in, struct pal_sink *s, const char *language);

/* Text that people or programs wrote, as far as the first bytes show. */
bool pal_source_is_text(struct pal_view head);

#endif

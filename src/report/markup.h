/*
 * markup.h - the one place where text becomes XML or HTML.
 *
 * pal_markup_printf() takes the markup as its format and the data as arguments:
 * every %s is escaped for content and for attributes in double quotes alike, so
 * no data can open a tag, close an attribute, or be an illegal character (XML
 * 1.0 section 2.2). What terminals would not show is U+FFFD here too.
 *
 *   units    bytes
 *   memory   adds to the caller's buffer
 *   errors   those of the buffer; another conversion than the listed ones is our own bug
 *   threads  pure
 */
#ifndef PALISADE_REPORT_MARKUP_H
#define PALISADE_REPORT_MARKUP_H

#include "palisade/buf.h"

void pal_markup_add(struct pal_buf *b, struct pal_view text); /* escaped */

/* Conversions: %s (escaped; NULL is empty), %d, %u, %zu, %llu, %%. The format itself is markup and goes out as it is.
 */
void pal_markup_printf(struct pal_buf *b, const char *fmt, ...) PAL_PRINTF(2, 3);

void pal_markup_tenths(struct pal_buf *b, double n); /* "12.5": the same in every locale; not finite is 0 */

#endif

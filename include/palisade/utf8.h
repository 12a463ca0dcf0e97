/*
 * utf8.h - UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 *   units    code points; byte lengths
 *   memory   none, but what pal_utf8_clean adds to the caller's buffer
 *   errors   a malformed sequence yields PAL_UTF8_BAD and advances one byte
 *   threads  pure
 */
#ifndef PALISADE_UTF8_H
#define PALISADE_UTF8_H

#include "palisade/buf.h"

#define PAL_UTF8_BAD UINT32_MAX

uint32_t pal_utf8_next(struct pal_view *rest); /* takes one code point; rest must not be empty */
bool     pal_utf8_valid(struct pal_view v);
size_t   pal_utf8_encode(uint32_t code_point, uint8_t ret_bytes[4]); /* 1 to 4; 0 when it is no code point */

/*
 * Adds v as one harmless line of at most `most` bytes, cut at a whole character: what is malformed, a control (C0, C1)
 * or a change of writing direction (which would show another text than is there) becomes U+FFFD.
 */
void pal_utf8_clean(struct pal_view v, size_t most, struct pal_buf *out);

#endif

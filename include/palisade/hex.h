/*
 * hex.h - bytes as text: base 16 and base 64 (RFC 4648).
 *
 * Decoding is strict: no blanks, no missing or wrong padding, no stray bits in
 * the last character, so that one value has one text.
 *
 *   units    bytes
 *   memory   encoders add to a pal_buf; decoders too
 *   errors   PAL_EFORM for text that breaks the encoding; the buffer's own errors
 *   threads  pure
 */
#ifndef PALISADE_HEX_H
#define PALISADE_HEX_H

#include "palisade/buf.h"

void                       pal_hex_add(struct pal_buf *b, struct pal_view bytes);   /* lower case */
PAL_NODISCARD enum pal_err pal_hex_decode(struct pal_view text, struct pal_buf *b); /* either case */

void pal_base64_add(struct pal_buf *b, struct pal_view bytes); /* standard alphabet, padded */

/* Standard or URL-safe alphabet (not both in one text); padding complete, or absent in URL-safe text. */
PAL_NODISCARD enum pal_err pal_base64_decode(struct pal_view text, struct pal_buf *b);

/* RFC 4648 section 4 and nothing else: the standard alphabet, padding complete. */
PAL_NODISCARD enum pal_err pal_base64_decode_padded(struct pal_view text, struct pal_buf *b);

#endif

/*
 * mask.h - says what was found without saying it: the first and the last character, and how long it was.
 *
 *   units    bytes; UTF-8 is kept whole at both ends
 *   memory   the caller's
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_DETECT_MASK_H
#define PALISADE_DETECT_MASK_H

#include "palisade/view.h"

#define PAL_MASK_TEXT 32

/* "4...1 (16 characters)"; of less than 6 characters, and of anything but ASCII ends, only the length. */
const char *pal_mask(struct pal_view value, char ret_text[PAL_MASK_TEXT]);

/* Text from a file for a message: at most `most` bytes, controls and quotes replaced. ret_text has room for most + 4.
 */
const char *pal_excerpt(struct pal_view text, size_t most, char *ret_text);

#endif

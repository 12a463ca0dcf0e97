/*
 * width.h - how text stands on a terminal: what is shown for a code point, how many columns it takes, where a line
 * breaks.
 *
 * Text from artifacts may try to move the cursor or to reverse what is read; every
 * code point that draws nothing of its own, or that reorders its neighbours, is
 * shown as U+FFFD. Markup uses the same rule.
 *
 *   units    columns of a terminal; wide is roughly East Asian Wide and Fullwidth of UAX 11
 *   memory   none; lines are views into the text
 *   errors   those of the buffer
 *   threads  pure
 */
#ifndef PALISADE_REPORT_WIDTH_H
#define PALISADE_REPORT_WIDTH_H

#include "palisade/buf.h"
#include "palisade/utf8.h"

uint32_t     pal_width_shown(uint32_t code_point); /* itself, or U+FFFD; PAL_UTF8_BAD too is shown as U+FFFD */
unsigned int pal_width_of(uint32_t code_point);    /* 0 for combining marks, 2 for wide ones */
unsigned int pal_width_text(struct pal_view text);

/* Takes the next line of at most `columns` off *rest, broken at blanks where it can; columns 0 takes all. */
struct pal_view pal_width_line(struct pal_view *rest, unsigned int columns);

void pal_width_add(struct pal_buf *b, struct pal_view text); /* as shown */

/* As shown, cut with an ellipsis when longer than `columns` (0: never); returns the columns that it took. */
unsigned int pal_width_cut(struct pal_buf *b, struct pal_view text, unsigned int columns);

#endif

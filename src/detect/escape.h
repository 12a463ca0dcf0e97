/*
 * escape.h - what a string literal of Python or Jinja means: \x5f, \137, \u005f and \N{LOW LINE} are underscores.
 *
 *   units    bytes; the result is UTF-8
 *   memory   a text with escapes is made in the arena, any other is the view itself
 *   errors   none: an arena without room gives an empty text, and says so itself
 *   threads  pure
 */
#ifndef PALISADE_DETECT_ESCAPE_H
#define PALISADE_DETECT_ESCAPE_H

#include "palisade/arena.h"

struct pal_view pal_unescape(struct pal_view raw, struct pal_arena *a); /* what stands between the quotes */

#endif

/*
 * python_names.h - identifiers as Python compares them.
 *
 *   units    bytes of UTF-8
 *   memory   a name that changes lives in the arena
 *   errors   none: without room the name stays as it is
 *   threads  pure
 */
#ifndef PALISADE_DETECT_PYTHON_NAMES_H
#define PALISADE_DETECT_PYTHON_NAMES_H

#include "palisade/arena.h"

/* PEP 3131: NFKC, as far as it makes ASCII of other characters; all else stays. */
struct pal_view pal_python_name(struct pal_view name, struct pal_arena *a);

#endif

/*
 * path.h - what is wrong with the name of a file in an archive, once somebody unpacks it under that name.
 *
 *   units    none
 *   memory   allocates nothing
 *   errors   none
 *   threads  any
 */
#ifndef PALISADE_FORMATS_PATH_H
#define PALISADE_FORMATS_PATH_H

#include <stdbool.h>

#include "palisade/view.h"

/* "steps out of the folder", "is absolute" ...; NULL: nothing is. Backslashes count as separators, as Windows does. */
const char *pal_path_wrong(struct pal_view name);

/* The same for a path from the folder `from` on, which may climb as long as it stays inside: the target of a link. */
const char *pal_path_leaves(struct pal_view from, struct pal_view target);

#endif

/*
 * names.h - the form of the names that code is looked up by: malformed ones, and ones in letters that look like others.
 *
 *   units    none
 *   memory   allocates in the caller's buffer
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_DETECT_NAMES_H
#define PALISADE_DETECT_NAMES_H

#include "palisade/buf.h"
#include "palisade/view.h"

/* A module or attribute path that no pickler writes: empty parts (".os", "os..path"), blanks or controls. */
bool pal_name_malformed(struct pal_view name);

/* Adds the name in ASCII as far as its letters look like ASCII ones; what is invisible is left out. */
void pal_name_fold(struct pal_view name, struct pal_buf *out);

/* By custom the name of a class: a capital first, underscores aside, and no dot. */
bool pal_name_is_class(struct pal_view name);

/* "_unpickle_block", "_rebuild_tensor": what libraries call the functions that make their objects again. */
bool pal_name_rebuilds(struct pal_view name);

struct pal_view pal_name_strip(struct pal_view name); /* without the underscores before it */

#endif

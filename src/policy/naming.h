/*
 * naming.h - the convention for names: one regular expression, matched in linear time whatever it says.
 *
 *   units    none
 *   memory   all of it is given back before returning
 *   errors   a text that says what is wrong with the expression
 *   threads  safe
 */
#ifndef PALISADE_POLICY_NAMING_H
#define PALISADE_POLICY_NAMING_H

#include "palisade/arena.h"

#define NAMING_LONGEST 128 /* characters of the expression */

const char *naming_fault(const char *pattern, struct pal_arena *a); /* NULL when it is right */
bool        naming_fits(const char *pattern, const char *name);     /* all of name; false for a wrong pattern */

#endif

/*
 * database.h - patterns compiled for Vectorscan: here and now, or when the program was built.
 *
 * Compiling all patterns takes a tenth of a second, taking over what was
 * compiled half a millisecond. The build compiles our own rules for every kind
 * of x86-64 processor that Vectorscan tells apart and puts the results into the
 * program: first the version of the rules (64 digits), then for each kind, the
 * best first, a length (u32le) and a database as hs_serialize_database(3) writes
 * it. Vectorscan refuses one of another version or for another processor.
 *
 *   units    bytes
 *   memory   a database is the caller's, for hs_free_database(3)
 *   errors   PAL_ENOMEM; PAL_ECONFIG, naming the rule, for a pattern that does not compile
 *   threads  safe
 */
#ifndef PALISADE_DETECT_DATABASE_H
#define PALISADE_DETECT_DATABASE_H

#include "palisade/buf.h"
#include "palisade/list.h"

struct hs_database;
struct hs_scratch;

/* For this processor; *ret_database stays NULL when no rule has a pattern. */
PAL_NODISCARD enum pal_err pal_database_compile(const struct pal_list *defs, struct hs_database **ret_database,
						struct pal_diag *d);

/* What the build left for rules of this version; NULL: nothing that fits. */
struct hs_database *pal_database_built_in(const char *version);

/* For the build: what pal_database_built_in() takes. */
PAL_NODISCARD enum pal_err pal_database_kinds(const struct pal_list *defs, const char *version, struct pal_buf *out,
					      struct pal_diag *d);

/* Does every rule find its own match: lines? PAL_ECONFIG names one that does not. */
PAL_NODISCARD enum pal_err pal_database_try(const struct hs_database *db, struct hs_scratch *scratch,
					    const struct pal_list *defs, struct pal_diag *d);

#endif

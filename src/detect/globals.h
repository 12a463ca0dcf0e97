/*
 * globals.h - the policy on what loading a file may look up: globals.tsv in memory.
 *
 * A row is module, name or *, verdict, why, and, when it speaks for some loaders
 * only, which. A row for a module speaks for what is below it too (os.path for
 * os); a row for the very name wins, then the longest module that has a row, rows
 * of the loader before those of any, and a row of the user wins over ours. Dotted
 * names are followed: `random` + `_os.system` is the attribute system of a module
 * called os, whatever module it was reached through.
 *
 *   units    none
 *   memory   rows live in the arena
 *   errors   PAL_ECONFIG with file, line and what was expected
 *   threads  immutable after loading
 */
#ifndef PALISADE_DETECT_GLOBALS_H
#define PALISADE_DETECT_GLOBALS_H

#include "palisade/map.h"

/* What is wrong with a name grows with the number. */
enum pal_verdict { PAL_VERDICT_UNKNOWN, PAL_VERDICT_ALLOW, PAL_VERDICT_SUSPICIOUS, PAL_VERDICT_DENY };

struct pal_globals {
	struct pal_arena *arena;
	struct pal_map    rows; /* "loader\nmodule\nname", the loader empty for any -> struct pal_global */
};

struct pal_global {
	enum pal_verdict verdict;
	const char      *why; /* never NULL */
	bool make;            /* allowed for objects that are made without their constructor, or by one given nothing */
	bool stranger;        /* only its name has a row, whatever module brings it: no list knows the module */
};

struct pal_globals         pal_globals_of(struct pal_arena *a);
PAL_NODISCARD enum pal_err pal_globals_parse(struct pal_globals *g, struct pal_view text, const char *file,
					     struct pal_diag *d);

/* What `loader` ("keras", "hydra"; NULL: pickle) would do that looks up name in module. */
struct pal_global pal_globals_judge(const struct pal_globals *g, const char *loader, struct pal_view module,
				    struct pal_view name);

#endif

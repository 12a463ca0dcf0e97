/*
 * rules.h - what pal_detect_load() makes: definitions, the engine, the policies on pickles and operations. For the
 * detectors.
 *
 *   units    none
 *   memory   everything lives in the arena of the struct, or in the engine
 *   errors   see detector.h
 *   threads  immutable after loading, but for the engine, which locks itself
 */
#ifndef PALISADE_DETECT_RULES_H
#define PALISADE_DETECT_RULES_H

#include "palisade/detector.h"
#include "engine.h"
#include "globals.h"
#include "op_table.h"

struct pal_detect {
	struct pal_arena    arena;
	struct pal_list     defs;   /* of struct pal_rule_def */
	struct pal_map      by_id;  /* id -> struct pal_rule_def */
	struct pal_engine  *engine; /* part of the arena; compiled when first used, under its own lock */
	struct pal_globals  globals;
	struct pal_op_table ops;
	char                version[65];
	struct pal_crew    *crew; /* not ours; NULL: detectors have one thread */
};

/* A rule that the program itself brings; its absence is our bug. */
const struct pal_rule *pal_detect_own(const struct pal_detect *rules, const char *id);

#endif

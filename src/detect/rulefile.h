/*
 * rulefile.h - the rule files: text in, rule definitions out. docs/rules.md describes the format for users.
 *
 * A file is a list of blocks `rule: ID` followed by `key: value` lines; keys
 * before the first block are defaults of the file.
 *
 *   units    lines count from 1
 *   memory   definitions and their texts live in the arena
 *   errors   PAL_ECONFIG with file, line, what was expected and the nearest known key
 *   threads  pure
 */
#ifndef PALISADE_DETECT_RULEFILE_H
#define PALISADE_DETECT_RULEFILE_H

#include "palisade/finding.h"
#include "shape.h"
#include "validators.h"

#define PAL_RULES_MOST    1000
#define PAL_WINDOW_BEFORE 160 /* the farthest that context may stand from a hit */
#define PAL_WINDOW_AFTER  64

enum pal_rule_how {
	PAL_HOW_CODE,    /* reported by a detector written in C, named by `detector:` */
	PAL_HOW_PATTERN, /* Vectorscan finds it */
	PAL_HOW_RUN,     /* the run scanner finds it */
	PAL_HOW_COLUMN,  /* only whole cells below a telling header */
};

/* How sure a hit is: 0 is not reported at all, 1 + enum pal_confidence otherwise. */
enum pal_belief { PAL_BELIEF_NONE, PAL_BELIEF_LOW, PAL_BELIEF_MEDIUM, PAL_BELIEF_HIGH };

struct pal_texts { /* of struct pal_view */
	const struct pal_view *at;
	size_t                 count;
};

struct pal_grow {
	struct pal_charset set;
	size_t             least, most; /* most 0: does not grow */
};

struct pal_rule_def {
	struct pal_rule             rule;
	const char                 *file, *detector;
	size_t                      line, index;
	enum pal_rule_how           how;
	struct pal_texts            patterns, runs, groups, context, headers, match, nomatch;
	bool                        nocase, open_left, open_right, value_grown, placeholders;
	struct pal_grow             left, right;
	struct pal_charset          not_after, not_before; /* what may not stand beside a hit */
	const struct pal_validator *validator;             /* NULL: none */
	enum pal_belief             bare, grouped, in_context;
	unsigned int entropy_milli; /* of the value, in thousandths of a bit a character; 0: no minimum */
	unsigned int chance_ppm;    /* how many of a million random strings of the shape pass */
	size_t       before, after; /* bytes around a hit in which context counts */
};

/* Adds the definitions of one file to defs (a list of struct pal_rule_def in arena a). */
PAL_NODISCARD enum pal_err pal_rulefile_parse(struct pal_view text, const char *file, struct pal_arena *a,
					      struct pal_list *defs, struct pal_diag *d);

#endif

/*
 * context.h - which rules does the text around a candidate, or the name of its column, speak for?
 *
 * All context words of all rules are in one table; a window is cut into words
 * once and each word looked up once, whatever the number of rules.
 *
 *   units    distances are bytes from the candidate
 *   memory   the table lives in the rules' arena; marks in the caller's
 *   errors   PAL_ENOMEM, PAL_ELIMIT of the arena
 *   threads  the table is immutable; one set of marks belongs to one thread
 */
#ifndef PALISADE_DETECT_CONTEXT_H
#define PALISADE_DETECT_CONTEXT_H

#include "rulefile.h"

struct pal_context {
	struct pal_map  words;   /* first word of a phrase -> struct phrase, a chain */
	struct pal_list foreign; /* phrases with letters outside ASCII are searched as they are */
	size_t          rule_count;
	uint64_t        first[64]; /* a filter before the map: bits of the first words' ends and lengths */
	size_t          longest;   /* of the first words */
};

/*
 * What a text was already looked through for: the blocks of it in which a word begins that begins a phrase, or a letter
 * outside ASCII stands. Most candidates have neither near them.
 */
#define PAL_NEARBY_BLOCK ((size_t)64)
#define PAL_NEARBY_MOST  ((size_t)4096 * PAL_NEARBY_BLOCK) /* bytes of a text; longer ones are looked at each time */

struct pal_nearby {
	size_t   from, to; /* of the text; both 0: nothing yet */
	uint64_t blocks[64];
};

struct pal_marks {
	uint32_t  epoch;
	uint32_t *seen;   /* by rule: the epoch in which it was marked */
	uint16_t *before; /* distances; UINT16_MAX: not on that side */
	uint16_t *after;

	struct pal_words *words; /* room for those of a window */
};

PAL_NODISCARD enum pal_err pal_context_build(struct pal_context *c, const struct pal_list *defs, struct pal_arena *a);
PAL_NODISCARD enum pal_err pal_marks_init(struct pal_marks *m, size_t rule_count, struct pal_arena *a);

void pal_marks_clear(struct pal_marks *m);

/* Marks the rules whose context stands in text around [start, end). `nearby` is of this text; {0} at first. */
void pal_context_mark(const struct pal_context *c, struct pal_view text, size_t start, size_t end,
		      struct pal_nearby *nearby, struct pal_marks *m);

/* Marks the rules that a column, key or field of this name speaks for, at distance 0. */
void pal_context_mark_name(const struct pal_context *c, struct pal_view name, struct pal_marks *m);

/* Is there context for the rule within its window? *ret_distance is then how near. */
bool pal_marks_has(const struct pal_marks *m, const struct pal_rule_def *def, uint16_t *ret_distance);

#endif

/*
 * jinja.h - reads a template as Jinja does and says what in it reaches out of the template, or works against its
 * reader.
 *
 *   units    bytes; `at` is a place in the template
 *   memory   everything lives in the arena; when it has no room left, that is said too (PAL_JINJA_STRANGE)
 *   errors   none: whatever is no Jinja is passed over token by token, and every name and string is still judged
 *   threads  pure
 */
#ifndef PALISADE_DETECT_JINJA_H
#define PALISADE_DETECT_JINJA_H

#include "fold.h"
#include "jinja_lex.h"
#include "palisade/map.h"

#define PAL_JINJA_BLOCKS 200

enum pal_jinja_fact {
	PAL_JINJA_ESCAPE,    /* reaches the interpreter */
	PAL_JINJA_LOAD,      /* brings in another file */
	PAL_JINJA_STRANGE,   /* what no template has a need for */
	PAL_JINJA_POISON,    /* text that is put where certain words were said, or that no reader is meant to know of */
	PAL_JINJA_INVISIBLE, /* characters that are not seen */
};

typedef void pal_jinja_say_fn(void *arg, enum pal_jinja_fact fact, struct pal_view what, size_t at, const char *why);

struct pal_jinja_block {
	bool     trigger;
	uint64_t times; /* how often it runs, at least, where that is known */
};

struct pal_jinja {
	struct pal_jinja_lexer lexer;
	struct pal_arena      *arena;
	bool                   chat; /* a chat template: what is odd in one may be everyday in others */
	pal_jinja_say_fn      *say;
	void                  *arg;
	struct pal_map         names; /* -> struct pal_fold_value */
	struct pal_jinja_block blocks[PAL_JINJA_BLOCKS];
	size_t                 block_count;
	struct pal_view        captures; /* the name in {% set name %}, until its endset */
	struct pal_fold_value  captured; /* what stands between, as far as it is constant */
	unsigned int           depth, triggers;
};

void pal_jinja_read(struct pal_view text, bool chat, struct pal_arena *a, pal_jinja_say_fn *say, void *arg);

/* For jinja.c: the expression that comes next, without its ternary `if` when `plain`. */
struct pal_fold_value pal_jinja_expression(struct pal_jinja *j, bool plain);

#endif

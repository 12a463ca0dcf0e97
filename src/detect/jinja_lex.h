/*
 * jinja_lex.h - Jinja's tokens: the text around the code, and names, strings, numbers and signs inside {{ }} and {% %}.
 *
 *   units    bytes
 *   memory   the texts of strings that hold escapes live in the lexer's arena, all others in the template
 *   errors   none: what is broken ends at the end of the text; an arena without room gives empty strings and says so
 *   threads  one lexer belongs to one thread
 */
#ifndef PALISADE_DETECT_JINJA_LEX_H
#define PALISADE_DETECT_JINJA_LEX_H

#include "palisade/arena.h"

enum pal_jinja_token_kind {
	PAL_JINJA_END, /* of the template */
	PAL_JINJA_DATA,
	PAL_JINJA_OPEN_STATEMENT, /* {% */
	PAL_JINJA_OPEN_OUTPUT,    /* {{ */
	PAL_JINJA_CLOSE,          /* %} or }} */
	PAL_JINJA_NAME,
	PAL_JINJA_STRING, /* text: its value, escapes decoded */
	PAL_JINJA_NUMBER,
	PAL_JINJA_SIGN,
};

struct pal_jinja_token {
	enum pal_jinja_token_kind kind;
	struct pal_view           text;
	size_t                    at; /* in the template */
};

struct pal_jinja_lexer {
	struct pal_view        text;
	struct pal_arena      *arena;
	size_t                 at;
	unsigned int           braces; /* open ones inside the code: {{ {'a': 1}}} */
	bool                   in_code, in_output, raw;
	struct pal_jinja_token token; /* the present one */
};

void pal_jinja_lex_init(struct pal_jinja_lexer *l, struct pal_view text, struct pal_arena *a);
void pal_jinja_next(struct pal_jinja_lexer *l);

#endif

/*
 * python_lex.h - Python's tokens (Lexical analysis, Python 3.12): names, strings with their values, lines, indentation.
 *
 * Names come as Python compares them: compatibility characters (NFKC) that stand
 * for ASCII letters are those letters. Lines inside brackets and behind a
 * backslash are joined.
 *
 *   units    bytes; lines from 1
 *   memory   values of strings with escapes, and names that were changed, live in the arena, all others in the source
 *   errors   none: a string that never ends ends with the source; an arena without room gives empty strings
 *   threads  one lexer belongs to one thread
 */
#ifndef PALISADE_DETECT_PYTHON_LEX_H
#define PALISADE_DETECT_PYTHON_LEX_H

#include "palisade/arena.h"

#define PAL_PYTHON_INDENTS 100

enum pal_python_kind {
	PAL_PYTHON_END,
	PAL_PYTHON_NEWLINE, /* the end of a logical line */
	PAL_PYTHON_INDENT,
	PAL_PYTHON_DEDENT,
	PAL_PYTHON_NAME,
	PAL_PYTHON_NUMBER,
	PAL_PYTHON_STRING, /* text: its value; of an f-string, as it is written */
	PAL_PYTHON_SIGN,
};

struct pal_python_token {
	enum pal_python_kind kind;
	struct pal_view      text;
	size_t               at;
	uint64_t             line;
	bool                 format; /* an f-string */
};

struct pal_python_lexer {
	struct pal_view         text;
	struct pal_arena       *arena;
	size_t                  at;
	uint64_t                line;
	unsigned int            brackets;
	size_t                  indents[PAL_PYTHON_INDENTS];
	size_t                  indent_count, dedents; /* dedents: still to be given */
	bool                    at_line_start;
	struct pal_python_token token;
};

void pal_python_lex_init(struct pal_python_lexer *l, struct pal_view text, struct pal_arena *a);
void pal_python_next(struct pal_python_lexer *l);

#endif

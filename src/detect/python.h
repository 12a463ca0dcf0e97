/*
 * python.h - reads Python source and tells of the calls in it: what is called, with what, and when it would run.
 *
 * Names are resolved without running anything: imports and their aliases,
 * getattr and __import__ with constant names, strings that are put together.
 * There is one scope for the whole file, and a name that once stood for a watched
 * function stands for it from there on.
 *
 *   units    bytes; lines from 1
 *   memory   everything lives in the arena; pal_python_read() says when it had no room left
 *   errors   none: what is no Python is passed over token by token
 *   threads  pure
 */
#ifndef PALISADE_DETECT_PYTHON_H
#define PALISADE_DETECT_PYTHON_H

#include "fold.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "python_calls.h"
#include "python_lex.h"

#define PAL_PYTHON_BLOCKS 100
#define PAL_PYTHON_STARS  8

struct pal_python_value {
	struct pal_fold_value fold; /* what it is, when it is a constant */
	struct pal_view       path; /* what it names: "os.system"; of a local function ".name" */
	bool                  decoded, fetched, secret, shell;
	unsigned int          function; /* in which it was bound; 0: in none */
};

struct pal_python_call {
	enum pal_python_call_kind kind;
	struct pal_view           path;
	struct pal_view           text; /* the telling argument, when it is a constant */
	uint64_t                  line;
	size_t                    at;
	bool                      now;   /* runs when the file is imported */
	struct pal_view           owner; /* the function that it stands in; empty: none that can be named */
	bool                      decoded, fetched, secret, shell, constant; /* of its arguments */
};

/* One function calls another of the file; from empty: importing the file does. */
struct pal_python_edge {
	struct pal_view from, to;
};

typedef void pal_python_say_fn(void *arg, const struct pal_python_call *call);

enum pal_python_block { PAL_BLOCK_PLAIN, PAL_BLOCK_CLASS, PAL_BLOCK_FUNCTION, PAL_BLOCK_MAIN };

struct pal_python {
	struct pal_python_lexer lexer;
	struct pal_arena       *arena;
	pal_python_say_fn      *say;
	void                   *arg;
	struct pal_map          names;                   /* -> struct pal_python_value */
	struct pal_list         edges;                   /* of struct pal_python_edge */
	struct pal_view         stars[PAL_PYTHON_STARS]; /* from module import * */
	size_t                  star_count;
	enum pal_python_block   blocks[PAL_PYTHON_BLOCKS];
	size_t                  block_count;
	enum pal_python_block   pending; /* the block that the next INDENT opens */
	struct pal_view         pending_class, class, owner;
	unsigned int            function, function_count; /* the outermost one that we are in: its number */
	unsigned int            functions, mains, lambdas, depth, nested; /* that we are in */
	size_t                  inside; /* bytes of strings that were read as programs */
};

/* False: the arena had no room, and the rest was not understood. The edges are the calls inside the file. */
bool pal_python_read(struct pal_view text, struct pal_arena *a, struct pal_list *ret_edges, pal_python_say_fn *say,
		     void *arg);

/* ---- for python.c alone ---- */

struct pal_python_value pal_python_expression(struct pal_python *p);
void                    pal_python_parameters(struct pal_python *p); /* behind the ( of a def */
void                    pal_python_bind(struct pal_python *p, struct pal_view name, const struct pal_python_value *v);
const struct pal_python_value *pal_python_bound(const struct pal_python *p, struct pal_view name);
void                           pal_python_call_local(struct pal_python *p, struct pal_view name);
void                           pal_python_program(struct pal_python *p); /* statements up to the lexer's end */

#endif

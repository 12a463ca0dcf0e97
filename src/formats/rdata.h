/*
 * rdata.h - the walk through what R has serialized: items, and the calls among them.
 *
 * R Internals, section 1.8, and src/main/serialize.c of R 4. Frames stand for items
 * that are not yet complete, so that no depth costs stack; the last cell of a list
 * takes its frame over, so that long lists have no depth.
 *
 *   units    offsets are bytes in the file
 *   memory   frames, as many as the file has bytes for; symbols in an arena of PAL_RDATA_MEMORY, until the walk is done
 *   errors   those of the sink and the input; a broken file is an anomaly
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_RDATA_H
#define PALISADE_FORMATS_RDATA_H

#include "palisade/content.h"
#include "palisade/list.h"
#include "rdata_read.h"

#define PAL_RDATA_DEPTH  4096
#define PAL_RDATA_MEMORY ((size_t)64 << 20)
#define PAL_RDATA_ARGS   4
#define PAL_RDATA_SHOWN  96

/* SEXPTYPEs, and what serialization has in their place. */
enum {
	R_NIL,
	R_SYMBOL,
	R_LIST,
	R_CLOSURE,
	R_ENVIRONMENT,
	R_PROMISE,
	R_CALL,
	R_SPECIAL,
	R_BUILTIN,
	R_CHAR,
	R_LOGICAL,
	R_INTEGER = 13,
	R_REAL,
	R_COMPLEX,
	R_STRING,
	R_DOTS,
	R_VECTOR = 19,
	R_EXPRESSION,
	R_BYTECODE,
	R_POINTER,
	R_WEAKREF,
	R_RAW,
	R_S4,
	R_ALTREP = 238,
	R_ATTR_LIST,
	R_ATTR_CALL,
	R_BASE_ENV,
	R_EMPTY_ENV,
	R_REPEAT_REF,
	R_REPEAT_DEF,
	R_GENERIC_REF,
	R_CLASS_REF,
	R_PERSIST,
	R_PACKAGE,
	R_NAMESPACE,
	R_BASE_NAMESPACE,
	R_MISSING_ARG,
	R_UNBOUND,
	R_GLOBAL_ENV,
	R_NIL_VALUE,
	R_REFERENCE,
	R_ATTRIBUTES = 300, /* what is left of an item are its attributes */
};

/* What code is to the one who loads it. */
enum pal_rdata_context {
	PAL_RDATA_DATA,
	PAL_RDATA_PAST, /* of a promise that has its value: nothing evaluates it again */
	PAL_RDATA_CALL,
	PAL_RDATA_EXPRESSION,
	PAL_RDATA_CLOSURE,
	PAL_RDATA_PROMISE,
	PAL_RDATA_ACTIVE,
	PAL_RDATA_STARTUP,
};

/* What an item turned out to be, as far as the one around it asks. */
struct pal_rdata_value {
	int    type;
	size_t name, package; /* of a symbol, or a function by its name: numbers in names, from 1 */
};

struct pal_rdata_frame {
	int                    type;
	unsigned int           step;
	enum pal_rdata_context context;
	bool                   attributes, tagged;
	bool                   constant;    /* a cell among the constants of bytecode, which are spelt otherwise */
	bool                   active;      /* a cell whose function runs whenever its name is asked for */
	bool                   environment; /* it belongs to an environment: promises are at home there */
	bool                   arguments;   /* a cell of arguments; of an ALTREP, of what it says of its class */
	bool                   top;         /* a cell of the workspace itself */
	bool                   forced;      /* of a promise: it has its value, its code does not run again */
	uint64_t               left, at;
	size_t                 call; /* of the frame whose arguments these are, from 1 */
	struct pal_rdata_value head; /* of a call; of a cell: its tag */
	struct pal_rdata_value args[PAL_RDATA_ARGS];
	size_t                 arg_count, shown_len;
	char                   shown[PAL_RDATA_SHOWN];
};

struct pal_rdata_walk {
	struct pal_sink       *sink;
	struct pal_input      *in;
	struct pal_rdata       data;
	struct pal_arena       arena;
	struct pal_list        names; /* of struct pal_view */
	struct pal_list        refs;  /* of size_t: a symbol's name, 0 for what has none */
	struct pal_buf         texts, shown;
	uint64_t               texts_at, item_at;
	struct pal_rdata_value last;
	struct pal_view        text; /* of the last R_CHAR */
	bool                   workspace, broken, full;
	size_t depth, depth_most;       /* depth_most: PAL_RDATA_DEPTH, or fewer for a file too short for it */
	struct pal_rdata_frame *frames; /* owned */
};

/* What is asked of an item before it is read. */
struct pal_rdata_ask {
	enum pal_rdata_context context;
	bool                   environment, arguments, top;
	size_t                 call;
};

/* Reads an item's first bytes: it is then in last, or a frame. */
PAL_NODISCARD enum pal_err pal_rdata_begin(struct pal_rdata_walk *w, const struct pal_rdata_ask *ask);
/* The same for a constant of bytecode. */
PAL_NODISCARD enum pal_err pal_rdata_begin_constant(struct pal_rdata_walk *w, const struct pal_rdata_ask *ask);
/* A new frame; NULL when there are too many, which was said. */
struct pal_rdata_frame *pal_rdata_push(struct pal_rdata_walk *w, int type, const struct pal_rdata_ask *ask);

/* The items of one file, from behind its header. */
PAL_NODISCARD enum pal_err pal_rdata_items(struct pal_rdata_walk *w);

PAL_NODISCARD enum pal_err pal_rdata_broken(struct pal_rdata_walk *w, const char *why);

/* A symbol's name or a text as a number in names; 0 when there is no room. */
size_t pal_rdata_name(struct pal_rdata_walk *w, struct pal_view text);

/* ---- rdata_call.c ---- */

/* A call is complete: what it calls, and what it hands to functions that call others. */
PAL_NODISCARD enum pal_err pal_rdata_call(struct pal_rdata_walk *w, const struct pal_rdata_frame *f);
/* A name that speaks for itself in a context: a workspace's function, an ALTREP class, a constant of bytecode. */
PAL_NODISCARD enum pal_err pal_rdata_say(struct pal_rdata_walk *w, const char *context, struct pal_rdata_value v,
					 const char *with, uint64_t at);
/* Is the first argument of this function, or any, a function or a name to be looked up? */
bool pal_rdata_calls_others(const struct pal_rdata_walk *w, struct pal_rdata_value head);
/* `pkg::name`, once its frame is complete: the symbol that it stands for. */
struct pal_rdata_value pal_rdata_value_of(const struct pal_rdata_walk *w, const struct pal_rdata_frame *f);

#endif

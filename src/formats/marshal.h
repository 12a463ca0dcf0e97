/*
 * marshal.h - Python's marshal values as a tree, and what a code object in it names.
 *
 * marshal.c finds where the value begins, marshal_value.c reads the tree,
 * marshal_code.c gives what is in it. Layouts: CPython 2.7, 3.4 to 3.14; which one
 * it is follows from the bytes, for a lambda in a model carries no version.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   nodes live in the tree's arena; views point into the input's memory
 *   errors   those of the arena; what breaks the format is told in `why`
 *   threads  a tree belongs to one thread
 */
#ifndef PALISADE_FORMATS_MARSHAL_H
#define PALISADE_FORMATS_MARSHAL_H

#include "palisade/buf.h"
#include "palisade/content.h"
#include "palisade/list.h"

#define PAL_MARSHAL_MOST ((size_t)16 << 20) /* bytes that are read; a code object of a module has a few thousand */

enum pal_marshal_kind {
	PAL_MARSHAL_OTHER, /* None, numbers */
	PAL_MARSHAL_TEXT,
	PAL_MARSHAL_BYTES,
	PAL_MARSHAL_TUPLE, /* lists, sets and dictionaries too */
	PAL_MARSHAL_CODE,
	PAL_MARSHAL_REF, /* to: the node that it stands for */
};

/* The objects of a code object, in the order in which they stand. */
enum pal_marshal_part { PAL_CODE_BYTES, PAL_CODE_CONSTS, PAL_CODE_NAMES, PAL_CODE_VARIABLES, PAL_CODE_PARTS = 11 };

struct pal_marshal_node {
	enum pal_marshal_kind kind;
	struct pal_view       text; /* TEXT, BYTES */
	uint64_t              at;
	size_t first, next, to; /* index + 1 of the first child, of the next sibling, of what a REF means */
};

struct pal_marshal {
	struct pal_arena *arena;
	struct pal_list   nodes; /* of struct pal_marshal_node; the root is the first */
	uint64_t          end;   /* of what was read */
	const char       *why;   /* it is not whole, NULL: it is */
	uint64_t          wrong_at;
	bool              limit; /* it is not whole because a budget ended */
};

/* How many ints a code object begins with, whose first bytes behind its mark are v; 0: it is none. */
unsigned int pal_marshal_ints(struct pal_view v, uint64_t left);

PAL_NODISCARD enum pal_err pal_marshal_read(struct pal_marshal *m, struct pal_view v, size_t at);

/* A node, or what it refers to; NULL for index 0. */
const struct pal_marshal_node *pal_marshal_at(const struct pal_marshal *m, size_t index);

/*
 * Strings as texts, bytes as members or bytes, and what code objects name as IMPORT, or as CALL where a call is meant.
 * With `names`, the names of modules and of telling functions are added to it instead ("os.system subprocess.run").
 */
PAL_NODISCARD enum pal_err pal_marshal_give(const struct pal_marshal *m, struct pal_input *in, struct pal_sink *sink,
					    struct pal_buf *names);

#endif

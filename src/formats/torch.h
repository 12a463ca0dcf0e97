/*
 * torch.h - what the sources of the torch reader share: a pickle as a tree of values, and the tensors in it.
 *
 * torch_tree.c follows the opcodes and torch_value.c keeps every container whole, which
 * the machine of pickle.h does not; torch_build.c knows what torch's own functions
 * make of their arguments, torch_walk.c gives each tensor its name, torch_type.c
 * measures it. Nothing is called; whatever is not known stays an object with the
 * name of its maker. What a pickle does wrong is for pickle.h to say.
 *
 *   units    bytes; offsets from the start of the input; sizes, strides and offsets of tensors count elements
 *   memory   the tree lives in the caller's arena, stack and memo until pal_torch_tree_done()
 *   errors   those of the input; a pickle that cannot be followed leaves its reason in `why`
 *   threads  one tree belongs to one thread
 */
#ifndef PALISADE_FORMATS_TORCH_H
#define PALISADE_FORMATS_TORCH_H

#include "give.h"
#include "palisade/dtype.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "palisade/reader.h"

#define PAL_TORCH_TEXT   4096u /* longer strings are not kept */
#define PAL_TORCH_RANK   64u
#define PAL_TORCH_DEPTH  128u
#define PAL_TORCH_MEMORY ((size_t)256 << 20) /* of one tree: some 400,000 tensors */

enum pal_torch_tag {
	PAL_T_NONE,
	PAL_T_BOOL,
	PAL_T_INT,
	PAL_T_FLOAT,
	PAL_T_BIG, /* an integer of more than 64 bits */
	PAL_T_STR, /* text; NULL when it is longer than PAL_TORCH_TEXT */
	PAL_T_BYTES,
	PAL_T_NAME,
	PAL_T_TUPLE,
	PAL_T_LIST,
	PAL_T_SET,
	PAL_T_DICT, /* items are keys and values in turn */
	PAL_T_MADE, /* what a call gave: items are its arguments; `state` what BUILD set */
	PAL_T_STORAGE,
	PAL_T_TENSOR,
};

struct pal_torch_name {
	struct pal_view module, name;
};

/* One row of what torch calls its numbers. */
struct pal_torch_type {
	const char    *storage; /* "FloatStorage"; NULL: has none of its own */
	const char    *dtype;   /* "float32" */
	enum pal_dtype type;
	unsigned int   width; /* bytes; 0: not measured */
};

struct pal_torch_value {
	uint8_t  tag;
	uint32_t len; /* of a STR or BYTES */
	union {
		int64_t                      n; /* BOOL, INT */
		double                       x;
		uint64_t                     at; /* of BYTES */
		const uint8_t               *text;
		const struct pal_torch_name *name;
		struct pal_torch_object     *object;
		struct pal_torch_slice      *slice;
		struct pal_torch_tensor     *tensor;
	} is;
};

struct pal_torch_chunk {
	struct pal_torch_chunk *next;
	struct pal_torch_value *items;
	size_t                  count;
};

struct pal_torch_object {
	const struct pal_torch_name *name; /* of a MADE; NULL: a persistent id that is none of torch's */
	struct pal_torch_chunk      *first, *last;
	struct pal_torch_value       state; /* NONE: none */
	size_t                       count;
	bool                         open, seen; /* by the walk */
};

/* The bytes behind one key: a record of the archive, or one of a row behind the pickles. */
struct pal_torch_storage {
	struct pal_view              key;
	const struct pal_torch_type *type;
	int64_t                      numel; /* as the first persistent id says */
	bool                         clash; /* and another one says otherwise */
	bool                         found, given;
	uint64_t                     at, length; /* where it lies, when found */
	struct pal_torch_tensor     *tensors;    /* those that were walked */
};

/* What one persistent id stands for: all of a storage, or (in old files) a part of it. */
struct pal_torch_slice {
	struct pal_torch_storage    *storage;
	const struct pal_torch_type *type;
	int64_t                      from, numel;
};

struct pal_torch_tensor {
	struct pal_torch_slice      *slice; /* NULL: without numbers ("meta") */
	const struct pal_torch_type *type;
	int64_t                      offset;
	struct pal_torch_value       size, stride;
	const char                  *more; /* what the numbers do not say by themselves: "quantized"; NULL: nothing */
	struct pal_view              name; /* set by the walk */
	struct pal_torch_tensor     *next; /* on the same storage */
};

struct pal_torch_tree {
	struct pal_input       *in;
	struct pal_arena       *arena;
	struct pal_list         names; /* of struct pal_torch_name * */
	struct pal_map          name_index;
	struct pal_list         storages; /* of struct pal_torch_storage * */
	struct pal_map          storage_index;
	struct pal_reader       r;
	struct pal_torch_value *stack, *memo; /* owned */
	size_t                  stack_count, stack_cap, memo_count, memo_cap;
	size_t                 *marks; /* owned */
	size_t                  mark_count, mark_cap;
	uint64_t                op_at;
	bool                    stopped;
	unsigned int            nested; /* storages that are whole files in a string, inside each other */
	const char             *why;    /* NULL: all was followed */
};

/* torch_tree.c */
void pal_torch_tree_init(struct pal_torch_tree *t, struct pal_input *in, struct pal_arena *a);
void pal_torch_tree_done(struct pal_torch_tree *t);

/* One pickle, from `at`; *ret_end is where it stops. Storages of several pickles come together in one tree. */
PAL_NODISCARD enum pal_err pal_torch_read(struct pal_torch_tree *t, uint64_t at, struct pal_torch_value *ret_value,
					  uint64_t *ret_end);

/* torch_value.c */
PAL_NODISCARD enum pal_err pal_torch_lost(struct pal_torch_tree *t, const char *why); /* PAL_OK; the tree is given up */
PAL_NODISCARD enum pal_err pal_torch_object_new(struct pal_torch_tree *t, enum pal_torch_tag tag,
						const struct pal_torch_value *items, size_t n,
						struct pal_torch_value *ret_value);
PAL_NODISCARD enum pal_err pal_torch_add(struct pal_torch_tree *t, struct pal_torch_object *o,
					 const struct pal_torch_value *items, size_t n);

/* The i-th item; NONE when there are fewer. Only for the few first of a container: it counts through. */
struct pal_torch_value pal_torch_item(struct pal_torch_value v, size_t i);
size_t                 pal_torch_count(struct pal_torch_value v);
struct pal_view        pal_torch_text(struct pal_torch_value v); /* of a STR; empty for others */
bool                   pal_torch_text_is(struct pal_torch_value v, const char *text);
bool                   pal_torch_is(struct pal_torch_value v, const char *module, const char *name);

/* torch_build.c */
PAL_NODISCARD enum pal_err pal_torch_call(struct pal_torch_tree *t, struct pal_torch_value callee,
					  struct pal_torch_value args, struct pal_torch_value *ret_value);
PAL_NODISCARD enum pal_err pal_torch_persistent(struct pal_torch_tree *t, struct pal_torch_value id,
						struct pal_torch_value *ret_value);

/* torch_type.c: NULL when torch has no such thing. */
const struct pal_torch_type *pal_torch_storage_type(struct pal_view name);
const struct pal_torch_type *pal_torch_dtype(struct pal_view name);

struct pal_torch_measure {
	uint64_t shape[PAL_TORCH_RANK], stride[PAL_TORCH_RANK];
	size_t   rank;
	uint64_t count;    /* elements */
	uint64_t at, span; /* bytes of the storage that it reaches over: from the first to the last element */
	bool     dense;    /* they are its elements, in order */
};

/* NULL, or what is wrong with the tensor. Without a width (an unknown type) `at` and `span` are 0. */
const char *pal_torch_measure(const struct pal_torch_tensor *t, struct pal_torch_measure *ret);

/* torch_walk.c: each value with its path, depth first; a container that is there twice is walked once, or, with
 * `each`, as often as it is there. *ret_whole is false after `most` steps, when it is nested too deeply, and, with
 * `each`, at a key that is no text or number. */
typedef enum pal_err       pal_torch_visit(void *arg, struct pal_view path, struct pal_torch_value v);
PAL_NODISCARD enum pal_err pal_torch_walk(struct pal_torch_value root, bool each, uint64_t most, pal_torch_visit *visit,
					  void *arg, bool *ret_whole);

/* Gives the tensors of a tree their names and hangs each on its storage. */
PAL_NODISCARD enum pal_err pal_torch_name_all(struct pal_torch_tree *t, struct pal_torch_value root);

/* torch_give.c: a storage whose place is known, as its tensors; what no tensor reaches as raw numbers. */
PAL_NODISCARD enum pal_err pal_torch_give(struct pal_sink *s, struct pal_torch_storage *st, bool big_endian);

/* torch_legacy.c: the pickles and raw storages of a file that torch wrote before 1.6, from `at`. *ret_end: what
 * follows is not torch's; *ret_known false: it is no such file. */
struct pal_torch_legacy {
	struct pal_torch_value root;
	bool                   known, big_endian;
	uint64_t               end;
	uint64_t               cut; /* not 0: where a storage does not fit */
};
PAL_NODISCARD enum pal_err pal_torch_legacy_read(struct pal_torch_tree *t, uint64_t at, uint64_t end,
						 struct pal_torch_legacy *ret);
PAL_NODISCARD enum pal_err pal_torch_legacy_give(struct pal_input *in, struct pal_sink *s, uint64_t *ret_end);

#endif

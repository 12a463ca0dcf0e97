/*
 * torch_plan.h - where in a PyTorch file each tensor of a state dict lies, so that somebody who parses nothing can copy
 * it.
 *
 * Reads the zip layout, the older one and plain pickles without running any of
 * it. Only tensors in dictionaries and lists make a plan; whatever else a loader
 * would need is refused by name.
 *
 *   units    bytes from the start of the file; shapes and strides count elements
 *   memory   the plan lives in the arena
 *   errors   PAL_EDENIED (more is needed than tensors and plain containers; the text says what and where), those of
 *            the input
 *   threads  pure
 */
#ifndef PALISADE_TORCH_PLAN_H
#define PALISADE_TORCH_PLAN_H

#include "palisade/dtype.h"
#include "palisade/input.h"
#include "palisade/list.h"

#define PAL_PLAN_RANK    64u
#define PAL_PLAN_TENSORS ((size_t)1 << 20)
#define PAL_PLAN_NAME    ((size_t)4096)

struct pal_plan_tensor {
	struct pal_view name;
	enum pal_dtype  type;
	bool            big_endian;
	size_t          rank;
	const uint64_t *shape, *stride;
	uint64_t        at; /* of the first element */
};

/* A plain value that is no tensor, and was left out. */
struct pal_plan_left {
	struct pal_view name, value;
};

struct pal_plan {
	const char     *layout;  /* "PyTorch zip archive" */
	struct pal_list tensors; /* of struct pal_plan_tensor */
	struct pal_list left;    /* of struct pal_plan_left */
};

/* `drop`: numbers, texts and truth values may be left out; else they are refused. */
PAL_NODISCARD enum pal_err pal_torch_plan(struct pal_input *in, bool drop, struct pal_arena *a,
					  struct pal_plan *ret_plan, struct pal_diag *d);

#endif

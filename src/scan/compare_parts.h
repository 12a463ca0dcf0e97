/*
 * compare_parts.h - what the sources of a comparison share, and what the worker and its parent say to each other.
 *
 * The parent says COMPARE, then a LISTED for each file of the model and of the
 * base, with its descriptor, then one without. The worker answers each with one
 * of its own, then asks for two files at a time with WANT; it gets each as a
 * LISTED. COMPARED frames carry records; an empty one ends it.
 *
 *   units    bytes
 *   memory   lists live in the arena of their side
 *   errors   those of the inputs; what cannot be read is a record
 *   threads  one
 */
#ifndef PALISADE_SCAN_COMPARE_PARTS_H
#define PALISADE_SCAN_COMPARE_PARTS_H

#include "palisade/buf.h"
#include "palisade/compare.h"
#include "palisade/delta.h"
#include "palisade/input.h"
#include "palisade/reader.h"
#include "palisade/scan_rules.h"
#include "palisade/spectrum.h"

#define PAL_COMPARE_FILES ((size_t)1 << 20)

enum pal_compare_which { PAL_COMPARE_MODEL, PAL_COMPARE_BASE };

struct pal_compare_tensor {
	struct pal_view name;
	enum pal_dtype  type;
	bool            big_endian, at_hand;
	size_t          rank;
	uint64_t        shape[PAL_COMPARE_RANK];
	uint64_t        count; /* the product of all dimensions */
	uint32_t        file;
	uint64_t        at, length; /* in the file, unless kept */
	struct pal_view kept;       /* the bytes themselves, of what is packed in its file */
};

struct pal_compare_side {
	struct pal_arena *arena;
	struct pal_list   tensors; /* of struct pal_compare_tensor */
	size_t            kept;    /* bytes */
	bool              full;    /* there are more tensors than may be */
};

/* compare_list.c: adds the tensors of one file, and of the files in it. */
PAL_NODISCARD enum pal_err pal_compare_list(struct pal_compare_side *side, struct pal_input *in, const char *name,
					    uint32_t file);

struct pal_compare_pair {
	const struct pal_compare_tensor *model, *base; /* one may be NULL */
};

/* compare_pair.c: every tensor of either side in one pair; sorted so that files are opened seldom. */
PAL_NODISCARD enum pal_err pal_compare_pairs(const struct pal_compare_side *model, const struct pal_compare_side *base,
					     struct pal_arena *a, struct pal_list *ret_pairs);

/* compare_measure.c: room for it is 3 MB and what the pair needs, at most 64 MB. */
struct pal_compare_room;
PAL_NODISCARD enum pal_err pal_compare_room_new(struct pal_arena *a, struct pal_compare_room **ret_room);
PAL_NODISCARD enum pal_err pal_compare_measure(struct pal_compare_room *room, const struct pal_compare_pair *p,
					       struct pal_input *model, struct pal_input *base,
					       struct pal_compared *ret);

/* compare_record.c: both directions; file names are the parent's, by their number. */
struct pal_compare_names {
	const char *const *files[2];
	size_t             counts[2];
};

void pal_compare_encode(const struct pal_compare_pair *p, const struct pal_compared *c, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_compare_decode(struct pal_reader *r, const struct pal_compare_names *names,
					      struct pal_arena *a, struct pal_compared *ret);

/* compare_judge.c: counts one record; then findings and the summary. */
void                       pal_compare_count(struct pal_comparison *c, const struct pal_compared *t);
PAL_NODISCARD enum pal_err pal_compare_judge(struct pal_comparison *c, struct pal_arena *a);

/* compare_serve.c: all of it, with files from whoever has them. */
struct pal_compare_files {
	PAL_NODISCARD enum pal_err (*get)(void *arg, enum pal_compare_which which, uint32_t file,
					  struct pal_input *ret_in);
	PAL_NODISCARD enum pal_err (*take)(void *arg, const struct pal_compare_pair *p, const struct pal_compared *c);
	void *arg;
};

PAL_NODISCARD enum pal_err pal_compare_all(const struct pal_compare_side *model, const struct pal_compare_side *base,
					   const struct pal_compare_files *files, struct pal_arena *a);

#endif

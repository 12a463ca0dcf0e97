/*
 * convert.h - a PyTorch file's tensors as a safetensors file, without running what the file says.
 *
 * A worker reads the hostile file and answers with a plan: names, types, shapes
 * and places. The plan is vetted like anything a worker says, and then the bytes
 * are copied by their places alone: whoever writes the new file parses nothing.
 *
 *   units    bytes
 *   memory   results live in the caller's arena; copying takes at most 256 MB, whatever the file's size
 *   errors   PAL_EDENIED (the file needs more than tensors and plain containers; the text names it), PAL_EEXIST,
 *            PAL_EVERIFY (the file changed while it was read), PAL_ESYS
 *   threads  one
 */
#ifndef PALISADE_CONVERT_H
#define PALISADE_CONVERT_H

#include "palisade/buf.h"
#include "palisade/digest.h"
#include "palisade/torch_plan.h"

struct pal_convert_options {
	bool                 drop;          /* leave out plain values that are no tensors; they become metadata */
	bool                 refuse_shared; /* tensors that share bytes are refused instead of written twice */
	bool                 replace;       /* an existing file */
	struct pal_progress *progress;      /* NULL: silent; bytes are added, the caller starts and ends it */
};

struct pal_converted {
	struct pal_plan   plan;   /* tensors in the order of the file */
	struct pal_list   shared; /* of struct pal_view: names of tensors whose bytes another one has as well */
	uint64_t          input_bytes, output_bytes;
	struct pal_digest digest; /* SHA-256 of the new file */
};

PAL_NODISCARD enum pal_err pal_convert(const char *from, const char *to, const struct pal_convert_options *o,
				       struct pal_arena *a, struct pal_converted *ret, struct pal_diag *d);

/* What the worker sends, and how the parent reads it: size is that of the file. */
void                       pal_convert_encode(const struct pal_plan *p, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_convert_decode(struct pal_view bytes, uint64_t size, struct pal_arena *a,
					      struct pal_plan *ret_plan);

/* How safetensors calls a type; NULL when it has none for it. */
const char *pal_convert_dtype(enum pal_dtype t);

#endif

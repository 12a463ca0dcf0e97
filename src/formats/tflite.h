/*
 * tflite.h - what the sources of the TensorFlow Lite reader share (schema.fbs, version 3 to 3d).
 *
 * tflite.c reads operator codes, operators and the model's own texts,
 * tflite_tensor.c buffers and tensors, tflite_meta.c the metadata that a model's
 * buffers hold, tflite_ops.c has names.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   lists in an arena of the parse
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_TFLITE_H
#define PALISADE_FORMATS_TFLITE_H

#include "flatbuffer.h"
#include "palisade/list.h"

#define PAL_TFLITE_NAME ((size_t)4096) /* of a tensor, an operator, a file */

struct pal_tflite_type {
	const char    *name;
	enum pal_dtype type;
	unsigned int   bits; /* of an item; 0: that says nothing */
};

struct pal_tflite_buffer {
	uint64_t at, len;
	bool     given; /* as raw bytes */
};

struct pal_tflite {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_fb     fb;
	struct pal_arena  arena;
	struct pal_list   buffers;      /* of struct pal_tflite_buffer, by their index */
	struct pal_list   codes;        /* of uint8_t: 1 for a Flex operator, by the operator code's index */
	struct pal_buf    name, value;  /* for texts on their way to the sink */
	uint64_t          tensor_bytes; /* of all tensors, shared ones counted each time */
	uint64_t          option_bytes; /* of all operators, likewise */
	uint64_t          end;          /* behind the last byte that something outside of the FlatBuffer uses */
	unsigned int      wrong;        /* tensors, indexes and places that were reported */
};

/* NULL for codes that there are not. */
const char                   *pal_tflite_builtin(uint64_t code);
const struct pal_tflite_type *pal_tflite_type(uint64_t code);

/* Says that a part does not fit the rest; only the first hundred are listed one by one. */
PAL_NODISCARD enum pal_err pal_tflite_wrong(struct pal_tflite *t, const struct pal_rule *rule, uint64_t at,
					    const char *fmt, ...) PAL_PRINTF(4, 5);

/* tflite_tensor.c: the buffers' places, that they do not overlap, and one subgraph's tensors. */
PAL_NODISCARD enum pal_err pal_tflite_buffers(struct pal_tflite *t, const struct pal_fb_table *model);
PAL_NODISCARD enum pal_err pal_tflite_tensors(struct pal_tflite *t, const struct pal_fb_table *subgraph);

/* tflite_meta.c: a metadata buffer, by its name. */
PAL_NODISCARD enum pal_err pal_tflite_metadata(struct pal_tflite *t, const struct pal_fb_table *model);

/* tflite_flex.c: a TensorFlow node in the options of a Flex operator. */
PAL_NODISCARD enum pal_err pal_tflite_flex(struct pal_tflite *t, uint64_t at, uint64_t len);

#endif

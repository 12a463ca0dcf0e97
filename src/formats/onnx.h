/*
 * onnx.h - what the two halves of the ONNX format share: the walk over messages, and the tensors in them.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   names of initializers live in the arena, a fixed number of them; buffers are bounded
 *   errors   those of the sink and of the input; a broken message is an anomaly
 *   threads  one walk belongs to one thread
 */
#ifndef PALISADE_FORMATS_ONNX_H
#define PALISADE_FORMATS_ONNX_H

#include "give.h"
#include "palisade/buf.h"
#include "palisade/map.h"
#include "pb_walk.h"

enum onnx_message {
	ONNX_MODEL,
	ONNX_GRAPH,
	ONNX_NODE,
	ONNX_ATTRIBUTE,
	ONNX_SPARSE,
	ONNX_FUNCTION,
	ONNX_OPSET,
	ONNX_VALUE,
	ONNX_TRAINING,
	ONNX_MESSAGES
};

extern const char *const onnx_messages[ONNX_MESSAGES];

/* What is done with a field. */
enum onnx_deed {
	ONNX_PASS,    /* nothing that could harm */
	ONNX_TEXT,    /* given with the field's name */
	ONNX_STRING,  /* the value of an attribute */
	ONNX_STRINGS, /* many of them */
	ONNX_ENTRY,   /* key and value */
	ONNX_TENSOR,
	ONNX_INITIALIZER, /* a tensor whose name is its graph's */
	ONNX_DOWN,        /* a message to follow */
};

struct onnx_field {
	uint8_t     of;
	uint8_t     number;
	uint8_t     deed;
	uint8_t     down;
	bool        once; /* readers that see it twice merge, or take the first or the last */
	const char *name;
};

/* The field of a message; NULL when ONNX has none of this number. */
const struct onnx_field *onnx_field_of(enum onnx_message of, uint32_t number);

unsigned int onnx_probe(struct pal_view head, uint64_t size, struct pal_view name);

struct onnx {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena  arena;
	struct pal_map    initializers; /* graph and name */
	struct pal_map    functions;    /* "domain\nname" and "domain" of what the file itself defines */
	struct pal_buf    texts;        /* strings on their way to the sink */
	struct pal_buf    texts_of;     /* what they are the values of */
	uint64_t          texts_at;
	uint32_t          graphs;    /* seen so far */
	bool              many_told; /* that names are no longer compared */
	bool              spent;     /* the budget of items is used up, and that was said */
};

/* One item of the budget; false when there is none left, which is then said once. */
PAL_NODISCARD enum pal_err onnx_charge(struct onnx *o, uint64_t at, bool *ret_go_on);

/* Messages that end early or are no messages; `what` names it. */
PAL_NODISCARD enum pal_err onnx_check(struct onnx *o, const struct pal_pb *m, const char *what);

/* One of many strings (a vocabulary): they come together, one a line. */
PAL_NODISCARD enum pal_err onnx_collect(struct onnx *o, const struct pal_pb *m, const struct pal_pb_field *f,
					const char *name);
PAL_NODISCARD enum pal_err onnx_flush(struct onnx *o);

/* A TensorProto. `graph` is not 0 for an initializer of that graph. */
PAL_NODISCARD enum pal_err onnx_tensor(struct onnx *o, struct pal_pb m, uint32_t graph);

#endif

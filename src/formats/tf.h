/*
 * tf.h - what the sources of the TensorFlow reader share (tensorflow/core/{framework,protobuf}/.proto files).
 *
 * tensorflow.c reads a file's outermost message, tf_probe.c tells which one it is,
 * tf_graph.c walks graphs and function libraries, tf_node.c nodes and attributes,
 * tf_tensor.c constants.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   a scope's constants and held operations in an arena of the scope, names of functions and assets in one of
 *            the file
 *   errors   those of the sink and of the input; broken messages are anomalies
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_TF_H
#define PALISADE_FORMATS_TF_H

#include "palisade/buf.h"
#include "palisade/content.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "protobuf.h"

#define PAL_TF_NAME    ((size_t)4096) /* of a node, an operation, an attribute */
#define PAL_TF_INPUTS  6u             /* of a node, that may be constants it opens */
#define PAL_TF_SCRATCH ((size_t)33 << 20)
#define PAL_TF_DEPTH   16u /* functions named in attributes of functions named in attributes ... */

enum pal_tf_kind {
	PAL_TF_NONE,
	PAL_TF_SAVED_MODEL,
	PAL_TF_META_GRAPH,
	PAL_TF_GRAPH,
	PAL_TF_KERAS_METADATA,
	PAL_TF_FINGERPRINT,
};

struct pal_tf_function;

/* An operation that waits for its scope's end. */
struct pal_tf_held {
	struct pal_view op, name, args;
	struct pal_view inputs[PAL_TF_INPUTS];
	uint64_t        at;
	int             path; /* the input that is one; -1: it is none of them */
};

/* One graph, or one function: names in it mean something in it alone. */
struct pal_tf_scope {
	struct pal_arena arena;
	struct pal_map   constants; /* name of a Const -> char *, what its strings begin with */
	struct pal_list  held;      /* of struct pal_tf_held: operations whose arguments may be constants that follow */
};

struct pal_tf {
	struct pal_input       *in;
	struct pal_sink        *sink;
	struct pal_arena        arena;
	struct pal_arena        scratch;   /* of the nodes that are read now */
	struct pal_map          functions; /* name -> struct pal_tf_function *: those that the library defines */
	struct pal_list         order;     /* of struct pal_tf_function * */
	struct pal_tf_function *current;   /* the one that is read now; NULL: the graph itself */
	struct pal_map          assets; /* names of the nodes whose value is set to an asset's path when it is loaded */
	struct pal_tf_scope    *scope;  /* NULL: a node by itself */
	struct pal_buf          args;   /* of the operation that is read now */
	struct pal_buf          texts;  /* strings of a constant on their way to the sink */
	const char             *domain; /* of operations: "" or "meta_graph" */
	unsigned int            broken; /* messages that were reported */
};

/* tf_probe.c: which message a file is, by the fields that it begins with; *ret_sure as of a probe. */
enum pal_tf_kind pal_tf_kind_of(struct pal_view head, uint64_t size, unsigned int *ret_sure);

PAL_NODISCARD enum pal_err pal_tf_init(struct pal_tf *t, struct pal_input *in, struct pal_sink *sink);
void                       pal_tf_done(struct pal_tf *t);

/* Ends the walk of a message: its own error when reading failed; when it is none, an anomaly and its bytes. */
PAL_NODISCARD enum pal_err pal_tf_end(struct pal_tf *t, const struct pal_pb *m, uint64_t at, const char *what);

/* A field that the message does not have: its bytes, and that it is there. */
PAL_NODISCARD enum pal_err pal_tf_unknown(struct pal_tf *t, const struct pal_pb_field *f, uint64_t at,
					  const char *what);

PAL_NODISCARD enum pal_err pal_tf_graph(struct pal_tf *t, struct pal_pb graph);
PAL_NODISCARD enum pal_err pal_tf_node(struct pal_tf *t, struct pal_pb node);

/* What is read now calls a function, if the name is one. */
PAL_NODISCARD enum pal_err pal_tf_calls(struct pal_tf *t, struct pal_view name);

/* tf_node.c: what the scope held back. */
PAL_NODISCARD enum pal_err pal_tf_release(struct pal_tf *t);

/* tf_tensor.c: a constant; `name` is the node's. */
PAL_NODISCARD enum pal_err pal_tf_tensor(struct pal_tf *t, struct pal_pb tensor, struct pal_view name);

/* "DT_FLOAT", and what that is; DT_INVALID for what there is not. */
const char *pal_tf_dtype(uint64_t code, enum pal_dtype *ret_type, unsigned int *ret_bits);

/* TensorShapeProto; false when a dimension is below zero, there are more than `most`, or their product overflows. */
bool pal_tf_shape(struct pal_pb shape, uint64_t *dims, size_t most, size_t *ret_rank, uint64_t *ret_items);

/* A NodeDef that stands in another format's file. */
PAL_NODISCARD enum pal_err pal_tf_one_node(struct pal_input *in, struct pal_sink *sink, uint64_t at, uint64_t len);

#endif

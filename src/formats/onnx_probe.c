/* onnx_probe.c - the messages of onnx.proto and their fields in one table, and whether a head is a model's. */
#include "onnx.h"

#define IR_MOST 255u

const char *const onnx_messages[ONNX_MESSAGES] = {
	"the model",           "a graph",    "a node",          "an attribute",
	"a sparse tensor",     "a function", "an operator set", "a value's description",
	"training information"
};

static const struct onnx_field fields[] = {
	{ ONNX_MODEL, 1, ONNX_PASS, 0, true, "ir_version" },
	{ ONNX_MODEL, 2, ONNX_TEXT, 0, true, "producer_name" },
	{ ONNX_MODEL, 3, ONNX_TEXT, 0, true, "producer_version" },
	{ ONNX_MODEL, 4, ONNX_TEXT, 0, true, "domain" },
	{ ONNX_MODEL, 5, ONNX_PASS, 0, true, "model_version" },
	{ ONNX_MODEL, 6, ONNX_TEXT, 0, true, "doc_string" },
	{ ONNX_MODEL, 7, ONNX_DOWN, ONNX_GRAPH, true, "graph" },
	{ ONNX_MODEL, 8, ONNX_DOWN, ONNX_OPSET, false, "opset_import" },
	{ ONNX_MODEL, 14, ONNX_ENTRY, 0, false, "metadata_props" },
	{ ONNX_MODEL, 20, ONNX_DOWN, ONNX_TRAINING, false, "training_info" },
	{ ONNX_MODEL, 25, ONNX_DOWN, ONNX_FUNCTION, false, "functions" },
	{ ONNX_MODEL, 26, ONNX_PASS, 0, false, "configuration" },
	{ ONNX_TRAINING, 1, ONNX_DOWN, ONNX_GRAPH, true, "initialization" },
	{ ONNX_TRAINING, 2, ONNX_DOWN, ONNX_GRAPH, true, "algorithm" },
	{ ONNX_TRAINING, 3, ONNX_ENTRY, 0, false, "initialization_binding" },
	{ ONNX_TRAINING, 4, ONNX_ENTRY, 0, false, "update_binding" },
	{ ONNX_GRAPH, 1, ONNX_DOWN, ONNX_NODE, false, "node" },
	{ ONNX_GRAPH, 2, ONNX_PASS, 0, true, "name" },
	{ ONNX_GRAPH, 5, ONNX_INITIALIZER, 0, false, "initializer" },
	{ ONNX_GRAPH, 10, ONNX_TEXT, 0, true, "doc_string" },
	{ ONNX_GRAPH, 11, ONNX_DOWN, ONNX_VALUE, false, "input" },
	{ ONNX_GRAPH, 12, ONNX_DOWN, ONNX_VALUE, false, "output" },
	{ ONNX_GRAPH, 13, ONNX_DOWN, ONNX_VALUE, false, "value_info" },
	{ ONNX_GRAPH, 14, ONNX_PASS, 0, false, "quantization_annotation" },
	{ ONNX_GRAPH, 15, ONNX_DOWN, ONNX_SPARSE, false, "sparse_initializer" },
	{ ONNX_GRAPH, 16, ONNX_ENTRY, 0, false, "metadata_props" },
	{ ONNX_NODE, 1, ONNX_PASS, 0, false, "input" },
	{ ONNX_NODE, 2, ONNX_PASS, 0, false, "output" },
	{ ONNX_NODE, 3, ONNX_PASS, 0, true, "name" },
	{ ONNX_NODE, 4, ONNX_PASS, 0, true, "op_type" },
	{ ONNX_NODE, 5, ONNX_DOWN, ONNX_ATTRIBUTE, false, "attribute" },
	{ ONNX_NODE, 6, ONNX_TEXT, 0, true, "doc_string" },
	{ ONNX_NODE, 7, ONNX_PASS, 0, true, "domain" },
	{ ONNX_NODE, 8, ONNX_PASS, 0, true, "overload" },
	{ ONNX_NODE, 9, ONNX_ENTRY, 0, false, "metadata_props" },
	{ ONNX_NODE, 10, ONNX_PASS, 0, false, "device_configurations" },
	{ ONNX_ATTRIBUTE, 1, ONNX_PASS, 0, true, "name" },
	{ ONNX_ATTRIBUTE, 2, ONNX_PASS, 0, true, "f" },
	{ ONNX_ATTRIBUTE, 3, ONNX_PASS, 0, true, "i" },
	{ ONNX_ATTRIBUTE, 4, ONNX_STRING, 0, true, "s" },
	{ ONNX_ATTRIBUTE, 5, ONNX_TENSOR, 0, true, "t" },
	{ ONNX_ATTRIBUTE, 6, ONNX_DOWN, ONNX_GRAPH, true, "g" },
	{ ONNX_ATTRIBUTE, 7, ONNX_PASS, 0, false, "floats" },
	{ ONNX_ATTRIBUTE, 8, ONNX_PASS, 0, false, "ints" },
	{ ONNX_ATTRIBUTE, 9, ONNX_STRINGS, 0, false, "strings" },
	{ ONNX_ATTRIBUTE, 10, ONNX_TENSOR, 0, false, "tensors" },
	{ ONNX_ATTRIBUTE, 11, ONNX_DOWN, ONNX_GRAPH, false, "graphs" },
	{ ONNX_ATTRIBUTE, 13, ONNX_TEXT, 0, true, "doc_string" },
	{ ONNX_ATTRIBUTE, 14, ONNX_PASS, 0, true, "tp" },
	{ ONNX_ATTRIBUTE, 15, ONNX_PASS, 0, false, "type_protos" },
	{ ONNX_ATTRIBUTE, 20, ONNX_PASS, 0, true, "type" },
	{ ONNX_ATTRIBUTE, 21, ONNX_PASS, 0, true, "ref_attr_name" },
	{ ONNX_ATTRIBUTE, 22, ONNX_DOWN, ONNX_SPARSE, true, "sparse_tensor" },
	{ ONNX_ATTRIBUTE, 23, ONNX_DOWN, ONNX_SPARSE, false, "sparse_tensors" },
	{ ONNX_SPARSE, 1, ONNX_INITIALIZER, 0, true, "values" },
	{ ONNX_SPARSE, 2, ONNX_TENSOR, 0, true, "indices" },
	{ ONNX_SPARSE, 3, ONNX_PASS, 0, false, "dims" },
	{ ONNX_FUNCTION, 1, ONNX_PASS, 0, true, "name" },
	{ ONNX_FUNCTION, 2, ONNX_PASS, 0, true, "since_version" },
	{ ONNX_FUNCTION, 3, ONNX_PASS, 0, true, "status" },
	{ ONNX_FUNCTION, 4, ONNX_PASS, 0, false, "input" },
	{ ONNX_FUNCTION, 5, ONNX_PASS, 0, false, "output" },
	{ ONNX_FUNCTION, 6, ONNX_PASS, 0, false, "attribute" },
	{ ONNX_FUNCTION, 7, ONNX_DOWN, ONNX_NODE, false, "node" },
	{ ONNX_FUNCTION, 8, ONNX_TEXT, 0, true, "doc_string" },
	{ ONNX_FUNCTION, 9, ONNX_DOWN, ONNX_OPSET, false, "opset_import" },
	{ ONNX_FUNCTION, 10, ONNX_PASS, 0, true, "domain" },
	{ ONNX_FUNCTION, 11, ONNX_DOWN, ONNX_ATTRIBUTE, false, "attribute_proto" },
	{ ONNX_FUNCTION, 12, ONNX_DOWN, ONNX_VALUE, false, "value_info" },
	{ ONNX_FUNCTION, 13, ONNX_PASS, 0, true, "overload" },
	{ ONNX_FUNCTION, 14, ONNX_ENTRY, 0, false, "metadata_props" },
	{ ONNX_OPSET, 1, ONNX_PASS, 0, true, "domain" },
	{ ONNX_OPSET, 2, ONNX_PASS, 0, true, "version" },
	{ ONNX_VALUE, 1, ONNX_PASS, 0, true, "name" },
	{ ONNX_VALUE, 2, ONNX_PASS, 0, true, "type" },
	{ ONNX_VALUE, 3, ONNX_TEXT, 0, true, "doc_string" },
	{ ONNX_VALUE, 4, ONNX_ENTRY, 0, false, "metadata_props" },
};

const struct onnx_field *
onnx_field_of(enum onnx_message of, uint32_t number)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].of == of && fields[i].number == number)
			return &fields[i];
	return NULL;
}

/* Names of producers and versions: short, without control characters. */
static bool
is_line(const struct pal_pb *m, const struct pal_pb_field *f)
{
	struct pal_view v = pal_view_sub(m->in->memory, (size_t)f->at, (size_t)f->len);

	if (f->wire != PAL_PB_BYTES || f->len > 1024)
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < 0x20 || v.data[i] == 0x7f)
			return false;
	return true;
}

/* The first field of a message inside, as far as the head shows it, is one that such a message has. */
static bool
begins_as(const struct pal_pb *m, const struct pal_pb_field *f, enum onnx_message what)
{
	struct pal_view     head = pal_view_sub(m->in->memory, (size_t)f->at, (size_t)f->len);
	struct pal_input    in = pal_input_of_view(head);
	struct pal_pb       inner = pal_pb_of(&in, 0, head.len);
	struct pal_pb_field first = { 0 };

	if (f->wire != PAL_PB_BYTES)
		return false;
	if (head.len == 0)
		return f->len == 0 || f->at >= m->in->memory.len;
	(void)pal_pb_next(&inner, &first);
	if (inner.err == PAL_ETRUNC && head.len < f->len)
		return true; /* its end is outside the head */
	return inner.err == PAL_OK && onnx_field_of(what, first.number) != NULL && first.wire != PAL_PB_GROUP;
}

struct guess {
	bool version, body, opset, text;
	bool odd; /* a field that no model has; readers pass over it */
};

/* False when the field rules out a model. */
static bool
weigh(const struct pal_pb *m, const struct pal_pb_field *f, struct guess *g)
{
	const struct onnx_field *k = onnx_field_of(ONNX_MODEL, f->number);

	g->odd = g->odd || k == NULL;
	if (k == NULL)
		return true;
	if (f->number == 1 || f->number == 5) {
		g->version = g->version || (f->number == 1 && f->value > 0 && f->value <= IR_MOST);
		return f->wire == PAL_PB_VARINT && (f->number == 5 || g->version);
	}
	if (f->number <= 4) {
		g->text = true;
		return is_line(m, f);
	}
	if (k->deed == ONNX_DOWN && !begins_as(m, f, (enum onnx_message)k->down))
		return false;
	g->body = g->body || f->number == 7 || f->number == 25;
	g->opset = g->opset || f->number == 8;
	return f->wire == PAL_PB_BYTES;
}

/* Every field that the head shows must be one of a model's, of its kind, and end in the file. */
unsigned int
onnx_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_input    in = pal_input_of_view(head);
	struct pal_pb       m = { .in = &in, .end = size };
	struct pal_pb_field f = { 0 };
	struct guess        g = { 0 };

	while (m.at < head.len && pal_pb_next(&m, &f))
		if (!weigh(&m, &f, &g))
			return 0;
	if (m.err != PAL_OK && (head.len == size || m.at < head.len))
		g.opset = false; /* cut short, or no message from there on */
	if (g.odd)
		return g.version && g.body ? 60 : pal_view_ends(name, ".onnx") ? 40 : 0;
	if (g.version && g.body)
		return m.err == PAL_OK || m.err == PAL_ETRUNC ? g.text || g.opset ? 90 : 70 : 50;
	if (g.body && g.opset)
		return 60;
	if (g.version && g.text)
		return pal_view_ends(name, ".onnx") ? 40 : 20;
	return pal_view_ends(name, ".onnx") && m.at > 0 ? 40 : 0;
}

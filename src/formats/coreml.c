/* coreml.c - Core ML models (Model.proto): what an app would look up, load from elsewhere, and is told about the model.
 */
#include "coreml.h"

#include "palisade/format.h"
#include "pb_walk.h"

#define VERSION_MOST 64u
#define PATH_MOST    4096u

enum {
	MODEL,
	PIPE_IN,
	PIPE,
	DESCRIPTION,
	FUNCTION_FACE,
	FEATURE,
	METADATA,
	NETWORK,
	LAYER,
	CUSTOM_LAYER,
	CUSTOM_MODEL,
	PARAMETER,
	PARAMETER_VALUE,
	BRANCH,
	LOOP,
	CONVOLUTION,
	DENSE,
	CONSTANT,
	NORM,
	LINKED,
	LINKED_FILE,
	SERIALIZED,
	PROGRAM,
	FUNCTION_ENTRY,
	FUNCTION,
	BLOCK_ENTRY,
	BLOCK,
	OPERATION,
	INPUT_ENTRY,
	ARGUMENT,
	BINDING,
	VALUE_ENTRY,
	VALUE,
	BLOB,
	IMMEDIATE,
	TENSOR_VALUE,
	STRINGS,
	BYTES_VALUE,
	LIST,
	DICTIONARY,
	PAIR
};

/* What only this format does with a field. */
static const char own_class[] = "class", own_weights[] = "weights", own_file[] = "linked_model",
		  own_path[] = "search_path", own_blob[] = "weight_file", own_opaque[] = "model", own_bytes[] = "bytes";

static const struct pal_pb_known fields[] = {
	{ MODEL, 2, PAL_PB_DOWN, DESCRIPTION, "description" },
	{ MODEL, 200, PAL_PB_DOWN, PIPE_IN, "pipelineClassifier" },
	{ MODEL, 201, PAL_PB_DOWN, PIPE_IN, "pipelineRegressor" },
	{ MODEL, 202, PAL_PB_DOWN, PIPE, "pipeline" },
	{ MODEL, 303, PAL_PB_DOWN, NETWORK, "neuralNetworkRegressor" },
	{ MODEL, 403, PAL_PB_DOWN, NETWORK, "neuralNetworkClassifier" },
	{ MODEL, 500, PAL_PB_DOWN, NETWORK, "neuralNetwork" },
	{ MODEL, 502, PAL_PB_DOWN, PROGRAM, "mlProgram" },
	{ MODEL, 555, PAL_PB_DOWN, CUSTOM_MODEL, "customModel" },
	{ MODEL, 556, PAL_PB_DOWN, LINKED, "linkedModel" },
	{ MODEL, 3000, PAL_PB_DOWN, SERIALIZED, "serializedModel" },
	{ PIPE_IN, 1, PAL_PB_DOWN, PIPE, "pipeline" },
	{ PIPE, 1, PAL_PB_DOWN, MODEL, "models" },
	{ DESCRIPTION, 1, PAL_PB_DOWN, FEATURE, "input" },
	{ DESCRIPTION, 10, PAL_PB_DOWN, FEATURE, "output" },
	{ DESCRIPTION, 11, PAL_PB_PASS, 0, "predictedFeatureName" },
	{ DESCRIPTION, 12, PAL_PB_PASS, 0, "predictedProbabilitiesName" },
	{ DESCRIPTION, 13, PAL_PB_DOWN, FEATURE, "state" },
	{ DESCRIPTION, 20, PAL_PB_DOWN, FUNCTION_FACE, "functions" },
	{ DESCRIPTION, 21, PAL_PB_PASS, 0, "defaultFunctionName" },
	{ DESCRIPTION, 50, PAL_PB_DOWN, FEATURE, "trainingInput" },
	{ DESCRIPTION, 100, PAL_PB_DOWN, METADATA, "metadata" },
	{ FUNCTION_FACE, 2, PAL_PB_DOWN, FEATURE, "input" },
	{ FUNCTION_FACE, 3, PAL_PB_DOWN, FEATURE, "output" },
	{ FUNCTION_FACE, 6, PAL_PB_DOWN, FEATURE, "state" },
	{ FEATURE, 1, PAL_PB_PASS, 0, "name" },
	{ FEATURE, 2, PAL_PB_TEXT, 0, "shortDescription" },
	{ FEATURE, 3, PAL_PB_PASS, 0, "type" },
	{ METADATA, 1, PAL_PB_TEXT, 0, "shortDescription" },
	{ METADATA, 2, PAL_PB_TEXT, 0, "versionString" },
	{ METADATA, 3, PAL_PB_TEXT, 0, "author" },
	{ METADATA, 4, PAL_PB_TEXT, 0, "license" },
	{ METADATA, 100, PAL_PB_ENTRY, 0, "userDefined" },
	{ NETWORK, 1, PAL_PB_DOWN, LAYER, "layers" },
	{ LAYER, 100, PAL_PB_DOWN, CONVOLUTION, "convolution" },
	{ LAYER, 140, PAL_PB_DOWN, DENSE, "innerProduct" },
	{ LAYER, 150, PAL_PB_DOWN, DENSE, "embedding" },
	{ LAYER, 160, PAL_PB_DOWN, NORM, "batchnorm" },
	{ LAYER, 290, PAL_PB_DOWN, CONSTANT, "loadConstant" },
	{ LAYER, 500, PAL_PB_DOWN, CUSTOM_LAYER, "custom" },
	{ LAYER, 605, PAL_PB_DOWN, BRANCH, "branch" },
	{ LAYER, 615, PAL_PB_DOWN, LOOP, "loop" },
	{ LAYER, 1040, PAL_PB_DOWN, DENSE, "embeddingND" },
	{ LAYER, 1070, PAL_PB_DOWN, CONSTANT, "loadConstantND" },
	{ CUSTOM_LAYER, 10, PAL_PB_OWN, 0, own_class },
	{ CUSTOM_LAYER, 20, PAL_PB_OWN, 0, own_weights },
	{ CUSTOM_LAYER, 30, PAL_PB_DOWN, PARAMETER, "parameters" },
	{ CUSTOM_LAYER, 40, PAL_PB_TEXT, 0, "description" },
	{ CUSTOM_MODEL, 10, PAL_PB_OWN, 0, own_class },
	{ CUSTOM_MODEL, 30, PAL_PB_DOWN, PARAMETER, "parameters" },
	{ CUSTOM_MODEL, 40, PAL_PB_TEXT, 0, "description" },
	{ PARAMETER, 2, PAL_PB_DOWN, PARAMETER_VALUE, "value" },
	{ PARAMETER_VALUE, 20, PAL_PB_TEXT, 0, "" },
	{ PARAMETER_VALUE, 60, PAL_PB_TEXT, 0, "" }, /* bytes, of a model's parameters */
	{ BRANCH, 1, PAL_PB_DOWN, NETWORK, "ifBranch" },
	{ BRANCH, 2, PAL_PB_DOWN, NETWORK, "elseBranch" },
	{ LOOP, 3, PAL_PB_DOWN, NETWORK, "conditionNetwork" },
	{ LOOP, 4, PAL_PB_DOWN, NETWORK, "bodyNetwork" },
	{ CONVOLUTION, 90, PAL_PB_OWN, 0, own_weights },
	{ CONVOLUTION, 91, PAL_PB_OWN, 0, own_weights },
	{ DENSE, 20, PAL_PB_OWN, 0, own_weights },
	{ DENSE, 21, PAL_PB_OWN, 0, own_weights },
	{ CONSTANT, 2, PAL_PB_OWN, 0, own_weights },
	{ NORM, 15, PAL_PB_OWN, 0, own_weights },
	{ NORM, 16, PAL_PB_OWN, 0, own_weights },
	{ NORM, 17, PAL_PB_OWN, 0, own_weights },
	{ NORM, 18, PAL_PB_OWN, 0, own_weights },
	{ LINKED, 1, PAL_PB_DOWN, LINKED_FILE, "linkedModelFile" },
	{ LINKED_FILE, 1, PAL_PB_OWN, 0, own_file },
	{ LINKED_FILE, 2, PAL_PB_OWN, 0, own_path },
	{ SERIALIZED, 1, PAL_PB_TEXT, 0, "identifier" },
	{ SERIALIZED, 2, PAL_PB_OWN, 0, own_opaque },
	{ PROGRAM, 2, PAL_PB_DOWN, FUNCTION_ENTRY, "functions" },
	{ PROGRAM, 3, PAL_PB_TEXT, 0, "docString" },
	{ PROGRAM, 4, PAL_PB_DOWN, VALUE_ENTRY, "attributes" },
	{ FUNCTION_ENTRY, 2, PAL_PB_DOWN, FUNCTION, "value" },
	{ FUNCTION, 3, PAL_PB_DOWN, BLOCK_ENTRY, "block_specializations" },
	{ FUNCTION, 4, PAL_PB_DOWN, VALUE_ENTRY, "attributes" },
	{ BLOCK_ENTRY, 2, PAL_PB_DOWN, BLOCK, "value" },
	{ BLOCK, 3, PAL_PB_DOWN, OPERATION, "operations" },
	{ BLOCK, 4, PAL_PB_DOWN, VALUE_ENTRY, "attributes" },
	{ OPERATION, 2, PAL_PB_DOWN, INPUT_ENTRY, "inputs" },
	{ OPERATION, 4, PAL_PB_DOWN, BLOCK, "blocks" },
	{ OPERATION, 5, PAL_PB_DOWN, VALUE_ENTRY, "attributes" },
	{ INPUT_ENTRY, 2, PAL_PB_DOWN, ARGUMENT, "value" },
	{ ARGUMENT, 1, PAL_PB_DOWN, BINDING, "arguments" },
	{ BINDING, 2, PAL_PB_DOWN, VALUE, "value" },
	{ VALUE_ENTRY, 2, PAL_PB_DOWN, VALUE, "value" },
	{ VALUE, 1, PAL_PB_TEXT, 0, "docString" },
	{ VALUE, 3, PAL_PB_DOWN, IMMEDIATE, "immediateValue" },
	{ VALUE, 5, PAL_PB_DOWN, BLOB, "blobFileValue" },
	{ BLOB, 1, PAL_PB_OWN, 0, own_blob },
	{ IMMEDIATE, 1, PAL_PB_DOWN, TENSOR_VALUE, "tensor" },
	{ IMMEDIATE, 2, PAL_PB_DOWN, LIST, "tuple" },
	{ IMMEDIATE, 3, PAL_PB_DOWN, LIST, "list" },
	{ IMMEDIATE, 4, PAL_PB_DOWN, DICTIONARY, "dictionary" },
	{ TENSOR_VALUE, 4, PAL_PB_DOWN, STRINGS, "strings" },
	{ TENSOR_VALUE, 7, PAL_PB_DOWN, BYTES_VALUE, "bytes" },
	{ STRINGS, 1, PAL_PB_TEXT, 0, "" },
	{ BYTES_VALUE, 1, PAL_PB_OWN, 0, own_bytes },
	{ LIST, 1, PAL_PB_DOWN, VALUE, "values" },
	{ DICTIONARY, 1, PAL_PB_DOWN, PAIR, "values" },
	{ PAIR, 1, PAL_PB_DOWN, VALUE, "key" },
	{ PAIR, 2, PAL_PB_DOWN, VALUE, "value" },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static enum pal_err
give_op(struct pal_pb_walk *w, const struct pal_pb *m, const char *domain, const char *name, const char *node)
{
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .loader = "coreml",
				 .module = pal_view_of(domain),
				 .name = pal_view_of(name),
				 .place = { .offset = m->at, .length = m->end - m->at, .field = node } };

	return pal_sink_take(w->sink, &c);
}

/* Names are found before what they name. */
static enum pal_err
enter(struct pal_pb_walk *w, struct pal_pb_frame *f)
{
	char op[PAL_PB_NAME + 1] = "";

	switch (f->what) {
	case LAYER:
	case PARAMETER:
	case INPUT_ENTRY:
	case VALUE_ENTRY:
		return pal_pb_find_name(f->m, 1, f->name);
	case OPERATION:
		PAL_TRY(pal_pb_find_name(f->m, 1, op));
		return give_op(w, &f->m, "mil", op, NULL);
	default:
		return PAL_OK;
	}
}

/* WeightParams: numbers of one of four kinds; their shape is the layer's matter. */
static enum pal_err
give_weights(struct pal_pb_walk *w, const struct pal_pb_frame *in, const struct pal_pb_field *f)
{
	static const struct {
		uint32_t       number;
		const char    *spelt;
		enum pal_dtype type;
		uint64_t       size;
	} kinds[] = { { 1, "float", PAL_DTYPE_F32, 4 },
		      { 2, "float16", PAL_DTYPE_F16, 2 },
		      { 30, "raw", PAL_DTYPE_OTHER, 1 },
		      { 31, "int8", PAL_DTYPE_I8, 1 } };
	struct pal_pb       m = pal_pb_sub(&in->m, f);
	struct pal_pb_field v = { 0 };

	while (pal_pb_next(&m, &v))
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			uint64_t           count = v.len / kinds[i].size;
			struct pal_content c = { .kind = PAL_CONTENT_TENSOR,
						 .name = pal_view_of(in->name),
						 .place = { .offset = v.at, .length = v.len } };

			c.tensor = (struct pal_tensor){
				.dtype = pal_view_of(kinds[i].spelt), .type = kinds[i].type, .shape = &count, .rank = 1
			};
			if (v.number != kinds[i].number || v.wire != PAL_PB_BYTES)
				continue;
			if (v.len % kinds[i].size != 0)
				PAL_TRY(pal_sink_anomaly(w->sink, &pal_anomaly_coreml_weights, v.at,
							 "weights of %s: %llu bytes are no whole numbers", in->name,
							 (unsigned long long)v.len));
			PAL_TRY(pal_sink_take(w->sink, &c));
		}
	return pal_pb_end(w->sink, &m, w->broken);
}

static enum pal_err
give_reference(struct pal_pb_walk *w, struct pal_view path, uint64_t at, const char *what)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "coreml",
				 .name = pal_view_of(what),
				 .text = path,
				 .place = { .offset = at, .length = path.len } };

	return path.len == 0 ? PAL_OK : pal_sink_take(w->sink, &c);
}

/* A weight file's place begins with a mark of its own, which stands for the model's folder. */
static enum pal_err
give_blob(struct pal_pb_walk *w, const struct pal_pb *m, const struct pal_pb_field *f)
{
	static const char mark[] = "@model_path/";
	PAL_AUTO_BUF      path = pal_buf_of(PATH_MOST);
	struct pal_view   v = { 0 };

	PAL_TRY(pal_pb_read(m, f, PATH_MOST, &path));
	v = pal_buf_view(&path);
	if (pal_view_starts(v, mark))
		v = pal_view_sub(v, sizeof(mark) - 1, v.len);
	return give_reference(w, v, f->at, own_blob);
}

/* A StringParameter: its default value. */
static enum pal_err
give_linked(struct pal_pb_walk *w, const struct pal_pb *m, const struct pal_pb_field *f, const char *what)
{
	struct pal_pb       inner = pal_pb_sub(m, f);
	struct pal_pb_field v = { 0 };

	while (pal_pb_next(&inner, &v)) {
		PAL_AUTO_BUF path = pal_buf_of(PATH_MOST);

		if (v.number != 1)
			continue;
		PAL_TRY(pal_pb_read(&inner, &v, PATH_MOST, &path));
		PAL_TRY(give_reference(w, pal_buf_view(&path), v.at, what));
	}
	return pal_pb_end(w->sink, &inner, w->broken);
}

static enum pal_err
give_class(struct pal_pb_walk *w, const struct pal_pb_frame *in, const struct pal_pb_field *f)
{
	char name[PAL_PB_NAME + 1] = "";

	PAL_TRY(pal_pb_name(&in->m, f, name));
	return give_op(w, &in->m, in->what == CUSTOM_MODEL ? "custom model" : "custom layer", name, in->name);
}

static enum pal_err
own(struct pal_pb_walk *w, struct pal_pb_frame *in, const struct pal_pb_known *k, const struct pal_pb_field *f)
{
	if (k->name == own_class)
		return give_class(w, in, f);
	if (k->name == own_weights)
		return give_weights(w, in, f);
	if (k->name == own_blob)
		return give_blob(w, &in->m, f);
	if (k->name == own_bytes)
		return f->wire == PAL_PB_BYTES ? pal_give_stray(w->sink, w->in, f->at, f->len, pal_view_of(own_bytes))
					       : PAL_OK;
	if (k->name == own_opaque) {
		PAL_TRY(pal_sink_unread(w->sink, &pal_anomaly_coreml_opaque, f->at, f->len,
					"a model of %llu bytes in a form that only its maker documents",
					(unsigned long long)f->len));
		return pal_give_stray(w->sink, w->in, f->at, f->len, pal_view_of(own_opaque));
	}
	return give_linked(w, &in->m, f, k->name);
}

static enum pal_err
coreml_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_pb_walk w = { .in = in,
				 .sink = sink,
				 .fields = fields,
				 .field_count = FIELDS,
				 .broken = &pal_anomaly_coreml_broken,
				 .deep = &pal_anomaly_coreml_depth,
				 .enter = enter,
				 .own = own };

	struct pal_view head = { 0 };

	(void)d;
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	if (pal_coreml_is_blob(head, in->size))
		return pal_coreml_blob(in, sink);
	return pal_pb_walk(&w, MODEL);
}

/* The kinds of models: one field of these numbers stands beside version and description. */
static bool
is_kind(uint32_t n)
{
	return (n >= 200 && n <= 202) || (n >= 300 && n <= 304) || (n >= 400 && n <= 404) || (n >= 500 && n <= 502) ||
	       n == 555 || n == 556 || n == 560 || (n >= 600 && n <= 610) || n == 900 || (n >= 2000 && n <= 2006) ||
	       n == 3000;
}

/* A description begins with a field of its own, as far as the head shows it. */
static bool
is_description(const struct pal_pb_field *f, struct pal_view head)
{
	struct pal_view     inside = pal_view_sub(head, (size_t)f->at, (size_t)f->len);
	struct pal_input    in = pal_input_of_view(inside);
	struct pal_pb       m = pal_pb_of(&in, 0, inside.len);
	struct pal_pb_field first = { 0 };

	if (f->wire != PAL_PB_BYTES || f->len == 0)
		return f->wire == PAL_PB_BYTES;
	(void)pal_pb_next(&m, &first);
	return (m.err == PAL_OK || (m.err == PAL_ETRUNC && inside.len < f->len)) && first.wire == PAL_PB_BYTES &&
	       pal_pb_known_of(fields, FIELDS, DESCRIPTION, first.number) != NULL;
}

static unsigned int
coreml_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".mlmodel", NULL };
	struct pal_input         in = pal_input_of_view(head);
	struct pal_pb            m = { .in = &in, .end = size };
	struct pal_pb_field      f = { 0 };
	bool                     version = false, description = false, kind = false;

	if (pal_coreml_is_blob(head, size))
		return 93;
	while (m.at < head.len && pal_pb_next(&m, &f)) {
		if (f.number == 1)
			version = f.wire == PAL_PB_VARINT && f.value > 0 && f.value <= VERSION_MOST;
		else if (f.number == 2)
			description = is_description(&f, head);
		else if (is_kind(f.number))
			kind = f.wire == PAL_PB_BYTES;
		else if (f.number != 10)
			return 0;
		if ((f.number == 1 && !version) || (f.number == 2 && !description))
			return 0;
	}
	if (version && kind)
		return description ? 95 : 60;
	if (!version || !description || m.at >= size)
		return 0;
	return pal_name_ends(name, endings) ? 60 : 30; /* the description is longer than the head */
}

const struct pal_format pal_format_coreml = {
	.name = "coreml",
	.summary = "Core ML models",
	.covers = "Model specifications (.mlmodel, also inside packages): the classes that custom models and layers "
		  "name, linked "
		  "models, weight files, the operations of programs, pipelines and networks with what is inside them, "
		  "descriptions and metadata, strings, weights of the common layers and of a package's weight file. "
		  "Parameters of trees, support "
		  "vectors and "
		  "other classical models are passed over; a serialized model is reported as not examined.",
	.probe = coreml_probe,
	.parse = coreml_parse,
};

/* tf_node.c - NodeDef (node_def.proto): every operation with its strings, and the files that it names by constants. */
#include "tf.h"

#include "give.h"

#define SCRATCH_KEPT ((size_t)1 << 20)
#define ARGS_MOST    ((size_t)2048)
#define SHORT        ((size_t)256) /* strings up to here are told with the operation */
#define TELL_LEAST   12u           /* shorter ones hold neither a secret nor a path out of the model */

/* Operations that take a path, an address or the like, and as which input: what they are told is part of what they do.
 */
static const struct {
	const char *op;
	int         path;
} openers[] = {
	{ "ReadFile", 0 },
	{ "WriteFile", 0 },
	{ "MatchingFiles", 0 },
	{ "MatchingFilesDataset", 0 },
	{ "TextLineDataset", 0 },
	{ "TFRecordDataset", 0 },
	{ "TFRecordDatasetV2", 0 },
	{ "FixedLengthRecordDataset", 0 },
	{ "FixedLengthRecordDatasetV2", 0 },
	{ "CSVDataset", 0 },
	{ "CSVDatasetV2", 0 },
	{ "LMDBDataset", 0 },
	{ "ExperimentalLMDBDataset", 0 },
	{ "ExperimentalCSVDataset", 0 },
	{ "SqlDataset", 1 },
	{ "ExperimentalSqlDataset", 1 },
	{ "LoadDataset", 0 },
	{ "SaveDataset", 1 },
	{ "SaveDatasetV2", 1 },
	{ "DistributedSave", 1 },
	{ "SnapshotDataset", 1 },
	{ "SnapshotDatasetV2", 1 },
	{ "CacheDataset", 1 },
	{ "CacheDatasetV2", 1 },
	{ "InitializeTableFromTextFile", 1 },
	{ "InitializeTableFromTextFileV2", 1 },
	{ "LoadAndRemapMatrix", 0 },
	{ "GenerateVocabRemapping", 0 },
	{ "CreateSummaryFileWriter", 1 },
	{ "CreateSummaryDbWriter", 1 },
	{ "Restore", 0 },
	{ "RestoreSlice", 0 },
	{ "Save", 0 },
	{ "SaveSlices", 0 },
	{ "ReaderRead", -1 },
	{ "ReaderReadV2", -1 },
	{ "Rpc", 0 },
	{ "TryRpc", 0 },
	{ "DataServiceDataset", -1 },
	{ "DataServiceDatasetV2", -1 },
	{ "DataServiceDatasetV3", -1 },
	{ "DataServiceDatasetV4", -1 },
	{ "RegisterDataset", -1 },
	{ "RegisterDatasetV2", -1 },
	{ "RemoteCall", 0 },
};

/* Attributes that are paths or URLs themselves. */
static bool
is_opened(struct pal_view op, struct pal_view key, struct pal_view value)
{
	if (pal_view_is(key, "output_stream")) /* PrintV2: stdout, stderr, log(info), or file://... */
		return pal_view_starts(value, "file:");
	if (pal_view_is(key, "descriptor_source")) /* DecodeProtoV2: a file, unless it says otherwise */
		return !pal_view_starts(value, "local://") && !pal_view_starts(value, "bytes://");
	return pal_view_is(key, "debug_urls") || pal_view_is(key, "gated_grpc_urls") ||
	       pal_view_is(key, "memory_region_name") || (pal_view_is(key, "filename") && pal_view_ends(op, "Dataset"));
}

static int
opener_of(struct pal_view op)
{
	for (size_t i = 0; i < sizeof(openers) / sizeof(openers[0]); i++)
		if (pal_view_is(op, openers[i].op))
			return (int)i;
	return -1;
}

struct node {
	struct pal_arena *arena;
	struct pal_view   name, op;
	struct pal_view   inputs[PAL_TF_INPUTS];
	size_t            input_count;
	uint64_t          at;
};

static enum pal_err
give_reference(struct pal_tf *t, uint64_t at, const char *name, struct pal_view text)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .place.offset = at,
				 .loader = "tensorflow",
				 .name = pal_view_of(name),
				 .text = text };

	return text.len == 0 ? PAL_OK : pal_sink_take(t->sink, &c);
}

static bool
is_text(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((v.data[i] < 0x20 && !pal_is_space(v.data[i])) || v.data[i] >= 0x7f)
			return false;
	return true;
}

/* A string attribute: short text with the operation, longer text as metadata, anything else as the bytes that it is. */
static enum pal_err
take_bytes(struct pal_tf *t, struct node *n, struct pal_view key, const struct pal_pb_field *f)
{
	struct pal_view v = { 0 };

	if (f->len == 0)
		return PAL_OK;
	if (f->len <= PAL_TEXT_PIECE)
		PAL_TRY(pal_input_view(t->in, f->at, (size_t)f->len, (size_t)f->len, &v));
	if (v.len == 0 || !is_text(v))
		return pal_give_stray(t->sink, t->in, f->at, f->len, key);
	if (v.len <= SHORT && t->args.len < ARGS_MOST) {
		pal_buf_printf(&t->args, "%s%.*s=", t->args.len == 0 ? "" : " ", (int)(key.len < 80 ? key.len : 80),
			       (const char *)key.data);
		pal_buf_add(&t->args, v);
	}
	if (is_opened(n->op, key, v))
		return give_reference(t, f->at, "url", v);
	if (v.len < TELL_LEAST || key.len == 0 || key.data[0] == '_')
		return PAL_OK;
	return pal_give_meta(t->sink, key, v, f->at);
}

static enum pal_err take_value(struct pal_tf *t, struct node *n, struct pal_view key, struct pal_pb value,
			       unsigned int depth);

/* A map's entry {1: key, 2: AttrValue}. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): depth ends it */
take_attribute(struct pal_tf *t, struct node *n, struct pal_pb entry, unsigned int depth)
{
	struct pal_pb       values = entry;
	struct pal_pb_field f = { 0 };
	struct pal_view     key = { 0 };
	uint64_t            at = entry.at;

	while (pal_pb_next(&entry, &f))
		if (f.number == 1)
			PAL_TRY(pal_pb_text(&entry, &f, PAL_TF_NAME, n->arena, &key));
	PAL_TRY(pal_tf_end(t, &entry, at, "attribute"));
	while (pal_pb_next(&values, &f))
		if (f.number == 2)
			PAL_TRY(take_value(t, n, key, pal_pb_sub(&values, &f), depth));
	return PAL_OK;
}

/* NameAttrList {1: name, 2: attr}: a function that the operation calls. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): depth ends it */
take_function(struct pal_tf *t, struct node *n, struct pal_pb func, unsigned int depth)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = func.at;

	while (pal_pb_next(&func, &f)) {
		struct pal_view name = { 0 };

		if (f.number == 2)
			PAL_TRY(take_attribute(t, n, pal_pb_sub(&func, &f), depth));
		if (f.number != 1)
			continue;
		PAL_TRY(pal_pb_text(&func, &f, PAL_TF_NAME, n->arena, &name));
		if (t->scope != NULL)
			PAL_TRY(pal_tf_calls(t, name));
	}
	return pal_tf_end(t, &func, at, "NameAttrList");
}

/* AttrValue: 1 list, 2 s, 8 tensor, 10 func; in a list 2 s, 8 tensor, 9 func. Numbers, types and shapes say nothing. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): depth ends it */
take_value(struct pal_tf *t, struct node *n, struct pal_view key, struct pal_pb value, unsigned int depth)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = value.at;

	if (depth >= PAL_TF_DEPTH)
		return pal_sink_unread(t->sink, &pal_anomaly_tensorflow_depth, at, value.end - at,
				       "node \"%.*s\": attributes nested more than %u levels",
				       (int)(n->name.len < 80 ? n->name.len : 80), (const char *)n->name.data,
				       PAL_TF_DEPTH);
	while (pal_pb_next(&value, &f)) {
		struct pal_pb inner = pal_pb_sub(&value, &f);

		if (f.wire != PAL_PB_BYTES)
			continue;
		if (f.number == 2)
			PAL_TRY(take_bytes(t, n, key, &f));
		else if (f.number == 1)
			PAL_TRY(take_value(t, n, key, inner, depth + 1));
		else if (f.number == 8)
			PAL_TRY(pal_tf_tensor(t, inner, n->name));
		else if (f.number == 9 || f.number == 10) /* 9 of a value itself: a placeholder's name, no message */
			PAL_TRY(take_function(t, n, inner, depth + 1));
	}
	return pal_tf_end(t, &value, at, "AttrValue");
}

static enum pal_err
give_op(struct pal_tf *t, struct pal_view op, struct pal_view name, struct pal_view text, uint64_t at)
{
	struct pal_content c = {
		.kind = PAL_CONTENT_OP, .place.offset = at, .loader = "tensorflow", .name = op, .text = text
	};
	PAL_AUTO_BUF field = pal_buf_of(PAL_TF_NAME + 1);

	pal_buf_add(&field, name);
	c.place.field = pal_buf_text(&field);
	c.module = pal_view_of(t->domain);
	if (pal_map_get(&t->functions, op) != NULL)
		c.module = pal_view_of("function"); /* of this file: its nodes are seen where it is defined */
	return pal_sink_take(t->sink, &c);
}

/* "^name" waits for it, "name:output:0" takes one of several. */
static struct pal_view
node_of(struct pal_view input)
{
	size_t colon = pal_view_find_byte(input, ':', 0);

	if (input.len > 0 && input.data[0] == '^')
		return (struct pal_view){ 0 };
	return pal_view_sub(input, 0, colon == SIZE_MAX ? input.len : colon);
}

static enum pal_err
hold(struct pal_tf *t, const struct node *n, int opener)
{
	struct pal_arena   *a = &t->scope->arena;
	struct pal_tf_held *h = pal_list_add(&t->scope->held);

	if (h == NULL) /* a scope of very many such operations: told without the constants */
		return give_op(t, n->op, n->name, pal_buf_view(&t->args), n->at);
	*h = (struct pal_tf_held){ .op = pal_arena_copy(a, n->op),
				   .name = pal_arena_copy(a, n->name),
				   .args = pal_arena_copy(a, pal_buf_view(&t->args)),
				   .at = n->at,
				   .path = openers[opener].path };
	for (size_t i = 0; i < n->input_count; i++)
		h->inputs[i] = pal_arena_copy(a, node_of(n->inputs[i]));
	if (pal_arena_err(a) == PAL_OK)
		return PAL_OK;
	t->scope->held.count--;
	return give_op(t, n->op, n->name, pal_buf_view(&t->args), n->at);
}

/* One path a line. */
static enum pal_err
give_paths(struct pal_tf *t, uint64_t at, const char *text)
{
	struct pal_view rest = pal_view_of(text), line = { 0 };

	while (pal_view_line(&rest, &line))
		PAL_TRY(give_reference(t, at, "path", line));
	return PAL_OK;
}

/* A training reads its data from wherever they were: only what a training has no habit of is a reference there. */
static bool
is_alien(struct pal_view op)
{
	return pal_view_is(op, "ReadFile") || pal_view_is(op, "WriteFile") || pal_view_is(op, "Rpc") ||
	       pal_view_is(op, "TryRpc") || pal_view_is(op, "RemoteCall");
}

enum pal_err
pal_tf_release(struct pal_tf *t)
{
	for (size_t i = 0; i < t->scope->held.count; i++) {
		const struct pal_tf_held *h = pal_list_at(&t->scope->held, i);

		pal_buf_clear(&t->args);
		pal_buf_add(&t->args, h->args);
		for (size_t k = 0; k < PAL_TF_INPUTS; k++) {
			const char *text = pal_map_get(&t->scope->constants, h->inputs[k]);

			if (text == NULL || pal_map_get(&t->assets, h->inputs[k]) != NULL)
				continue;
			if (t->args.len < ARGS_MOST)
				pal_buf_printf(&t->args, "%s\"%.200s\"", t->args.len == 0 ? "" : " ", text);
			if ((int)k == h->path && (t->domain[0] == '\0' || is_alien(h->op)))
				PAL_TRY(give_paths(t, h->at, text));
		}
		PAL_TRY(give_op(t, h->op, h->name, pal_buf_view(&t->args), h->at));
	}
	return PAL_OK;
}

static enum pal_err
read_names(struct node *n, struct pal_pb node, bool *ret_whole)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&node, &f)) {
		if (f.number == 1)
			PAL_TRY(pal_pb_text(&node, &f, PAL_TF_NAME, n->arena, &n->name));
		else if (f.number == 2)
			PAL_TRY(pal_pb_text(&node, &f, PAL_TF_NAME, n->arena, &n->op));
		else if (f.number == 3 && n->input_count < PAL_TF_INPUTS)
			PAL_TRY(pal_pb_text(&node, &f, PAL_TF_NAME, n->arena, &n->inputs[n->input_count++]));
	}
	*ret_whole = node.err == PAL_OK;
	return PAL_OK;
}

static enum pal_err
take_node(struct pal_tf *t, struct node *n, struct pal_pb node)
{
	struct pal_pb       fields = node;
	struct pal_pb_field f = { 0 };
	bool                whole = false;
	int                 opener = -1;

	PAL_TRY(read_names(n, node, &whole));
	pal_buf_clear(&t->args);
	while (pal_pb_next(&fields, &f)) {
		if (f.number == 5)
			PAL_TRY(take_attribute(t, n, pal_pb_sub(&fields, &f), 0));
		else if ((f.number == 1 || f.number == 2) && f.len > PAL_TF_NAME)
			PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tensorflow_name, f.at,
						 "a name of %llu bytes, of which the first %zu were read",
						 (unsigned long long)f.len, PAL_TF_NAME));
		else if (f.number > 7)
			PAL_TRY(pal_tf_unknown(t, &f, fields.at, "NodeDef"));
	}
	PAL_TRY(pal_tf_end(t, &fields, n->at, "NodeDef"));
	if (t->scope != NULL)
		PAL_TRY(pal_tf_calls(t, n->op));
	opener = t->scope == NULL ? -1 : opener_of(n->op);
	return opener < 0 ? give_op(t, n->op, n->name, pal_buf_view(&t->args), n->at) : hold(t, n, opener);
}

/* What a node kept is dropped once it is worth it: most nodes are too small for memory of their own. */
enum pal_err
pal_tf_node(struct pal_tf *t, struct pal_pb node)
{
	struct node  n = { .at = node.at, .arena = &t->scratch };
	enum pal_err err = take_node(t, &n, node);

	if (t->scratch.used > SCRATCH_KEPT) {
		pal_arena_done(&t->scratch);
		pal_arena_init(&t->scratch, PAL_TF_SCRATCH);
	}
	return err;
}

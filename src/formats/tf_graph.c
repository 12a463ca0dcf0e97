/* tf_graph.c - GraphDef and FunctionDefLibrary (graph.proto, function.proto): every node of both, and what the
 * functions unfold to when a loader puts their bodies in the place of their calls. */
#include "tf.h"

#include "give.h"

#define BROKEN_MOST 20u /* messages that are reported one by one */
#define SCOPE_MOST  ((size_t)32 << 20)
#define FILE_MOST   ((size_t)128 << 20)
#define UNFOLD_MOST ((uint64_t)1 << 30) /* nodes that a graph may become */

struct pal_tf_function {
	struct pal_view name;
	struct pal_list calls; /* of struct pal_tf_function * */
	uint64_t        nodes, unfolded;
	size_t          next; /* of the calls, while it is walked */
	bool            begun, done;
};

enum pal_err
pal_tf_init(struct pal_tf *t, struct pal_input *in, struct pal_sink *sink)
{
	*t = (struct pal_tf){ .in = in, .sink = sink, .domain = "" };
	pal_arena_init(&t->arena, FILE_MOST);
	pal_arena_init(&t->scratch, PAL_TF_SCRATCH);
	t->functions = pal_map_of(&t->arena);
	t->assets = pal_map_of(&t->arena);
	t->order = pal_list_of(&t->arena, sizeof(struct pal_tf_function *));
	t->args = pal_buf_of((size_t)64 << 10);
	t->texts = pal_buf_of(4 * PAL_TEXT_PIECE);
	return pal_arena_err(&t->arena);
}

void
pal_tf_done(struct pal_tf *t)
{
	pal_buf_done(&t->args);
	pal_buf_done(&t->texts);
	pal_arena_done(&t->scratch);
	pal_arena_done(&t->arena);
}

enum pal_err
pal_tf_end(struct pal_tf *t, const struct pal_pb *m, uint64_t at, const char *what)
{
	if (m->err == PAL_OK)
		return PAL_OK;
	if (m->err != PAL_EFORM && m->err != PAL_ETRUNC)
		return m->err;
	if (m->end > m->at)
		PAL_TRY(pal_give_bytes(t->sink, t->in, m->at, m->end - m->at));
	if (t->broken++ >= BROKEN_MOST)
		return PAL_OK;
	return pal_sink_unread(t->sink, &pal_anomaly_tensorflow_broken, m->at, m->end - m->at,
			       "at %llu: a %s that begins at %llu is no message from here on",
			       (unsigned long long)m->at, what, (unsigned long long)at);
}

enum pal_err
pal_tf_unknown(struct pal_tf *t, const struct pal_pb_field *f, uint64_t at, const char *what)
{
	PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tensorflow_field, f->len > 0 ? f->at : at,
				 "a %s has a field %lu, which it does not have in TensorFlow 2.21", what,
				 (unsigned long)f->number));
	return f->len == 0 ? PAL_OK : pal_give_stray(t->sink, t->in, f->at, f->len, pal_view_of("(unknown field)"));
}

/* FunctionDef {1: signature {1: name}}. */
static enum pal_err
name_of(struct pal_tf *t, struct pal_pb function, struct pal_view *ret_name)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&function, &f)) {
		struct pal_pb signature = pal_pb_sub(&function, &f);

		if (f.number != 1)
			continue;
		while (pal_pb_next(&signature, &f))
			if (f.number == 1)
				PAL_TRY(pal_pb_text(&signature, &f, PAL_TF_NAME, &t->arena, ret_name));
	}
	return PAL_OK;
}

/* All names first: a function may call one that follows. */
static enum pal_err
list_functions(struct pal_tf *t, struct pal_pb library)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&library, &f)) {
		struct pal_view         name = { 0 };
		struct pal_tf_function *one = NULL, **kept = NULL;
		void                  **place = NULL;

		if (f.number != 1 || f.wire != PAL_PB_BYTES)
			continue;
		PAL_TRY(name_of(t, pal_pb_sub(&library, &f), &name));
		place = pal_map_put(&t->functions, name);
		one = pal_arena_array(&t->arena, 1, sizeof(*one));
		kept = pal_list_add(&t->order);
		PAL_TRY(pal_arena_err(&t->arena));
		*one = (struct pal_tf_function){ .name = name, .calls = pal_list_of(&t->arena, sizeof(one)) };
		*kept = one;
		if (*place != NULL)
			PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tensorflow_name, f.at,
						 "two functions are called \"%.*s\"",
						 (int)(name.len < 80 ? name.len : 80), (const char *)name.data));
		*place = one;
	}
	return PAL_OK;
}

enum pal_err
pal_tf_calls(struct pal_tf *t, struct pal_view name)
{
	struct pal_tf_function  *callee = pal_map_get(&t->functions, name);
	struct pal_tf_function **kept = NULL;

	if (callee == NULL || t->current == NULL)
		return PAL_OK;
	kept = pal_list_add(&t->current->calls);
	if (kept != NULL)
		*kept = callee;
	return pal_arena_err(&t->arena);
}

static enum pal_err
say_unfolds(struct pal_tf *t, const struct pal_tf_function *f, const char *what)
{
	return pal_sink_anomaly(t->sink, &pal_anomaly_tensorflow_unfold, 0, "function \"%.*s\" %s",
				(int)(f->name.len < 80 ? f->name.len : 80), (const char *)f->name.data, what);
}

/* Depth first, with the path on a list of its own; each call is looked at once. */
static enum pal_err
unfold(struct pal_tf *t, struct pal_list *path, struct pal_tf_function *root, bool *ret_said)
{
	struct pal_tf_function **top = pal_list_add(path);

	PAL_TRY(pal_arena_err(&t->arena));
	*top = root;
	root->begun = true;
	root->unfolded = root->nodes;
	while (path->count > 0) {
		struct pal_tf_function *f = *(struct pal_tf_function **)pal_list_at(path, path->count - 1), *callee;

		if (f->next == f->calls.count) {
			f->done = true;
			path->count--;
			if (f->unfolded > UNFOLD_MOST && !*ret_said) {
				PAL_TRY(say_unfolds(t, f, "unfolds to more than 2^30 nodes"));
				*ret_said = true;
			}
			continue;
		}
		callee = *(struct pal_tf_function **)pal_list_at(&f->calls, f->next);
		if (callee->done) {
			if (__builtin_add_overflow(f->unfolded, callee->unfolded, &f->unfolded))
				f->unfolded = UINT64_MAX;
			f->next++;
		} else if (callee->begun) {
			if (!*ret_said)
				PAL_TRY(say_unfolds(t, callee, "calls itself, by itself or through others"));
			*ret_said = true;
			f->next++;
		} else {
			callee->begun = true;
			callee->unfolded = callee->nodes;
			top = pal_list_add(path);
			PAL_TRY(pal_arena_err(&t->arena));
			*top = callee;
		}
	}
	return PAL_OK;
}

static enum pal_err
check_unfolding(struct pal_tf *t)
{
	struct pal_list path = pal_list_of(&t->arena, sizeof(struct pal_tf_function *));
	bool            said = false;

	for (size_t i = 0; i < t->order.count; i++) {
		struct pal_tf_function *f = *(struct pal_tf_function **)pal_list_at(&t->order, i);

		if (!f->begun)
			PAL_TRY(unfold(t, &path, f, &said));
	}
	t->order.count = 0; /* a next graph of the file has functions of its own */
	return PAL_OK;
}

/* Nodes of one graph or function: field `number` of m. */
static enum pal_err
take_nodes(struct pal_tf *t, struct pal_pb m, uint32_t number)
{
	struct pal_tf_scope scope = { 0 };
	struct pal_pb_field f = { 0 };
	enum pal_err        err = PAL_OK;

	pal_arena_init(&scope.arena, SCOPE_MOST);
	scope.constants = pal_map_of(&scope.arena);
	scope.held = pal_list_of(&scope.arena, sizeof(struct pal_tf_held));
	t->scope = &scope;
	while (err == PAL_OK && pal_pb_next(&m, &f)) {
		if (f.number != number || f.wire != PAL_PB_BYTES)
			continue;
		if (t->current != NULL)
			t->current->nodes++;
		err = pal_tf_node(t, pal_pb_sub(&m, &f));
	}
	if (err == PAL_OK)
		err = pal_tf_release(t);
	t->scope = NULL;
	pal_arena_done(&scope.arena);
	return err;
}

static enum pal_err
take_function(struct pal_tf *t, struct pal_pb function)
{
	struct pal_pb   fields = function;
	struct pal_view name = { 0 };
	enum pal_err    err = PAL_OK;

	PAL_TRY(name_of(t, function, &name));
	t->current = pal_map_get(&t->functions, name);
	err = take_nodes(t, function, 3);
	t->current = NULL;
	PAL_TRY(err);
	for (struct pal_pb_field f = { 0 }; pal_pb_next(&fields, &f);)
		if (f.number > 8)
			PAL_TRY(pal_tf_unknown(t, &f, fields.at, "FunctionDef"));
	return pal_tf_end(t, &fields, function.at, "FunctionDef");
}

static enum pal_err
take_library(struct pal_tf *t, struct pal_pb library)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = library.at;

	PAL_TRY(list_functions(t, library));
	while (pal_pb_next(&library, &f)) {
		if (f.number == 1)
			PAL_TRY(take_function(t, pal_pb_sub(&library, &f)));
		else if (f.number > 3)
			PAL_TRY(pal_tf_unknown(t, &f, library.at, "FunctionDefLibrary"));
	}
	PAL_TRY(pal_tf_end(t, &library, at, "FunctionDefLibrary"));
	return check_unfolding(t);
}

/* The library first: nodes may call what it defines. */
enum pal_err
pal_tf_graph(struct pal_tf *t, struct pal_pb graph)
{
	struct pal_pb       again = graph;
	struct pal_pb_field f = { 0 };
	uint64_t            at = graph.at;

	while (pal_pb_next(&graph, &f)) {
		if (f.number == 2)
			PAL_TRY(take_library(t, pal_pb_sub(&graph, &f)));
		else if (f.number > 5)
			PAL_TRY(pal_tf_unknown(t, &f, graph.at, "GraphDef"));
	}
	PAL_TRY(pal_tf_end(t, &graph, at, "GraphDef"));
	return take_nodes(t, again, 1);
}

enum pal_err
pal_tf_one_node(struct pal_input *in, struct pal_sink *sink, uint64_t at, uint64_t len)
{
	struct pal_tf t = { 0 };
	enum pal_err  err = pal_tf_init(&t, in, sink);

	if (err == PAL_OK)
		err = pal_tf_node(&t, pal_pb_of(in, at, len));
	pal_tf_done(&t);
	return err;
}

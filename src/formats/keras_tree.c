/* keras_tree.c - JSON tokens to a tree of bounded size; add_node() is where the budgets are. */
#include "keras_tree.h"

#include "feed.h"
#include "give.h"
#include "json_pull.h"

#define NODES_MOST 200000u
#define PLAIN_MOST 64u /* strings of an array that are kept */
#define KEYS_SEEN  256u
#define FIELD_MOST 64u

struct build {
	struct pal_keras_tree *t;
	struct pal_sink       *sink;
	struct pal_feed        feed;
	struct pal_json_pull   pull;
	struct pal_view        key; /* of the value that comes; lives in the arena */
	uint32_t               open[PAL_JSON_DEPTH + 1];
	size_t                 depth;
	char                   field[FIELD_MOST + 1];
	bool                   quiet;
};

const struct pal_keras_node *
pal_keras_node_at(const struct pal_keras_tree *t, size_t index)
{
	return index < t->nodes.count ? pal_list_at(&t->nodes, index) : NULL;
}

static struct pal_keras_node *
node_of(const struct pal_keras_tree *t, uint32_t index)
{
	return pal_list_at(&t->nodes, index - 1);
}

const struct pal_keras_node *
pal_keras_first(const struct pal_keras_tree *t, const struct pal_keras_node *of)
{
	return of == NULL || of->first == 0 ? NULL : node_of(t, of->first);
}

const struct pal_keras_node *
pal_keras_child(const struct pal_keras_tree *t, const struct pal_keras_node *of, const char *key)
{
	const struct pal_keras_node *found = NULL, *n = NULL;

	if (of == NULL || of->kind != PAL_KERAS_OBJECT)
		return NULL;
	for (uint32_t i = of->first; i != 0; i = n->next) {
		n = node_of(t, i);
		if (pal_view_is(n->key, key))
			found = n;
	}
	return found;
}

struct pal_view
pal_keras_text(const struct pal_keras_tree *t, const struct pal_keras_node *of, const char *key)
{
	const struct pal_keras_node *n = pal_keras_child(t, of, key);

	return n == NULL || n->kind != PAL_KERAS_TEXT ? (struct pal_view){ 0 } : n->text;
}

static struct pal_view
token_text(const struct build *b)
{
	return pal_view_sub(pal_feed_view(&b->feed), b->pull.start, b->pull.len);
}

static bool
is_wanted(const struct build *b, enum pal_keras_kind kind)
{
	const struct pal_keras_node *parent = b->depth == 0 ? NULL : node_of(b->t, b->open[b->depth - 1]);

	if (b->t->full)
		return false;
	return kind != PAL_KERAS_TEXT || parent == NULL || parent->kind != PAL_KERAS_ARRAY || parent->kept < PLAIN_MOST;
}

/* The index + 1 of a new node, the last child of the open one; 0 when it is not kept. */
static uint32_t
add_node(struct build *b, enum pal_keras_kind kind)
{
	struct pal_keras_node *n = NULL;
	uint32_t               index = 0;

	if (!is_wanted(b, kind))
		return 0;
	if (b->t->nodes.count >= NODES_MOST || b->t->arena->used > b->t->arena->limit / 4 * 3) {
		b->t->full = true;
		return 0;
	}
	n = pal_list_add(&b->t->nodes);
	if (n == NULL)
		return 0;
	index = (uint32_t)b->t->nodes.count;
	n->kind = kind;
	n->key = b->key;
	n->at = pal_feed_offset(&b->feed, kind == PAL_KERAS_TEXT ? b->pull.start : b->pull.at);
	n->end = index;
	n->in_nodes = pal_view_is(b->key, "inbound_nodes");
	if (b->depth > 0) {
		struct pal_keras_node *parent = node_of(b->t, b->open[b->depth - 1]);

		if (parent->last == 0)
			parent->first = index;
		else
			node_of(b->t, parent->last)->next = index;
		parent->last = index;
		n->parent = b->open[b->depth - 1];
		parent->kept += kind == PAL_KERAS_TEXT;
		n->in_nodes = n->in_nodes || parent->in_nodes;
	}
	return index;
}

static void
open_node(struct build *b, enum pal_keras_kind kind)
{
	uint32_t index = add_node(b, kind);

	/* what is inside of a value that is not kept hangs below the one above it: nothing is lost but the shape */
	if (index == 0)
		index = b->depth > 0 ? b->open[b->depth - 1] : 0;
	if (b->depth <= PAL_JSON_DEPTH && index != 0)
		b->open[b->depth++] = index;
}

static void
close_node(struct build *b)
{
	if (b->depth > 0)
		node_of(b->t, b->open[--b->depth])->end = (uint32_t)b->t->nodes.count;
}

static enum pal_err
take_key(struct build *b)
{
	struct pal_view              key = token_text(b);
	const struct pal_keras_node *parent = b->depth == 0 ? NULL : node_of(b->t, b->open[b->depth - 1]), *n = NULL;
	unsigned int                 seen = 0;
	size_t                       len = 0;

	for (uint32_t i = parent == NULL ? 0 : parent->first; i != 0 && seen < KEYS_SEEN && !b->quiet;
	     i = n->next, seen++) {
		n = node_of(b->t, i);
		if (!pal_view_eq(n->key, key))
			continue;
		PAL_TRY(pal_sink_anomaly(b->sink, &pal_anomaly_json_duplicate_key,
					 pal_feed_offset(&b->feed, b->pull.start),
					 "the key \"%.*s\" stands twice in one object; Keras uses the last",
					 (int)(key.len < 60 ? key.len : 60), key.data));
		break;
	}
	if (key.len > FIELD_MOST && !b->quiet) {
		struct pal_place place = { .offset = pal_feed_offset(&b->feed, b->pull.start), .field = "(key)" };

		PAL_TRY(pal_give_text(b->sink, key, &place));
	}
	for (len = 0; len < key.len && len < FIELD_MOST; len++)
		b->field[len] = (char)(key.data[len] < 0x20 || key.data[len] == 0x7f ? '?' : key.data[len]);
	b->field[len] = '\0';
	b->key = b->t->full ? (struct pal_view){ 0 } : pal_arena_copy(b->t->arena, pal_view_sub(key, 0, 256));
	return PAL_OK;
}

static enum pal_err
take_text(struct build *b)
{
	struct pal_view  text = token_text(b);
	struct pal_place place = { .offset = pal_feed_offset(&b->feed, b->pull.start), .field = b->field };
	uint32_t         index = 0;

	if (!b->quiet)
		PAL_TRY(pal_give_text(b->sink, text, &place));
	if (text.len > b->t->arena->limit / 4)
		b->t->full = true;
	index = add_node(b, PAL_KERAS_TEXT);
	if (index == 0)
		return PAL_OK;
	text = pal_arena_copy(b->t->arena, text);
	node_of(b->t, index)->text = text;
	return pal_arena_err(b->t->arena);
}

/* What is not JSON stops Keras too; it is still looked at as text. */
static enum pal_err
take_broken(struct build *b)
{
	const struct pal_rule *rule = b->pull.deep ? &pal_anomaly_json_depth : &pal_anomaly_json_broken;

	if (b->quiet)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(b->sink, rule, pal_feed_offset(&b->feed, b->pull.at), "line %llu: %s",
				 (unsigned long long)b->pull.line, b->pull.why));
	while (!pal_feed_ended(&b->feed) || pal_feed_view(&b->feed).len > 0) {
		struct pal_place place = { .offset = pal_feed_offset(&b->feed, 0) };
		struct pal_view  v = pal_feed_view(&b->feed);

		v = pal_view_sub(v, 0, pal_text_cut(v));
		PAL_TRY(pal_give_text(b->sink, v, &place));
		pal_feed_skip(&b->feed, v.len);
		PAL_TRY(pal_feed_more(&b->feed));
	}
	return PAL_OK;
}

static enum pal_err
take_token(struct build *b, enum pal_json_token token)
{
	switch (token) {
	case PAL_JSON_OBJECT:
	case PAL_JSON_ARRAY:
		open_node(b, token == PAL_JSON_OBJECT ? PAL_KERAS_OBJECT : PAL_KERAS_ARRAY);
		b->key = (struct pal_view){ 0 };
		return PAL_OK;
	case PAL_JSON_OBJECT_END:
	case PAL_JSON_ARRAY_END:
		close_node(b);
		b->key = (struct pal_view){ 0 };
		return PAL_OK;
	case PAL_JSON_KEY:
		return take_key(b);
	case PAL_JSON_STRING:
		return take_text(b);
	case PAL_JSON_END:
	case PAL_JSON_NUMBER:
	case PAL_JSON_WORD:
	case PAL_JSON_ODD:
	case PAL_JSON_BROKEN:
		return PAL_OK;
	}
	return PAL_OK;
}

static enum pal_err
build(struct build *b)
{
	enum pal_json_token token = PAL_JSON_END;

	for (;;) {
		PAL_TRY(pal_json_pull(&b->pull, &token));
		if (token == PAL_JSON_END) {
			b->t->whole = true;
			return PAL_OK;
		}
		if (token == PAL_JSON_BROKEN)
			return take_broken(b);
		PAL_TRY(take_token(b, token));
		PAL_TRY(pal_arena_err(b->t->arena));
		pal_json_pull_release(&b->pull);
	}
}

enum pal_err
pal_keras_tree_read(struct pal_keras_tree *t, struct pal_input *in, struct pal_sink *sink, bool quiet)
{
	struct build *b = pal_arena_array(t->arena, 1, sizeof(*b));
	enum pal_err  err = PAL_OK;

	if (b == NULL)
		return pal_arena_err(t->arena);
	b->t = t;
	b->sink = sink;
	b->quiet = quiet;
	t->nodes = pal_list_of(t->arena, sizeof(struct pal_keras_node));
	PAL_TRY(pal_feed_open(&b->feed, in, sink->limits->text));
	pal_json_pull_init(&b->pull, &b->feed, false);
	err = build(b);
	while (b->depth > 0)
		close_node(b);
	pal_feed_close(&b->feed);
	return err;
}

/* tfjs.c - TensorFlow.js models (model.json): the weights' files beside it, the operations of a graph model; Keras
 * layers and texts as in any JSON document. */
#include "give.h"
#include "json_walk.h"
#include "palisade/format.h"
#include "palisade/mem.h"

#define NAME_MOST ((size_t)4096)

extern const struct pal_format pal_format_jsonl;

/* What a value belongs to, by the key before it. */
enum place { OTHER, TOPOLOGY, MANIFEST, PATHS, OPERATION };

struct walk {
	struct pal_json_walk json;
	struct pal_sink     *sink;
	enum place           root;        /* which of the top-level members is read now */
	enum place           key;         /* what the last key was */
	unsigned int         paths_depth; /* of the list of paths; 0: not in one */
};

/* Whether head has `key` as a member of its outermost object, as far as it goes. */
static bool
has_member(struct pal_view head, const char *key)
{
	struct pal_view needle = pal_view_of(key);
	size_t          depth = 0;

	for (size_t i = 0; i < head.len; i++) {
		uint8_t c = head.data[i];

		if (c == '{' || c == '[')
			depth++;
		if ((c == '}' || c == ']') && depth-- <= 1)
			return false;
		if (c != '"')
			continue;
		if (depth == 1 && pal_view_eq(pal_view_sub(head, i + 1, needle.len), needle) &&
		    i + 1 + needle.len < head.len && head.data[i + 1 + needle.len] == '"')
			return true;
		for (i++; i < head.len && head.data[i] != '"'; i++)
			i += head.data[i] == '\\';
	}
	return false;
}

static unsigned int
tfjs_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 2 || v.data[0] != '{')
		return 0;
	return has_member(v, "modelTopology") || has_member(v, "weightsManifest") ? 93 : 0;
}

static void
take_key(struct walk *w)
{
	struct pal_view key = pal_json_walk_text(&w->json);

	w->key = OTHER;
	if (w->json.pull.depth == 1)
		w->root = pal_view_is(key, "modelTopology")     ? TOPOLOGY
			  : pal_view_is(key, "weightsManifest") ? MANIFEST
								: OTHER;
	else if (w->root == TOPOLOGY && pal_view_is(key, "op"))
		w->key = OPERATION;
	else if (w->root == MANIFEST && pal_view_is(key, "paths"))
		w->key = PATHS;
}

static enum pal_err
take_string(struct walk *w)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .place.offset = pal_json_walk_offset(&w->json),
				 .loader = "tensorflowjs" };
	struct pal_view    text = pal_view_sub(pal_json_walk_text(&w->json), 0, NAME_MOST);

	if (w->paths_depth > 0) {
		c.name = pal_view_of("external_data");
		c.text = text;
		return pal_sink_take(w->sink, &c);
	}
	if (w->key != OPERATION)
		return PAL_OK;
	c.kind = PAL_CONTENT_OP;
	c.loader = "tensorflow"; /* the names are TensorFlow's */
	c.name = text;
	return pal_sink_take(w->sink, &c);
}

static enum pal_err
take_token(void *who, enum pal_json_token t)
{
	struct walk *w = who;

	if (t == PAL_JSON_KEY) {
		take_key(w);
		return PAL_OK;
	}
	if (t == PAL_JSON_ARRAY && w->key == PATHS)
		w->paths_depth = w->json.pull.depth;
	if (t == PAL_JSON_ARRAY_END && w->json.pull.depth < w->paths_depth)
		w->paths_depth = 0;
	if (t == PAL_JSON_STRING)
		PAL_TRY(take_string(w));
	if (t != PAL_JSON_STRING || w->paths_depth == 0)
		w->key = OTHER;
	return PAL_OK;
}

static enum pal_err
tfjs_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct walk w = { .sink = sink };

	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	return pal_json_walk(&w.json, in, sink, "paths and operations", take_token, &w);
}

const struct pal_format pal_format_tfjs = {
	.name = "tfjs",
	.summary = "TensorFlow.js models (model.json)",
	.covers = "All that is said of JSON documents, Keras layers among it; every file of weights that loading would "
		  "open or "
		  "fetch; every operation of a graph model. The weights' files themselves are numbers without marks.",
	.probe = tfjs_probe,
	.parse = tfjs_parse,
};

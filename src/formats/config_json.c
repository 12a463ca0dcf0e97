/* config_json.c - the keys that configure loaders; a row of frames, one a level, so that no depth costs stack. */
#include "config_json.h"

#include "config_give.h"
#include "give.h"
#include "json_walk.h"
#include "palisade/anomaly.h"
#include "palisade/buf.h"
#include "palisade/map.h"
#include "palisade/mem.h"

#define KEY_MOST   64
#define NAME_MOST  256
#define FILES_MOST 10000 /* names of shards that are remembered, to say each once */

/* A value that is kept until its object ends, for it means something only with its neighbours. */
struct kept {
	char     text[NAME_MOST];
	size_t   len;
	uint64_t at;
};

enum neighbour {
	SKOPS_MODULE,
	SKOPS_CLASS,
	SKOPS_LOADER,
	SKOPS_FUNC,
	SKOPS_PATH, /* of a function, as protocol 0 wrote it: {"module_path": ..., "function": ...} */
	SKOPS_FUNCTION,
	PEFT_LIBRARY,
	PEFT_CLASS,
	MODULE_PATH,
	MODULE_TYPE,
	TEMPLATE_NAME,
	ARRAY_FIRST, /* of a pair of strings: diffusers */
	ARRAY_SECOND,
	OBJECT_MODULE, /* of the object whose method a MethodNode takes */
	OBJECT_CLASS,
	NEIGHBOURS,
};

static const char *const neighbour_keys[NEIGHBOURS] = {
	"__module__",
	"__class__",
	"__loader__",
	"func",
	"module_path",
	"function",
	"parent_library",
	"base_model_class",
	"path",
	"type",
	"name",
	"",
	"",
	"",
	"",
};

struct frame {
	bool        array;
	char        key[KEY_MOST]; /* the one whose value comes next; of an array, the key that it stands under */
	size_t      items;         /* of an array */
	struct kept kept[NEIGHBOURS];
};

struct config {
	struct pal_json_walk json;
	struct pal_sink     *sink;
	struct pal_arena     arena;
	struct pal_map       files;
	size_t               file_count;
	bool                 pipeline; /* a model_index.json of diffusers */
	struct frame         frames[PAL_JSON_DEPTH + 1];
};

/* ---- which keys ---- */

static const char *const telling[] = { "auto_map",   "custom_pipelines",  "_target_",
				       "class_path", "weight_map",        "chat_template",
				       "__loader__", "parent_library",    "layers",
				       "Layers",     "_class_name",       "handler",
				       "idx",        "trust_remote_code", "base_model_name_or_path",
				       NULL };

bool
pal_config_json_key(struct pal_view key)
{
	if (key.len < 3 || key.len > 24)
		return false;
	for (const char *const *t = telling; *t != NULL; t++)
		if (key.data[0] == (uint8_t)(*t)[0] && pal_view_is(key, *t))
			return true;
	return false;
}

/* ---- where we are ---- */

/* The key `up` levels above the value at hand: 0 is its own. */
static struct pal_view
key_above(const struct config *c, unsigned int up)
{
	unsigned int depth = c->json.pull.depth;

	for (;; depth--) {
		if (depth == 0)
			return (struct pal_view){ 0 };
		if (c->frames[depth].array)
			continue; /* an item stands under the array's key */
		if (up-- == 0)
			return pal_view_of(c->frames[depth].key);
	}
}

static bool
under(const struct config *c, unsigned int up, const char *key)
{
	return pal_view_is(key_above(c, up), key);
}

static void
copy_text(char *to, size_t room, struct pal_view v)
{
	struct pal_view cut = pal_view_sub(v, 0, room - 1);

	pal_mem_copy(to, room, cut.data, cut.len);
	to[cut.len] = '\0';
}

static struct pal_view
kept(const struct frame *f, enum neighbour n)
{
	return (struct pal_view){ (const uint8_t *)f->kept[n].text, f->kept[n].len };
}

static void
keep(struct frame *f, enum neighbour n, struct pal_view v, uint64_t at)
{
	copy_text(f->kept[n].text, NAME_MOST, v);
	f->kept[n].len = v.len < NAME_MOST ? v.len : NAME_MOST - 1;
	f->kept[n].at = at;
}

/* ---- values ---- */

static enum pal_err
take_shard(struct config *c, struct pal_view file)
{
	void **place = c->file_count < FILES_MOST ? pal_map_put(&c->files, file) : NULL;

	if (place != NULL && *place != NULL)
		return PAL_OK;
	if (place != NULL) {
		*place = c;
		c->file_count++;
	}
	return pal_config_reference(c->sink, "safetensors", "weight_map", file, pal_json_walk_offset(&c->json));
}

static enum pal_err
take_template(struct config *c, struct pal_view text)
{
	PAL_AUTO_BUF    name = pal_buf_of(0);
	struct pal_view of = kept(&c->frames[c->json.pull.depth], TEMPLATE_NAME);

	pal_buf_add_text(&name, "chat_template");
	if (under(c, 0, "template") && of.len > 0) {
		pal_buf_add_byte(&name, '.');
		pal_buf_add(&name, of);
	}
	PAL_TRY(pal_buf_err(&name));
	return pal_give_meta(c->sink, pal_buf_view(&name), text, pal_json_walk_offset(&c->json));
}

/* TorchServe: "handler.py:function", a name of its own ("image_classifier"), or a path in the archive. */
static enum pal_err
take_archive_file(struct config *c, struct pal_view text)
{
	static const char *const keys[] = { "handler",    "serializedFile",   "modelFile",
					    "extraFiles", "requirementsFile", NULL };

	for (const char *const *k = keys; *k != NULL; k++)
		if (under(c, 0, *k))
			return pal_config_reference(c->sink, "torchserve", *k, text, pal_json_walk_offset(&c->json));
	return PAL_OK;
}

/* The bit generator of a RandomGeneratorNode is looked up in numpy.random and called: a name, in protocol 1 and later
 * as a JSON text in a JSON text. */
static bool
names_generator(const struct config *c)
{
	return under(c, 0, "bit_generator") ||
	       (under(c, 0, "content") && under(c, 1, "bit_generator") && under(c, 3, "bit_generator"));
}

static enum pal_err
take_generator(struct config *c, struct pal_view text)
{
	if (text.len > 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
		text = pal_view_sub(text, 1, text.len - 2);
	if (text.len == 0 || text.len > KEY_MOST || pal_view_find_byte(text, ' ', 0) != SIZE_MAX)
		return PAL_OK;
	return pal_config_import_of(c->sink, "skops", pal_view_of("numpy.random"), text,
				    pal_json_walk_offset(&c->json));
}

static enum pal_err
take_string(struct config *c)
{
	struct frame   *f = &c->frames[c->json.pull.depth];
	struct pal_view text = pal_json_walk_text(&c->json);
	uint64_t        at = pal_json_walk_offset(&c->json);

	if (f->array && f->items <= 2)
		keep(f, f->items == 1 ? ARRAY_FIRST : ARRAY_SECOND, text, at);
	for (int n = 0; !f->array && n < ARRAY_FIRST; n++)
		if (under(c, 0, neighbour_keys[n]))
			keep(f, (enum neighbour)n, text, at);
	if (names_generator(c))
		return take_generator(c, text);
	if (under(c, 0, "_target_"))
		return pal_config_construct(c->sink, "hydra", text, at);
	if (under(c, 0, "class_path"))
		return pal_config_is_dotted(text) ? pal_config_construct(c->sink, "jsonargparse", text, at) : PAL_OK;
	if (under(c, 1, "auto_map") || (under(c, 0, "impl") && under(c, 2, "custom_pipelines")))
		return pal_config_auto_class(c->sink, text, at);
	if (under(c, 1, "weight_map"))
		return take_shard(c, text);
	if (under(c, 0, "base_model_name_or_path"))
		return pal_config_reference(c->sink, "peft", "base_model", text, at);
	if (under(c, 0, "chat_template") || (under(c, 0, "template") && under(c, 1, "chat_template")) ||
	    (under(c, 1, "chat_template") && !under(c, 0, "name")))
		return take_template(c, text);
	if (f->array && (under(c, 0, "layers") || under(c, 0, "Layers")) && text.len < NAME_MOST)
		return pal_config_reference(c->sink, "oci", "layers", text, at); /* manifest.json of docker save */
	if (under(c, 1, "model"))
		return take_archive_file(c, text);
	if (under(c, 0, "_class_name") && c->json.pull.depth == 1)
		c->pipeline = true;
	return PAL_OK;
}

static enum pal_err
take_word(struct config *c)
{
	if (under(c, 0, "trust_remote_code") && pal_view_is(pal_json_walk_text(&c->json), "true"))
		return pal_sink_anomaly(c->sink, &pal_anomaly_config_trust, pal_json_walk_offset(&c->json),
					"trust_remote_code is true in the configuration");
	return PAL_OK;
}

/* ---- the ends of objects ---- */

static struct pal_view
package_of(struct pal_view module)
{
	return pal_view_sub(module, 0, pal_view_find_byte(module, '.', 0));
}

/* A method is taken from the object that the node holds, whatever class the node itself shows for review.
 * Its module is that of the method, which a base class of the same package may bring. */
static enum pal_err
check_method(struct config *c, const struct frame *f)
{
	struct pal_view module = kept(f, SKOPS_MODULE), class = kept(f, SKOPS_CLASS);
	struct pal_view of = kept(f, OBJECT_MODULE), object = kept(f, OBJECT_CLASS);

	if (!pal_view_is(kept(f, SKOPS_LOADER), "MethodNode") || object.len == 0 || pal_view_is(class, "method") ||
	    (pal_view_eq(class, object) && pal_view_eq(package_of(module), package_of(of))))
		return PAL_OK;
	return pal_sink_anomaly(c->sink, &pal_anomaly_skops_method, f->kept[SKOPS_LOADER].at,
				"a MethodNode says that it is of %.*s.%.*s; its object is a %.*s.%.*s", (int)module.len,
				(const char *)module.data, (int)class.len, (const char *)class.data, (int)of.len,
				(const char *)of.data, (int)object.len, (const char *)object.data);
}

/* A node of skops: a type that loading constructs, or a method or an operator that it calls. */
static enum pal_err
end_skops(struct config *c, const struct frame *f)
{
	struct pal_view module = kept(f, SKOPS_MODULE), class = kept(f, SKOPS_CLASS), loader = kept(f, SKOPS_LOADER);
	struct pal_view func = kept(f, SKOPS_FUNC);
	uint64_t        at = f->kept[SKOPS_LOADER].at;

	if (loader.len == 0 || class.len == 0)
		return PAL_OK;
	if (pal_view_is(loader, "OperatorFuncNode") && !pal_view_is(module, "operator"))
		PAL_TRY(pal_sink_anomaly(c->sink, &pal_anomaly_skops_operator, at,
					 "an OperatorFuncNode says that it is %.*s.%.*s; skops calls operator.%.*s",
					 (int)module.len, (const char *)module.data, (int)class.len,
					 (const char *)class.data, (int)class.len, (const char *)class.data));
	if (pal_view_is(loader, "OperatorFuncNode"))
		module = pal_view_of("operator");
	if (pal_view_is(loader, "MethodNode") &&
	    (pal_view_find_byte(func, '.', 0) != SIZE_MAX || pal_view_find(func, pal_view_of("__"), 0) != SIZE_MAX))
		PAL_TRY(pal_sink_anomaly(c->sink, &pal_anomaly_skops_method, at,
					 "a MethodNode looks up \"%.*s\" in an object that it builds", (int)func.len,
					 (const char *)func.data));
	PAL_TRY(check_method(c, f));
	return pal_config_import_of(c->sink, "skops", module, class, at);
}

/* What a node has below "content" and "obj" is told to the node, when these end. */
static void
hand_up(struct config *c, const struct frame *f)
{
	static const enum neighbour handed[] = { SKOPS_FUNC, OBJECT_MODULE, OBJECT_CLASS };
	struct frame               *to = &c->frames[c->json.pull.depth];

	if (under(c, 0, "content"))
		for (size_t i = 0; i < sizeof(handed) / sizeof(handed[0]); i++)
			if (f->kept[handed[i]].len > 0)
				keep(to, handed[i], kept(f, handed[i]), f->kept[handed[i]].at);
	if (under(c, 0, "obj") && f->kept[SKOPS_LOADER].len > 0) {
		keep(to, OBJECT_MODULE, kept(f, SKOPS_MODULE), f->kept[SKOPS_MODULE].at);
		keep(to, OBJECT_CLASS, kept(f, SKOPS_CLASS), f->kept[SKOPS_CLASS].at);
	}
}

static enum pal_err
end_object(struct config *c, const struct frame *f)
{
	PAL_TRY(end_skops(c, f));
	if (c->json.pull.depth > 0)
		hand_up(c, f);
	if (f->kept[SKOPS_PATH].len > 0 && f->kept[SKOPS_FUNCTION].len > 0 && under(c, 0, "content"))
		PAL_TRY(pal_config_import_of(c->sink, "skops", kept(f, SKOPS_PATH), kept(f, SKOPS_FUNCTION),
					     f->kept[SKOPS_FUNCTION].at));
	if (f->kept[PEFT_LIBRARY].len > 0)
		PAL_TRY(pal_config_import_of(c->sink, "peft", kept(f, PEFT_LIBRARY), kept(f, PEFT_CLASS),
					     f->kept[PEFT_LIBRARY].at));
	/* modules.json of sentence-transformers: [{"idx":0,"name":"0","path":"","type":"pkg.Class"}] */
	if (c->json.pull.depth == 1 && c->json.pull.in_array[0] && f->kept[MODULE_TYPE].at > 0 &&
	    f->kept[MODULE_PATH].at > 0 && pal_config_is_dotted(kept(f, MODULE_TYPE))) {
		PAL_TRY(pal_config_construct(c->sink, "sentence_transformers", kept(f, MODULE_TYPE),
					     f->kept[MODULE_TYPE].at));
		PAL_TRY(pal_config_reference(c->sink, "sentence_transformers", "path", kept(f, MODULE_PATH),
					     f->kept[MODULE_PATH].at));
	}
	return PAL_OK;
}

/* "unet": ["diffusers", "UNet2DConditionModel"] at the top of a pipeline's index. */
static enum pal_err
end_array(struct config *c, const struct frame *f)
{
	if (!c->pipeline || c->json.pull.depth != 1 || f->items != 2 || f->kept[ARRAY_SECOND].len == 0)
		return PAL_OK;
	return pal_config_import_of(c->sink, "diffusers", kept(f, ARRAY_FIRST), kept(f, ARRAY_SECOND),
				    f->kept[ARRAY_FIRST].at);
}

/* ---- tokens ---- */

static void
open_frame(struct config *c, bool array)
{
	struct frame *f = &c->frames[c->json.pull.depth];

	f->array = array;
	f->key[0] = '\0';
	f->items = 0;
	for (int n = 0; n < NEIGHBOURS; n++)
		f->kept[n].len = f->kept[n].at = 0;
}

/* Counts an item of the array that the token is in. */
static void
count_item(struct config *c, unsigned int depth)
{
	if (depth > 0 && c->frames[depth].array)
		c->frames[depth].items++;
}

static enum pal_err
take_token(void *who, enum pal_json_token t)
{
	struct config *c = who;

	switch (t) {
	case PAL_JSON_OBJECT:
	case PAL_JSON_ARRAY:
		count_item(c, c->json.pull.depth - 1);
		open_frame(c, t == PAL_JSON_ARRAY);
		return PAL_OK;
	case PAL_JSON_OBJECT_END:
		return end_object(c, &c->frames[c->json.pull.depth + 1]);
	case PAL_JSON_ARRAY_END:
		return end_array(c, &c->frames[c->json.pull.depth + 1]);
	case PAL_JSON_KEY:
		copy_text(c->frames[c->json.pull.depth].key, KEY_MOST, pal_json_walk_text(&c->json));
		return PAL_OK;
	case PAL_JSON_STRING:
		count_item(c, c->json.pull.depth);
		return c->json.pull.depth == 0 ? PAL_OK : take_string(c);
	case PAL_JSON_WORD:
		count_item(c, c->json.pull.depth);
		return take_word(c);
	case PAL_JSON_NUMBER:
	case PAL_JSON_ODD:
		count_item(c, c->json.pull.depth);
		return PAL_OK;
	case PAL_JSON_BROKEN:
	case PAL_JSON_END:
		break;
	}
	return PAL_OK;
}

static void
config_done(struct config **c)
{
	if (*c != NULL)
		pal_arena_done(&(*c)->arena);
	pal_mem_free(*c);
}

enum pal_err
pal_config_json(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(config_done))) struct config *c = pal_mem_new(1, sizeof(*c));

	if (c == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "model_config: no memory for the parser");
	pal_arena_init(&c->arena, (size_t)8 << 20);
	c->files = pal_map_of(&c->arena);
	c->sink = sink;
	return pal_json_walk(&c->json, in, sink, NULL, take_token, c); /* the reader of texts says what is too long */
}

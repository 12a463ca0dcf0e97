/* keras_object.c - what each object of a configuration makes Keras do: look up a class or function, open a file, run
 * code. Keras 2 and 3, serialization_lib and legacy formats. */
#include "give.h"
#include "keras.h"
#include "palisade/buf.h"
#include "palisade/utf8.h"

struct walk {
	const struct pal_keras_tree *t;
	struct pal_sink             *sink;
};

/* ---- look-ups ---- */

static enum pal_err
give_lookup(const struct walk *w, uint64_t at, struct pal_view module, struct pal_view name,
	    const struct pal_view *args)
{
	struct pal_content c = { .kind = args == NULL ? PAL_CONTENT_IMPORT : PAL_CONTENT_CALL,
				 .place = { .offset = at },
				 .module = module,
				 .name = name,
				 .text = args == NULL ? (struct pal_view){ 0 } : *args,
				 .loader = "keras" };

	return name.len == 0 ? PAL_OK : pal_sink_take(w->sink, &c);
}

/* "package>name" of what a user registered: the package stands for a module. */
static bool
split_registered(struct pal_view name, struct pal_view *ret_package, struct pal_view *ret_name)
{
	size_t at = pal_view_find_byte(name, '>', 0);

	if (at == SIZE_MAX)
		return false;
	*ret_package = pal_view_sub(name, 0, at);
	*ret_name = pal_view_sub(name, at + 1, name.len);
	return true;
}

static enum pal_err
give_class(const struct walk *w, const struct pal_keras_node *o, struct pal_view module, struct pal_view name)
{
	struct pal_view package = { 0 }, inner = { 0 };

	if (module.len > 0)
		return give_lookup(w, o->at, module, name, NULL);
	if (split_registered(pal_keras_text(w->t, o, "registered_name"), &package, &inner) ||
	    split_registered(name, &package, &inner))
		return give_lookup(w, o->at, package, inner, NULL);
	return give_lookup(w, o->at, pal_view_of("keras"), name, NULL); /* Keras 2: built in, or registered by name */
}

/* The first string below a node, to show what it is called with. */
static struct pal_view
first_text(const struct walk *w, const struct pal_keras_node *of)
{
	const struct pal_keras_node *all = w->t->nodes.items;
	size_t                       from = of == NULL ? 0 : (size_t)(of - all);

	for (size_t i = from; of != NULL && i < of->end; i++)
		if (all[i].kind == PAL_KERAS_TEXT && all[i].text.len > 0)
			return all[i].text;
	return (struct pal_view){ 0 };
}

/*
 * class_name "function": module and config are imported (before Keras 3.9 any module, CVE-2025-1550). With inbound
 * nodes of its own it stands where a layer does, and is called with their arguments while the model is built.
 */
static enum pal_err
give_function(const struct walk *w, const struct pal_keras_node *o)
{
	struct pal_view              module = pal_keras_text(w->t, o, "module"), name = { 0 }, package = { 0 };
	const struct pal_keras_node *nodes = pal_keras_child(w->t, o, "inbound_nodes");
	struct pal_view              args = first_text(w, nodes);

	name = pal_keras_text(w->t, o, "config");
	if (module.len == 0)
		module = pal_view_of("builtins");
	if (split_registered(name, &package, &name))
		module = package;
	return give_lookup(w, o->at, module, name, (nodes != NULL && nodes->first != 0) || o->in_nodes ? &args : NULL);
}

/* ---- code ---- */

/* A lambda of Keras 2: the first of a list, or of a tuple's items; NULL when the value is none. */
static const struct pal_keras_node *
code_of(const struct walk *w, const struct pal_keras_node *value)
{
	const struct pal_keras_node *n = NULL;

	if (value == NULL || value->kind == PAL_KERAS_TEXT)
		return NULL;
	if (value->kind == PAL_KERAS_ARRAY)
		n = pal_keras_first(w->t, value);
	else if (pal_view_is(pal_keras_text(w->t, value, "class_name"), "__tuple__"))
		n = pal_keras_first(w->t, pal_keras_child(w->t, value, "items"));
	return n != NULL && n->kind == PAL_KERAS_TEXT ? n : NULL;
}

static enum pal_err
give_code(const struct walk *w, const struct pal_keras_node *code, struct pal_view layer, struct pal_view what)
{
	struct pal_keras_node *all = w->t->nodes.items;

	all[code - all].given = true;
	return pal_keras_lambda(w->sink, code, layer, what);
}

/* What no name can have: such a function was written as source, which no loader takes, but people may run. */
static bool
is_source(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && pal_view_find_byte(pal_view_of("_.<>:-/"), v.data[i], 0) == SIZE_MAX)
			return true;
	return false;
}

static enum pal_err
give_source(const struct walk *w, const struct pal_keras_node *code, struct pal_view layer)
{
	PAL_AUTO_BUF       shown = pal_buf_of(1024);
	struct pal_content c = { .kind = PAL_CONTENT_SOURCE,
				 .place = { .offset = code->at, .length = code->text.len },
				 .name = pal_view_of("python"),
				 .text = code->text };

	PAL_TRY(pal_sink_take(w->sink, &c));
	pal_utf8_clean(layer, 80, &shown);
	pal_buf_add_text(&shown, "\": its function is source: ");
	pal_utf8_clean(code->text, 100, &shown);
	return pal_sink_anomaly(w->sink, &pal_anomaly_keras_lambda, code->at, "layer \"%s", pal_buf_text(&shown));
}

/* Each of these may be code, or the name of a function, which only the user can register. */
static enum pal_err
give_lambda_layer(const struct walk *w, const struct pal_keras_node *config)
{
	static const char *const parts[] = { "function", "output_shape", "mask" };
	struct pal_view          layer = pal_keras_text(w->t, config, "name");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct pal_keras_node *value = pal_keras_child(w->t, config, parts[i]), *code = code_of(w, value);
		struct pal_view              module = pal_keras_text(w->t, config, "module");

		if (code != NULL)
			PAL_TRY(give_code(w, code, layer, pal_view_of(parts[i])));
		else if (value != NULL && value->kind == PAL_KERAS_TEXT && is_source(value->text))
			PAL_TRY(give_source(w, value, layer));
		else if (value != NULL && value->kind == PAL_KERAS_TEXT)
			PAL_TRY(give_lookup(w, value->at, module.len > 0 ? module : pal_view_of("builtins"),
					    value->text, NULL));
	}
	return PAL_OK;
}

/* {"class_name": "__lambda__", "config": {"code": ...}} of Keras 3, wherever it stands. */
static enum pal_err
give_lambda(const struct walk *w, const struct pal_keras_node *o)
{
	const struct pal_keras_node *config = pal_keras_child(w->t, o, "config");
	const struct pal_keras_node *code = pal_keras_child(w->t, config, "code");

	if (code == NULL && config != NULL && config->kind == PAL_KERAS_ARRAY)
		code = pal_keras_first(w->t, config);
	if (code == NULL || code->kind != PAL_KERAS_TEXT)
		return pal_sink_anomaly(w->sink, &pal_anomaly_keras_lambda, o->at,
					"an object of the kind \"__lambda__\", whose code is not there");
	return give_code(w, code,
			 o->parent == 0 ? (struct pal_view){ 0 }
					: pal_keras_text(w->t, pal_keras_node_at(w->t, o->parent - 1), "name"),
			 o->key);
}

/* ---- files ---- */

/* Where a path leads: out of the folder of the model, or over the network. */
static bool
leads_away(struct pal_view path)
{
	struct pal_view rest = path, part = { 0 };

	if (pal_view_find(path, pal_view_of("://"), 0) != SIZE_MAX || pal_view_starts(path, "/") ||
	    pal_view_starts(path, "\\") || pal_view_starts(path, "~") ||
	    (path.len > 2 && path.data[1] == ':' && pal_is_alpha(path.data[0])))
		return true;
	while (pal_view_split(&rest, '/', &part))
		if (pal_view_is(part, ".."))
			return true;
	return false;
}

static enum pal_err
give_path(const struct walk *w, const struct pal_keras_node *n, const struct pal_rule *rule, const char *what)
{
	PAL_AUTO_BUF       shown = pal_buf_of(1024);
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .place = { .offset = n->at, .length = n->text.len },
				 .name = pal_view_of(what),
				 .text = n->text,
				 .loader = "keras" };

	PAL_TRY(pal_sink_take(w->sink, &c));
	pal_utf8_clean(n->text, 200, &shown);
	return rule == NULL
		   ? PAL_OK
		   : pal_sink_anomaly(w->sink, rule, n->at, "%s is the path \"%s\"", what, pal_buf_text(&shown));
}

/* Files that a layer reads while it is made; a list in their place is the content itself. */
static enum pal_err
give_files(const struct walk *w, const struct pal_keras_node *config)
{
	static const char *const     names[] = { "vocabulary",  "vocabulary_file", "vocab_file",
						 "idf_weights", "merges",          "proto" };
	const struct pal_keras_node *n = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = pal_keras_child(w->t, config, names[i]);
		if (n == NULL || n->kind != PAL_KERAS_TEXT || n->text.len == 0 || n->text.len > 4096)
			continue;
		PAL_TRY(give_path(w, n, leads_away(n->text) ? &pal_anomaly_keras_file_outside : &pal_anomaly_keras_file,
				  names[i]));
	}
	return PAL_OK;
}

static enum pal_err
give_saved_model(const struct walk *w, const struct pal_keras_node *o, const struct pal_keras_node *config)
{
	const struct pal_keras_node *path = pal_keras_child(w->t, config, "filepath");

	if (path != NULL && path->kind == PAL_KERAS_TEXT)
		return give_path(w, path, &pal_anomaly_keras_saved_model, "filepath");
	return pal_sink_anomaly(w->sink, &pal_anomaly_keras_saved_model, o->at, "a TFSMLayer without a path");
}

/* ---- objects ---- */

static bool
is_name(struct pal_view class, const char *name)
{
	return pal_view_is(class, name) ||
	       (pal_view_ends(class, name) && class.data[class.len - pal_view_of(name).len - 1] == '>');
}

static enum pal_err
take_object(const struct walk *w, const struct pal_keras_node *o)
{
	struct pal_view class = pal_keras_text(w->t, o, "class_name"), module = { 0 };
	const struct pal_keras_node *config = pal_keras_child(w->t, o, "config");

	module = pal_keras_text(w->t, o, "module");
	if (is_name(class, "Lambda") || pal_view_is(pal_keras_text(w->t, config, "function_type"), "lambda"))
		PAL_TRY(give_lambda_layer(w, config));
	if (is_name(class, "TFSMLayer"))
		PAL_TRY(give_saved_model(w, o, config));
	if (is_name(class, "TorchModuleWrapper"))
		PAL_TRY(pal_sink_anomaly(w->sink, &pal_anomaly_keras_torch_module, o->at,
					 "a TorchModuleWrapper; its module is a pickle"));
	PAL_TRY(give_files(w, config));
	if (pal_view_is(class, "function"))
		return give_function(w, o);
	if (pal_view_is(class, "__lambda__"))
		return give_lambda(w, o);
	if (pal_view_is(class, "__typespec__"))
		return give_lookup(w, o->at, pal_keras_text(w->t, o, "module"),
				   pal_keras_text(w->t, config, "spec_name"), NULL);
	if (pal_view_starts(class, "__"))
		return PAL_OK;
	return give_class(w, o, module, class);
}

/* Functions that attacks name in a configuration of an object whose module has them (CVE-2025-8747, CVE-2025-9906). */
static enum pal_err
take_text(const struct walk *w, const struct pal_keras_node *n)
{
	const struct pal_keras_node *config = n->parent == 0 ? NULL : pal_keras_node_at(w->t, n->parent - 1);
	struct pal_view              module = { 0 };

	if (config != NULL && config->parent != 0 &&
	    (pal_view_is(n->text, "enable_unsafe_deserialization") || pal_view_is(n->text, "get_file")))
		module = pal_keras_text(w->t, pal_keras_node_at(w->t, config->parent - 1), "module");
	if (module.len > 0)
		PAL_TRY(give_lookup(w, n->at, module, n->text, NULL));
	return n->given ? PAL_OK : pal_keras_string(w->sink, n);
}

/* Annotations of pictures have a class_name too, and none of what stands beside it here. */
static bool
is_object(const struct pal_keras_tree *t, const struct pal_keras_node *n)
{
	return n->kind == PAL_KERAS_OBJECT && pal_keras_text(t, n, "class_name").len > 0 &&
	       (pal_keras_child(t, n, "config") != NULL || pal_keras_child(t, n, "module") != NULL);
}

enum pal_err
pal_keras_objects(const struct pal_keras_tree *t, struct pal_sink *sink)
{
	const struct walk            w = { t, sink };
	const struct pal_keras_node *n = NULL;

	for (size_t i = 0; (n = pal_keras_node_at(t, i)) != NULL; i++) {
		if (n->kind == PAL_KERAS_TEXT)
			PAL_TRY(take_text(&w, n));
		else if (is_object(t, n))
			PAL_TRY(take_object(&w, n));
	}
	return PAL_OK;
}

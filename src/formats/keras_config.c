/* keras_config.c - Keras models as JSON (config.json, model_config, TF.js topologies): told by class_name and config.
 */
#include "feed.h"
#include "give.h"
#include "keras.h"
#include "palisade/format.h"
#include "zip.h"

#define MEMORY ((size_t)48 << 20)

/* A name in quotes and a colon: a key. */
static bool
has_key(struct pal_view v, const char *key)
{
	struct pal_view k = pal_view_of(key);

	for (size_t at = 0; (at = pal_view_find(v, k, at)) != SIZE_MAX; at += k.len) {
		struct pal_view rest = pal_view_trim(pal_view_sub(v, at + k.len, 16));

		if (rest.len > 0 && rest.data[0] == ':')
			return true;
	}
	return false;
}

static unsigned int
keras_config_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (pal_view_starts(v, "\xef\xbb\xbf"))
		v = pal_view_trim(pal_view_sub(v, 3, v.len));
	if (v.len < 2 || v.data[0] != '{')
		return 0;
	v = pal_view_trim(pal_view_sub(v, 1, v.len));
	return v.len > 0 && v.data[0] == '"' && has_key(v, "\"class_name\"") &&
		       (has_key(v, "\"config\"") || has_key(v, "\"module\""))
		   ? 89
		   : 0;
}

static enum pal_err
take(struct pal_input *in, struct pal_sink *sink, struct pal_arena *a, bool quiet)
{
	struct pal_keras_tree t = { .arena = a };

	PAL_TRY(pal_keras_tree_read(&t, in, sink, quiet));
	PAL_TRY(pal_keras_objects(&t, sink));
	if (t.full)
		PAL_TRY(pal_sink_unread(
		    sink, &pal_anomaly_format_limit, 0, in->size,
		    "more than 200000 objects and strings, or more than fit into %zu MiB: what follows was "
		    "searched as text, and not for what Keras would load",
		    MEMORY >> 20));
	return PAL_OK;
}

enum pal_err
pal_keras_also(struct pal_input *in, struct pal_sink *sink)
{
	PAL_AUTO_ARENA a;

	pal_arena_init(&a, MEMORY);
	return take(in, sink, &a, true);
}

static enum pal_err
keras_config_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_AUTO_ARENA a;

	pal_arena_init(&a, MEMORY);
	PAL_TRY(take(in, sink, &a, false));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_keras_config = {
	.name = "keras_config",
	.summary = "Keras model configurations (JSON)",
	.covers = "JSON with class_name, in a file of its own, in a .keras archive, in an HDF5 attribute: every object "
		  "at any "
		  "depth (layers, wrappers, submodels, activations, losses, compile and build configurations, "
		  "arguments of inbound "
		  "nodes): the class or function that Keras would import, called where it stands in a layer's place; "
		  "code of Lambda "
		  "layers in the forms of Keras 2 and 3 as files; TFSMLayer, TorchModuleWrapper, vocabularies that are "
		  "paths; files "
		  "hidden in strings, in base64 too; keys that stand twice. All strings are text. At most 200,000 "
		  "objects and "
		  "strings are kept; of an array of strings the first 64 are searched for files.",
	.probe = keras_config_probe,
	.parse = keras_config_parse,
};

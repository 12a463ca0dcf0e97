/* tensorflow.c - SavedModel, MetaGraphDef, GraphDef and what Keras puts beside them, by their outermost messages. */
#include "give.h"
#include "palisade/format.h"
#include "tf.h"

static unsigned int
tensorflow_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	unsigned int sure = 0;

	(void)name;
	(void)pal_tf_kind_of(head, size, &sure);
	return sure;
}

/* A string field as metadata. */
static enum pal_err
give_text(struct pal_tf *t, const struct pal_pb *m, const struct pal_pb_field *f, const char *name)
{
	PAL_AUTO_ARENA  a;
	struct pal_view text = { 0 };

	pal_arena_init(&a, 2 * PAL_TEXT_PIECE + 4096);
	if (f->wire != PAL_PB_BYTES || f->len == 0)
		return PAL_OK;
	if (f->len > PAL_TEXT_PIECE)
		return pal_give_stray(t->sink, t->in, f->at, f->len, pal_view_of(name));
	PAL_TRY(pal_pb_text(m, f, PAL_TEXT_PIECE, &a, &text));
	return pal_give_meta(t->sink, pal_view_of(name), text, f->at);
}

/* MetaInfoDef: what wrote the graph, and for whom. */
static enum pal_err
take_info(struct pal_tf *t, struct pal_pb info)
{
	static const char *const names[] = {
		NULL, "meta_graph_version", NULL, NULL, "tag", "tensorflow_version", "tensorflow_git_version"
	};
	struct pal_pb_field f = { 0 };
	uint64_t            at = info.at;

	while (pal_pb_next(&info, &f)) {
		if (f.number > 8)
			PAL_TRY(pal_tf_unknown(t, &f, info.at, "MetaInfoDef"));
		else if (f.number < sizeof(names) / sizeof(names[0]) && names[f.number] != NULL)
			PAL_TRY(give_text(t, &info, &f, names[f.number]));
	}
	return pal_tf_end(t, &info, at, "MetaInfoDef");
}

/* A map entry {1: key, 2: CollectionDef}: lists of names, of bytes (any message, or whatever a program put there). */
static enum pal_err
take_collection(struct pal_tf *t, struct pal_pb entry)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = entry.at;

	while (pal_pb_next(&entry, &f)) {
		struct pal_pb       collection = pal_pb_sub(&entry, &f);
		struct pal_pb_field kind = { 0 };

		if (f.number == 1)
			PAL_TRY(give_text(t, &entry, &f, "collection"));
		if (f.number != 2)
			continue;
		while (pal_pb_next(&collection, &kind)) {
			struct pal_pb       list = pal_pb_sub(&collection, &kind);
			struct pal_pb_field item = { 0 };

			while ((kind.number == 1 || kind.number == 2 || kind.number == 5) && pal_pb_next(&list, &item))
				PAL_TRY(kind.number == 1 ? give_text(t, &list, &item, "collection.node")
							 : pal_give_stray(t->sink, t->in, item.at, item.len,
									  pal_view_of("(collection)")));
		}
		PAL_TRY(pal_tf_end(t, &collection, f.at, "CollectionDef"));
	}
	return pal_tf_end(t, &entry, at, "collection");
}

/* {1: key, 2: SignatureDef {3: method_name}}. */
static enum pal_err
take_signature(struct pal_tf *t, struct pal_pb entry)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = entry.at;

	while (pal_pb_next(&entry, &f)) {
		struct pal_pb signature = pal_pb_sub(&entry, &f);

		if (f.number == 1)
			PAL_TRY(give_text(t, &entry, &f, "signature"));
		while (f.number == 2 && pal_pb_next(&signature, &f))
			if (f.number == 3)
				PAL_TRY(give_text(t, &signature, &f, "signature.method"));
	}
	return pal_tf_end(t, &entry, at, "signature");
}

/* AssetFileDef {1: tensor_info {1: name}, 2: filename}: a file of the folder "assets". */
static enum pal_err
take_asset(struct pal_tf *t, struct pal_pb asset)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = asset.at;

	while (pal_pb_next(&asset, &f)) {
		struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
					 .place.offset = f.at,
					 .loader = "tensorflow",
					 .name = pal_view_of("external_data") };

		if (f.number != 2)
			continue;
		PAL_TRY(pal_pb_text(&asset, &f, PAL_TF_NAME, &t->arena, &c.text));
		if (c.text.len > 0)
			PAL_TRY(pal_sink_take(t->sink, &c));
	}
	return pal_tf_end(t, &asset, at, "AssetFileDef");
}

/* The node whose constant is an asset's path: a loader puts another one there. */
static enum pal_err
note_asset(struct pal_tf *t, struct pal_pb asset)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&asset, &f)) {
		struct pal_pb   info = pal_pb_sub(&asset, &f);
		struct pal_view name = { 0 };
		void          **place = NULL;

		if (f.number != 1)
			continue;
		while (pal_pb_next(&info, &f))
			if (f.number == 1)
				PAL_TRY(pal_pb_text(&info, &f, PAL_TF_NAME, &t->arena, &name));
		if (pal_view_find_byte(name, ':', 0) != SIZE_MAX)
			name.len = pal_view_find_byte(name, ':', 0);
		place = pal_map_put(&t->assets, name);
		if (place != NULL)
			*place = t;
	}
	return pal_arena_err(&t->arena);
}

/* Keras' own description of an object: JSON, which may hold a Lambda's code; a file of its own. */
static enum pal_err
give_metadata(struct pal_tf *t, const struct pal_pb_field *json, struct pal_view identifier)
{
	struct pal_view name = identifier.len > 0 ? identifier : pal_view_of("metadata");

	return json->len == 0 ? PAL_OK : pal_give_member(t->sink, t->in, json->at, json->len, name);
}

/* SavedUserObject {1: identifier, 2: version, 3: metadata}. */
static enum pal_err
take_user_object(struct pal_tf *t, struct pal_pb object)
{
	struct pal_pb_field f = { 0 }, json = { 0 };
	struct pal_view     identifier = { 0 };
	uint64_t            at = object.at;

	while (pal_pb_next(&object, &f)) {
		if (f.number == 1)
			PAL_TRY(pal_pb_text(&object, &f, PAL_TF_NAME, &t->arena, &identifier));
		else if (f.number == 3 && f.wire == PAL_PB_BYTES)
			json = f;
	}
	PAL_TRY(pal_tf_end(t, &object, at, "SavedUserObject"));
	return give_metadata(t, &json, identifier);
}

/* SavedObject: 4 user_object, 13 registered_name, 14 serialized_user_proto. */
static enum pal_err
take_object(struct pal_tf *t, struct pal_pb object)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = object.at;

	while (pal_pb_next(&object, &f)) {
		if (f.number == 4)
			PAL_TRY(take_user_object(t, pal_pb_sub(&object, &f)));
		else if (f.number == 13)
			PAL_TRY(give_text(t, &object, &f, "registered_name"));
		else if (f.number == 14 && f.wire == PAL_PB_BYTES)
			PAL_TRY(pal_give_stray(t->sink, t->in, f.at, f.len, pal_view_of("(user proto)")));
	}
	return pal_tf_end(t, &object, at, "SavedObject");
}

static enum pal_err
take_objects(struct pal_tf *t, struct pal_pb graph)
{
	struct pal_pb_field f = { 0 };
	uint64_t            at = graph.at;

	while (pal_pb_next(&graph, &f))
		if (f.number == 1)
			PAL_TRY(take_object(t, pal_pb_sub(&graph, &f)));
	return pal_tf_end(t, &graph, at, "SavedObjectGraph");
}

static enum pal_err
take_meta_field(struct pal_tf *t, const struct pal_pb *meta, const struct pal_pb_field *f)
{
	struct pal_pb inner = pal_pb_sub(meta, f);

	switch (f->number) {
	case 1:
		return take_info(t, inner);
	case 2:
		return pal_tf_graph(t, inner);
	case 3:
		return PAL_OK; /* SaverDef: names of nodes */
	case 4:
		return take_collection(t, inner);
	case 5:
		return take_signature(t, inner);
	case 6:
		return take_asset(t, inner);
	case 7:
		return take_objects(t, inner);
	default:
		return pal_tf_unknown(t, f, meta->at, "MetaGraphDef");
	}
}

/* Assets first: which constants are their paths. */
static enum pal_err
take_meta_graph(struct pal_tf *t, struct pal_pb meta)
{
	struct pal_pb       first = meta;
	struct pal_pb_field f = { 0 };
	uint64_t            at = meta.at;

	while (pal_pb_next(&first, &f))
		if (f.number == 6)
			PAL_TRY(note_asset(t, pal_pb_sub(&first, &f)));
	while (pal_pb_next(&meta, &f))
		PAL_TRY(take_meta_field(t, &meta, &f));
	return pal_tf_end(t, &meta, at, "MetaGraphDef");
}

static enum pal_err
take_saved_model(struct pal_tf *t, struct pal_pb saved)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&saved, &f)) {
		if (f.number == 2)
			PAL_TRY(take_meta_graph(t, pal_pb_sub(&saved, &f)));
		else if (f.number != 1)
			PAL_TRY(pal_tf_unknown(t, &f, saved.at, "SavedModel"));
	}
	return pal_tf_end(t, &saved, 0, "SavedModel");
}

/* SavedMetadata {1: nodes {4: identifier, 5: metadata}}. */
static enum pal_err
take_keras(struct pal_tf *t, struct pal_pb saved)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&saved, &f)) {
		struct pal_pb       object = pal_pb_sub(&saved, &f);
		struct pal_pb_field json = { 0 };
		struct pal_view     identifier = { 0 };

		if (f.number != 1) {
			PAL_TRY(pal_tf_unknown(t, &f, saved.at, "SavedMetadata"));
			continue;
		}
		while (pal_pb_next(&object, &f)) {
			if (f.number == 4)
				PAL_TRY(pal_pb_text(&object, &f, PAL_TF_NAME, &t->arena, &identifier));
			else if (f.number == 5 && f.wire == PAL_PB_BYTES)
				json = f;
		}
		PAL_TRY(pal_tf_end(t, &object, saved.at, "SavedObject"));
		PAL_TRY(give_metadata(t, &json, identifier));
	}
	return pal_tf_end(t, &saved, 0, "SavedMetadata");
}

static enum pal_err
parse(struct pal_tf *t)
{
	struct pal_view  head = { 0 };
	struct pal_pb    all = pal_pb_of(t->in, 0, t->in->size);
	unsigned int     sure = 0;
	enum pal_tf_kind kind = PAL_TF_NONE;

	PAL_TRY(pal_input_view(t->in, 0, 0, PAL_PROBE_HEAD, &head));
	kind = pal_tf_kind_of(head, t->in->size, &sure);
	switch (kind) {
	case PAL_TF_SAVED_MODEL:
		return take_saved_model(t, all);
	case PAL_TF_META_GRAPH:
		t->domain = "meta_graph"; /* a training, which reads its data: another matter than a model */
		return take_meta_graph(t, all);
	case PAL_TF_GRAPH:
		return pal_tf_graph(t, all);
	case PAL_TF_KERAS_METADATA:
		return take_keras(t, all);
	case PAL_TF_FINGERPRINT:
		return PAL_OK; /* nothing but hashes */
	case PAL_TF_NONE:
		break;
	}
	PAL_TRY(pal_sink_unread(t->sink, &pal_anomaly_tensorflow_broken, 0, t->in->size,
				"none of TensorFlow's messages begins like this"));
	return pal_give_bytes(t->sink, t->in, 0, t->in->size);
}

static enum pal_err
tensorflow_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_tf t = { 0 };
	enum pal_err  err = pal_tf_init(&t, in, sink);

	(void)d;
	if (err == PAL_OK)
		err = parse(&t);
	pal_tf_done(&t);
	return err;
}

const struct pal_format pal_format_tensorflow = {
	.name = "tensorflow",
	.summary = "TensorFlow graphs: SavedModel, MetaGraphDef, GraphDef, Keras metadata",
	.covers =
	    "Every node of the graph and of every function in its library as an operation, with its strings and the "
	    "constants that it takes as paths; constants (strings as metadata, numbers by their place, sizes against "
	    "shapes), string attributes, collections, signatures, assets and their paths, objects' metadata (Keras' "
	    "JSON as a file of its own), fields that a message does not have, functions that call themselves or unfold "
	    "without measure. Messages that break off are reported, and their bytes searched. Types, shapes and "
	    "devices of nodes are not read. The text form (.pbtxt) is examined as text.",
	.probe = tensorflow_probe,
	.parse = tensorflow_parse,
};

/*
 * zarr.c - metadata of Zarr arrays, references in place of chunks (kerchunk), TensorStore's specifications, Orbax.
 *
 * What reading an array would run are its codecs, by name; what it would open are the paths and URLs of references and
 * of key-value stores. Texts as in any JSON document. (Zarr specifications 2 and 3; fsspec's ReferenceFileSystem.)
 */
#include "config_give.h"
#include "feed.h"
#include "give.h"
#include "json_pull.h"
#include "palisade/format.h"
#include "palisade/map.h"
#include "palisade/mem.h"
#include "source.h"

#define FEED_MOST  ((size_t)16 << 20)
#define KEY_MOST   48u
#define NAME_MOST  128u
#define FILES_MOST 10000u /* references that are remembered, to say each once */

extern const struct pal_format pal_format_jsonl;

struct frame {
	bool     array, over; /* over: the product of its numbers overflows */
	char     key[KEY_MOST];
	size_t   items;
	uint64_t product;
};

struct zarr {
	struct pal_feed      feed;
	struct pal_json_pull pull;
	struct pal_sink     *sink;
	struct pal_arena     arena;
	struct pal_map       files;
	size_t               file_count;
	struct frame         frames[PAL_JSON_DEPTH + 1];
};

static bool
holds(struct pal_view head, const char *key)
{
	return pal_view_find(head, pal_view_of(key), 0) != SIZE_MAX;
}

static unsigned int
zarr_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 2 || v.data[0] != '{' || !pal_source_is_text(head))
		return 0;
	if (holds(v, "\"zarr_format\"") || holds(v, "\"zarr_consolidated_format\"") || holds(v, "\"tree_metadata\"") ||
	    holds(v, "\"item_handlers\""))
		return 91;
	if (holds(v, "\"refs\"") && (holds(v, ".zgroup\"") || holds(v, ".zarray\"") || holds(v, "zarr.json\"")))
		return 91;
	return holds(v, "\"kvstore\"") && holds(v, "\"driver\"") ? 91 : 0;
}

static struct pal_view
text_of(const struct zarr *z)
{
	return pal_view_sub(pal_feed_view(&z->feed), z->pull.start, z->pull.len);
}

static uint64_t
offset_of(const struct zarr *z)
{
	return pal_feed_offset(&z->feed, z->pull.start);
}

/* The key `up` objects above the value at hand: 0 is its own. */
static struct pal_view
key_above(const struct zarr *z, unsigned int up)
{
	for (unsigned int depth = z->pull.depth; depth > 0; depth--)
		if (!z->frames[depth].array && up-- == 0)
			return pal_view_of(z->frames[depth].key);
	return (struct pal_view){ 0 };
}

static bool
is_any(struct pal_view key, const char *const *list)
{
	for (; *list != NULL; list++)
		if (pal_view_is(key, *list))
			return true;
	return false;
}

/* --- codecs */

/* numcodecs' name for version 2 (id), version 3's own, alone or in an object. */
static enum pal_err
give_codec(struct zarr *z, struct pal_view name)
{
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .loader = "zarr",
				 .module = pal_view_of("codec"),
				 .name = pal_view_sub(name, 0, NAME_MOST),
				 .place.offset = offset_of(z) };

	return pal_sink_take(z->sink, &c);
}

/* A string in the place of a codec: its own key is id or name, or it stands in a list of codecs itself. */
static bool
names_codec(const struct zarr *z)
{
	static const char *const lists[] = { "compressor",   "filters",      "codecs", "storage_transformers",
					     "index_codecs", "object_codec", NULL };
	const struct frame      *f = &z->frames[z->pull.depth];
	struct pal_view          own = pal_view_of(f->key);

	if (f->array)
		return is_any(key_above(z, 0), lists);
	if (!pal_view_is(own, "id") && !pal_view_is(own, "name"))
		return false;
	return is_any(key_above(z, 1), lists);
}

/* --- what is opened */

static enum pal_err
give_file(struct zarr *z, const char *loader, const char *what, struct pal_view path)
{
	void **place = z->file_count < FILES_MOST ? pal_map_put(&z->files, pal_arena_copy(&z->arena, path)) : NULL;

	PAL_TRY(pal_arena_err(&z->arena));
	if (place != NULL && *place != NULL)
		return PAL_OK;
	if (place != NULL) {
		*place = z;
		z->file_count++;
	}
	return pal_config_reference(z->sink, loader, what, path, offset_of(z));
}

/* "refs": {"x/0.0": ["file.nc", offset, length]}; a string in the place of the list is the chunk itself. */
static bool
is_reference(const struct zarr *z)
{
	const struct frame *f = &z->frames[z->pull.depth];

	return f->array && f->items == 1 && pal_view_is(key_above(z, 1), "refs");
}

/* {"driver": "file", "path": ...} of a kvstore or its base; a URL in the place of either. */
static bool
is_store(const struct zarr *z)
{
	static const char *const stores[] = { "kvstore", "base", "manifest", NULL };
	static const char *const paths[] = { "path", "base_url", "endpoint", NULL };
	struct pal_view          own = key_above(z, 0);

	if (z->frames[z->pull.depth].array)
		return false;
	return is_any(own, stores) || (is_any(own, paths) && is_any(key_above(z, 1), stores));
}

static enum pal_err
take_string(struct zarr *z)
{
	struct pal_view text = text_of(z);

	if (names_codec(z))
		return give_codec(z, text);
	if (is_reference(z))
		return give_file(z, "fsspec", "chunk", text);
	return is_store(z) ? give_file(z, "tensorstore", "kvstore", text) : PAL_OK;
}

/* --- shapes */

static void
take_number(struct zarr *z)
{
	struct frame *f = &z->frames[z->pull.depth];
	uint64_t      n = 0;

	if (!f->array || !pal_view_u64(text_of(z), &n))
		return;
	f->over = f->over || __builtin_mul_overflow(f->product, n, &f->product);
}

static enum pal_err
end_array(struct zarr *z, const struct frame *f)
{
	static const char *const shapes[] = { "shape", "chunks", "chunk_shape", "blockSize", "dimensions", NULL };

	if (!f->over || !is_any(key_above(z, 0), shapes))
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_zarr_shape, offset_of(z), "the product of \"%s\" overflows",
				z->frames[z->pull.depth].key);
}

/* --- tokens */

static void
open_frame(struct zarr *z, bool array)
{
	struct frame *f = &z->frames[z->pull.depth];

	*f = (struct frame){ .array = array, .product = 1 };
}

static enum pal_err
take_token(struct zarr *z, enum pal_json_token t)
{
	struct frame   *f = &z->frames[z->pull.depth];
	struct pal_view key = { 0 };

	if (t == PAL_JSON_OBJECT || t == PAL_JSON_ARRAY) {
		open_frame(z, t == PAL_JSON_ARRAY);
	} else if (t == PAL_JSON_KEY) {
		key = pal_view_sub(text_of(z), 0, KEY_MOST - 1);
		pal_mem_copy(f->key, KEY_MOST, key.data, key.len);
		f->key[key.len] = '\0';
	} else if (t == PAL_JSON_STRING && z->pull.depth > 0) {
		f->items++;
		return take_string(z);
	} else if (t == PAL_JSON_NUMBER) {
		f->items++;
		take_number(z);
	} else if (t == PAL_JSON_ARRAY_END) {
		return end_array(z, &z->frames[z->pull.depth + 1]);
	}
	return PAL_OK;
}

static void
zarr_done(struct zarr **z)
{
	if (*z != NULL) {
		pal_feed_close(&(*z)->feed);
		pal_arena_done(&(*z)->arena);
	}
	pal_mem_free(*z);
}

/* Stops where the document breaks, which the examination as JSON has said; the loader stops there too. */
static enum pal_err
take_metadata(struct pal_input *in, struct pal_sink *sink)
{
	__attribute__((cleanup(zarr_done))) struct zarr *z = pal_mem_new(1, sizeof(*z));
	enum pal_json_token                              t = PAL_JSON_OBJECT;

	if (z == NULL)
		return PAL_ENOMEM;
	pal_arena_init(&z->arena, (size_t)32 << 20);
	z->files = pal_map_of(&z->arena);
	z->sink = sink;
	PAL_TRY(pal_feed_open(&z->feed, in, FEED_MOST));
	pal_json_pull_init(&z->pull, &z->feed, false);
	while (t != PAL_JSON_END && t != PAL_JSON_BROKEN) {
		enum pal_err err = PAL_OK;

		pal_json_pull_release(&z->pull);
		err = pal_json_pull(&z->pull, &t);
		if (err == PAL_ELIMIT)
			return pal_sink_unread(sink, &pal_anomaly_format_limit, z->feed.offset,
					       in->size - z->feed.offset,
					       "a string of more than %zu bytes; codecs and references behind it were "
					       "not read",
					       FEED_MOST);
		PAL_TRY(err);
		PAL_TRY(take_token(z, t));
	}
	return PAL_OK;
}

static enum pal_err
zarr_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	return take_metadata(in, sink);
}

const struct pal_format pal_format_zarr = {
	.name = "zarr",
	.summary = "Zarr metadata, kerchunk references, TensorStore and Orbax descriptions",
	.covers = "All that is said of JSON documents (.zarray, .zgroup, .zmetadata, zarr.json, _METADATA, "
		  "_CHECKPOINT_METADATA); the codecs that reading an array runs, by name; the files and addresses that "
		  "references and key-value stores name; shapes and chunks whose product overflows. The chunks are "
		  "files of their own, as a rule compressed by Blosc, which is not unpacked: their bytes are searched "
		  "and they are reported as unknown.",
	.probe = zarr_probe,
	.parse = zarr_parse,
};

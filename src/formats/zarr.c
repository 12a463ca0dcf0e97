/*
 * zarr.c - metadata of Zarr arrays, references in place of chunks (kerchunk), TensorStore's specifications, Orbax.
 *
 * What reading an array would run are its codecs, by name; what it would open are the paths and URLs of references and
 * of key-value stores. Texts as in any JSON document. (Zarr specifications 2 and 3; fsspec's ReferenceFileSystem.)
 */
#include "config_give.h"
#include "give.h"
#include "json_walk.h"
#include "palisade/format.h"
#include "palisade/map.h"
#include "palisade/mem.h"
#include "source.h"

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
	struct pal_json_walk json;
	struct pal_sink     *sink;
	struct pal_arena     arena;
	struct pal_map       files;
	size_t               file_count;
	struct frame         frames[PAL_JSON_DEPTH + 1];
};

static unsigned int
zarr_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 2 || v.data[0] != '{' || !pal_source_is_text(head))
		return 0;
	if (pal_view_has(v, "\"zarr_format\"") || pal_view_has(v, "\"zarr_consolidated_format\"") ||
	    pal_view_has(v, "\"tree_metadata\"") || pal_view_has(v, "\"item_handlers\""))
		return 91;
	if (pal_view_has(v, "\"refs\"") &&
	    (pal_view_has(v, ".zgroup\"") || pal_view_has(v, ".zarray\"") || pal_view_has(v, "zarr.json\"")))
		return 91;
	return pal_view_has(v, "\"kvstore\"") && pal_view_has(v, "\"driver\"") ? 91 : 0;
}

/* The key `up` objects above the value at hand: 0 is its own. */
static struct pal_view
key_above(const struct zarr *z, unsigned int up)
{
	for (unsigned int depth = z->json.pull.depth; depth > 0; depth--)
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
				 .place.offset = pal_json_walk_offset(&z->json) };

	return pal_sink_take(z->sink, &c);
}

/* A string in the place of a codec: its own key is id or name, or it stands in a list of codecs itself. */
static bool
names_codec(const struct zarr *z)
{
	static const char *const lists[] = { "compressor",   "filters",      "codecs", "storage_transformers",
					     "index_codecs", "object_codec", NULL };
	const struct frame      *f = &z->frames[z->json.pull.depth];
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
	return pal_config_reference(z->sink, loader, what, path, pal_json_walk_offset(&z->json));
}

/* "refs": {"x/0.0": ["file.nc", offset, length]}; a string in the place of the list is the chunk itself. */
static bool
is_reference(const struct zarr *z)
{
	const struct frame *f = &z->frames[z->json.pull.depth];

	return f->array && f->items == 1 && pal_view_is(key_above(z, 1), "refs");
}

/* {"driver": "file", "path": ...} of a kvstore or its base; a URL in the place of either. */
static bool
is_store(const struct zarr *z)
{
	static const char *const stores[] = { "kvstore", "base", "manifest", NULL };
	static const char *const paths[] = { "path", "base_url", "endpoint", NULL };
	struct pal_view          own = key_above(z, 0);

	if (z->frames[z->json.pull.depth].array)
		return false;
	return is_any(own, stores) || (is_any(own, paths) && is_any(key_above(z, 1), stores));
}

static enum pal_err
take_string(struct zarr *z)
{
	struct pal_view text = pal_json_walk_text(&z->json);

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
	struct frame *f = &z->frames[z->json.pull.depth];
	uint64_t      n = 0;

	if (!f->array || !pal_view_u64(pal_json_walk_text(&z->json), &n))
		return;
	f->over = f->over || __builtin_mul_overflow(f->product, n, &f->product);
}

static enum pal_err
end_array(struct zarr *z, const struct frame *f)
{
	static const char *const shapes[] = { "shape", "chunks", "chunk_shape", "blockSize", "dimensions", NULL };

	if (!f->over || !is_any(key_above(z, 0), shapes))
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_zarr_shape, pal_json_walk_offset(&z->json),
				"the product of \"%s\" overflows", z->frames[z->json.pull.depth].key);
}

/* --- tokens */

static void
open_frame(struct zarr *z, bool array)
{
	struct frame *f = &z->frames[z->json.pull.depth];

	*f = (struct frame){ .array = array, .product = 1 };
}

static enum pal_err
take_token(void *who, enum pal_json_token t)
{
	struct zarr *z = who;

	struct frame   *f = &z->frames[z->json.pull.depth];
	struct pal_view key = { 0 };

	if (t == PAL_JSON_OBJECT || t == PAL_JSON_ARRAY) {
		open_frame(z, t == PAL_JSON_ARRAY);
	} else if (t == PAL_JSON_KEY) {
		key = pal_view_sub(pal_json_walk_text(&z->json), 0, KEY_MOST - 1);
		pal_mem_copy(f->key, KEY_MOST, key.data, key.len);
		f->key[key.len] = '\0';
	} else if (t == PAL_JSON_STRING && z->json.pull.depth > 0) {
		f->items++;
		return take_string(z);
	} else if (t == PAL_JSON_NUMBER) {
		f->items++;
		take_number(z);
	} else if (t == PAL_JSON_ARRAY_END) {
		return end_array(z, &z->frames[z->json.pull.depth + 1]);
	}
	return PAL_OK;
}

static void
zarr_done(struct zarr **z)
{
	if (*z != NULL)
		pal_arena_done(&(*z)->arena);
	pal_mem_free(*z);
}

static enum pal_err
zarr_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(zarr_done))) struct zarr *z = pal_mem_new(1, sizeof(*z));

	if (z == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "zarr: no memory for the parser");
	pal_arena_init(&z->arena, (size_t)32 << 20);
	z->files = pal_map_of(&z->arena);
	z->sink = sink;
	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	return pal_json_walk(&z->json, in, sink, "codecs and references", take_token, z);
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

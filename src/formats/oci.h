/*
 * oci.h - container images: what their documents say of blobs, and, where both stand in one archive, whether it is so.
 *
 * pal_oci_member() is told of each member of an archive with its bytes, pal_oci_finish() once at the end. OCI Image
 * Format Specification 1.1: image-layout.md, descriptor.md, manifest.md, config.md; docker save.
 *
 *   units    bytes; offsets from the start of the archive
 *   memory   names and digests in the arena that the caller gives
 *   errors   those of the sink, the input and the arena
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_OCI_H
#define PALISADE_FORMATS_OCI_H

#include "give.h"
#include "palisade/arena.h"
#include "palisade/json.h"
#include "palisade/list.h"
#include "palisade/map.h"

#define PAL_OCI_JSON_MOST ((size_t)4 << 20)

/* What a document says of a blob. */
struct pal_oci_descriptor {
	const char   *digest, *media_type;
	uint64_t      size;
	const json_t *urls; /* NULL: none */
};

struct pal_oci {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena *arena;
	struct pal_map    blobs;  /* digest -> struct blob */
	struct pal_list   wanted; /* of struct wanted */
	bool              layout; /* it is an image: oci-layout or index.json */
};

struct pal_oci             pal_oci_of(struct pal_input *in, struct pal_sink *sink, struct pal_arena *arena);
PAL_NODISCARD enum pal_err pal_oci_member(struct pal_oci *o, struct pal_view name, uint64_t at, uint64_t len);
PAL_NODISCARD enum pal_err pal_oci_finish(struct pal_oci *o);

/* fn for each descriptor of an index or a manifest, in their order. */
typedef enum pal_err       pal_oci_fn(void *arg, const struct pal_oci_descriptor *d);
PAL_NODISCARD enum pal_err pal_oci_each(const json_t *doc, pal_oci_fn *fn, void *arg);

bool pal_oci_is_digest(struct pal_view v); /* "sha256:" and 64 digits, or sha512 and 128, in small letters */

/* A layer that is not in the image and that readers fetch. */
bool pal_oci_is_foreign(const struct pal_oci_descriptor *d);

#endif

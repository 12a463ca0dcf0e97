/*
 * hdf5.h - what the sources of the HDF5 reader share.
 *
 * hdf5.c finds the superblock and walks the objects, hdf5_object.c reads one
 * object header, hdf5_group.c what hangs below it, hdf5_heap.c heaps and version 2
 * B-trees, hdf5_type.c datatypes, hdf5_data.c hands content over, hdf5_chunk.c
 * finds chunks (hdf5_array.c those of arrays), hdf5_space.c keeps the books on every byte. Written to the HDF5
 * File Format Specification, version 3.0; libhdf5 is not used.
 *
 *   units    bytes; addresses count from the base address, places from the start of the file
 *   memory   what is kept lives in `arena`; blocks live in `scratch` until the object is done
 *   errors   those of the sink and of the input; what breaks the format is an anomaly, and the reader goes on
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_HDF5_H
#define PALISADE_FORMATS_HDF5_H

#include "give.h"
#include "palisade/buf.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "palisade/reader.h"

#define PAL_HDF5_NOWHERE UINT64_MAX /* the undefined address */
#define PAL_HDF5_RANK    32u

struct pal_hdf5_extent {
	uint64_t begin, end;
};

struct pal_hdf5_object {
	uint64_t    at;
	const char *path;
};

/* Bytes of a structure, and where in the file they stand. */
struct pal_hdf5_bytes {
	struct pal_view view;
	uint64_t        at;
};

struct pal_hdf5 {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena  arena, scratch;
	uint64_t          base, size;       /* of the file from its base address on */
	unsigned int      offsets, lengths; /* how wide they are */
	unsigned int      leaf_k, node_k, chunk_k;
	struct pal_list   todo;    /* of struct pal_hdf5_object */
	struct pal_list   extents; /* of struct pal_hdf5_extent: what belongs to something */
	struct pal_list   heaps;   /* of uint64_t: global heaps that something refers to */
	struct pal_map    seen;    /* addresses of structures that were read */
	struct pal_map    named;   /* objects of global heaps that were given with their name */
	uint64_t          fuel;    /* bytes of structures that may still be read: more than once is too often */
	uint64_t          packed;  /* datasets of numbers that are compressed */
	struct pal_buf    text;    /* strings on their way to the sink */
	uint64_t          text_at;
};

enum pal_hdf5_class {
	PAL_HDF5_INTEGER,
	PAL_HDF5_FLOAT,
	PAL_HDF5_TIME,
	PAL_HDF5_STRING,
	PAL_HDF5_BITS,
	PAL_HDF5_OPAQUE,
	PAL_HDF5_COMPOUND,
	PAL_HDF5_REFERENCE,
	PAL_HDF5_ENUM,
	PAL_HDF5_VARIABLE,
	PAL_HDF5_ARRAY,
};

struct pal_hdf5_type {
	enum pal_hdf5_class class;
	uint64_t       size; /* of one value, as it is stored */
	enum pal_dtype dtype;
	bool           big_endian;
	const char    *spelled;
};

struct pal_hdf5_shape {
	uint64_t     dims[PAL_HDF5_RANK], count; /* count: of values, 0 for none */
	unsigned int rank;
	bool         overflow;
};

/* What the messages of an object header say of a dataset; views are empty when there is no such message. */
struct pal_hdf5_set {
	const char           *path;
	struct pal_hdf5_bytes space, type, layout, filters, external;
};

/* hdf5_space.c */
uint64_t                   pal_hdf5_number(struct pal_reader *r, unsigned int width);
uint64_t                   pal_hdf5_address(const struct pal_hdf5 *h, struct pal_reader *r);
bool                       pal_hdf5_first(struct pal_hdf5 *h, uint64_t at); /* this structure was not read before */
PAL_NODISCARD enum pal_err pal_hdf5_claim(struct pal_hdf5 *h, uint64_t at, uint64_t len, const char *what);
PAL_NODISCARD enum pal_err pal_hdf5_block(struct pal_hdf5 *h, uint64_t at, uint64_t len, const char *what,
					  struct pal_hdf5_bytes *ret_bytes); /* empty when it is not there */
PAL_NODISCARD enum pal_err pal_hdf5_broken(struct pal_hdf5 *h, uint64_t at, const char *what);
PAL_NODISCARD enum pal_err pal_hdf5_rest(struct pal_hdf5 *h); /* overlaps, and what belongs to nothing */

/* hdf5_object.c */
PAL_NODISCARD enum pal_err pal_hdf5_object(struct pal_hdf5 *h, struct pal_hdf5_object o);
PAL_NODISCARD enum pal_err pal_hdf5_attribute(struct pal_hdf5 *h, const char *path, struct pal_hdf5_bytes body);

/* hdf5_group.c */
PAL_NODISCARD enum pal_err pal_hdf5_table(struct pal_hdf5 *h, const char *path, uint64_t tree, uint64_t heap);
PAL_NODISCARD enum pal_err pal_hdf5_link(struct pal_hdf5 *h, const char *path, struct pal_hdf5_bytes body);
PAL_NODISCARD enum pal_err pal_hdf5_local(struct pal_hdf5 *h, uint64_t at, struct pal_hdf5_bytes *ret_data);
PAL_NODISCARD enum pal_err pal_hdf5_outside(struct pal_hdf5 *h, const char *path, struct pal_view file,
					    const char *what, uint64_t at);
struct pal_view            pal_hdf5_string(struct pal_view heap, uint64_t at); /* up to its NUL */

/* hdf5_heap.c: messages in a fractal heap, found by a version 2 B-tree, to `fn`. */
typedef enum pal_err       pal_hdf5_message_fn(struct pal_hdf5 *h, const char *path, struct pal_hdf5_bytes body);
typedef enum pal_err       pal_hdf5_record_fn(struct pal_hdf5 *h, void *arg, struct pal_view record);
PAL_NODISCARD enum pal_err pal_hdf5_dense(struct pal_hdf5 *h, const char *path, uint64_t heap, uint64_t tree,
					  size_t id_at, pal_hdf5_message_fn *fn);
PAL_NODISCARD enum pal_err pal_hdf5_tree(struct pal_hdf5 *h, uint64_t at, pal_hdf5_record_fn *fn, void *arg);

/* hdf5_global.c: global heaps */
PAL_NODISCARD enum pal_err pal_hdf5_heap_object(struct pal_hdf5 *h, uint64_t heap, uint32_t index, uint64_t *ret_at,
						uint64_t *ret_len); /* PAL_HDF5_NOWHERE when there is none */
PAL_NODISCARD enum pal_err pal_hdf5_heap_note(struct pal_hdf5 *h, uint64_t heap);
PAL_NODISCARD enum pal_err pal_hdf5_heap_give(struct pal_hdf5 *h, uint64_t heap, uint64_t most, uint64_t *ret_len);
PAL_NODISCARD enum pal_err pal_hdf5_heaps(struct pal_hdf5 *h);

/* hdf5_type.c */
bool pal_hdf5_type_of(struct pal_view body, struct pal_hdf5_type *ret_type);
bool pal_hdf5_shape_of(const struct pal_hdf5 *h, struct pal_view body, struct pal_hdf5_shape *ret_shape);
PAL_NODISCARD enum pal_err pal_hdf5_shared(struct pal_hdf5 *h, struct pal_hdf5_bytes *body);

/* hdf5_data.c */
PAL_NODISCARD enum pal_err pal_hdf5_dataset(struct pal_hdf5 *h, const struct pal_hdf5_set *set);

/* Values of one type, side by side in `from` (the file, or a chunk that was unpacked); a name makes them metadata. */
PAL_NODISCARD enum pal_err pal_hdf5_content(struct pal_hdf5 *h, struct pal_view name, const struct pal_hdf5_type *t,
					    struct pal_input *from, uint64_t at, uint64_t len);

/* One string or run of bytes: a file inside, text, or neither; at and len are places in `from`. */
PAL_NODISCARD enum pal_err pal_hdf5_value(struct pal_hdf5 *h, struct pal_view name, struct pal_input *from, uint64_t at,
					  uint64_t len);
PAL_NODISCARD enum pal_err pal_hdf5_flush(struct pal_hdf5 *h); /* strings that wait for others */

/* hdf5_chunk.c */
struct pal_hdf5_chunks {
	struct pal_view             path;
	const struct pal_hdf5_type *type;
	uint64_t                    root;   /* of the index, or the one chunk */
	uint64_t                    bytes;  /* of a chunk before it is compressed */
	uint64_t                    single; /* bytes of the one chunk as it is stored; 0: as many as `bytes` */
	unsigned int                rank;   /* of a key in a version 1 index: dimensions and one more */
	unsigned int                index;  /* 0: version 1 B-tree; 1 to 5: as in version 4 of the layout message */
	unsigned int                filters, shuffle; /* how many; bytes that shuffle keeps apart, 0: it is not there */
	bool deflate, checked, other;                 /* checked: Fletcher; other: a filter that is not undone here */
	bool skipped;                                 /* content that could not be unpacked */
};
typedef enum pal_err       pal_hdf5_chunk_fn(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, uint64_t at, uint64_t len,
					     uint32_t mask);
PAL_NODISCARD enum pal_err pal_hdf5_chunks(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, struct pal_view filters);
bool                       pal_hdf5_is_content(const struct pal_hdf5_type *t); /* not only numbers */

/* hdf5_array.c: the chunks of an array's index, to `fn` */
PAL_NODISCARD enum pal_err pal_hdf5_fixed(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, pal_hdf5_chunk_fn *fn);
PAL_NODISCARD enum pal_err pal_hdf5_extensible(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, pal_hdf5_chunk_fn *fn);

#endif

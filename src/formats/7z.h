/*
 * 7z.h - what the sources of the 7z reader share.
 *
 * 7z.c finds the header and looks at what nothing covers, 7z_header.c reads the
 * database of packed streams and files, 7z_folder.c unpacks. After 7zFormat.txt of the LZMA SDK; its "folder" is a
 * chain of coders and what it makes, not a directory.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   the database lives in the archive's arena; one folder is unpacked at a time
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_7Z_H
#define PALISADE_FORMATS_7Z_H

#include "give.h"
#include "palisade/arena.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "palisade/reader.h"
#include "unpack.h"

#define PAL_7Z_SIGNATURE 32u /* bytes of the signature header */
#define PAL_7Z_CODERS    4u  /* of one folder, as liblzma's chains; 7-Zip writes no more */

struct pal_7z_coder {
	uint64_t        method;
	struct pal_view properties;
	uint64_t        size; /* of what it makes */
};

#define PAL_7Z_PARTS 4u /* streams that BCJ2 puts together: the rest, targets of calls, of jumps, and its decisions */

/* One of them: packed bytes, and the coder that unpacks them, if one does. */
struct pal_7z_part {
	uint64_t            at, packed;
	struct pal_7z_coder coder;
	bool                coded;
};

struct pal_7z_folder {
	struct pal_7z_coder coders[PAL_7Z_CODERS]; /* the one that makes the content first, the one that reads the file
						      last */
	size_t             coder_count;
	uint64_t           method;   /* of the first coder that the file lists */
	bool               is_chain; /* else it has coders with several inputs, or too many */
	bool               is_bcj2;  /* it has one, and its four inputs are `parts` */
	struct pal_7z_part parts[PAL_7Z_PARTS];
	bool               encrypted; /* any of its coders, however they hang together */
	uint64_t           packed_at, packed;
	uint64_t           size;
	uint64_t           stream_count;
	uint32_t           crc;
	bool               has_crc;
};

/* One file's part of what a folder makes. */
struct pal_7z_stream {
	uint64_t size;
	uint32_t crc;
	bool     has_crc;
};

struct pal_7z_file {
	struct pal_view name;
	uint32_t        attributes;
	bool            empty; /* has no stream */
};

struct pal_7z_streams {
	uint64_t        packed_at, packed; /* of all packed streams */
	struct pal_list packs;             /* of uint64_t: sizes */
	struct pal_list folders, streams;
};

struct pal_7z {
	struct pal_input     *in;
	struct pal_sink      *sink;
	struct pal_arena      arena;
	struct pal_7z_streams main;
	struct pal_list       files;
	struct pal_map        names;
	struct {
		uint64_t at, end;
	} covered[8]; /* by packed streams and headers */
	size_t covered_count;
};

/* 7z_header.c: false when the bytes break the format; the reader says where. */
bool pal_7z_read_streams(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *ret_streams);
bool pal_7z_read_header(struct pal_7z *z, struct pal_reader *r);

/* 7z_bcj2.c: the four streams as one; false when they do not fit each other (what was made stays in out). */
PAL_NODISCARD bool pal_7z_bcj2(const struct pal_view parts[PAL_7Z_PARTS], uint64_t size, struct pal_buf *out);

/* 7z_folder.c */
PAL_NODISCARD enum pal_err pal_7z_unpack(struct pal_7z *z, const struct pal_7z_folder *f, struct pal_buf *out,
					 bool *ret_whole);
PAL_NODISCARD enum pal_err pal_7z_give(struct pal_7z *z); /* all files of the main streams */

#endif

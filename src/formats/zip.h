/*
 * zip.h - what the sources of the zip reader share, and the question whether another format is a zip archive too.
 *
 * zip.c finds the directory and walks what it lists, zip_member.c gives one
 * member, zip_gaps.c looks at what the directory does not list. APPNOTE.TXT 6.3.10.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   entries live in the archive's arena
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_ZIP_H
#define PALISADE_FORMATS_ZIP_H

#include "give.h"
#include "palisade/arena.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "palisade/reader.h"

#define PAL_ZIP_LOCAL   0x04034b50u
#define PAL_ZIP_CENTRAL 0x02014b50u
#define PAL_ZIP_END     0x06054b50u

/* One header of a member, central or local. */
struct pal_zip_header {
	struct pal_view name;
	struct pal_view unicode; /* another name, in the extra field 0x7075 (APPNOTE 4.6.9); empty: none */
	struct pal_view comment;
	uint64_t        packed, size;
	uint64_t        packed64, size64; /* in a zip64 field that nothing asks for; 0: none */
	uint32_t        crc, attributes;
	uint16_t        flags, method;
	uint8_t         host;
};

struct pal_zip_entry {
	struct pal_zip_header central;
	uint64_t              local_at; /* of its local header */
	uint64_t              data_at, end;
	bool                  listed_first; /* by the directory that most readers use */
};

struct pal_torch_zip;

struct pal_zip {
	struct pal_input     *in;
	struct pal_sink      *sink;
	struct pal_arena      arena;
	struct pal_list       entries;   /* of struct pal_zip_entry */
	struct pal_map        known;     /* members of a directory that was read before */
	uintptr_t             directory; /* the number of the one that is read now, from 1 */
	uint64_t              directory_at, end_at;
	struct pal_torch_zip *view; /* of torch's storages; NULL: none */
	struct pal_view torch;  /* what stands before data.pkl in its name, when there is one; data is not NULL then */
	uint64_t        unpaid; /* bytes of members that are read before they count against the output */
	uint64_t        crc_left; /* bytes of stored members that are still checked */
	bool            behind;   /* something else, examined by another format, stands before the archive ... */
	uint64_t        from;     /* ... and ends at least here; then: where the archive begins */
};

/* zip_header.c */
PAL_NODISCARD enum pal_err pal_zip_read_local(struct pal_zip *z, uint64_t at, struct pal_zip_header *ret_header,
					      uint64_t *ret_data_at, bool *ret_good);
bool     pal_zip_read_central(struct pal_zip *z, struct pal_reader *r, struct pal_zip_header *ret_header,
			      uint64_t *ret_local_at);
uint32_t pal_zip_u32(struct pal_view v, size_t at); /* 0 when it is not all there */
uint16_t pal_zip_u16(struct pal_view v, size_t at);

/* zip_member.c: gives what [data_at, data_at + h->packed) holds; *ret_used is what of it was used. */
PAL_NODISCARD enum pal_err pal_zip_give(struct pal_zip *z, const struct pal_zip_header *h, uint64_t data_at,
					uint64_t *ret_used);

/* zip_gaps.c: overlaps, and everything that no entry covers. */
PAL_NODISCARD enum pal_err pal_zip_gaps(struct pal_zip *z);
PAL_NODISCARD enum pal_err pal_zip_gap(struct pal_zip *z, uint64_t at, uint64_t len, const struct pal_rule *rule);

/* zip.c: what the directories list, without a look at any member. The archive's arena is for the caller to free. */
void                       pal_zip_init(struct pal_zip *z, struct pal_input *in, struct pal_sink *sink);
PAL_NODISCARD enum pal_err pal_zip_list(struct pal_zip *z, size_t *ret_directories);

/* zip.c: for the other formats. */
bool pal_zip_at_end(struct pal_input *in); /* the file ends with a directory that lists something */
PAL_NODISCARD enum pal_err pal_zip_also(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d);

/* For a format that has archives behind it by design: as zip_also, but that there is one is no news, unless it begins
 * before `least`, where the file of that format ends. *ret_from: where it begins. */
PAL_NODISCARD enum pal_err pal_zip_behind(struct pal_input *in, struct pal_sink *sink, uint64_t least,
					  uint64_t *ret_from, struct pal_diag *d);

#endif

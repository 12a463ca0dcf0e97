/*
 * tar.h - what the sources of the tar reader share.
 *
 * tar.c walks from header to header, tar_header.c reads one with its extended
 * headers, tar_names.c asks where names and links lead. POSIX.1-2017 pax, "EXTENDED DESCRIPTION"; GNU tar manual,
 * "Basic Tar Format".
 *
 *   units    bytes; offsets from the start of the file
 *   memory   what is said of a member lives until the next one; what is remembered, in the archive's arena `kept`
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_TAR_H
#define PALISADE_FORMATS_TAR_H

#include "give.h"
#include "oci.h"
#include "palisade/arena.h"
#include "palisade/list.h"
#include "palisade/map.h"

#define PAL_TAR_BLOCK ((size_t)512)

/* What extended headers say of the next member, or, from a global one, of all that follow. */
struct pal_tar_extra {
	struct pal_view path, link; /* data NULL: not said */
	uint64_t        size;
	bool            has_size, sparse;
};

struct pal_tar_header {
	struct pal_view name, link; /* as the header and what extends it say together */
	struct pal_view short_name; /* as the header alone says */
	uint64_t        size;       /* of the content */
	uint64_t        short_size;
	bool            good_size; /* of the header's own number */
	bool            sparse, more_sparse;
	bool            two_names; /* by its magic it has no prefix, but something stands there that some readers add */
	uint8_t         type;
};

struct pal_tar {
	struct pal_input    *in;
	struct pal_sink     *sink;
	struct pal_arena     arena; /* for one member */
	struct pal_arena     kept;
	struct pal_tar_extra next, global;
	struct pal_map       names;    /* of members that are no folders */
	struct pal_map       links;    /* symbolic links by path; the value says where they lead, see tar_names.c */
	struct pal_list      absolute; /* of struct pal_tar_link */
	unsigned int         system;   /* a bit for each folder of a system's root that is there */
	uint64_t             whiteouts;
	struct pal_oci       image;
};

/* A symbolic link with an absolute target: wrong, unless the archive turns out to be the root of a system. */
struct pal_tar_link {
	uint64_t        at;
	struct pal_view name, target;
};

/* tar_header.c */
bool                       pal_tar_is_header(struct pal_view block); /* its checksum is right */
bool                       pal_tar_is_zero(struct pal_view block);
void                       pal_tar_read(struct pal_tar *t, struct pal_view block, struct pal_tar_header *ret_header);
PAL_NODISCARD enum pal_err pal_tar_extend(struct pal_tar *t, uint8_t type, uint64_t at, uint64_t len);

/* tar_names.c: what is wrong with where a member would be unpacked; pal_tar_roots() at the end of the archive. */
PAL_NODISCARD enum pal_err pal_tar_names(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at);
PAL_NODISCARD enum pal_err pal_tar_roots(struct pal_tar *t);

int pal_tar_shown(struct pal_view name); /* how much of a name is printed */

#endif

/* tile.c - names and contents of tiles (c2sp.org/tlog-tiles); pal_bundle_split and pal_tile_path_parse read untrusted
 * bytes. */
#include "palisade/tile.h"

#include <stdio.h>

#include "palisade/mem.h"
#include "palisade/reader.h"

#define LEVEL_MOST 63u

void
pal_tile_path(const struct pal_tile_id *id, char ret_path[PAL_TILE_PATH])
{
	char     text[PAL_TILE_PATH] = "";
	size_t   at = sizeof(text) - 1;
	uint64_t n = id->index;
	char     group[8];

	/* From the right: groups of three digits, all but the last with an x before. */
	for (bool last = true; last || n > 0; last = false, n /= 1000) {
		int len = snprintf(group, sizeof(group), last ? "/%03u" : "/x%03u", (unsigned int)(n % 1000));

		at -= (size_t)len;
		pal_mem_copy(text + at, sizeof(text) - at, group, (size_t)len);
	}
	if (id->level == PAL_TILE_ENTRIES)
		(void)snprintf(ret_path, PAL_TILE_PATH, "tile/entries%s", text + at);
	else
		(void)snprintf(ret_path, PAL_TILE_PATH, "tile/%u%s", id->level, text + at);
	if (id->width != PAL_TILE_WIDTH) {
		size_t len = pal_view_of(ret_path).len;

		(void)snprintf(ret_path + len, PAL_TILE_PATH - len, ".p/%u", id->width);
	}
}

/* One group of an index: "x001" or, the last, "234", perhaps followed by ".p". */
static bool
parse_group(struct pal_view part, struct pal_tile_id *id, bool *ret_last, bool *ret_partial)
{
	uint64_t n = 0;

	*ret_last = part.len == 0 || part.data[0] != 'x';
	if (!*ret_last)
		part = pal_view_sub(part, 1, SIZE_MAX);
	*ret_partial = *ret_last && part.len == 5 && pal_view_ends(part, ".p");
	if (*ret_partial)
		part.len = 3;
	if (part.len != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!pal_is_digit(part.data[i]))
			return false;
		n = n * 10 + (uint64_t)(part.data[i] - '0');
	}
	if (id->index > (UINT64_MAX - n) / 1000)
		return false;
	id->index = id->index * 1000 + n;
	return true;
}

bool
pal_tile_path_parse(struct pal_view path, struct pal_tile_id *ret_id)
{
	struct pal_tile_id id = { .width = PAL_TILE_WIDTH };
	struct pal_view    rest = path, part = { 0 };
	uint64_t           n = 0;
	bool               last = false, partial = false;
	char               again[PAL_TILE_PATH];

	if (!pal_view_split(&rest, '/', &part) || !pal_view_is(part, "tile") || !pal_view_split(&rest, '/', &part))
		return false;
	if (pal_view_is(part, "entries"))
		id.level = PAL_TILE_ENTRIES;
	else if (pal_view_u64(part, &n) && n <= LEVEL_MOST)
		id.level = (unsigned int)n;
	else
		return false;
	while (!last)
		if (!pal_view_split(&rest, '/', &part) || !parse_group(part, &id, &last, &partial))
			return false;
	if (partial) {
		if (!pal_view_split(&rest, '/', &part) || !pal_view_u64(part, &n) || n < 1 || n >= PAL_TILE_WIDTH)
			return false;
		id.width = (unsigned int)n;
	}
	/* One tile, one name: leading groups of zeros and anything left over fall here. */
	pal_tile_path(&id, again);
	if (!pal_view_is(path, again))
		return false;
	*ret_id = id;
	return true;
}

unsigned int
pal_tile_width(unsigned int level, uint64_t index, uint64_t size)
{
	uint64_t hashes = level == PAL_TILE_ENTRIES ? size : level >= PAL_TILE_LEVELS ? 0 : size >> (8 * level);

	if (hashes / PAL_TILE_WIDTH > index)
		return PAL_TILE_WIDTH;
	return hashes / PAL_TILE_WIDTH == index ? (unsigned int)(hashes % PAL_TILE_WIDTH) : 0;
}

void
pal_bundle_add(struct pal_buf *b, struct pal_view entry)
{
	PAL_ASSERT(entry.len <= PAL_ENTRY_MOST);
	pal_buf_add_byte(b, (uint8_t)(entry.len >> 8));
	pal_buf_add_byte(b, (uint8_t)(entry.len & 0xff));
	pal_buf_add(b, entry);
}

enum pal_err
pal_bundle_split(struct pal_view bundle, struct pal_view *ret_entries, size_t *ret_count, struct pal_diag *d)
{
	struct pal_reader r = pal_reader_of(bundle);

	for (*ret_count = 0; *ret_count < PAL_TILE_WIDTH; ++*ret_count) {
		uint64_t        at = bundle.len - pal_reader_left(&r);
		struct pal_view entry = { 0 };

		if (pal_reader_done(&r))
			return PAL_OK;
		entry = pal_read_view(&r, pal_read_u16be(&r));
		if (pal_reader_err(&r) != PAL_OK)
			return pal_fail(d, PAL_ETRUNC, at, "the entry at offset %llu runs past the end of the bundle",
					(unsigned long long)at);
		ret_entries[*ret_count] = entry;
	}
	if (!pal_reader_done(&r))
		return pal_fail(d, PAL_EFORM, bundle.len - pal_reader_left(&r),
				"%llu bytes follow the last of %u entries", (unsigned long long)pal_reader_left(&r),
				PAL_TILE_WIDTH);
	return PAL_OK;
}

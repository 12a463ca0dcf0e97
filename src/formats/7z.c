/* 7z.c - the signature header, the header at the end (packed or not), and the bytes that neither it nor the files
 * cover. */
#include "7z.h"

#include <zlib.h>

#include "palisade/format.h"

#define MEMORY      ((size_t)128 << 20)
#define HEADER_MOST ((uint64_t)64 << 20)
#define LEVELS      4 /* headers packed in headers; 7-Zip writes one */

static const uint8_t signature[] = { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c };

static unsigned int
probe_7z(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_view_eq(pal_view_sub(head, 0, sizeof(signature)), (struct pal_view){ signature, sizeof(signature) })
		   ? 97
		   : 0;
}

static void
cover(struct pal_7z *z, uint64_t at, uint64_t len)
{
	if (len > 0 && z->covered_count < sizeof(z->covered) / sizeof(z->covered[0])) {
		z->covered[z->covered_count].at = at;
		z->covered[z->covered_count++].end = at + len;
	}
}

/* The first byte from `at` on that is covered, or that is not. */
static uint64_t
next_edge(const struct pal_7z *z, uint64_t at, bool *ret_covered)
{
	uint64_t edge = z->in->size;

	*ret_covered = false;
	for (size_t i = 0; i < z->covered_count; i++) {
		if (z->covered[i].at <= at && at < z->covered[i].end) {
			*ret_covered = true;
			return z->covered[i].end;
		}
		if (z->covered[i].at > at && z->covered[i].at < edge)
			edge = z->covered[i].at;
	}
	return edge;
}

static enum pal_err
give_gaps(struct pal_7z *z)
{
	for (uint64_t at = 0; at < z->in->size;) {
		bool     covered = false;
		uint64_t end = next_edge(z, at, &covered);

		if (!covered) {
			PAL_TRY(pal_sink_anomaly(z->sink,
						 end == z->in->size ? &pal_anomaly_7z_trailing : &pal_anomaly_7z_gap,
						 at, "%llu bytes at %llu belong to no file",
						 (unsigned long long)(end - at), (unsigned long long)at));
			PAL_TRY(pal_give_stray(z->sink, z->in, at, end - at, pal_view_of("(between files)")));
		}
		at = end;
	}
	return PAL_OK;
}

static enum pal_err
say_broken(struct pal_7z *z, uint64_t at, const char *what)
{
	PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_7z_broken, at, z->in->size - PAL_7Z_SIGNATURE,
				"%s; the archive was searched as raw bytes", what));
	return pal_give_bytes(z->sink, z->in, PAL_7Z_SIGNATURE, z->in->size - PAL_7Z_SIGNATURE);
}

static enum pal_err
load(struct pal_7z *z, uint64_t at, uint64_t len, struct pal_buf *out)
{
	while (len > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(z->in, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		pal_buf_add(out, v);
		at += v.len;
		len -= v.len;
	}
	return pal_buf_err(out);
}

static enum pal_err
check_crc(struct pal_7z *z, struct pal_view v, uint32_t said, uint64_t at, const char *what)
{
	uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), v.data, (uInt)v.len);

	if (crc == said)
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_7z_crc_wrong, at, "%s: CRC-32 %08x, expected %08x", what,
				(unsigned int)crc, (unsigned int)said);
}

/* The header unpacked, as long as it says that it is packed; *ret_good when a plain one came out. */
static enum pal_err
unpack_header(struct pal_7z *z, struct pal_buf *header, bool *ret_good)
{
	*ret_good = false;
	for (int level = 0; level < LEVELS; level++) {
		struct pal_reader     r = pal_reader_of(pal_buf_view(header));
		struct pal_7z_streams s = { 0 };
		PAL_AUTO_BUF          out = pal_buf_of((size_t)HEADER_MOST);
		uint8_t               id = pal_read_u8(&r);
		uint64_t              aside = 0;
		struct pal_buf        swap = { 0 };
		bool                  whole = false;

		*ret_good = id == 1;
		if (id != 0x17 || !pal_7z_read_streams(z, &r, &s) || s.folders.count == 0)
			return PAL_OK;
		cover(z, s.packed_at, s.packed);
		if (z->sink->limits->output > HEADER_MOST / 2)
			aside = z->sink->limits->output - HEADER_MOST / 2;
		z->sink->limits->output -= aside;
		PAL_TRY(pal_7z_unpack(z, pal_list_at(&s.folders, 0), &out, &whole));
		z->sink->limits->output += aside;
		if (!whole)
			return PAL_OK;
		swap = *header;
		*header = out;
		out = swap;
	}
	return PAL_OK;
}

static enum pal_err
parse(struct pal_7z *z)
{
	PAL_AUTO_BUF      header = pal_buf_of((size_t)HEADER_MOST);
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };
	uint64_t          at = 0, len = 0;
	uint32_t          crc = 0;
	bool              good = false;

	if (z->in->size < PAL_7Z_SIGNATURE)
		return pal_sink_unread(z->sink, &pal_anomaly_7z_broken, 0, z->in->size,
				       "%llu bytes, a signature header has %u", (unsigned long long)z->in->size,
				       PAL_7Z_SIGNATURE);
	PAL_TRY(pal_input_view(z->in, 0, PAL_7Z_SIGNATURE, PAL_7Z_SIGNATURE, &v));
	r = pal_reader_of(pal_view_sub(v, 8, v.len));
	crc = pal_read_u32le(&r);
	PAL_TRY(check_crc(z, pal_view_sub(v, 12, 20), crc, 8, "the signature header"));
	at = pal_read_u64le(&r);
	len = pal_read_u64le(&r);
	crc = pal_read_u32le(&r);
	if (at > z->in->size - PAL_7Z_SIGNATURE || len > z->in->size - PAL_7Z_SIGNATURE - at || len > HEADER_MOST)
		return say_broken(z, 12, "the header lies behind the end of the file, or is longer than 64 MiB");
	at += PAL_7Z_SIGNATURE;
	cover(z, 0, PAL_7Z_SIGNATURE);
	cover(z, at, len);
	if (len == 0)
		return give_gaps(z);
	PAL_TRY(load(z, at, len, &header));
	PAL_TRY(check_crc(z, pal_buf_view(&header), crc, at, "the header"));
	PAL_TRY(unpack_header(z, &header, &good));
	r = pal_reader_of(pal_buf_view(&header));
	pal_read_skip(&r, 1);
	if (!good || !pal_7z_read_header(z, &r))
		return say_broken(z, at, "the header breaks the format");
	cover(z, z->main.packed_at, z->main.packed);
	PAL_TRY(pal_7z_give(z));
	return give_gaps(z);
}

static enum pal_err
parse_7z(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_7z z = { .in = in, .sink = sink };
	enum pal_err  err = PAL_OK;

	(void)d;
	pal_arena_init(&z.arena, MEMORY);
	z.files = pal_list_of(&z.arena, sizeof(struct pal_7z_file));
	z.names = pal_map_of(&z.arena);
	err = parse(&z);
	pal_arena_done(&z.arena);
	return err;
}

const struct pal_format pal_format_7z = {
	.name = "7z",
	.summary = "7z archives",
	.covers =
	    "Every file: LZMA, LZMA2, the branch filters, BCJ2 and delta before them, bzip2, deflate, deflate64, zstd, "
	    "lz4 and "
	    "stored ones. "
	    "One block of files is unpacked in memory at a time, at most 512 MiB of it; a ratio above 100 past "
	    "16 MiB is a "
	    "bomb. Checksums, names that stand twice or leave the folder, links, content that no file names, "
	    "data between "
	    "and behind are checked. Reported and not unpacked: encryption and PPMd.",
	.probe = probe_7z,
	.parse = parse_7z,
};

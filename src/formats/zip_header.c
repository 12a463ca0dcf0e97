/* zip_header.c - the two headers of a member, field by field, with the sizes that zip64 puts elsewhere. */
#include <zlib.h>

#include "zip.h"

uint32_t
pal_zip_u32(struct pal_view v, size_t at)
{
	if (at > v.len || v.len - at < 4)
		return 0;
	return (uint32_t)v.data[at] | (uint32_t)v.data[at + 1] << 8 | (uint32_t)v.data[at + 2] << 16 |
	       (uint32_t)v.data[at + 3] << 24;
}

uint16_t
pal_zip_u16(struct pal_view v, size_t at)
{
	if (at > v.len || v.len - at < 2)
		return 0;
	return (uint16_t)(v.data[at] | v.data[at + 1] << 8);
}

/* APPNOTE 4.5.3: only the fields that are all ones in the header are in the extra field, in this order. A field that
 * none of them asks for is remembered: some readers use it nevertheless. */
static void
read_zip64(struct pal_reader field, struct pal_zip_header *h, uint64_t *local_at)
{
	bool asked = h->size == UINT32_MAX || h->packed == UINT32_MAX;

	if (!asked && pal_reader_left(&field) >= 16) {
		h->size64 = pal_read_u64le(&field);
		h->packed64 = pal_read_u64le(&field);
	}
	if (h->size == UINT32_MAX && pal_reader_left(&field) >= 8)
		h->size = pal_read_u64le(&field);
	if (h->packed == UINT32_MAX && pal_reader_left(&field) >= 8)
		h->packed = pal_read_u64le(&field);
	if (local_at != NULL && *local_at == UINT32_MAX && pal_reader_left(&field) >= 8)
		*local_at = pal_read_u64le(&field);
}

/* It counts only with the checksum of the name that it stands for: that name may have been changed since. */
static void
read_unicode(struct pal_reader field, struct pal_arena *a, struct pal_zip_header *h)
{
	uint8_t  version = pal_read_u8(&field);
	uint32_t crc = pal_read_u32le(&field);

	if (version == 1 && pal_reader_err(&field) == PAL_OK && crc == crc32(0, h->name.data, (uInt)h->name.len))
		h->unicode = pal_arena_copy(a, pal_read_view(&field, pal_reader_left(&field)));
}

static void
read_extra(struct pal_view extra, struct pal_arena *a, struct pal_zip_header *h, uint64_t *local_at)
{
	struct pal_reader r = pal_reader_of(extra);

	while (pal_reader_left(&r) >= 4) {
		uint16_t          id = pal_read_u16le(&r);
		struct pal_reader field = pal_read_window(&r, pal_read_u16le(&r));

		if (id == 1)
			read_zip64(field, h, local_at);
		else if (id == 0x7075)
			read_unicode(field, a, h);
	}
}

bool
pal_zip_read_central(struct pal_zip *z, struct pal_reader *r, struct pal_zip_header *ret_header, uint64_t *ret_local_at)
{
	struct pal_zip_header h = { 0 };
	uint16_t              name = 0, extra = 0, comment = 0;
	uint64_t              at = 0;

	if (pal_reader_left(r) < 46 || pal_read_u32le(r) != PAL_ZIP_CENTRAL)
		return false;
	pal_read_skip(r, 1);
	h.host = pal_read_u8(r);
	pal_read_skip(r, 2);
	h.flags = pal_read_u16le(r);
	h.method = pal_read_u16le(r);
	pal_read_skip(r, 4);
	h.crc = pal_read_u32le(r);
	h.packed = pal_read_u32le(r);
	h.size = pal_read_u32le(r);
	name = pal_read_u16le(r);
	extra = pal_read_u16le(r);
	comment = pal_read_u16le(r);
	pal_read_skip(r, 4);
	h.attributes = pal_read_u32le(r);
	at = pal_read_u32le(r);
	h.name = pal_arena_copy(&z->arena, pal_read_view(r, name));
	read_extra(pal_read_view(r, extra), &z->arena, &h, &at);
	h.comment = pal_arena_copy(&z->arena, pal_read_view(r, comment));
	if (pal_reader_err(r) != PAL_OK || pal_arena_err(&z->arena) != PAL_OK)
		return false;
	*ret_header = h;
	*ret_local_at = at;
	return true;
}

enum pal_err
pal_zip_read_local(struct pal_zip *z, uint64_t at, struct pal_zip_header *ret_header, uint64_t *ret_data_at,
		   bool *ret_good)
{
	struct pal_zip_header h = { 0 };
	struct pal_view       v = { 0 };
	uint16_t              name = 0, extra = 0;

	*ret_good = false;
	if (at > z->in->size || z->in->size - at < 30)
		return PAL_OK;
	PAL_TRY(pal_input_view(z->in, at, 30, 30, &v));
	if (pal_zip_u32(v, 0) != PAL_ZIP_LOCAL)
		return PAL_OK;
	h.flags = pal_zip_u16(v, 6);
	h.method = pal_zip_u16(v, 8);
	h.crc = pal_zip_u32(v, 14);
	h.packed = pal_zip_u32(v, 18);
	h.size = pal_zip_u32(v, 22);
	name = pal_zip_u16(v, 26);
	extra = pal_zip_u16(v, 28);
	if (z->in->size - at - 30 < (uint64_t)name + extra)
		return PAL_OK;
	PAL_TRY(pal_input_view(z->in, at + 30, (size_t)name + extra, (size_t)name + extra, &v));
	h.name = pal_arena_copy(&z->arena, pal_view_sub(v, 0, name));
	read_extra(pal_view_sub(v, name, extra), &z->arena, &h, NULL);
	*ret_header = h;
	*ret_data_at = at + 30 + name + extra;
	*ret_good = pal_arena_err(&z->arena) == PAL_OK;
	return PAL_OK;
}
